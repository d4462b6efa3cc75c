// Outbound webhooks: set up, signed, refused, switched off, sent again. A real receiver stands on loopback.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { testPlaces, violations } from './checks.mjs';
import { openPage, owner, startBrowser, startServer, until } from './harness.mjs';

let server;
let browser;
let receiver;
let page;

/** Somebody's automation: keeps what it gets and answers what it is told to, `[status, text]`. */
async function startReceiver() {
  const got = [];
  const state = { answer: [200, 'ok'] };
  const listening = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
      const [status, text] = state.answer;
      got.push({ headers: request.headers, body, json: JSON.parse(body) });
      response.writeHead(status, { 'Content-Type': 'text/plain' }).end(text);
    });
  });
  await new Promise((done) => listening.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${listening.address().port}/hook`;
  return Object.assign(state, { got, url, close: () => listening.close() });
}

before(async () => {
  server = await startServer(['--allow-private-host', '127.0.0.1']);
  browser = await startBrowser();
  receiver = await startReceiver();
});
after(async () => {
  await browser?.close();
  await server?.close();
  receiver?.close();
});
beforeEach(async () => {
  await page?.context().close();
  for (const { id } of (await server.api('GET', '/outbound-webhooks')).data) {
    await server.api('DELETE', `/outbound-webhooks/${id}`);
  }
  receiver.got.length = 0;
  receiver.answer = [200, 'ok'];
  page = await openPage(browser, server);
});

const PAGE = '/settings/outbound-webhooks';
const button = (name, within = page) => within.getByRole('button', { name, exact: true });
const dialog = (name) => page.getByRole('dialog', { name, exact: true });
const log = () => page.getByRole('list', { name: 'Events' });
const line = (text) => log().getByRole('button', { name: text });

/** A lead that is told of; answers what the receiver got. */
async function tell(name) {
  await server.api('POST', '/leads', { name });
  return until(() => receiver.got.find(({ json }) => json.data.lead?.name === name));
}

const make = (settings = {}) =>
  server.api('POST', '/outbound-webhooks', {
    name: 'n8n',
    url: receiver.url,
    events: ['lead.created', 'lead.moved'],
    ...settings,
  });

async function open(hook) {
  await page.goto(`${server.base}${PAGE}/${hook.id}`);
  await page.getByRole('heading', { name: hook.name, exact: true }).waitFor();
  // The live stream must be open before something happens.
  await page.waitForTimeout(250);
}

/** Which of the signatures are by this secret: `v1,…`, by Standard Webhooks. */
function signed(secret, { headers, body }) {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const mine = `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
  return headers['webhook-signature'].split(' ').map((one) => one === mine);
}

test('one is added, its secret is shown once, and what comes is signed with it', async () => {
  await page.goto(server.base + PAGE);
  await page.getByRole('heading', { name: 'Nobody is told yet' }).waitFor();
  await button('Add outbound webhook').click();
  const form = dialog('Add outbound webhook');
  await form.getByLabel('Name').fill('n8n');
  await form.getByLabel('URL').fill('https://10.0.0.1/hook');
  await button('Add', form).click();
  await until(async () => (await form.getByLabel('URL').getAttribute('aria-invalid')) === 'true');
  assert.equal((await server.api('GET', '/outbound-webhooks')).total, 0);
  await form.getByLabel('URL').fill(receiver.url);
  await form.getByRole('checkbox', { name: /^Lead moved/ }).uncheck();
  await button('Add', form).click();
  const shown = dialog('n8n');
  await shown.getByText('shown only this once').waitFor();
  assert.deepEqual(await violations(page), []);
  const secret = await shown.getByLabel('Secret').inputValue();
  assert.match(secret, /^whsec_/);
  await button('Done', shown).click();
  await page.waitForURL(/outbound-webhooks\/[0-9a-f-]{36}$/);
  await page.getByText('Nothing sent yet').waitFor();
  const got = await tell('Grace');
  assert.deepEqual(signed(secret, got), [true]);
  assert.equal(got.json.type, 'lead.created');
  await line(/Delivered Lead created Grace 200/).click();
  const request = page.getByRole('region', { name: 'Request' });
  await request.getByText(`webhook-id: ${got.headers['webhook-id']}`).waitFor();
  assert.match(await request.innerText(), /"name": "Grace"/);
  assert.equal(await page.getByRole('region', { name: 'Answer' }).innerText(), 'ok');
  await page.getByRole('link', { name: 'Open the lead' }).click();
  await dialog('Grace').waitFor();
  await page.goBack();
  await page.getByText('Shown once, when it is made').waitFor();
  assert.equal(await page.getByText(secret).count(), 0);
  assert.deepEqual(page.faults, []);
});

test('what is refused waits, is found by its outcome, and is tried again by hand', async () => {
  await open(await make());
  await tell('Early');
  receiver.answer = [500, 'out of paper'];
  await tell('Late');
  await line(/Waiting Lead created Late 500/).waitFor();
  await page.getByText(/Nothing has come through since/).waitFor();
  await page.getByRole('combobox', { name: 'Outcome' }).selectOption('Waiting');
  await page.waitForURL(/status=waiting/);
  await until(async () => (await log().getByRole('listitem').count()) === 1);
  await line(/Waiting/).click();
  await page.getByRole('region', { name: 'Answer' }).getByText('out of paper').waitFor();
  const [before] = receiver.got.filter(({ json }) => json.data.lead.name === 'Late');
  receiver.answer = [200, 'printed'];
  await button('Try now').click();
  await page.getByText('No event came out like this').waitFor();
  const again = receiver.got.at(-1);
  assert.equal(again.body, before.body);
  assert.equal(again.headers['webhook-id'], before.headers['webhook-id']);
  await button('Show all events').click();
  await until(async () => (await log().getByRole('listitem').count()) === 2);
  const sent = receiver.got.length;
  await button('Replay').click();
  await until(() => receiver.got.length === sent + 1);
  await page
    .getByText(/sent again/)
    .first()
    .waitFor();
  assert.equal(receiver.got.at(-1).body, before.body);
  assert.deepEqual(page.faults, []);
});

test('one that is gone is switched off, says why and what to do, and is switched on again', async () => {
  const hook = await make();
  await open(hook);
  receiver.answer = [410, 'gone'];
  await tell('Last');
  await page.getByText('The receiver answered 410 Gone').waitFor();
  await page.getByText('If it has moved, change the address below.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Send test event' }).count(), 0);
  await line(/Given up/).click();
  await page.getByText('Switch it on to send this again.').waitFor();
  assert.deepEqual(await violations(page), []);
  receiver.answer = [200, 'back'];
  await page.getByRole('switch', { name: 'n8n is on' }).click();
  await page.getByText('The receiver answered 410 Gone').waitFor({ state: 'detached' });
  await tell('Next');
  await line(/Delivered Lead created Next 200/).waitFor();
  await page.getByRole('switch', { name: 'n8n is on' }).click();
  await page.getByText('It hears of nothing while it is switched off').waitFor();
  await page.goto(server.base + PAGE);
  await page.getByRole('listitem').filter({ hasText: 'n8n' }).getByText('Switched off').waitFor();
  assert.equal((await server.api('GET', `/outbound-webhooks/${hook.id}`)).isActive, false);
  assert.deepEqual(page.faults, []);
});

test('another secret is shown once, and the former one signs too for a day', async () => {
  const hook = await make();
  await open(hook);
  await button('Rotate secret').click();
  const form = dialog('Rotate the secret of n8n');
  await button('Rotate secret', form).click();
  const fresh = await form.getByLabel('Secret').inputValue();
  assert.notEqual(fresh, hook.secret);
  await button('Done', form).click();
  await page.getByText(/the former one signs too until/).waitFor();
  const got = await tell('Twice');
  assert.deepEqual(signed(fresh, got), [true, false]);
  assert.deepEqual(signed(hook.secret, got), [false, true]);
  assert.deepEqual(page.faults, []);
});

test('a test event is sent, and opens in the log', async () => {
  await open(await make());
  await button('Send test event').click();
  await page.getByRole('menuitem', { name: 'Lead moved to another stage' }).click();
  await page.getByRole('region', { name: 'Request' }).getByText('"test": true').waitFor();
  assert.equal(receiver.got[0].json.type, 'lead.moved');
  assert.equal(receiver.got[0].json.data.test, true);
  await line(/Delivered Lead moved/).waitFor();
  assert.deepEqual(page.faults, []);
});

test('what is set is changed, refused at its field, and never over what somebody else set', async () => {
  const hook = await make();
  await open(hook);
  await page.getByLabel('URL').fill('nonsense');
  await button('Save').click();
  await until(async () => (await page.getByLabel('URL').getAttribute('aria-invalid')) === 'true');
  await page.getByLabel('URL').fill(`${receiver.url}/new`);
  await page.getByRole('checkbox', { name: /^Message failed/ }).check();
  // The switch is no reason to refuse it: it grows the version, and changes nothing in the form.
  await page.getByRole('switch', { name: 'n8n is on' }).click();
  await page.getByText('It hears of nothing').waitFor();
  await button('Save').click();
  await page.getByText('Outbound webhook saved').waitFor();
  const now = await server.api('GET', `/outbound-webhooks/${hook.id}`);
  assert.equal(now.url, `${receiver.url}/new`);
  assert.deepEqual(now.events, ['lead.created', 'lead.moved', 'message.failed']);
  await page.getByLabel('Name').fill('Mine');
  await server.api('PATCH', `/outbound-webhooks/${hook.id}`, { name: 'Theirs' });
  await page.getByRole('heading', { name: 'Theirs' }).waitFor();
  assert.equal(await page.getByLabel('Name').inputValue(), 'Mine');
  await button('Save').click();
  await page.getByText('Somebody changed it meanwhile').waitFor();
  assert.equal(await page.getByLabel('Name').inputValue(), 'Theirs');
  await page.getByLabel('Name').fill('Ours');
  await page.getByRole('link', { name: 'All outbound webhooks' }).click();
  await button('Discard', dialog('Discard what you entered?')).click();
  await page.getByRole('link', { name: 'Theirs' }).waitFor();
  assert.deepEqual(page.faults, []);
});

test('one is removed, and whoever has it open is told', async () => {
  const hook = await make();
  const other = await openPage(browser, server);
  await other.goto(`${server.base}${PAGE}/${hook.id}`);
  await other.getByRole('heading', { name: 'n8n' }).waitFor();
  await other.waitForTimeout(250);
  await open(hook);
  await button('Remove').click();
  await button('Remove outbound webhook', dialog('Remove n8n?')).click();
  await page.getByText('Nobody is told yet').waitFor();
  await other.getByText('There is no such outbound webhook').waitFor();
  assert.deepEqual([...page.faults, ...other.faults], []);
  await other.context().close();
});

test('who may not change leads does not see them', async () => {
  const role = await server.api('POST', '/roles', { name: 'Looker', permissions: ['leads:view'] });
  const email = 'looker@example.com';
  const { password } = owner;
  await server.api('POST', '/users', { email, name: 'Looker', role: role.id, password });
  const answer = await fetch(`${server.base}/v1/identity/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const { token } = await answer.json();
  const { id } = await make();
  const their = await openPage(browser, { ...server, token });
  await their.goto(`${server.base}${PAGE}/${id}`);
  await their.getByText('Your role does not open this page').waitFor();
  assert.equal(await their.getByRole('link', { name: 'Outbound webhooks' }).count(), 0);
  await their.goto(`${server.base}/settings/profile/${id}`);
  await their.getByText('Your role does not open this page').waitFor();
  assert.deepEqual(their.faults, []);
  await their.context().close();
});

const opened = (prepare) => async (page) => {
  const hook = await make({ name: 'An automation with a long name', ...prepare });
  await page.goto(`${server.base}${PAGE}/${hook.id}`);
  await page.getByRole('heading', { name: hook.name }).waitFor();
  await page.getByText('Nothing sent yet').waitFor();
  await page.waitForTimeout(250);
  return hook;
};

testPlaces(
  {
    'no outbound webhook': async (page) => {
      await page.goto(server.base + PAGE);
      await page.getByText('Nobody is told yet').waitFor();
    },
    'the list of outbound webhooks': async (page) => {
      await make();
      await make({ name: 'Zapier', isActive: false, events: ['lead.deleted'] });
      await page.goto(server.base + PAGE);
      await page.getByRole('link', { name: 'Zapier' }).waitFor();
    },
    'adding an outbound webhook': async (page) => {
      await page.goto(server.base + PAGE);
      await page.getByRole('button', { name: 'Add outbound webhook' }).click();
      await page.getByRole('dialog').getByLabel('URL').waitFor();
    },
    'an outbound webhook with an event open': async (page) => {
      await opened()(page);
      await server.api('POST', '/leads', { name: 'Grace', email: 'grace@example.com' });
      await page.getByRole('button', { name: /^Delivered/ }).click();
      await page.getByRole('region', { name: 'Answer' }).waitFor();
    },
    'an outbound webhook that fails': async (page) => {
      receiver.answer = [500, 'out of paper'];
      await opened()(page);
      await server.api('POST', '/leads', { name: 'Grace' });
      await page.getByText(/Nothing has come through since/).waitFor();
    },
  },
  () => ({ browser, server }),
);

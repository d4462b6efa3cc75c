// Sending through somebody who takes messages over HTTP or SMTP and reports what became of them.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { violations } from './checks.mjs';
import { openBoard, openPage, startBrowser, startServer, until } from './harness.mjs';
import { account, report, startMeta, verify } from './meta.mjs';

let server;
let browser;
let meta;
let mail;
let grace;

before(async () => {
  server = await startServer(['--allow-private-host', '127.0.0.1']);
  browser = await startBrowser();
  meta = await startMeta();
  mail = await startMailServer();
  grace = await server.api('POST', '/leads', {
    name: 'Grace Hopper',
    email: 'grace@example.com',
    phone: '+14155552671',
    title: 'No. 7',
  });
});
after(async () => {
  await browser?.close();
  await server?.close();
  meta?.close();
  mail?.close();
});

const press = (within, name) => within.getByRole('button', { name, exact: true }).click();
const field = (within, name) => within.getByRole('textbox', { name, exact: true });
const dialog = (page, name) => page.getByRole('dialog', { name, exact: true });
const callbackOf = async (channel) =>
  (await server.call('GET', `/messaging/channels/${channel}`)).callbackUrl;

/** A mail server that takes everything. */
function startMailServer() {
  const listener = createServer((socket) => {
    let isText = false;
    socket.on('error', () => {});
    socket.write('220 mail.test ESMTP\r\n');
    socket.on('data', (chunk) => {
      const text = String(chunk);
      if (isText) {
        isText = !text.endsWith('\r\n.\r\n');
        if (!isText) socket.write('250 2.0.0 queued as A1\r\n');
      } else if (/^DATA/i.test(text)) {
        isText = true;
        socket.write('354 Go on\r\n');
      } else if (/^QUIT/i.test(text)) {
        socket.end('221 Bye\r\n');
      } else {
        socket.write('250 OK\r\n');
      }
    });
  });
  return new Promise((done) => {
    listener.listen(0, '127.0.0.1', () => {
      done({ port: listener.address().port, close: () => listener.close() });
    });
  });
}

async function open(path, options) {
  const page = await openPage(browser, server, options);
  await page.goto(server.base + path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

/** Opens Quick Send from the lead, on a channel. */
async function quickSend(page, channel) {
  await openBoard(page, server, `/leads/${grace.id}`);
  await press(dialog(page, grace.name), 'Quick Send');
  const sending = dialog(page, `Quick Send to ${grace.name}`);
  await sending.getByRole('combobox', { name: 'Channel' }).selectOption(channel);
  return sending;
}

test('Meta is connected, tried, and its templates are read with what it decided', async () => {
  const page = await open('/settings/messaging');
  const card = page.getByRole('region', { name: 'WhatsApp', exact: true });
  await card.getByRole('combobox', { name: 'Provider' }).selectOption('Meta');
  await field(card, 'Phone number ID').fill(account.phoneNumberId);
  await field(card, 'WhatsApp business account ID').fill(account.businessAccountId);
  await card.getByLabel('Access token').fill(account.accessToken);
  await card.getByLabel('App secret').fill(account.appSecret);
  await card.getByLabel('Verify token').fill(account.verifyToken);
  await card.getByText('More settings').click();
  await field(card, 'Base URL').fill(meta.url);
  await press(card, 'Save WhatsApp');
  await page.getByText('WhatsApp saved').waitFor();
  const callback = await callbackOf('whatsapp');
  await card.getByRole('group', { name: 'Callback URL' }).getByText(callback).waitFor();
  assert.deepEqual(await verify(callback), { status: 200, text: '1158201444' });
  assert.equal((await verify(callback, 'a guess')).status, 403);

  await field(card, 'Test message to').fill('+1 202 555 0143');
  await field(card, 'Template').fill('hello_world');
  await press(card, 'Send test message');
  await card.getByText('Meta took it.').waitFor();
  await card.getByText('wamid.1').waitFor();
  const [tried] = meta.sent;
  assert.equal(tried.to, '12025550143');
  assert.deepEqual(tried.template, { name: 'hello_world', language: { code: 'en_US' } });

  await page.goto(`${server.base}/broadcast/templates`);
  await press(page, 'Read from Meta');
  await page.getByText('3 templates read from Meta').waitFor();
  for (const [name, status] of [
    ['order_on_its_way', 'Approved'],
    ['autumn_sale', 'Pending'],
    ['shouting', 'Rejected'],
  ]) {
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name }) });
    await row.getByText(status, { exact: true }).waitFor();
  }
  await page.getByRole('link', { name: 'autumn_sale' }).click();
  await page.getByText(/Meta has paused it/).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a template of Meta’s is filled, sent, and turns delivered by itself', async () => {
  const page = await open('/broadcast/templates');
  await page.getByRole('link', { name: 'order_on_its_way' }).click();
  await field(page, 'What fills {{header.1}}').fill('{{title}}');
  await field(page, 'What fills {{1}}').fill('{{firstName}}');
  await field(page, 'What fills {{button.0}}').fill('{{lastName | lower}}');
  assert.deepEqual(await violations(page), []);
  await press(page, 'Save template');
  await page.getByText('Template saved').waitFor();

  const sending = await quickSend(page, 'WhatsApp');
  await sending.getByRole('combobox', { name: 'Content' }).selectOption('order_on_its_way');
  await sending.getByText('Order No. 7').waitFor();
  assert.equal(await sending.getByText(/is in the sandbox/).count(), 0);
  await press(sending, 'Send');
  await sending.getByText('1 message handed over.').waitFor();
  await press(sending, 'Done');
  const timeline = dialog(page, grace.name).getByRole('region', { name: 'Activity Timeline' });
  await timeline.getByText('Sent', { exact: true }).waitFor();
  const sent = meta.sent.at(-1);
  const text = (value) => ({ type: 'text', text: value });
  assert.deepEqual(sent.template, {
    name: 'order_on_its_way',
    language: { code: 'en_US' },
    components: [
      { type: 'header', parameters: [text('No. 7')] },
      { type: 'body', parameters: [text('Grace')] },
      { type: 'button', sub_type: 'url', index: '0', parameters: [text('hopper')] },
    ],
  });

  const messages = await open('/broadcast/messages');
  const row = messages.getByRole('row').filter({ hasText: 'Order No. 7' });
  await row.getByText('Sent', { exact: true }).waitFor();
  await messages.waitForTimeout(250);
  const callback = await callbackOf('whatsapp');
  assert.equal(await report(callback, sent, 'read', 'a wrong secret'), 403);
  assert.equal(await report(callback, sent, 'delivered'), 200);
  await row.getByText('Delivered', { exact: true }).waitFor();
  await timeline.getByText('Delivered', { exact: true }).waitFor();
  // In any order: what comes late takes nothing back.
  assert.equal(await report(callback, sent, 'read'), 200);
  assert.equal(await report(callback, sent, 'sent'), 200);
  await row.getByText('Read', { exact: true }).waitFor();
  assert.deepEqual([...page.faults, ...messages.faults], []);
  await page.context().close();
  await messages.context().close();
});

test('a message whose answer never came is shown as unknown, and sent again only by hand', async () => {
  const page = await open('/broadcast/messages');
  const { data } = await server.call(
    'GET',
    '/broadcast/templates?channel=whatsapp&status=approved',
  );
  const before = meta.sent.length;
  meta.cut();
  const { messageIds } = await server.api('POST', '/leads/broadcast/quick-send', {
    leadIds: [grace.id],
    channel: 'whatsapp',
    templateId: data[0].id,
  });
  const row = page.getByRole('row').filter({ has: page.locator(`a[href*="${messageIds[0]}"]`) });
  await row.getByText('Outcome unknown').waitFor();
  assert.equal(meta.sent.length, before + 1, 'it had taken the message');
  await row.getByRole('link').click();
  const drawer = dialog(page, `Message to ${grace.name}`);
  await drawer.getByText(/It may have arrived/).waitFor();
  assert.deepEqual(await violations(page), []);
  await press(drawer, 'Send again');
  const asked = dialog(page, 'Send it again?');
  await asked.getByText(/gets it twice/).waitFor();
  assert.equal(meta.sent.length, before + 1, 'nothing is sent by itself');
  await press(asked, 'Send again');
  await drawer.getByText('Sent', { exact: true }).first().waitFor();
  assert.equal(meta.sent.length, before + 2);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('an e-mail that a machine opened is not read; one that a person opened is', async () => {
  await server.call('PUT', '/messaging/channels/email', {
    provider: 'smtp',
    settings: {
      host: '127.0.0.1',
      port: mail.port,
      security: 'none',
      fromAddress: 'sales@example.com',
      events: { source: 'postmark' },
    },
  });
  const { messageIds } = await server.api('POST', '/leads/broadcast/quick-send', {
    leadIds: [grace.id],
    channel: 'email',
    subject: 'Our offer',
    body: 'Hello',
  });
  const page = await open(`/broadcast/messages/${messageIds[0]}`);
  const drawer = dialog(page, `Message to ${grace.name}`);
  await drawer.getByText('Sent', { exact: true }).first().waitFor();
  const callback = await callbackOf('email');
  const tell = async (event) => {
    const body = JSON.stringify({
      MessageID: 'pm-1',
      Metadata: { message: messageIds[0] },
      ...event,
    });
    const headers = { 'Content-Type': 'application/json' };
    assert.equal((await fetch(callback, { method: 'POST', headers, body })).status, 200);
  };
  const at = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
  await tell({ RecordType: 'Delivery', Recipient: 'grace@example.com', DeliveredAt: at(-120) });
  await drawer.getByText('Delivered', { exact: true }).first().waitFor();
  await tell({
    RecordType: 'Open',
    ReceivedAt: at(-60),
    UserAgent: 'Mozilla/5.0 (GoogleImageProxy)',
  });
  await drawer.getByText(/1 open by a machine/).waitFor();
  await drawer.getByText('0 opens by a person').waitFor();
  const read = async () =>
    (await server.call('GET', `/broadcast/messages/${messageIds[0]}`)).status;
  assert.equal(await read(), 'delivered');
  const browserName =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36';
  await tell({ RecordType: 'Open', ReceivedAt: at(-30), UserAgent: browserName });
  await drawer.getByText('1 open by a person').waitFor();
  await drawer.getByText(/1 open by a machine/).waitFor();
  await until(async () => (await read()) === 'read');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('whoever may send and not change the settings sees that nothing leaves', async () => {
  const who = { email: 'mark@example.com', password: 'a walk in the park', name: 'Mark Eter' };
  await server.api('POST', '/users', { ...who, role: 'marketer' });
  const { email, password } = who;
  const answer = await fetch(`${server.base}/v1/identity/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const { token } = await answer.json();
  const page = await openPage(browser, { ...server, token });
  const refused = [];
  page.on('response', (response) => response.status() === 403 && refused.push(response.url()));
  const sending = await quickSend(page, 'SMS');
  await field(sending, 'Message').fill('Hello');
  await sending.getByText(/SMS is in the sandbox: nothing leaves this machine/).waitFor();
  await sending.getByRole('combobox', { name: 'Channel' }).selectOption('E-mail');
  await field(sending, 'Subject').fill('Hi');
  await until(async () => (await sending.getByText(/is in the sandbox/).count()) === 0);
  assert.deepEqual([refused, page.faults], [[], []]);
  await page.context().close();
});

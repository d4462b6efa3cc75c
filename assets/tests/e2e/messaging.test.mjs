// Sending: connecting a provider, Quick Send, the outbox, suppressions, and who may do what.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { testPlaces } from './checks.mjs';
import { card, openBoard, openPage, startBrowser, startServer, until } from './harness.mjs';

let server;
let browser;
let mail;
const leads = {};

before(async () => {
  server = await startServer(['--allow-private-host', '127.0.0.1']);
  browser = await startBrowser();
  mail = await startMailServer();
  const all = {
    grace: { name: 'Grace Hopper', email: 'grace@example.com', phone: '+14155552671' },
    nora: { name: 'Nora Nophone', email: 'nora@example.com' },
    karl: { name: 'Karl Nomail', phone: '+14155552672' },
    sue: { name: 'Sue Pressed', email: 'sue@example.com', phone: '+14155552673' },
  };
  for (const [name, fields] of Object.entries(all)) {
    leads[name] = await server.api('POST', '/leads', {
      ...fields,
      customFields: { budget: '25k' },
    });
  }
});
after(async () => {
  await browser?.close();
  await server?.close();
  mail?.close();
});

const press = (within, name) => within.getByRole('button', { name, exact: true }).click();
const field = (within, name) => within.getByRole('textbox', { name, exact: true });
const dialog = (page, name) => page.getByRole('dialog', { name, exact: true });
const newest = async (query = '') =>
  (await server.call('GET', `/broadcast/messages?limit=1${query}`)).data[0];

/** A mail server that knows nobody: it takes the sender and refuses every recipient. */
function startMailServer() {
  const listener = createServer((socket) => {
    socket.on('error', () => {});
    socket.write('220 mail.test ESMTP\r\n');
    socket.on('data', (chunk) => {
      for (const line of String(chunk).split('\r\n').filter(Boolean)) {
        if (/^EHLO/i.test(line)) socket.write('250-mail.test\r\n250 AUTH PLAIN\r\n');
        else if (/^AUTH/i.test(line)) socket.write('235 2.7.0 Welcome\r\n');
        else if (/^RCPT/i.test(line)) socket.write('550 5.1.1 Nobody here by that name\r\n');
        else if (/^QUIT/i.test(line)) socket.end('221 Bye\r\n');
        else socket.write('250 OK\r\n');
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

/** Opens Quick Send from a lead, and waits until it can be typed into. */
async function quickSend(page, lead) {
  await openBoard(page, server, `/leads/${lead.id}`);
  await press(dialog(page, lead.name), 'Quick Send');
  const sending = dialog(page, `Quick Send to ${lead.name}`);
  await field(sending, 'Message').waitFor();
  return sending;
}

/** Sends a text by SMS and answers the message. */
async function sendTo(lead, body, channel = 'sms') {
  const subject = channel === 'email' ? { subject: 'Hello' } : {};
  const { messageIds } = await server.api('POST', '/leads/broadcast/quick-send', {
    leadIds: [lead.id],
    channel,
    body,
    ...subject,
  });
  await until(async () => {
    const { status } = await server.call('GET', `/broadcast/messages/${messageIds[0]}`);
    return status === 'sent';
  });
  return messageIds[0];
}

test('before anything is sent, each page says what it is for', async () => {
  const page = await open('/broadcast');
  await page.getByRole('heading', { name: 'Your first message goes here' }).waitFor();
  await page.getByText(/^\s*Nothing leaves this machine/).waitFor();
  await page.getByRole('link', { name: 'Templates' }).click();
  await page.getByRole('heading', { name: 'Write once, send to many' }).waitFor();
  await page.getByRole('link', { name: 'Outbox' }).click();
  await page.getByRole('heading', { name: 'The outbox is empty' }).waitFor();
  await page.getByRole('link', { name: 'Suppressions' }).click();
  await page.getByRole('heading', { name: 'Everybody may be messaged' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/broadcast/suppressions');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a quick send to one lead, and its fate simulated on a second page, shows live', async () => {
  const page = await openPage(browser, server);
  const sending = await quickSend(page, leads.grace);
  await sending.getByRole('combobox', { name: 'Channel' }).selectOption('SMS');
  await sending.getByText(/SMS is in the sandbox/).waitFor();
  await field(sending, 'Message').fill('Hi {{firstName}}, 25 % off');
  await sending.getByText('Hi Grace, 25 % off').waitFor();
  await press(sending, 'Send');
  await sending.getByText('1 message handed over.').waitFor();
  await press(sending, 'Done');
  const timeline = dialog(page, 'Grace Hopper').getByRole('region', { name: 'Activity Timeline' });
  await timeline.getByText('sent an SMS to +14155552671').waitFor();
  await timeline.getByText('Sent', { exact: true }).waitFor();

  const other = await open('/broadcast/outbox');
  await other.getByRole('link', { name: 'Grace Hopper' }).waitFor();
  await press(other, 'Simulate delivered');
  await timeline.getByText('Delivered', { exact: true }).waitFor();
  await other.getByRole('link', { name: 'Grace Hopper' }).click();
  const drawer = dialog(other, 'Message to Grace Hopper');
  await drawer.getByText('Hi Grace, 25 % off').waitFor();
  await press(drawer, 'Read');
  await timeline.getByText('Read', { exact: true }).waitFor();
  await until(async () => (await newest()).readAt !== null);
  await other.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
  assert.equal(new URL(other.url()).pathname, '/broadcast/outbox');
  assert.deepEqual([...page.faults, ...other.faults], []);
  await page.context().close();
  await other.context().close();
});

test('a failure says why on the timeline, and is sent again by a click', async () => {
  const id = await sendTo(leads.karl, 'Are you there?');
  await server.call('POST', `/broadcast/messages/${id}/simulate`, { status: 'failed' });
  const page = await openPage(browser, server);
  await openBoard(page, server, `/leads/${leads.karl.id}`);
  const timeline = dialog(page, 'Karl Nomail').getByRole('region', { name: 'Activity Timeline' });
  await timeline.getByText('Failed', { exact: true }).first().waitFor();
  await timeline.getByRole('button', { name: 'Retry' }).first().click();
  await timeline.getByText('Sent', { exact: true }).first().waitFor();
  await timeline.getByRole('link', { name: 'Show message' }).first().click();
  await dialog(page, 'Message to Karl Nomail').getByText('Are you there?').waitFor();
  assert.equal(new URL(page.url()).pathname, `/broadcast/messages/${id}`);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('suppressed by hand, an address is left out until it is taken off the list', async () => {
  const page = await open('/broadcast/suppressions');
  await press(page, 'Add suppression');
  const adding = dialog(page, 'Add a suppression');
  await adding.getByRole('combobox', { name: 'Channel' }).selectOption('SMS');
  await field(adding, 'Phone number').fill('not a number');
  await press(adding, 'Add');
  await until(
    async () => (await field(adding, 'Phone number').getAttribute('aria-invalid')) === 'true',
  );
  await field(adding, 'Phone number').fill('(415) 555-2673');
  await field(adding, 'Note').fill('Asked on the phone');
  await press(adding, 'Add');
  await page.getByRole('cell', { name: '+14155552673', exact: true }).waitFor();

  const sender = await openPage(browser, server);
  const sending = await quickSend(sender, leads.sue);
  await sending.getByRole('combobox', { name: 'Channel' }).selectOption('SMS');
  await field(sending, 'Message').fill('Hello');
  await sending.getByText('Sue Pressed has an address that is suppressed').waitFor();
  assert.ok(await sending.getByRole('button', { name: 'Send', exact: true }).isDisabled());
  assert.equal((await server.call('GET', `/broadcast/messages?leadId=${leads.sue.id}`)).total, 0);

  await press(page, 'Remove +14155552673');
  await press(dialog(page, 'Message +14155552673 again?'), 'Remove suppression');
  await page.getByRole('heading', { name: 'Everybody may be messaged' }).waitFor();
  await field(sending, 'Message').fill('Hello again');
  await until(() => sending.getByRole('button', { name: 'Send', exact: true }).isEnabled());
  assert.deepEqual([...page.faults, ...sender.faults], []);
  await page.context().close();
  await sender.context().close();
});

test('a quick send to a selection says who will be skipped, and what became of the others', async () => {
  await server.call('POST', '/broadcast/templates', {
    name: 'Welcome',
    channel: 'sms',
    status: 'approved',
    body: 'Hi {{firstName}}',
  });
  const page = await openPage(browser, server);
  await openBoard(page, server);
  for (const { name } of [leads.grace, leads.nora, leads.karl]) {
    await card(page, name).click({ modifiers: ['Control'] });
  }
  await press(page.getByRole('toolbar', { name: 'Selected leads' }), 'Quick Send');
  const sending = dialog(page, 'Quick Send to 3 leads');
  await sending.getByRole('combobox', { name: 'Channel' }).selectOption('SMS');
  await sending.getByRole('combobox', { name: 'Content' }).selectOption({ label: 'Welcome' });
  await sending.getByText('2 leads of 3 will get it.').waitFor();
  await sending
    .getByRole('list', { name: 'Will be skipped' })
    .getByText('Nora Nophone has no phone number')
    .waitFor();
  await press(sending, 'Send to 2');
  await sending.getByText('2 messages handed over.').waitFor();
  await sending.getByRole('list', { name: 'Skipped' }).getByText('Nora Nophone').waitFor();
  await press(sending, 'Done');
  assert.equal(await page.getByRole('toolbar', { name: 'Selected leads' }).count(), 0);
  await openBoard(page, server, `/leads/${leads.nora.id}`);
  await page.getByText('left it out of an SMS: it has no phone number').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('messages are filtered by their address, and a text that was typed is kept', async () => {
  await sendTo(leads.nora, 'By mail', 'email');
  const page = await open('/broadcast/messages?channel=email');
  await page.getByRole('link', { name: 'Nora Nophone' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Karl Nomail' }).count(), 0);
  await page.getByRole('combobox', { name: 'Channel' }).selectOption('SMS');
  await page.waitForURL(/\?channel=sms$/);
  await page.getByRole('link', { name: 'Karl Nomail' }).first().waitFor();
  await page.getByRole('combobox', { name: 'Status' }).selectOption('Read');
  await page.waitForURL(/status=read/);
  await until(async () => (await page.getByRole('link', { name: 'Karl Nomail' }).count()) === 0);
  assert.equal(await page.getByRole('link', { name: 'Grace Hopper' }).count(), 1);
  await page.goBack();
  await page.getByRole('link', { name: 'Karl Nomail' }).first().waitFor();
  await page.getByRole('searchbox', { name: 'Search messages' }).fill('nobody at all');
  await page.getByRole('heading', { name: 'No message answers these filters' }).waitFor();

  const sending = await quickSend(page, leads.grace);
  await field(sending, 'Message').fill('Half a thou');
  await page.keyboard.press('Escape');
  await sending.waitFor({ state: 'detached' });
  await press(dialog(page, 'Grace Hopper'), 'Quick Send');
  assert.equal(await field(sending, 'Message').inputValue(), 'Half a thou');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a provider is connected: faults at the fields, the secret is never shown, its own answer is', async () => {
  const page = await open('/settings/messaging');
  const mailCard = page.getByRole('region', { name: 'E-mail', exact: true });
  await mailCard.getByRole('combobox', { name: 'Provider' }).selectOption('SMTP');
  await press(mailCard, 'Save E-mail');
  await until(
    async () => (await field(mailCard, 'Server').getAttribute('aria-invalid')) === 'true',
  );
  await field(mailCard, 'Server').fill('127.0.0.1');
  await field(mailCard, 'Port').fill(String(mail.port));
  await mailCard.getByRole('combobox', { name: 'Security' }).selectOption('none');
  await field(mailCard, 'User name').fill('acme');
  await mailCard.getByLabel('Password').fill('hush-hush-42');
  await field(mailCard, 'Sender address').fill('sales@example.com');

  await page.getByRole('link', { name: 'Members' }).click();
  await press(dialog(page, 'Discard what you entered?'), 'Cancel');
  await press(mailCard, 'Save E-mail');
  await page.getByText('E-mail saved').waitFor();
  await mailCard.getByRole('group', { name: 'Password' }).getByText('Set').waitFor();
  await page.reload();
  await mailCard.getByRole('group', { name: 'Password' }).getByText('Set').waitFor();
  assert.equal(await field(mailCard, 'Server').inputValue(), '127.0.0.1');
  assert.ok(!(await page.content()).includes('hush-hush-42'));
  const stored = await server.call('GET', '/messaging/channels/email');
  assert.equal(stored.settings.passwordSet, true);
  assert.ok(!JSON.stringify(stored).includes('hush-hush-42'));

  await field(mailCard, 'Test message to').fill('stranger@example.com');
  await press(mailCard, 'Send test message');
  await mailCard.getByText(/Nobody here by that name/).waitFor();

  // Without the password typed again, it stays.
  await field(mailCard, 'Sender name').fill('Acme');
  await press(mailCard, 'Save E-mail');
  await until(async () => {
    const { settings } = await server.call('GET', '/messaging/channels/email');
    return settings.fromName === 'Acme' && settings.passwordSet === true;
  });
  await mailCard.getByRole('combobox', { name: 'Provider' }).selectOption('Sandbox');
  await press(mailCard, 'Save E-mail');
  await until(
    async () => (await server.call('GET', '/messaging/channels/email')).provider === 'sandbox',
  );
  await press(mailCard, 'Send test message');
  await mailCard.getByText('Taken by the sandbox.').waitFor();

  const sms = page.getByRole('region', { name: 'SMS', exact: true });
  await sms.getByRole('combobox', { name: 'Provider' }).selectOption('Twilio');
  await field(sms, 'Account SID').fill(`AC${'0'.repeat(32)}`);
  await sms.getByLabel('Auth token').fill('a-token-of-twilio');
  await field(sms, 'Sender').fill('+15550100199');
  await press(sms, 'Save SMS');
  await page.getByText('SMS saved').waitFor();
  const url = (await server.call('GET', '/messaging/channels/sms')).callbackUrl;
  await sms.getByRole('group', { name: 'Callback URL' }).getByText(url).waitFor();
  await press(sms, 'Copy callback URL');
  await sms.getByText('Copied').waitFor({ state: 'attached' });
  await sms.getByRole('combobox', { name: 'Provider' }).selectOption('Sandbox');
  await press(sms, 'Save SMS');
  await until(
    async () => (await server.call('GET', '/messaging/channels/sms')).provider === 'sandbox',
  );
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('who may only look finds nothing to send, write or change', async () => {
  const role = await server.api('POST', '/roles', {
    name: 'Reader',
    permissions: ['leads:view', 'broadcast:view'],
  });
  const who = { email: 'reader@example.com', password: 'a walk in the park', name: 'Rea Der' };
  await server.api('POST', '/users', { ...who, role: role.id });
  const { email, password } = who;
  const answer = await fetch(`${server.base}/v1/identity/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const { token } = await answer.json();
  const page = await openPage(browser, { ...server, token });
  await openBoard(page, server, `/leads/${leads.grace.id}`);
  await dialog(page, 'Grace Hopper').getByText('sent an SMS').first().waitFor();
  assert.equal(await page.getByRole('button', { name: /Quick Send|Retry/ }).count(), 0);
  await page.goto(`${server.base}/broadcast/outbox`);
  await page.getByRole('link', { name: 'Grace Hopper' }).first().waitFor();
  assert.equal(await page.getByRole('button', { name: /Simulate/ }).count(), 0);
  await page.getByRole('link', { name: 'Templates' }).click();
  await page.getByRole('link', { name: 'Welcome' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /New template/ }).count(), 0);
  await page.getByRole('link', { name: 'Welcome' }).click();
  await field(page, 'Name').waitFor();
  assert.ok(await field(page, 'Name').isDisabled());
  assert.equal(await page.getByRole('button', { name: /Save|Delete/ }).count(), 0);
  await page.goto(`${server.base}/settings/messaging`);
  await page.getByRole('heading', { name: 'There is nothing here for you' }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

const visit = (path, heading) => async (page) => {
  await page.goto(server.base + path);
  await page.getByText(heading).first().waitFor();
};

testPlaces(
  {
    messages: (page) => visit('/broadcast/messages', 'Karl Nomail')(page),
    'a message': async (page) => {
      const { id } = await newest('&channel=email');
      await visit(`/broadcast/messages/${id}`, 'What became of it')(page);
    },
    outbox: (page) => visit('/broadcast/outbox', 'Karl Nomail')(page),
    suppressions: async (page) => {
      await visit('/broadcast/suppressions', 'Add suppression')(page);
      await press(page, 'Add suppression');
      await dialog(page, 'Add a suppression').waitFor();
    },
    'messaging settings': async (page) => {
      await visit('/settings/messaging', 'WhatsApp')(page);
      const whatsapp = page.getByRole('region', { name: 'WhatsApp', exact: true });
      await whatsapp.getByRole('combobox', { name: 'Provider' }).selectOption('Meta');
      await whatsapp.getByText('More settings').click();
      await press(whatsapp, 'Save WhatsApp');
      await page.locator('[aria-invalid=true]').first().waitFor();
    },
    'quick send': async (page) => {
      const sending = await quickSend(page, leads.nora);
      await sending.getByRole('combobox', { name: 'Channel' }).selectOption('SMS');
      await field(sending, 'Message').fill('Hello');
      await sending.getByText('Will be skipped').waitFor();
    },
    'lead with messages': async (page) => {
      await openBoard(page, server, `/leads/${leads.karl.id}`);
      await page.getByRole('link', { name: 'Show message' }).first().waitFor();
    },
  },
  () => ({ browser, server }),
);

// What leaves for providers, judged by a mail server that is not ours and by Twilio's own library.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import twilio from 'twilio';
import { start } from './server.mjs';

const TEXT = 'This is a test message from Leads. Your settings work.';
const work = mkdtempSync(join(tmpdir(), 'leads-judge-'));
const relays = [];
let server;

before(async () => {
  server = await start('--allow-private-host', 'localhost', '--public-url', 'https://crm.example.com');
});
after(async () => {
  await server?.stop();
  for (const relay of relays) relay.close();
  rmSync(work, { recursive: true });
});

const openssl = (...args) => execFileSync('openssl', args, { cwd: work, stdio: 'pipe' });

/** A throw-away authority, and a server's certificate by it for this name. */
function certificate(name) {
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=Throw-away authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-subj', `/CN=${name}`, '-keyout', 'server.key', '-out', 'server.csr');
  writeFileSync(join(work, 'names'), `subjectAltName=DNS:${name}\n`);
  openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
    '-days', '2', '-extfile', 'names', '-out', 'server.pem');
  const read = (file) => readFileSync(join(work, file), 'utf8');
  return { ca: read('ca.pem'), key: read('server.key'), cert: read('server.pem') };
}

/** A mail server with a login; `refuse` maps recipients to replies. */
async function relay({ secure, key, cert }, refuse = {}) {
  const got = { mails: [], connections: [] };
  const listening = new SMTPServer({
    secure,
    key,
    cert,
    onConnect: (session, done) => {
      got.connections.push(session);
      done();
    },
    onAuth: ({ username, password }, session, done) =>
      username === 'leads' && password === 'hush'
        ? done(null, { user: username })
        : done(Object.assign(new Error('5.7.8 Bad login'), { responseCode: 535 })),
    onRcptTo: ({ address }, session, done) => {
      const [responseCode, text] = refuse[address] ?? [];
      done(text ? Object.assign(new Error(text), { responseCode }) : null);
    },
    onData: (stream, session, done) => {
      const { secure, user, envelope } = session;
      simpleParser(stream).then((mail) => {
        got.mails.push({ mail, session: { secure, user, envelope } });
        done(null, '2.0.0 queued');
      }, done);
    },
  });
  listening.on('error', () => {});
  await new Promise((resolve) => listening.listen(0, '127.0.0.1', resolve));
  relays.push(listening);
  return { ...got, port: listening.server.address().port };
}

async function send(settings, to = 'grace@example.com') {
  const usual = { host: 'localhost', username: 'leads', password: 'hush', fromAddress: 'sales@example.com',
    fromName: 'Ädä & Söhne' };
  const body = { provider: 'smtp', settings: { ...usual, ...settings } };
  await server.ask('PUT', '/v1/messaging/channels/email', body);
  return server.ask('POST', '/v1/messaging/channels/email/test', { to });
}

for (const security of ['tls', 'starttls']) {
  test(`an e-mail arrives by ${security} with a login`, async () => {
    const own = certificate('localhost');
    const { port, mails } = await relay({ secure: security === 'tls', ...own });
    const told = await send({ port, security, caCertificate: own.ca });
    assert.deepEqual({ ...told, providerMessageId: '' },
      { ok: true, providerMessageId: '', code: null, message: 'SMTP took the message.' });
    const [{ mail, session }] = mails;
    assert.equal(session.secure, true);
    assert.equal(session.user, 'leads');
    assert.equal(session.envelope.mailFrom.address, 'sales@example.com');
    assert.deepEqual(session.envelope.rcptTo.map((to) => to.address), ['grace@example.com']);
    assert.deepEqual(mail.from.value, [{ name: 'Ädä & Söhne', address: 'sales@example.com' }]);
    assert.equal(mail.subject, 'Test message from Leads');
    assert.equal(mail.text.trim(), TEXT);
    assert.equal(mail.messageId, `<${told.providerMessageId}>`);
    assert.ok(Math.abs(mail.date - Date.now()) < 60_000, String(mail.date));
  });

  test(`a certificate that nobody vouches for is refused by ${security}`, async () => {
    const own = certificate('localhost');
    const other = certificate('localhost');
    const wrong = certificate('relay.example.com');
    for (const [keys, ca] of [[own, undefined], [own, other.ca], [wrong, wrong.ca]]) {
      const { port, mails } = await relay({ secure: security === 'tls', ...keys });
      const told = await send({ port, security, ...(ca && { caCertificate: ca }) });
      assert.deepEqual([told.ok, told.code], [false, 'no_secure_connection'], told.message);
      assert.equal(mails.length, 0);
    }
  });
}

test('a quick send can be read, and left with one click', async () => {
  const own = certificate('localhost');
  const { port, mails } = await relay({ secure: true, ...own });
  await send({ port, security: 'tls', caCertificate: own.ca });
  const lead = await server.ask('POST', '/v1/identity/leads', { name: 'Größe <b>', email: 'groesse@example.com' });
  const { accepted, messageIds } = await server.ask('POST', '/v1/identity/leads/broadcast/quick-send', {
    leadIds: [lead.id], channel: 'email', subject: 'Grüße, {{ name }} – 日本',
    html: '<p>Hallo {{ name }}</p><p>.</p>', body: 'Hallo {{ name }}\n.\n.. und '.concat('lang '.repeat(400)),
  });
  assert.equal(accepted, 1);
  for (let waited = 0; mails.length < 2 && waited < 100; waited++) await new Promise((done) => setTimeout(done, 100));
  const { mail } = mails[1];
  assert.equal(mail.subject, 'Grüße, Größe <b> – 日本');
  assert.match(mail.html, /<p>Hallo Größe &lt;b&gt;<\/p><p>\.<\/p>/);
  assert.match(mail.text, /^Hallo Größe <b>\n\.\n\.\. und (lang ?){400}/);
  assert.equal(mail.messageId, `<${messageIds[0]}@example.com>`);
  const link = mail.headers.get('list').unsubscribe.url;
  assert.match(link, /^https:\/\/crm\.example\.com\/unsubscribe\/[\w-]{20,}$/);
  assert.equal(mail.headers.get('list').unsubscribe.mail, undefined);
  assert.equal(mail.headers.get('list-unsubscribe-post') ?? mail.headers.get('list')['unsubscribe-post']?.name, 'List-Unsubscribe=One-Click');
  const left = await fetch(server.base + new URL(link).pathname, { method: 'POST', body: new URLSearchParams('List-Unsubscribe=One-Click') });
  assert.equal(left.status, 200);
  const listed = await server.ask('GET', '/v1/broadcast/suppressions');
  assert.deepEqual(listed.data.map((one) => [one.address, one.reason]), [['groesse@example.com', 'unsubscribe']]);
  const told = await server.ask('GET', `/v1/broadcast/messages/${messageIds[0]}`);
  assert.deepEqual([told.status, told.provider, told.providerMessageId], ['sent', 'smtp', mail.messageId.slice(1, -1)]);
});

test('the server’s own words are shown', async () => {
  const own = certificate('localhost');
  const replies = { 'nobody@example.com': [550, '5.1.1 No such user'], 'later@example.com': [451, '4.7.1 Greylisted'] };
  const { port, mails } = await relay({ secure: true, ...own }, replies);
  const settings = { port, security: 'tls', caCertificate: own.ca };
  const cases = [
    [{}, 'nobody@example.com', '5.1.1', '550 5.1.1 No such user'],
    [{}, 'later@example.com', '4.7.1', '451 4.7.1 Greylisted'],
    [{ password: 'wrong' }, 'grace@example.com', '5.7.8', '535 5.7.8 Bad login'],
  ];
  for (const [change, to, code, words] of cases) {
    const told = await send({ ...settings, ...change }, to);
    assert.deepEqual([told.ok, told.code], [false, code], told.message);
    assert.ok(told.message.endsWith(`says: ${words}`), told.message);
    assert.ok(!told.message.includes('wrong'), told.message);
  }
  assert.equal(mails.length, 0);
});

test('no password goes over a connection that is not encrypted', async () => {
  const own = certificate('localhost');
  const settings = { host: '8.8.8.8', security: 'none', fromAddress: 'a@example.com' };
  const plain = { provider: 'smtp', settings };
  await assert.rejects(server.ask('PUT', '/v1/messaging/channels/email', plain), /settings.security/);
  // A server that offers no STARTTLS where it is wanted.
  const commands = [];
  const listening = new SMTPServer({ hideSTARTTLS: true, authOptional: true, ...own,
    onAuth: (auth, session, done) => commands.push(auth) && done(null, { user: 'x' }) });
  await new Promise((resolve) => listening.listen(0, '127.0.0.1', resolve));
  relays.push(listening);
  const told = await send({ port: listening.server.address().port, security: 'starttls', caCertificate: own.ca });
  assert.equal(told.ok, false, told.message);
  assert.deepEqual(commands, []);
});

test('Twilio is asked as its own library asks it', async () => {
  const seen = [];
  const api = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { authorization, 'content-type': kind } = request.headers;
    seen.push({ line: `${request.method} ${request.url}`, authorization, kind, form: [...new URLSearchParams(body)].sort() });
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ sid: 'SM00000000000000000000000000000001', status: 'queued' }));
  });
  await new Promise((resolve) => api.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://localhost:${api.address().port}`;
  const [sid, token] = [`AC${'0'.repeat(32)}`, 'hush'];
  /** The library's own client, but for the host. */
  class Redirected extends twilio.RequestClient {
    request(options) {
      return super.request({ ...options, uri: options.uri.replace('https://api.twilio.com', baseUrl) });
    }
  }
  const library = twilio(sid, token, { httpClient: new Redirected() });
  const people = { sms: ['+12025550100', '+12025550143'], whatsapp: ['+12025550100', '+12025550143'] };
  for (const [channel, [from, to]] of Object.entries(people)) {
    const settings = { accountSid: sid, authToken: token, from, baseUrl };
    await server.ask('PUT', `/v1/messaging/channels/${channel}`, { provider: 'twilio', settings });
    const prefix = channel === 'whatsapp' ? 'whatsapp:' : '';
    const { ok, providerMessageId } = await server.ask('POST', `/v1/messaging/channels/${channel}/test`, { to });
    assert.deepEqual([ok, providerMessageId], [true, 'SM00000000000000000000000000000001']);
    await library.messages.create({ from: prefix + from, to: prefix + to, body: TEXT });
    if (channel === 'whatsapp') {
      const template = `HX${'0'.repeat(32)}`;
      await server.ask('POST', '/v1/messaging/channels/whatsapp/test', { to, templateName: template });
      await library.messages.create({ from: prefix + from, to: prefix + to, contentSid: template });
    }
  }
  api.close();
  assert.equal(seen.length, 6);
  for (let pair = 0; pair < seen.length; pair += 2) assert.deepEqual(seen[pair], seen[pair + 1]);
});

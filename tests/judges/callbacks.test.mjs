// Callbacks, judged by the providers' own libraries: what they sign is taken, what they would refuse is
// refused, and so is everything that differs from either in one place.
import assert from 'node:assert/strict';
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import twilio from 'twilio';
import { start } from './server.mjs';

const require = createRequire(import.meta.url);
const { EventWebhook } = require('@sendgrid/eventwebhook');
const SnsValidator = require('sns-validator');
const webhooks = require('twilio/lib/webhooks/webhooks');

const PUBLIC = 'https://leads.example.com';
const fixture = (name) => readFileSync(new URL(`../fixtures/sns/${name}`, import.meta.url));
let server;
let amazon;
const asked = [];

before(async () => {
  amazon = createServer((request, response) => {
    asked.push(request.url);
    response.end(request.url.endsWith('.pem') ? fixture('certificate.pem') : '<ok/>');
  });
  await new Promise((resolve) => amazon.listen(0, '127.0.0.1', resolve));
  server = await start('--public-url', PUBLIC, '--allow-private-host', '127.0.0.1');
});
after(async () => {
  await server?.stop();
  amazon?.close();
});

/** Sets a channel's provider; answers the path of its callbacks. */
async function setUp(channel, provider, settings) {
  const body = { provider, settings };
  const { callbackUrl } = await server.ask('PUT', `/v1/messaging/channels/${channel}`, body);
  assert.ok(callbackUrl.startsWith(`${PUBLIC}/webhooks/messaging/`), callbackUrl);
  return callbackUrl.slice(PUBLIC.length);
}

async function post(path, headers, body) {
  const answer = await fetch(server.base + path, { method: 'POST', headers, body });
  return { status: answer.status, text: await answer.text() };
}

const figures = async (channel) => (await server.ask('GET', `/v1/messaging/channels/${channel}`)).callbacks;

/** A number that comes out the same in every run. */
function dice(seed) {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const ODD = ['', ' ', '+14155552671', 'héllo & 50%', '☕', 'a=b&c=d', '日本語', "o'clock", 'a+b', '%41', 'A', 'a', '\t', '~*!()'];

test('Twilio: forms of every kind, in both directions', async () => {
  const authToken = '0123456789abcdef0123456789abcdef';
  const path = await setUp('sms', 'twilio', { accountSid: `AC${'0'.repeat(32)}`, authToken, from: '+14155550100' });
  const roll = dice(7);
  const headers = (signature) => ({
    'content-type': 'application/x-www-form-urlencoded',
    'x-twilio-signature': signature,
  });
  for (let round = 0; round < 100; round += 1) {
    const params = {};
    const form = new URLSearchParams();
    for (let n = roll(8); n >= 0; n -= 1) {
      const name = `P${ODD[roll(ODD.length)]}${roll(3)}`;
      const values = Array.from({ length: 1 + roll(3) }, () => ODD[roll(ODD.length)]);
      values.forEach((value) => form.append(name, value));
      params[name] = form.getAll(name);
    }
    // As it goes over the wire: fetch escapes a quotation mark that encodeURIComponent leaves.
    const { pathname, search } = new URL(`${PUBLIC}${path}?message=${round}&x=${encodeURIComponent(ODD[roll(ODD.length)])}`);
    const target = pathname + search;
    const port = ['', ':443'][roll(2)];
    const url = PUBLIC + port + target;
    const signature = webhooks.getExpectedTwilioSignature(authToken, url, params);
    const good = await post(target, headers(signature), form.toString());
    assert.equal(good.status, 200, `${url} ${form}: ${good.text}`);
    assert.equal(good.text, '<Response/>');
    // Ours and theirs agree on what is wrong, too.
    const other = { ...params, P: 'more' };
    assert.equal(twilio.validateRequest(authToken, signature, url, other), false);
    assert.equal((await post(target, headers(signature), `${form}&P=more`)).status, 403);
    const broken = signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    assert.equal(twilio.validateRequest(authToken, broken, url, params), false);
    assert.equal((await post(target, headers(broken), form.toString())).status, 403);
  }
  const { received, refused } = await figures('sms');
  assert.deepEqual([received, refused], [100, 200]);
});

test('Twilio: a body that is no form is vouched for by its hash', async () => {
  const authToken = 'fedcba9876543210fedcba9876543210';
  const path = await setUp('whatsapp', 'twilio', { accountSid: `AC${'1'.repeat(32)}`, authToken, from: '+14155550100' });
  const body = JSON.stringify({ property: 'välue', boolean: true });
  const target = `${path}?bodySHA256=${webhooks.getExpectedBodyHash(body)}`;
  const signature = webhooks.getExpectedTwilioSignature(authToken, PUBLIC + target, {});
  const headers = { 'content-type': 'application/json', 'x-twilio-signature': signature };
  assert.equal(twilio.validateRequestWithBody(authToken, signature, PUBLIC + target, body), true);
  assert.equal((await post(target, headers, body)).status, 200);
  const other = body.replace('true', 'fals');
  assert.equal(twilio.validateRequestWithBody(authToken, signature, PUBLIC + target, other), false);
  assert.equal((await post(target, headers, other)).status, 403);
  const bare = webhooks.getExpectedTwilioSignature(authToken, PUBLIC + path, {});
  assert.equal((await post(path, { ...headers, 'x-twilio-signature': bare }, body)).status, 403);
});

test('Meta: an HMAC that is computed apart from ours', async () => {
  const appSecret = 'a very secret app';
  const path = await setUp('whatsapp', 'meta', {
    phoneNumberId: '1122334455667', businessAccountId: '7766554433221', accessToken: 'EAAB', appSecret, verifyToken: 'mine',
  });
  const roll = dice(11);
  for (let round = 0; round < 50; round += 1) {
    const value = { messaging_product: 'whatsapp', statuses: [{ id: `wamid.${round}`, status: 'sent', note: ODD[roll(ODD.length)] }] };
    const plain = JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '1', changes: [{ field: 'messages', value }] }] });
    // Meta escapes what is not ASCII, so the bytes must be taken as they are.
    const body = plain.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
    const signature = createHmac('sha256', appSecret).update(body).digest('hex');
    const headers = (hex) => ({ 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${hex}` });
    assert.equal((await post(path, headers(signature), body)).status, 200);
    assert.equal((await post(path, headers(signature), `${body} `)).status, 403);
    assert.equal((await post(path, headers(createHmac('sha256', 'another').update(body).digest('hex')), body)).status, 403);
    assert.equal((await post(path, { 'content-type': 'application/json' }, body)).status, 403);
  }
  const query = 'hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=';
  const challenge = await fetch(`${server.base}${path}?${query}mine`);
  assert.deepEqual([challenge.status, await challenge.text()], [200, '1158201444']);
  assert.equal((await fetch(`${server.base}${path}?${query}other`)).status, 403);
});

const smtp = { host: 'smtp.example.com', port: 587, security: 'starttls', username: 'u', password: 'p', fromAddress: 'crm@example.com' };

test('SendGrid: ECDSA as its library checks it', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const shown = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const path = await setUp('email', 'smtp', { ...smtp, events: { source: 'sendgrid', publicKey: shown } });
  const judge = new EventWebhook();
  const key = judge.convertPublicKeyToECDSA(shown);
  const roll = dice(13);
  for (let round = 0; round < 50; round += 1) {
    const events = Array.from({ length: 1 + roll(5) }, () => ({ email: 'a@example.com', event: 'delivered', timestamp: 1763883600, note: ODD[roll(ODD.length)] }));
    const body = `${JSON.stringify(events).split('},{').join('},\r\n{')}\r\n`;
    const timestamp = String(1763883600 + round);
    const signature = createSign('SHA256').update(timestamp + body).sign(privateKey, 'base64');
    const headers = (at, by) => ({
      'content-type': 'application/json',
      'x-twilio-email-event-webhook-signature': by,
      'x-twilio-email-event-webhook-timestamp': at,
    });
    assert.equal(judge.verifySignature(key, body, signature, timestamp), true);
    assert.equal((await post(path, headers(timestamp, signature), body)).status, 200);
    for (const [at, text] of [[`${timestamp}1`, body], [timestamp, body.trimEnd()]]) {
      assert.equal(judge.verifySignature(key, text, signature, at), false);
      assert.equal((await post(path, headers(at, signature), text)).status, 403);
    }
  }
});

/** Signs an envelope as SNS does. */
function signed(envelope) {
  const of = envelope.Type === 'Notification'
    ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
    : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
  const text = of.filter((name) => name in envelope).map((name) => `${name}\n${envelope[name]}\n`).join('');
  const by = createSign(envelope.SignatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1');
  return { ...envelope, Signature: by.update(text, 'utf8').sign(fixture('key.pem'), 'base64') };
}

test('SES: envelopes of SNS as its library checks them', async () => {
  const baseUrl = `http://127.0.0.1:${amazon.address().port}`;
  const path = await setUp('email', 'smtp', { ...smtp, events: { source: 'ses', baseUrl } });
  // The library fetches certificates over HTTPS from Amazon alone; here it gets ours.
  const { get } = https;
  https.get = (_, answer) => {
    const response = { statusCode: 200, on(name, act) { if (name === 'data') act(fixture('certificate.pem')); if (name === 'end') act(); return response; } };
    answer(response);
    return { on() {} };
  };
  const judge = new SnsValidator();
  const likes = (envelope) => new Promise((resolve) => {
    const theirs = { ...envelope, SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/x.pem' };
    judge.validate(theirs, (error) => resolve(!error));
  });
  const send = (envelope) => post(path, { 'content-type': 'text/plain; charset=UTF-8' }, JSON.stringify(envelope));
  const base = {
    Type: 'Notification', MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: 'arn:aws:sns:eu-west-1:123456789012:mail', Timestamp: '2026-11-24T09:01:01.000Z',
    SigningCertURL: `${baseUrl}/SimpleNotificationService-1.pem`,
  };
  try {
    for (const version of ['1', '2']) {
      for (const note of ODD) {
        const Message = JSON.stringify({ eventType: 'Delivery', mail: { messageId: '0102' }, note });
        const good = signed({ ...base, Message, SignatureVersion: version, ...(note && { Subject: note }) });
        assert.equal(await likes(good), true, JSON.stringify(good));
        assert.equal((await send(good)).status, 200, JSON.stringify(good));
        for (const broken of [{ ...good, Message: `${Message} ` }, { ...good, Timestamp: '2026-11-24T09:01:02.000Z' }]) {
          assert.equal(await likes(broken), false);
          assert.equal((await send(broken)).status, 403);
        }
      }
    }
    const SubscribeURL = `${baseUrl}/?Action=ConfirmSubscription&Token=1`;
    const confirmation = { ...base, Type: 'SubscriptionConfirmation', Message: 'You have chosen…', Token: '1', SubscribeURL, SignatureVersion: '2' };
    const good = signed(confirmation);
    assert.equal(await likes(good), true);
    assert.equal((await send({ ...good, Token: '2' })).status, 403);
    assert.equal(asked.filter((url) => url.includes('Confirm')).length, 0);
    assert.equal((await send(good)).status, 200);
    assert.equal(asked.filter((url) => url.includes('Confirm')).length, 1);
    assert.equal(asked.filter((url) => url.endsWith('.pem')).length, 1, 'the certificate is fetched once');
    const elsewhere = signed({ ...base, Message: '{}', SignatureVersion: '2', SigningCertURL: 'https://evil.example/x.pem' });
    assert.equal((await send(elsewhere)).status, 403);
  } finally {
    https.get = get;
  }
});

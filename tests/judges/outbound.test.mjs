// What leaves for outbound webhooks, judged by the library of Standard Webhooks: it takes what we sign, and
// nothing that differs from it.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { start } from './server.mjs';

const HOOKS = '/v1/identity/outbound-webhooks';
const got = [];
let server;
let receiver;
let hook;

before(async () => {
  receiver = createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      got.push({ headers: request.headers, body: Buffer.concat(pieces).toString('utf8') });
      response.end('ok');
    });
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  server = await start('--allow-private-host', '127.0.0.1');
  const url = `http://127.0.0.1:${receiver.address().port}/hook`;
  const events = ['lead.created', 'lead.updated', 'lead.moved', 'lead.deleted'];
  hook = await server.ask('POST', HOOKS, { name: 'The judge', url, events });
});
after(async () => {
  await server?.stop();
  receiver?.close();
});

/** What came as the answer to something that is done. */
async function told(done) {
  const before = got.length;
  const result = await done();
  const deadline = Date.now() + 20_000;
  while (got.length === before) {
    if (Date.now() > deadline) throw new Error('nothing came');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return { ...got[before], result };
}

test('each event is taken by the library, in any language', async () => {
  const judge = new Webhook(hook.secret);
  const made = await told(() =>
    server.ask('POST', '/v1/identity/leads', { name: 'Žofia "Ž" 🦊\u2028', customFields: { budget: '5 €' } }));
  const lead = made.result;
  const { stages } = (await server.ask('GET', '/v1/identity/lead-pipelines')).data[0];
  const changed = await told(() => server.ask('PATCH', `/v1/identity/leads/${lead.id}`, { company: 'Ünder & Söhne' }));
  const moved = await told(() => server.ask('PATCH', `/v1/identity/leads/${lead.id}/stage`, { stageId: stages[1].id }));
  const gone = await told(() => server.ask('DELETE', `/v1/identity/leads/${lead.id}`));
  const read = [made, changed, moved, gone].map(({ body, headers }) => judge.verify(body, headers));
  assert.deepEqual(read.map(({ type }) => type), ['lead.created', 'lead.updated', 'lead.moved', 'lead.deleted']);
  assert.deepEqual(read.map(({ data }) => data.lead.id), Array(4).fill(lead.id));
  assert.equal(read[0].data.lead.name, lead.name);
  assert.equal(new Set(got.map(({ headers }) => headers['webhook-id'])).size, got.length);
});

test('what differs in one place, or is old, or is checked with another secret, is refused', async () => {
  const { body, headers } = await told(() => server.ask('POST', '/v1/identity/leads', { name: 'Grace' }));
  const judge = new Webhook(hook.secret);
  assert.ok(judge.verify(body, headers));
  const late = String(Number(headers['webhook-timestamp']) + 1);
  const refused = [
    [body.replace('Grace', 'Grade'), headers],
    [body, { ...headers, 'webhook-id': `${headers['webhook-id']}0` }],
    [body, { ...headers, 'webhook-timestamp': late }],
    [body, { ...headers, 'webhook-signature': headers['webhook-signature'].replace('v1,', 'v2,') }],
  ];
  for (const [text, with_] of refused) assert.throws(() => judge.verify(text, with_));
  const other = new Webhook(`whsec_${Buffer.alloc(32, 7).toString('base64')}`);
  assert.throws(() => other.verify(body, headers));
  const old = { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 600) };
  assert.throws(() => judge.verify(body, old), /old/);
});

test('after a rotation both secrets take it, and a replay is signed anew under the same id', async () => {
  const { version } = await server.ask('GET', `${HOOKS}/${hook.id}`);
  const rotated = await server.ask('POST', `${HOOKS}/${hook.id}/rotate-secret`, {});
  assert.ok(rotated.version >= version && rotated.secret !== hook.secret);
  const first = await told(() => server.ask('POST', '/v1/identity/leads', { name: 'Mary' }));
  for (const secret of [hook.secret, rotated.secret]) {
    assert.equal(new Webhook(secret).verify(first.body, first.headers).data.lead.name, 'Mary');
  }
  const [delivery] = (await server.ask('GET', `${HOOKS}/${hook.id}/deliveries?limit=1`)).data;
  const again = await told(() => server.ask('POST', `${HOOKS}/${hook.id}/deliveries/${delivery.id}/replay`));
  assert.ok(new Webhook(rotated.secret).verify(again.body, again.headers));
  assert.equal(again.headers['webhook-id'], first.headers['webhook-id']);
  assert.equal(again.body, first.body);
});

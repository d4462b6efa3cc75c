// Analytics of messages and reports on leads: the numbers of the API, as charts, tables and files.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import {
  arrive,
  browser,
  dialog,
  end as stop,
  make,
  report,
  server,
  start,
  webhook,
} from './automating.mjs';
import { testPlaces } from './checks.mjs';
import { openBoard, openPage, owner, until } from './harness.mjs';

let welcome;
/** A time of one's own, up to today. */
const day = (back) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
const lately = `from=${day(200)}&to=${day(0)}`;
const ANALYTICS = '/broadcast/analytics';
const REPORT = '/identity/reports/leads';

before(async () => {
  await start();
  welcome = await make('Welcome', [['sms', 0]]);
  await make('Follow up', [['email', 0]]);
  const people = [
    { name: 'Grace Hopper', email: 'grace@example.com', phone: '+14155552671' },
    { name: 'Joan Clarke', email: 'joan@example.com', phone: '+14155552672' },
    { name: 'Mary Shaw', email: 'mary@example.com', phone: '+14155552673' },
    { name: 'Ida Rhodes', email: 'ida@example.com' },
  ];
  const ids = [];
  for (const person of people) ids.push(await arrive(person));
  const typed = await server.api('POST', '/leads', { name: 'Kay McNulty' });
  await report(ids[0], 'sms', 'delivered');
  await report(ids[1], 'sms', 'delivered');
  await report(ids[2], 'sms', 'failed');
  await report(ids[0], 'email', 'read');
  await server.api('POST', '/leads/broadcast/quick-send', {
    leadIds: [ids[0], typed.id],
    channel: 'whatsapp',
    body: 'Hello',
  });
  const [{ stages }] = (await server.api('GET', '/lead-pipelines')).data;
  const stageId = (name) => stages.find((one) => one.name === name).id;
  const move = (id, name) => server.api('PATCH', `/leads/${id}/stage`, { stageId: stageId(name) });
  await move(ids[0], 'Contacted');
  await move(ids[0], 'Won');
  await move(ids[1], 'Qualified');
  await move(ids[2], 'Lost');
  // Whatever is under way has ended, so that all ask for the same numbers.
  await until(async () => (await server.call('GET', ANALYTICS)).totals.pending === 0);
});
after(stop);

const button = (within, name) => within.getByRole('button', { name, exact: true });
const link = (within, name) => within.getByRole('link', { name, exact: true });
const choice = (page, name) => page.getByRole('combobox', { name, exact: true });
const card = (page, name) => page.getByRole('region', { name, exact: true });
const analytics = (query = '') => server.call('GET', `${ANALYTICS}${query}`);
const leads = (query = '') => server.call('GET', `${REPORT}${query}`);

async function open(path, options) {
  const page = await openPage(browser, server, options);
  await page.goto(server.base + path);
  return page;
}

async function end(page) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

/** The tiles, by their labels, each with its number alone. */
async function totals(page) {
  await page.locator('dl[aria-label=Totals]').waitFor();
  const tiles = await page
    .locator('dl[aria-label=Totals] > div')
    .evaluateAll((all) =>
      all.map((one) => [one.querySelector('dt').textContent, one.querySelector('b').textContent]),
    );
  return Object.fromEntries(tiles.map(([label, number]) => [label, Number(number)]));
}

const told = ({ totals }) => ({
  Messages: totals.messages,
  Sent: totals.sent,
  Delivered: totals.delivered,
  Read: totals.read,
  Failed: totals.failed,
  Pending: totals.pending,
  Skipped: totals.skipped,
  Unsubscribed: totals.unsubscribed,
});

/** Opens the table behind a chart; answers its cells. */
async function tableOf(page, title) {
  await button(page, `Table of ${title}`).click();
  const table = page.getByRole('table', { name: `Table of ${title}`, exact: true });
  await table.waitFor();
  return table
    .locator('tbody tr')
    .evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
}

const bars = (page, title) =>
  page.getByRole('list', { name: title, exact: true }).getByRole('listitem').allInnerTexts();
const plain = (texts) => texts.map((text) => text.replaceAll(/\s+/g, ' ').trim());
const percent = (rate) => (rate === null ? '–' : `${+(rate * 100).toFixed(1)}%`);

async function fetched(page, press) {
  const [file] = await Promise.all([page.waitForEvent('download'), press()]);
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
}

/** What the API gives for the same file; the page asks for the days that it shows. */
async function exported(path, query) {
  const response = await fetch(`${server.base}/v1${path}/export?${query}`, {
    headers: { Authorization: `Bearer ${server.token}` },
  });
  assert.equal(response.status, 200);
  // With the mark of its encoding, which `text()` takes away.
  return Buffer.from(await response.arrayBuffer()).toString('utf8');
}

test('the analytics show what the API tells, as charts and as tables', async () => {
  const answer = await analytics();
  const { messages, failed, skipped } = answer.totals;
  assert.ok(messages >= 7 && failed === 1 && skipped >= 2, JSON.stringify(answer.totals));
  const page = await open('/broadcast/analytics');
  assert.deepEqual(await totals(page), told(answer));

  const rows = await tableOf(page, 'Messages over time');
  assert.equal(rows.length, 30);
  const last = answer.series.at(-1);
  assert.deepEqual(
    rows.at(-1).slice(1),
    [
      last.messages,
      last.pending,
      last.sent,
      last.delivered,
      percent(last.deliveredRate),
      last.read,
      percent(last.readRate),
      last.failed,
      percent(last.failedRate),
    ].map(String),
  );
  const none = await tableOf(page, 'Skipped and unsubscribed over time');
  assert.deepEqual(none.at(-1).slice(1, 3), [String(skipped), '0']);

  const names = { email: 'E-mail', sms: 'SMS', whatsapp: 'WhatsApp' };
  const byChannel = answer.channels.map((row) => [names[row.channel], String(row.messages)]);
  assert.deepEqual(
    (await tableOf(page, 'By channel')).map((row) => row.slice(0, 2)),
    byChannel,
  );
  const byAutomation = answer.automations.map((row) => [row.name, String(row.messages)]);
  assert.deepEqual(
    (await tableOf(page, 'By automation')).map((row) => row.slice(0, 2)),
    byAutomation,
  );
  assert.deepEqual(
    (await tableOf(page, 'Why there was no message')).map((row) => row.slice(1, 3)),
    answer.skips.map(({ reason, count }) => [reason, String(count)]),
  );
  assert.deepEqual(
    (await tableOf(page, 'Why messages failed')).map((row) => row.slice(1, 3)),
    answer.failures.map(({ reason, count }) => [reason, String(count)]),
  );
  const texts = plain(await bars(page, 'By channel'));
  const sms = answer.channels.find((row) => row.channel === 'sms');
  assert.ok(
    texts.includes(`SMS ${sms.messages}, ${percent(sms.deliveredRate)} delivered`),
    texts.join(' | '),
  );
  // The bars are as long as their numbers: the pieces of each together.
  const lengths = await page
    .getByRole('list', { name: 'By channel' })
    .locator('svg')
    .evaluateAll((all) =>
      all.map((svg) =>
        [...svg.querySelectorAll('.piece')].reduce(
          (sum, piece) => sum + Number.parseFloat(piece.getAttribute('width')),
          0,
        ),
      ),
    );
  const most = Math.max(...answer.channels.map((row) => row.messages));
  for (const [index, row] of answer.channels.entries()) {
    assert.ok(Math.abs(lengths[index] - (row.messages / most) * 100) < 0.1, `${lengths}`);
  }
  await end(page);
});

test('a chart over time is read bar by bar with the keyboard', async () => {
  const { series } = await analytics();
  const page = await open('/broadcast/analytics');
  const chart = page.getByRole('slider', { name: 'Messages over time, bar by bar' });
  await chart.focus();
  const last = series.at(-1);
  assert.match(
    await chart.getAttribute('aria-valuetext'),
    new RegExp(
      `: Read ${last.read}, Delivered, not read ${last.delivered - last.read}, .*Failed 1`,
    ),
  );
  assert.equal(await chart.getAttribute('aria-valuenow'), '30');
  await page.keyboard.press('ArrowLeft');
  assert.match(await chart.getAttribute('aria-valuetext'), /: Read 0, .*Pending 0$/);
  await page.keyboard.press('Home');
  assert.equal(await chart.getAttribute('aria-valuenow'), '1');
  await page.keyboard.press('End');
  // What is read out stands there, too.
  const shown = await card(page, 'Messages over time').innerText();
  assert.match(shown.replaceAll(/\s+/g, ' '), new RegExp(`Read ${last.read} .*Failed 1`));
  await end(page);
});

test('the mouse shows the numbers of a bar, and of all when it is gone', async () => {
  const { totals } = await analytics();
  const page = await open('/broadcast/analytics');
  const region = card(page, 'Messages over time');
  const chart = region.getByRole('slider');
  await region.getByText('In all').waitFor();
  await chart.hover({ position: { x: 60, y: 60 } });
  await region.getByText('In all').waitFor({ state: 'detached' });
  assert.match(plain([await region.innerText()])[0], /Read 0 /);
  await page.mouse.move(0, 0);
  await region.getByText('In all').waitFor();
  assert.match(plain([await region.innerText()])[0], new RegExp(`Read ${totals.read} `));
  await end(page);
});

test('filters stand in the address, and Back takes one away', async () => {
  const page = await open('/broadcast/analytics');
  const all = await totals(page);
  await choice(page, 'Channel').selectOption('sms');
  const sms = told(await analytics('?channel=sms'));
  await until(async () => (await totals(page)).Messages === sms.Messages);
  assert.deepEqual(await totals(page), sms);
  assert.equal(new URL(page.url()).search, '?channel=sms');
  await choice(page, 'Origin').selectOption('automation');
  assert.equal(new URL(page.url()).searchParams.get('origin'), 'automation');
  await page.goBack();
  await page.goBack();
  await until(async () => (await totals(page)).Messages === all.Messages);

  const sandbox = told(await analytics('?provider=sandbox&origin=quick_send'));
  await page.goto(`${server.base}/broadcast/analytics?provider=sandbox&origin=quick_send`);
  assert.deepEqual(await totals(page), sandbox);
  await choice(page, 'Origin').selectOption('campaign');
  await page.getByText('No message of this time answers these filters').waitFor();
  await button(page, 'Show all messages').click();
  await until(async () => (await totals(page)).Messages === all.Messages);
  await end(page);
});

test('an automation leads to its analytics', async () => {
  const own = told(await analytics(`?automationId=${welcome.id}`));
  const page = await openPage(browser, server);
  await openBoard(page, server, '/leads/automations');
  await link(dialog(page, 'Automations'), 'Analytics of Welcome').click();
  await page.waitForURL(`**/broadcast/analytics?automation=${welcome.id}`);
  assert.deepEqual(await totals(page), own);
  await button(page, 'Of automation Welcome').click();
  await link(card(page, 'By automation'), 'Follow up').click();
  await button(page, 'Of automation Follow up').waitFor();
  assert.equal(await choice(page, 'Origin').count(), 0);
  await page.goto(`${server.base}/broadcast/analytics?campaign=${welcome.id}`);
  await page.getByText('No message of this time answers these filters').waitFor();
  await end(page);
});

test('the time is chosen, kept in the address, and refused where it makes none', async () => {
  const page = await open('/broadcast/analytics?period=7d');
  const rows = await tableOf(page, 'Messages over time');
  assert.equal(rows.length, 7);
  await choice(page, 'Period').selectOption('12m');
  await until(async () => (await page.locator('tbody tr').count()) === 12);
  assert.equal(new URL(page.url()).search, '?period=12m');
  await choice(page, 'Period').selectOption('custom');
  const { searchParams } = new URL(page.url());
  assert.match(searchParams.get('from'), /^\d{4}-\d\d-01$/);
  await page.getByLabel('To', { exact: true }).fill('2020-01-31');
  await page.getByText('It has to end after it begins.').waitFor();
  await page.getByLabel('From', { exact: true }).fill('2020-01-01');
  await page.getByText('No messages in this time').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('from'), '2020-01-01');
  await choice(page, 'Grouping').selectOption('hour');
  await page.goto(`${server.base}/broadcast/analytics?from=2020-01-01&groupBy=hour`);
  await page.getByText(/too many pieces/).waitFor();
  await end(page);
});

test('each table is fetched as CSV, with the filters that are shown', async () => {
  const page = await open(`/broadcast/analytics?channel=sms&${lately}`);
  await totals(page);
  const query = `channel=sms&${lately}&groupBy=week`;
  for (const [title, table] of [
    ['Messages over time', 'series'],
    ['By automation', 'automations'],
    ['Why messages failed', 'failures'],
  ]) {
    const file = await fetched(page, () => button(page, `CSV of ${title}`).click());
    assert.equal(file.name, `analytics-${table}.csv`);
    assert.equal(file.text, await exported(ANALYTICS, `${query}&table=${table}`));
    assert.ok(file.text.split('\r\n').length > 2, file.text);
  }
  await page.goto(`${server.base}/reports`);
  const file = await fetched(page, () => button(page, 'CSV of Funnel by stage').click());
  assert.equal(file.text, await exported(REPORT, `to=${day(0)}&table=funnel`));
  await end(page);
});

test('the reports show what the API tells of leads', async () => {
  const answer = await leads();
  const page = await openPage(browser, server);
  await openBoard(page, server);
  await link(page.getByRole('navigation', { name: 'Main' }), 'Reports').click();
  await page.waitForURL('**/reports');
  const { totals: all } = answer;
  assert.deepEqual(await totals(page), {
    Leads: all.leads,
    Open: all.open,
    Won: all.won,
    Lost: all.lost,
    Converted: all.converted,
    'Won in this time': answer.closedWon,
    'Lost in this time': answer.closedLost,
  });
  assert.deepEqual([all.leads, all.won, all.lost], [5, 1, 1]);

  const byDay = await tableOf(page, 'Leads over time');
  assert.equal(byDay.length, 30);
  assert.deepEqual(byDay.at(-1).slice(1, 6), ['5', '4', '0', '0', '1']);
  assert.deepEqual((await tableOf(page, 'Won and lost over time')).at(-1).slice(1), ['1', '1']);
  const stages = answer.funnel.filter((one) => one.type !== 'lost');
  const lost = answer.funnel.filter((one) => one.type === 'lost');
  assert.deepEqual(
    (await tableOf(page, 'Funnel by stage')).map(([name, , reached, , now]) => [
      name,
      reached,
      now,
    ]),
    [...stages, ...lost].map((one) => [one.name, String(one.reached), String(one.now)]),
  );
  const texts = plain(await bars(page, 'Funnel by stage'));
  const [first] = stages;
  assert.equal(texts[0], `${first.name} ${first.reached}, ${percent(first.nextRate)} went on`);
  assert.deepEqual(
    (await tableOf(page, 'Time in stage')).map((row) => row.slice(0, 2)),
    answer.funnel.filter((one) => one.left > 0).map((one) => [one.name, String(one.left)]),
  );
  assert.deepEqual(
    (await tableOf(page, 'Conversion by source')).map((row) => row.slice(0, 5)),
    answer.sources.map((row) => [
      { manual: 'Manual', webhook: 'Webhook', import: 'Import', api: 'API' }[row.source],
      ...[row.leads, row.open, row.won].map(String),
      percent(row.wonRate),
    ]),
  );
  assert.deepEqual(
    (await tableOf(page, 'Conversion by webhook')).map((row) => row.slice(0, 2)),
    [[webhook.name, '4']],
  );
  await end(page);
});

test('reports are narrowed down by links and lists, and kept in the address', async () => {
  const page = await open('/reports');
  await link(card(page, 'Conversion by webhook'), 'Landing Page').click();
  await until(async () => (await totals(page)).Leads === 4);
  await button(page, 'Of webhook Landing Page').click();
  await until(async () => (await totals(page)).Leads === 5);
  await choice(page, 'Source').selectOption('api');
  await until(async () => (await totals(page)).Leads === 1);
  assert.equal(new URL(page.url()).search, '?source=api');
  await choice(page, 'Source').selectOption('import');
  await page.getByText('No lead of this time answers these filters').waitFor();
  await button(page, 'Show all leads').click();
  await choice(page, 'Assignee').selectOption('none');
  await until(async () => (await totals(page)).Leads === 5);
  const pipeline = await server.api('POST', '/lead-pipelines', {
    name: 'Partners',
    stages: ['Talks', 'Signed'].map((name) => ({ name, color: '#3b82f6', type: 'open' })),
  });
  await page.goto(`${server.base}/reports?pipelineId=${pipeline.id}&period=90d`);
  await page.getByText('No lead of this time answers these filters').waitFor();
  const partner = await server.api('POST', '/leads', { name: 'Partner', pipelineId: pipeline.id });
  await page.reload();
  await until(async () => (await totals(page)).Leads === 1);
  assert.deepEqual(plain(await bars(page, 'Funnel by stage')).at(-1), 'Signed 0');
  // With leads in two pipelines there are two funnels.
  await page.goto(`${server.base}/reports`);
  await card(page, 'Funnel by stage: Partners').waitFor();
  await server.api('DELETE', `/leads/${partner.id}`);
  await end(page);
});

test('what happened since is there after a reload of the report', async () => {
  const page = await open('/reports?source=manual');
  await page.getByText('No lead of this time answers these filters').waitFor();
  await page.goto(`${server.base}/reports?source=api`);
  const before = (await totals(page)).Leads;
  await server.api('POST', '/leads', { name: 'Late Comer' });
  await button(page, 'Reload').click();
  await until(async () => (await totals(page)).Leads === before + 1);
  await end(page);
});

test('numbers and days are written as the reader’s country does', async () => {
  const { totals } = await analytics();
  const page = await open('/broadcast/analytics', { locale: 'de-DE' });
  const tile = page.locator('dl > div').filter({ hasText: 'Delivered' });
  const rate = `${String(+(totals.deliveredRate * 100).toFixed(1)).replace('.', ',')}\u{a0}%`;
  await tile.getByText(`${rate} of sent`).waitFor();
  await end(page);
});

/** A page of somebody whose role has these permissions only. */
async function as(name, permissions) {
  const role = await server.api('POST', '/roles', { name, permissions });
  const email = `${name.toLowerCase()}@example.com`;
  await server.api('POST', '/users', { email, name, role: role.id, password: owner.password });
  const answer = await fetch(`${server.base}/v1/identity/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password: owner.password }),
  });
  return openPage(browser, { ...server, token: (await answer.json()).token });
}

test('a role sees the reports of what it may see', async () => {
  const main = (page) => page.getByRole('navigation', { name: 'Main' });
  const leadsOnly = await as('Seller', ['leads:view']);
  await leadsOnly.goto(`${server.base}/reports`);
  await totals(leadsOnly);
  assert.equal(await link(main(leadsOnly), 'Broadcast').count(), 0);
  assert.equal(await link(leadsOnly, 'Analytics of messages').count(), 0);
  await leadsOnly.goto(`${server.base}/broadcast/analytics`);
  await leadsOnly.getByText('Your role has no access to this page').waitFor();
  await openBoard(leadsOnly, server, '/leads/automations');
  await dialog(leadsOnly, 'Automations').getByRole('article').first().waitFor();
  assert.equal(await link(leadsOnly, 'Analytics of Welcome').count(), 0);
  await end(leadsOnly);

  const messagesOnly = await as('Writer', ['broadcast:view']);
  await messagesOnly.goto(`${server.base}/broadcast/analytics`);
  await totals(messagesOnly);
  assert.equal(await link(main(messagesOnly), 'Reports').count(), 0);
  await messagesOnly.goto(`${server.base}/reports`);
  await messagesOnly.getByText('Your role has no access to this page').waitFor();
  await end(messagesOnly);
});

testPlaces(
  {
    'the analytics with their tables': async (page) => {
      await page.goto(`${server.base}/broadcast/analytics`);
      for (const title of ['Messages over time', 'Why there was no message', 'By channel']) {
        await tableOf(page, title);
      }
    },
    'the analytics of one automation, of a time of one’s own': async (page) => {
      await page.goto(`${server.base}/broadcast/analytics?automation=${welcome.id}&${lately}`);
      await button(page, 'Of automation Welcome').waitFor();
    },
    'analytics of nothing': async (page) => {
      await page.goto(`${server.base}/broadcast/analytics?from=2020-01-01&to=2020-01-31`);
      await page.getByText('No messages in this time').waitFor();
    },
    'the reports with their tables': async (page) => {
      await page.goto(`${server.base}/reports`);
      for (const title of ['Leads over time', 'Time in stage', 'Conversion by source']) {
        await tableOf(page, title);
      }
    },
    'reports of a time that makes no sense': async (page) => {
      await page.goto(`${server.base}/reports?from=2020-02-01&to=2020-01-01`);
      await page.getByText('It has to end after it begins.').waitFor();
    },
  },
  () => ({ browser, server }),
);

// Broadcast, Campaigns: made, looked at, tested, sent, held, ended.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testPlaces } from './checks.mjs';
import { openPage, owner, startBrowser, startServer, until } from './harness.mjs';

let server;
let browser;
let people;
let offer;
let everybody;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  people = await leadsOf([
    { name: 'Grace Hopper', phone: '+14155552671', company: 'Navy', email: 'grace@example.com' },
    { name: 'Joan Clarke', phone: '+14155552672' },
    { name: 'No Number' },
    { name: 'Twin Clarke', phone: '+14155552672' },
    { name: 'Said Stop', phone: '+14155552673' },
  ]);
  await server.call('POST', '/broadcast/suppressions', {
    channel: 'sms',
    address: '+14155552673',
  });
  offer = await template('Offer', 'Hi {{ firstName }}, {{ company }} gets 20 % off.');
  everybody = await audience('Everybody', people);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

async function leadsOf(all) {
  const ids = [];
  for (const lead of all) ids.push((await server.api('POST', '/leads', lead)).id);
  return ids;
}
const audience = (name, leadIds) =>
  server.api('POST', '/leads/broadcast/create-audience', { name, leadIds });
const template = (name, body, channel = 'sms') =>
  server.call('POST', '/broadcast/templates', { name, channel, status: 'approved', body });
const campaign = (settings = {}) =>
  server.call('POST', '/broadcast/campaigns', {
    name: 'Spring offer',
    channel: 'sms',
    templateId: offer.id,
    audienceId: everybody.id,
    ...settings,
  });
const read = ({ id }) => server.call('GET', `/broadcast/campaigns/${id}`);
const go = ({ id }, what, body = {}) =>
  server.call('POST', `/broadcast/campaigns/${id}/${what}`, body);

/** A campaign to so many people of its own, slowly: one message every two seconds. */
async function slow(name, count, settings = {}) {
  const at = name.length * 1_000;
  const phone = (index) =>
    `+1415777${String(at + index)
      .padStart(4, '0')
      .slice(-4)}`;
  const ids = await leadsOf(
    Array.from({ length: count }, (_, index) => ({
      name: `${name} ${index}`,
      phone: phone(index),
    })),
  );
  const { id } = await audience(name, ids);
  return campaign({ name, audienceId: id, ratePerMinute: 30, ...settings });
}

const button = (within, name) => within.getByRole('button', { name, exact: true });
const field = (within, name) => within.getByRole('textbox', { name, exact: true });
const choice = (within, name) => within.getByRole('combobox', { name, exact: true });
const dialog = (page, name) => page.getByRole('dialog', { name, exact: true });
const link = (within, name) => within.getByRole('link', { name, exact: true });
const heading = (page, name) => page.getByRole('heading', { name, exact: true });
const region = (page, name) => page.getByRole('region', { name, exact: true });
const badge = (page, text) => page.locator('.head').getByText(text, { exact: true });

async function open(path, options) {
  const page = await openPage(browser, server, options);
  await page.goto(server.base + path);
  return page;
}
async function openCampaign(one, options) {
  const page = await open(`/broadcast/campaigns/${one.id}`, options);
  await heading(page, one.name).waitFor();
  // The live stream must be open before something changes.
  await page.waitForTimeout(250);
  return page;
}
async function end(page) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}
async function more(page, item) {
  await button(page, 'More').click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}
async function rowsOf(page, table) {
  const rows = page.getByRole('table', { name: table, exact: true }).locator('tbody tr');
  return (await rows.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').trim());
}

test('a campaign is made of an audience, looked at, tested, sent, and tells of each recipient', async () => {
  const page = await open(`/broadcast/audiences/${everybody.id}`);
  await button(page, 'New campaign').click();
  await heading(page, 'New campaign').waitFor();
  await button(page, 'Create campaign').click();
  await page.getByText('This is required.').first().waitFor();
  await field(page, 'Name').fill('Summer');
  await choice(page, 'Channel').selectOption('sms');
  await choice(page, 'Template').selectOption({ label: 'Offer' });
  await page.getByText('SMS reaches 2 of its 5 members.').waitFor();
  const company = page.getByRole('group', { name: '{{company}}' });
  await choice(company, 'What {{company}} stands for').selectOption('field');
  await button(page, 'Create campaign').click();
  await company.getByText('There is no field').waitFor();
  await choice(company, 'Field for {{company}}').selectOption('company');
  await field(company, 'Fallback for {{company}}').fill('your team');
  await field(page, 'Messages per minute').fill('soon');
  await button(page, 'Create campaign').click();
  await page.getByText('A whole number of messages, or nothing.').waitFor();
  await field(page, 'Messages per minute').fill('6000');
  await button(page, 'Create campaign').click();
  await heading(page, 'Summer').waitFor();
  await badge(page, 'Draft').waitFor();

  const check = region(page, 'Preview and check');
  await check.getByText('2 of 5 members would get it.').waitFor();
  await check.getByText('SMS is in the sandbox').waitFor();
  const warnings = await check.getByRole('list', { name: 'Warnings' }).allInnerTexts();
  for (const text of [
    '1 person has no phone number.',
    '1 person must not be messaged: the address is suppressed.',
    '1 person has the address of somebody before them, who gets the message.',
  ]) {
    assert.ok(warnings.join('\n').includes(text), `${text} in ${warnings}`);
  }
  await check.getByText('2 SMS segments in all, at most 1 a message.').waitFor();
  await check.getByText('Who would get nothing').first().click();
  await link(check, 'No Number').waitFor();
  await check.getByText('Hi Grace, Navy gets 20 % off.').waitFor();
  await button(check, 'Next recipient').click();
  await check.getByText('Hi Joan, your team gets 20 % off.').waitFor();

  await field(check, 'Send a test to').fill('12');
  await button(check, 'Send test').click();
  await check.getByText('Write a phone number with its country code.').waitFor();
  await field(check, 'Send a test to').fill('+1 202 555 0100');
  await button(check, 'Send test').click();
  await check.getByText('The test to +1 202 555 0100 is on its way.').waitFor();
  const tests = await server.call('GET', '/broadcast/messages?search=2025550100');
  assert.deepEqual(
    tests.data.map((message) => message.body),
    ['Hi Joan, your team gets 20 % off.'],
  );

  await button(page, 'Send now').click();
  const sure = dialog(page, 'Send Summer now?');
  await sure.getByText('2 recipients get a message.').waitFor();
  await button(sure, 'Send now').click();
  await badge(page, 'Completed').waitFor();
  const progress = region(page, 'Progress');
  await progress.getByText('5 of 5 recipients').waitFor();
  const isSent = /^Grace Hopper \+14155552671 (Sent|Delivered)/;
  await until(async () => isSent.test((await rowsOf(page, 'Recipients'))[0]));
  const rows = await rowsOf(page, 'Recipients');
  assert.equal(rows.length, 5);
  assert.match(rows[2], /^No Number Skipped There is no phone number that can be read\. –$/);
  assert.match(
    rows[3],
    /^Twin Clarke .*Skipped Somebody else in this campaign has the same address/,
  );
  assert.match(rows[4], /^Said Stop .*Skipped/);

  await button(progress, '1 Suppressed').click();
  await until(async () => (await rowsOf(page, 'Recipients')).length === 1);
  assert.match((await rowsOf(page, 'Recipients'))[0], /^Said Stop/);
  await choice(page, 'Outcome').selectOption('');
  await link(page, 'Grace Hopper').click();
  const message = dialog(page, 'Message to Grace Hopper');
  await message.getByText('Hi Grace, Navy gets 20 % off.').waitFor();
  const origin = await link(message, 'Open the campaign').getAttribute('href');
  assert.equal(origin, new URL(page.url()).pathname.split('/messages')[0]);
  await button(message, 'Close').first().click();
  await message.waitFor({ state: 'detached' });
  assert.match(page.url(), /\/broadcast\/campaigns\/[0-9a-f-]+$/);
  await end(page);
});

test('what becomes of the messages shows as it happens, here and in the list', async () => {
  const one = await campaign({ name: 'Watched' });
  await go(one, 'send');
  await until(async () => (await read(one)).status === 'completed');
  const page = await openCampaign(one);
  const list = await open('/broadcast/campaigns');
  await link(list, 'Watched').waitFor();
  await list.waitForTimeout(250);
  const { data } = await server.call('GET', `/broadcast/messages?campaignId=${one.id}`);
  const joan = data.find((message) => message.leadName === 'Joan Clarke');
  await server.call('POST', `/broadcast/messages/${joan.id}/simulate`, { status: 'failed' });
  const counts = page.getByRole('list', { name: 'What became of them' });
  await counts.getByText('Failed').waitFor();
  await until(async () => /Joan Clarke.*Failed/.test((await rowsOf(page, 'Recipients')).join()));
  await link(page, 'Analytics').last().click();
  await button(page, 'Of campaign Watched').waitFor();
  assert.match(page.url(), new RegExp(`/broadcast/analytics\\?campaign=${one.id}$`));
  // The list tells of a campaign that is sent while it is shown.
  const other = await campaign({ name: 'Sent meanwhile' });
  await go(other, 'send');
  await until(
    async () =>
      (await rowsOf(list, 'Campaigns')).some((row) =>
        /^Sent meanwhile .*Completed.* 5 of 5/.test(row),
      ),
    async () => (await rowsOf(list, 'Campaigns')).join('\n'),
  );
  await end(list);
  await end(page);
});

test('a campaign is paused, resumed and cancelled, and the page shows it at once', async () => {
  const one = await slow('Hold', 4);
  const page = await openCampaign(one);
  await button(page, 'Send now').click();
  await button(dialog(page, 'Send Hold now?'), 'Send now').click();
  await badge(page, 'Sending').waitFor();
  const progress = region(page, 'Progress');
  await progress.getByText('1 of 4 recipients').waitFor();
  await button(page, 'Pause').click();
  await badge(page, 'Paused').waitFor();
  await page.getByText('It is paused: nothing more is handed over').waitFor();
  const { sent } = (await read(one)).stats;
  await page.waitForTimeout(4_500);
  assert.equal((await read(one)).stats.sent, sent, 'it holds');
  await button(page, 'Resume').click();
  await badge(page, 'Sending').waitFor();
  await progress.getByText(`${sent + 1} of 4 recipients`).waitFor();
  await button(page, 'Cancel campaign').click();
  const sure = dialog(page, 'Cancel Hold?');
  await button(sure, 'Keep it').click();
  await sure.waitFor({ state: 'detached' });
  await button(page, 'Cancel campaign').click();
  await button(dialog(page, 'Cancel Hold?'), 'Cancel campaign').click();
  await badge(page, 'Cancelled').waitFor();
  assert.equal(await button(page, 'Resume').count(), 0);
  const stats = await until(async () => {
    const { stats } = await read(one);
    return stats.pending === 0 && stats;
  });
  assert.ok(stats.sent <= sent + 2, `${stats.sent} were sent`);
  await progress.getByText(`${4 - stats.remaining} of 4 recipients`).waitFor();
  if (stats.remaining > 0) await progress.getByText(`${stats.remaining} Not come to`).waitFor();
  // How many were written before the cancellation depends on the moment.
  const skipped = 4 - stats.sent - stats.remaining;
  assert.ok(skipped + stats.remaining > 0);
  await choice(page, 'Outcome').selectOption('skipped');
  await until(async () => (await rowsOf(page, 'Recipients')).length === skipped);
  for (const row of await rowsOf(page, 'Recipients')) {
    assert.match(row, /Skipped The campaign was cancelled before it was sent/);
  }
  await end(page);
});

test('a campaign is scheduled on the clocks of another zone, moved, and taken back', async () => {
  const one = await campaign({ name: 'Later' });
  const page = await openCampaign(one, { timezoneId: 'Europe/Paris' });
  await button(page, 'Schedule').click();
  const form = dialog(page, 'Schedule Later');
  const at = form.getByLabel('Date and time', { exact: true });
  await choice(form, 'Time zone').selectOption('Asia/Tokyo');
  await at.fill('2020-01-01T09:00');
  await button(form, 'Schedule').click();
  await form.getByText('Choose a time that lies ahead.').waitFor();
  const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  await at.fill(`${day}T09:00`);
  await form.getByText(/in Asia\/Tokyo, which is .* for you\.$/).waitFor();
  await button(form, 'Schedule').click();
  await badge(page, 'Scheduled').waitFor();
  assert.equal((await read(one)).scheduledAt, `${day}T00:00:00.000Z`);
  await button(page, 'Change time').click();
  await at.fill(`${day}T12:00`);
  await choice(form, 'Time zone').selectOption('UTC');
  await button(form, 'Schedule').click();
  await form.waitFor({ state: 'detached' });
  await until(async () => (await read(one)).scheduledAt === `${day}T12:00:00.000Z`);
  await more(page, 'Back to draft');
  await badge(page, 'Draft').waitFor();
  assert.equal((await read(one)).scheduledAt, null);
  await end(page);
});

test('quiet hours hold a campaign back, and it says until when', async () => {
  const clock = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
  const quietHours = { from: clock(-2), to: clock(2), timeZone: 'workspace' };
  const one = await campaign({ name: 'Hush' });
  const page = await open(`/broadcast/campaigns/${one.id}/edit`);
  await page.getByRole('switch', { name: 'Quiet hours' }).click();
  await page.getByLabel('Quiet from', { exact: true }).fill(quietHours.from);
  await page.getByLabel('Quiet until', { exact: true }).fill(quietHours.to);
  await button(page, 'Save campaign').click();
  await heading(page, 'Hush').waitFor();
  await page.getByText(`${quietHours.from} to ${quietHours.to}`).waitFor();
  assert.deepEqual((await read(one)).quietHours, quietHours);
  await button(page, 'Send now').click();
  await button(dialog(page, 'Send Hush now?'), 'Send now').click();
  await page.getByText('Quiet hours hold it back until').waitFor();
  await end(page);
  await go(one, 'cancel');
});

test('what somebody else saved meanwhile is not lost', async () => {
  const one = await campaign({ name: 'Ours' });
  const page = await open(`/broadcast/campaigns/${one.id}/edit`);
  await heading(page, 'Ours').waitFor();
  await page.waitForTimeout(250);
  await field(page, 'Name').fill('Mine');
  await server.call('PATCH', `/broadcast/campaigns/${one.id}`, { ratePerMinute: 7 });
  await page.getByText('Somebody saved this campaign meanwhile.').waitFor();
  await button(page, 'Save campaign').click();
  await page.getByText(/Somebody saved before you/).waitFor();
  assert.equal((await read(one)).name, 'Ours');
  await button(page, 'Save campaign').click();
  await heading(page, 'Mine').waitFor();
  await until(async () => (await read(one)).name === 'Mine');
  // Leaving with something typed is asked about.
  await button(page, 'Edit').click();
  await field(page, 'Name').fill('Typed');
  await link(page, 'All campaigns').or(link(page, 'The campaign')).first().click();
  await button(dialog(page, 'Discard what you entered?'), 'Discard').click();
  await heading(page, 'Mine').waitFor();
  await end(page);
});

test('only what was looked at is sent', async () => {
  const one = await campaign({ name: 'Seen' });
  const page = await openPage(browser, server);
  // Nobody tells this page of changes.
  await page.route('**/v1/identity/events', (route) => route.abort());
  await page.goto(`${server.base}/broadcast/campaigns/${one.id}`);
  await heading(page, 'Seen').waitFor();
  await server.call('PATCH', `/broadcast/campaigns/${one.id}`, { name: 'Unseen' });
  await button(page, 'Send now').click();
  await button(dialog(page, 'Send Seen now?'), 'Send now').click();
  await page.getByText('Somebody changed this campaign. Look at it again.').waitFor();
  await heading(page, 'Unseen').waitFor();
  assert.equal((await read(one)).status, 'draft');
  await page.context().close();
});

test('what changes while one is asked is not sent', async () => {
  const one = await campaign({ name: 'Moving' });
  const page = await openCampaign(one);
  await button(page, 'Send now').click();
  await dialog(page, 'Send Moving now?').waitFor();
  await server.call('PATCH', `/broadcast/campaigns/${one.id}`, { ratePerMinute: 7 });
  await page.getByText('7 a minute').waitFor();
  await button(dialog(page, 'Send Moving now?'), 'Send now').click();
  await page.getByText('Somebody changed this campaign. Look at it again.').waitFor();
  assert.equal((await read(one)).status, 'draft');
  await button(page, 'Schedule').click();
  const form = dialog(page, 'Schedule Moving');
  await server.call('PATCH', `/broadcast/campaigns/${one.id}`, { ratePerMinute: 8 });
  await page.getByText('8 a minute').waitFor();
  await button(form, 'Schedule').click();
  // Not what still stands there of the first time.
  await form.getByText('Look at it again before it is scheduled.').waitFor();
  assert.equal((await read(one)).status, 'draft');
  await button(form, 'Schedule').click();
  await badge(page, 'Scheduled').waitFor();
  await end(page);
});

test('a campaign that pauses by itself says why, and goes on with the new text', async () => {
  const own = await template('Changing', 'Old text');
  const one = await slow('Changed', 4, { templateId: own.id });
  const page = await openCampaign(one);
  await go(one, 'send');
  await region(page, 'Progress').getByText('1 of 4 recipients').waitFor();
  await server.call('PATCH', `/broadcast/templates/${own.id}`, { body: 'New text' });
  await badge(page, 'Paused').waitFor();
  await page.getByText('Paused by itself.').waitFor();
  await page.getByText('The template was changed.').waitFor();
  await page.getByText('who has got the old one gets no second message').waitFor();
  await link(page, 'Open the template').waitFor();
  await button(page, 'Resume').click();
  await badge(page, 'Completed').waitFor();
  const { data } = await server.call('GET', `/broadcast/messages?campaignId=${one.id}`);
  const texts = data.map((message) => message.body).sort();
  assert.equal(texts.length, 4);
  assert.equal(texts[0], 'New text');
  assert.equal(texts[3], 'Old text');
  await end(page);
});

test('a campaign without its template offers a copy', async () => {
  const own = await template('Doomed', 'Hello');
  const one = await slow('Orphan', 4, { templateId: own.id });
  const page = await openCampaign(one);
  await go(one, 'send');
  await region(page, 'Progress').getByText('1 of 4 recipients').waitFor();
  await server.call('DELETE', `/broadcast/templates/${own.id}`);
  await badge(page, 'Paused').waitFor();
  await page.getByText('The template was deleted.').waitFor();
  assert.equal(await button(page, 'Resume').count(), 0);
  await button(page, 'Make a copy').click();
  await heading(page, 'Orphan (copy)').waitFor();
  await choice(page, 'Template').selectOption({ label: 'Offer' });
  await button(page, 'Save campaign').click();
  await region(page, 'Preview and check').getByText('4 of 4 members would get it.').waitFor();
  await end(page);
  await go(one, 'cancel');
});

test('a draft may lack things; campaigns are found, copied and deleted', async () => {
  const page = await open('/broadcast/campaigns');
  await button(page, 'New campaign').click();
  await field(page, 'Name').fill('Unfinished');
  await button(page, 'Create campaign').click();
  await heading(page, 'Unfinished').waitFor();
  await page.getByText('It cannot be sent before it has a template and an audience.').waitFor();
  assert.ok(await button(page, 'Send now').isDisabled());
  await more(page, 'Duplicate');
  await heading(page, 'Unfinished (copy)').waitFor();
  await more(page, 'Delete');
  await button(dialog(page, 'Delete Unfinished (copy)?'), 'Delete campaign').click();
  await page.getByText('Unfinished (copy) deleted').waitFor();
  await choice(page, 'Status').selectOption('draft');
  await page.getByRole('searchbox', { name: 'Search campaigns' }).fill('unfin');
  await until(async () => (await rowsOf(page, 'Campaigns')).length === 1);
  assert.match((await rowsOf(page, 'Campaigns'))[0], /^Unfinished No template to nobody yet Draft/);
  await choice(page, 'Status').selectOption('completed');
  await page.getByText('No campaign answers these filters').waitFor();
  await page.goto(`${server.base}/broadcast/campaigns/0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10`);
  await page.getByText('This campaign was deleted').waitFor();
  await end(page);
});

test('who may only look changes nothing', async () => {
  const one = await campaign({ name: 'For the eyes' });
  await go(one, 'send');
  await until(async () => (await read(one)).status === 'completed');
  const draft = await campaign({ name: 'Not yours' });
  const role = await server.api('POST', '/roles', {
    name: 'Looker',
    permissions: ['broadcast:view'],
  });
  const email = 'looker@example.com';
  await server.api('POST', '/users', {
    email,
    name: 'Looker',
    role: role.id,
    password: owner.password,
  });
  const answer = await fetch(`${server.base}/v1/identity/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password: owner.password }),
  });
  const { token } = await answer.json();
  const page = await openPage(browser, { ...server, token });
  await page.goto(`${server.base}/broadcast/campaigns`);
  await link(page, 'For the eyes').click();
  await until(async () => (await rowsOf(page, 'Recipients')).length === 5);
  for (const name of ['More', 'Send now', 'Pause', 'Cancel campaign', 'Edit', 'Resume']) {
    assert.equal(await button(page, name).count(), 0, name);
  }
  await page.goto(`${server.base}/broadcast/campaigns/${draft.id}`);
  await heading(page, 'Not yours').waitFor();
  assert.equal(await button(page, 'Send now').count(), 0);
  assert.equal(await region(page, 'Preview and check').count(), 0);
  await page.goto(`${server.base}/broadcast/campaigns/new`);
  await page.getByText('Your role may not make campaigns').waitFor();
  await end(page);
});

let looked;
/** A draft and a completed campaign for looking at, made once. */
const lookedAt = () =>
  (looked ??= (async () => {
    const mapping = { company: { field: 'company', fallback: 'your team' } };
    const draft = await campaign({ name: 'A draft to look at', variableMapping: mapping });
    const sent = await campaign({ name: 'A campaign that was sent', variableMapping: mapping });
    await go(sent, 'send');
    await until(async () => (await read(sent)).status === 'completed');
    return { draft, sent };
  })());

testPlaces(
  {
    'the list of campaigns': async (page) => {
      await lookedAt();
      await page.goto(`${server.base}/broadcast/campaigns`);
      await link(page, 'A draft to look at').waitFor();
    },
    'the form of a campaign': async (page) => {
      const { draft } = await lookedAt();
      await page.goto(`${server.base}/broadcast/campaigns/${draft.id}/edit`);
      await page.getByRole('switch', { name: 'Quiet hours' }).click();
      await choice(page, 'Field for {{company}}').waitFor();
      await page.getByText('SMS reaches 2').waitFor();
    },
    'a draft with its check': async (page) => {
      const { draft } = await lookedAt();
      await page.goto(`${server.base}/broadcast/campaigns/${draft.id}`);
      await page.getByText('Who would get nothing').first().click();
      await page.getByText('Hi Grace, Navy gets 20 % off.').waitFor();
    },
    'a campaign that was sent': async (page) => {
      const { sent } = await lookedAt();
      await page.goto(`${server.base}/broadcast/campaigns/${sent.id}`);
      await link(page, 'Grace Hopper').waitFor();
    },
    'the question before sending': async (page) => {
      const { draft } = await lookedAt();
      await page.goto(`${server.base}/broadcast/campaigns/${draft.id}`);
      await page.getByText('Hi Grace, Navy gets 20 % off.').waitFor();
      await button(page, 'Send now').click();
      await dialog(page, 'Send A draft to look at now?').waitFor();
    },
    'the dialog of a time': async (page) => {
      const { draft } = await lookedAt();
      await page.goto(`${server.base}/broadcast/campaigns/${draft.id}`);
      await button(page, 'Schedule').click();
      await dialog(page, 'Schedule A draft to look at').waitFor();
    },
  },
  () => ({ browser, server }),
);

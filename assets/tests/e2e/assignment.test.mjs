// Who gets the leads of a webhook: set on the page, told on the page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testPlaces } from './checks.mjs';
import { openBoard, openPage, startBrowser, startServer, until } from './harness.mjs';

const password = 'a walk in the park';
let server;
let browser;
let hook;
let empty;
const team = {};

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  for (const [name, role] of [
    ['Bo', 'marketer'],
    ['Cy', 'marketer'],
    ['Di', 'agent'],
  ]) {
    const email = `${name.toLowerCase()}@example.com`;
    team[name] = await server.api('POST', '/users', { name, email, role, password });
  }
  await server.api('POST', '/leads', { name: 'Grace' });
  hook = await server.api('POST', '/lead-webhooks', { name: 'Form' });
  empty = await server.api('POST', '/lead-webhooks', {
    name: 'Left alone',
    assignment: { rule: 'least_open', members: [team.Cy.id] },
  });
  await server.api('PATCH', `/users/${team.Cy.id}`, { isActive: false });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

async function openSettings(page, webhook) {
  await openBoard(page, server, `/leads/webhooks/${webhook.id}`);
  await page.getByRole('tab', { name: 'Settings' }).click();
  const dialog = page.getByRole('dialog', { name: 'Webhooks' });
  await dialog.getByRole('combobox', { name: 'Who gets new leads' }).waitFor();
  return dialog;
}

const send = async (name) => {
  const body = JSON.stringify({ name });
  const headers = { 'Content-Type': 'application/json' };
  return (await fetch(hook.url, { method: 'POST', headers, body })).json();
};

testPlaces(
  {
    'a rule that leaves nobody': async (page) => {
      const dialog = await openSettings(page, empty);
      await dialog.getByText('Not a member').or(dialog.getByText('Disabled')).first().waitFor();
    },
    'a rule for one person': async (page) => {
      const dialog = await openSettings(page, hook);
      await dialog.getByRole('combobox', { name: 'Who gets new leads' }).selectOption('fixed');
      await dialog.getByRole('combobox', { name: 'Person', exact: true }).waitFor();
    },
  },
  () => ({ browser, server }),
);

test('leads are given in turn, and the timeline says so', async () => {
  const page = await openPage(browser, server);
  const dialog = await openSettings(page, hook);
  await dialog.getByRole('combobox', { name: 'Who gets new leads' }).selectOption('Each in turn');
  const save = dialog.getByRole('button', { name: 'Save webhook' });
  await save.click();
  await dialog.getByText('Name who gets the leads.').waitFor();
  const members = dialog.getByRole('group', { name: 'Members who take part' });
  for (const name of ['Bo', 'Ada Owner', 'Di']) {
    await members.getByRole('checkbox', { name }).check();
  }
  await save.click();
  await members.getByText('This person may not see leads.').waitFor();
  await members.getByRole('checkbox', { name: 'Di' }).uncheck();
  await save.click();
  await page.getByText('Webhook saved').waitFor();
  const now = await server.api('GET', `/lead-webhooks/${hook.id}`);
  assert.equal(now.assignment.rule, 'round_robin');
  assert.equal(now.assignment.members[0], team.Bo.id);
  const { leadId } = await send('First');
  await send('Second');
  const second = (await server.api('GET', '/leads?search=Second')).data[0];
  assert.equal(second.assignee.name, 'Ada Owner');
  await page.goto(`${server.base}/leads/${leadId}`);
  await page.getByRole('dialog', { name: 'First' }).waitFor();
  await page.getByText('assigned it to Bo, whose turn it was').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a webhook whose rule leaves nobody says so, until others are chosen', async () => {
  const page = await openPage(browser, server);
  const dialog = await openSettings(page, empty);
  const warning = dialog.getByText('Nobody whom its rule names can get leads any more');
  await warning.waitFor();
  const members = dialog.getByRole('group', { name: 'Members who take part' });
  await members.getByText('Disabled').waitFor();
  await members.getByRole('checkbox', { name: 'Bo' }).check();
  await dialog.getByRole('button', { name: 'Save webhook' }).click();
  await until(async () => (await warning.count()) === 0);
  await dialog.getByRole('combobox', { name: 'Who gets new leads' }).selectOption('Nobody');
  await dialog.getByRole('button', { name: 'Save webhook' }).click();
  await until(async () => {
    const { assignment } = await server.api('GET', `/lead-webhooks/${empty.id}`);
    return assignment === null;
  });
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

// Score rules: set under Settings, explained in the lead, for whom it is theirs to change.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testPlaces } from './checks.mjs';
import { openPage, startBrowser, startServer, until } from './harness.mjs';

const password = 'a walk in the park';
let server;
let browser;
let grace;
let hook;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  hook = await server.api('POST', '/lead-webhooks', { name: 'Landing Page' });
  grace = await server.api('POST', '/leads', {
    name: 'Grace Hopper',
    score: 40,
    tags: 'hot',
    email: 'grace@example.com',
    customFields: { 'Annual Budget': 5000, _displayNames: { 'Annual Budget': 'Annual Budget' } },
  });
  await server.api('POST', '/users', {
    name: 'Bo',
    email: 'bo@example.com',
    role: 'marketer',
    password,
  });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const rule = (points, condition) => server.api('POST', '/score-rules', { points, condition });
const scored = async () =>
  until(async () => !(await server.api('GET', '/score-rules/progress')).isRunning);
const clear = async () => {
  for (const { id } of (await server.api('GET', '/score-rules')).data) {
    await server.api('DELETE', `/score-rules/${id}`);
  }
  await scored();
};

async function openSettings(page) {
  await page.goto(`${server.base}/settings/scoring`);
  await page.getByRole('heading', { level: 2, name: 'Scoring', exact: true }).waitFor();
}

async function openLead(page) {
  await page.goto(`${server.base}/leads/${grace.id}`);
  const dialog = page.getByRole('dialog', { name: 'Grace Hopper' });
  await dialog.getByRole('heading', { name: 'Lead Information' }).waitFor();
  return dialog;
}

test('rules are written, count at once, and are taken back', async () => {
  const page = await openPage(browser, server);
  await openSettings(page);
  await page.getByText('No rule yet').waitFor();
  await page.getByRole('button', { name: 'New rule' }).click();
  const dialog = page.getByRole('dialog', { name: 'New rule' });
  const choose = (label, option) =>
    dialog.getByRole('combobox', { name: label, exact: true }).selectOption(option);
  const write = (label, text) =>
    dialog.getByRole('textbox', { name: label, exact: true }).fill(text);
  const add = () => dialog.getByRole('button', { name: 'Add rule' }).click();
  await choose('Field', 'Annual Budget');
  await choose('Comparison', 'is greater than');
  await write('Value', '5k');
  await add();
  await dialog.getByText('Write a number, such as 5000 or 2.5.').waitFor();
  await write('Value', '4000');
  await write('Points', 'many');
  await add();
  await dialog.getByText('A whole number from −100 to 100.').waitFor();
  await write('Points', '25');
  await add();
  const list = page.getByRole('list', { name: 'Score rules' });
  await list.getByText('Annual Budget is greater than 4000', { exact: true }).waitFor();
  await until(async () => (await server.api('GET', `/leads/${grace.id}`)).score === 65);

  await page.getByRole('button', { name: 'New rule' }).click();
  await choose('It looks at', 'Where the lead came from');
  await choose('Webhook', 'Landing Page');
  await write('Points', '-10');
  await add();
  await list.getByText('Came by the webhook Landing Page', { exact: true }).waitFor();
  await list.getByText('−10', { exact: true }).waitFor();
  const rules = (await server.api('GET', '/score-rules')).data;
  assert.deepEqual(
    rules.map((one) => [one.points, one.condition]),
    [
      [
        25,
        {
          kind: 'field',
          field: 'customFields.annualBudget',
          operator: 'greater',
          value: '4000',
        },
      ],
      [-10, { kind: 'source', source: 'webhook', webhookId: hook.id }],
    ],
  );

  // Edited, switched off, deleted, and put back.
  await page.getByRole('button', { name: 'Edit “Annual Budget is greater than 4000”' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit rule' });
  await edit.getByRole('textbox', { name: 'Points' }).fill('30');
  await edit.getByRole('button', { name: 'Save rule' }).click();
  await until(async () => (await server.api('GET', `/leads/${grace.id}`)).score === 70);
  await page.getByRole('switch', { name: /Annual Budget/ }).click();
  await until(async () => (await server.api('GET', `/leads/${grace.id}`)).score === 40);
  await page.getByRole('button', { name: 'Delete “Came by the webhook Landing Page”' }).click();
  await list
    .getByText('Came by the webhook Landing Page', { exact: true })
    .waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await list.getByText('Came by the webhook Landing Page', { exact: true }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
  await clear();
});

test('somebody else’s change of a rule is shown instead of overwritten', async () => {
  const made = await rule(5, { kind: 'tag', tag: 'hot' });
  const page = await openPage(browser, server);
  await openSettings(page);
  await page.getByRole('button', { name: 'Edit “Tagged hot”' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit rule' });
  await dialog.getByRole('textbox', { name: 'Points' }).fill('9');
  await server.api('PATCH', `/score-rules/${made.id}`, { points: 7 });
  await dialog.getByRole('button', { name: 'Save rule' }).click();
  await dialog.getByText('Somebody changed this rule meanwhile').waitFor();
  assert.equal(await dialog.getByRole('textbox', { name: 'Points' }).inputValue(), '7');
  assert.deepEqual(page.faults, []);
  await page.context().close();
  await clear();
});

test('the lead explains its score, and its base is changed there', async () => {
  await rule(20, { kind: 'tag', tag: 'hot' });
  await rule(-5, { kind: 'field', field: 'phone', operator: 'not_exists' });
  await scored();
  const page = await openPage(browser, server);
  const dialog = await openLead(page);
  const parts = dialog.getByRole('list', { name: 'How the score comes about' });
  await parts.getByText('Tagged hot').waitFor();
  const lines = async () =>
    (await parts.getByRole('listitem').allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
  assert.deepEqual(await lines(), ['40 Base score', '+20 Tagged hot', '−5 Phone is empty']);
  await dialog.getByRole('button', { name: 'Edit Base score: 40' }).click();
  const input = dialog.getByRole('spinbutton', { name: 'Base score' });
  await input.fill('95');
  await input.press('Enter');
  await dialog.getByText('110 points; a score is from 0 to 100').waitFor();
  // A rule that is made elsewhere shows here without reloading.
  await rule(-50, { kind: 'source', source: 'api' });
  await parts.getByText('Source is API').waitFor();
  await until(async () => (await lines()).length === 4);
  await until(async () => (await server.api('GET', `/leads/${grace.id}`)).score === 60);
  // In the list the base is typed, too.
  await page.goto(`${server.base}/leads?view=list`);
  await page.getByText('Grace Hopper').first().waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
  await clear();
  assert.equal((await server.api('GET', `/leads/${grace.id}`)).score, 95, 'nothing is lost');
});

test('who may not change settings sees why, and has no such page', async () => {
  await rule(20, { kind: 'tag', tag: 'hot' });
  await scored();
  const login = await fetch(`${server.base}/v1/identity/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: 'bo@example.com', password }),
  });
  const { token } = await login.json();
  const page = await openPage(browser, { ...server, token });
  const dialog = await openLead(page);
  await dialog.getByText('Tagged hot').waitFor();
  await page.goto(`${server.base}/settings/scoring`);
  await page.getByText('There is nothing here for you').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Scoring' }).count(), 0);
  assert.deepEqual(page.faults, []);
  await page.context().close();
  await clear();
});

testPlaces(
  {
    'no score rule': async (page) => {
      await clear();
      await openSettings(page);
      await page.getByText('No rule yet').waitFor();
    },
    'score rules': async (page) => {
      await clear();
      await rule(20, { kind: 'tag', tag: 'hot' });
      await rule(-5, { kind: 'message', status: 'failed', channel: 'email' });
      await openSettings(page);
      await page.getByText('An e-mail failed', { exact: true }).waitFor();
    },
    'new score rule': async (page) => {
      await openSettings(page);
      await page.getByRole('button', { name: 'New rule' }).click();
      await page.getByRole('dialog', { name: 'New rule' }).waitFor();
    },
    'a lead with a score explained': async (page) => {
      await clear();
      await rule(20, { kind: 'tag', tag: 'hot' });
      await scored();
      const dialog = await openLead(page);
      await dialog.getByText('Tagged hot').waitFor();
    },
  },
  () => ({ browser, server }),
);

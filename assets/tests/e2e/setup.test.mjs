// Setting things up on the page: pipelines, webhooks, members, roles, tokens, workspace; the reference.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testPlaces } from './checks.mjs';
import {
  card,
  namesIn,
  openBoard,
  openPage,
  stage,
  startBrowser,
  startServer,
  until,
} from './harness.mjs';

let server;
let browser;
let webhook;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  for (const name of ['Grace', 'Ada']) await server.api('POST', '/leads', { name });
  webhook = await server.api('POST', '/lead-webhooks', { name: 'Old form' });
  await post(webhook.url, { name: 'Form Lead', job_title: 'CTO', budget: '5k' });
  await server.api('POST', '/invitations', { email: 'invited@example.com', role: 'agent' });
  await server.api('POST', '/roles', { name: 'Reader', permissions: ['leads:view'] });
  await server.api('POST', '/tokens', { name: 'Zapier', permissions: ['leads:view'] });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const tab = (page, name) => page.getByRole('tab', { name }).click();
const atWebhook = (name) => async (page) => {
  await openBoard(page, server, `/leads/webhooks/${webhook.id}`);
  await tab(page, name);
  await page.waitForTimeout(300);
};
const atSettings = (section, heading) => async (page) => {
  await page.goto(`${server.base}/settings/${section}`);
  await page.getByRole('heading', { level: 2, name: heading, exact: true }).waitFor();
};

testPlaces(
  {
    'pipeline settings': async (page) => {
      await openBoard(page, server, '/leads/pipeline');
      await page.getByRole('textbox', { name: 'Name of stage 1' }).waitFor();
    },
    webhooks: async (page) => {
      await openBoard(page, server, '/leads/webhooks');
      await page.getByRole('button', { name: 'Old form', exact: true }).waitFor();
    },
    'webhook setup': atWebhook('Setup'),
    'webhook settings': atWebhook('Settings'),
    'webhook mapping': atWebhook('Mapping'),
    'webhook deliveries': async (page) => {
      await atWebhook('Deliveries')(page);
      const list = page.getByRole('list', { name: 'Deliveries' });
      await list.getByRole('button', { name: /Form Lead/ }).click();
      await page.getByRole('region', { name: 'Payload' }).waitFor();
    },
    profile: atSettings('profile', 'Profile'),
    workspace: atSettings('workspace', 'Workspace'),
    members: atSettings('members', 'Members'),
    roles: atSettings('roles', 'Roles'),
    tokens: atSettings('tokens', 'API tokens'),
    system: atSettings('system', 'Backups'),
    invite: async (page) => {
      await atSettings('members', 'Members')(page);
      await page.getByRole('button', { name: 'Invite', exact: true }).click();
      await page.getByRole('dialog').waitFor();
    },
    'new token': async (page) => {
      await atSettings('tokens', 'API tokens')(page);
      await page.getByRole('button', { name: 'New token' }).click();
      await page.getByRole('dialog').waitFor();
    },
    'API reference': async (page) => {
      await page.goto(`${server.base}/docs`);
      await page.getByRole('heading', { name: 'Create a lead' }).waitFor();
    },
  },
  () => ({ browser, server }),
);

test('a webhook is made, waits for its first lead, and the lead is on the board at once', async () => {
  const page = await openPage(browser, server);
  await openBoard(page, server);
  await page.getByRole('button', { name: 'Webhooks', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Webhooks' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Landing Page Form');
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await dialog.getByText('Waiting for the first lead').waitFor();
  const url = await dialog.getByRole('textbox', { name: 'Webhook URL' }).inputValue();
  const sent = await post(url, { name: 'John Smith', job_title: 'CTO', spend: '5k' });
  assert.equal(sent.status, 201);
  await dialog.getByText('The last delivery: Made a lead').waitFor({ timeout: 2000 });
  await page.keyboard.press('Escape');
  await card(page, 'John Smith').waitFor();

  // The mapping is tried on what came, saved, and applied to it again.
  await page.goto(`${server.base}/leads/webhooks`);
  await dialog.getByRole('button', { name: 'Landing Page Form', exact: true }).click();
  await tab(page, 'Mapping');
  const preview = dialog.getByRole('region', { name: 'The lead that comes out' });
  await dialog.getByRole('combobox', { name: 'Where job_title goes' }).selectOption('title');
  await preview.getByText('Title', { exact: true }).waitFor();
  await dialog
    .getByRole('combobox', { name: 'Where spend goes' })
    .selectOption({ label: 'Another custom field…' });
  const key = dialog.getByRole('textbox', { name: 'Custom field for spend' });
  await key.fill('yearly budget');
  await key.press('Enter');
  const spend = dialog.getByRole('combobox', { name: 'Where spend goes' });
  await until(async () => (await spend.inputValue()) === 'customFields.yearlyBudget');
  await dialog.getByRole('button', { name: 'Save mapping' }).click();
  await page.getByText('Mapping saved').waitFor();
  await tab(page, 'Deliveries');
  const list = dialog.getByRole('list', { name: 'Deliveries' });
  await list.getByRole('button', { name: /John Smith/ }).click();
  await dialog.getByRole('button', { name: 'Replay' }).click();
  const lead = await until(async () => {
    const found = await server.api('GET', `/leads/${sent.body.leadId}`);
    return found.title ? found : null;
  });
  assert.equal(lead.title, 'CTO');
  assert.equal(lead.customFields.yearlyBudget, '5k');

  // A new key stops the old address.
  await dialog.getByRole('button', { name: 'Regenerate key' }).click();
  const confirm = page.getByRole('dialog', { name: /Regenerate the key/ });
  await confirm.getByRole('button', { name: 'Regenerate key' }).click();
  await until(async () => (await fetch(url, { method: 'POST', body: '{}' })).status === 404);
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('button', { name: 'Delete webhook' }).click();
  await dialog.getByRole('textbox', { name: 'Name' }).waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Landing Page Form' }).count(), 0);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('stages are renamed, moved, added and removed, and leads keep a place', async () => {
  const page = await openPage(browser, server);
  await openBoard(page, server);
  await page.getByRole('button', { name: 'Pipeline Settings' }).click();
  const dialog = page.getByRole('dialog', { name: 'Pipeline Settings' });
  await dialog.getByRole('textbox', { name: 'Name of stage 2' }).fill('First call');
  await dialog.getByRole('button', { name: 'Move First call up' }).click();
  await dialog.getByRole('button', { name: 'Add Stage' }).click();
  await dialog.getByRole('textbox', { name: 'Name of stage 7' }).fill('Proposal');
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await dialog.getByText('Another stage has this name.').waitFor();
  await dialog.getByRole('textbox', { name: 'Name of stage 7' }).fill('Parked');
  await dialog.getByRole('button', { name: 'Move Qualified up' }).click();
  await dialog.getByRole('button', { name: 'Remove New' }).click();
  // What the choice shows is where they go, whatever the order of the draft.
  const choice = dialog.getByRole('combobox', { name: 'Where the leads of New go' });
  const shown = await choice.evaluate((select) => select.selectedOptions[0].text);
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await stage(page, 'Parked').waitFor();
  await until(async () => (await namesIn(page, shown)).includes('Grace'));
  assert.equal(await stage(page, 'New').count(), 0);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('what was entered is not dropped without a question', async () => {
  const page = await openPage(browser, server);
  await openBoard(page, server, '/leads/pipeline');
  const dialog = page.getByRole('dialog', { name: 'Pipeline Settings' });
  const ask = page.getByRole('dialog', { name: 'Discard what you entered?' });
  const name = dialog.getByRole('textbox', { name: 'Name of stage 1' });
  const before = await name.inputValue();
  await name.fill('Halfway');
  await page.keyboard.press('Escape');
  await ask.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await name.inputValue(), 'Halfway');
  await dialog.getByRole('button', { name: 'New pipeline' }).click();
  await ask.getByRole('button', { name: 'Discard', exact: true }).click();
  await dialog.getByText('A new pipeline.').waitFor();
  // Untouched, it closes at once; and nothing of the draft was saved.
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await stage(page, before).waitFor();
  await page.getByRole('button', { name: 'Add Lead' }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Half a lead');
  await page.keyboard.press('Escape');
  await ask.getByRole('button', { name: 'Discard', exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('who saves a pipeline second sees what the first changed', async () => {
  const page = await openPage(browser, server);
  await openBoard(page, server, '/leads/pipeline');
  const dialog = page.getByRole('dialog', { name: 'Pipeline Settings' });
  await dialog.getByRole('textbox', { name: 'Pipeline name' }).fill('Mine');
  const [pipeline] = (await server.api('GET', '/lead-pipelines')).data;
  const extra = { name: 'Extra', color: '#112233', type: 'open' };
  const stages = [...pipeline.stages, extra];
  await server.api('PATCH', `/lead-pipelines/${pipeline.id}`, { name: 'Theirs', stages });
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await dialog.getByRole('alert').getByText('→ Theirs').waitFor();
  await dialog.getByRole('button', { name: 'Save mine' }).click();
  await page.getByText('Mine saved').waitFor();
  const [after] = (await server.api('GET', '/lead-pipelines')).data;
  assert.equal(after.name, 'Mine');
  assert.equal(after.stages.at(-1).name, 'Extra');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('somebody is invited, joins, and sees no more than their role', async () => {
  const page = await openPage(browser, server);
  await atSettings('members', 'Members')(page);
  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Invite a member' });
  await dialog.getByRole('textbox', { name: 'Email' }).fill('reader@example.com');
  await dialog.getByRole('combobox', { name: 'Role' }).selectOption('Reader');
  await dialog.getByRole('button', { name: 'Create link' }).click();
  const link = await dialog.getByRole('textbox', { name: 'Invitation link' }).inputValue();
  const context = await browser.newContext();
  const theirs = await context.newPage();
  await theirs.goto(link);
  await theirs.getByRole('textbox', { name: 'Your name' }).fill('Rita Reader');
  await theirs.getByLabel('Password').fill('a walk in the park');
  await theirs.getByRole('button', { name: 'Join' }).click();
  await theirs.getByRole('list', { name: 'Won' }).waitFor();
  assert.equal(await theirs.getByRole('button', { name: 'Add Lead' }).count(), 0);
  assert.equal(await theirs.getByRole('button', { name: 'Pipeline Settings' }).count(), 0);
  await theirs.goto(`${server.base}/settings/members`);
  await theirs.getByText('There is nothing here for you').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('Rita Reader', { exact: true }).waitFor();
  assert.deepEqual(page.faults, []);
  await context.close();
  await page.context().close();
});

test('a token is shown once and works, a backup is made, the workspace is renamed', async () => {
  const page = await openPage(browser, server);
  await atSettings('tokens', 'API tokens')(page);
  await page.getByRole('button', { name: 'New token' }).click();
  const dialog = page.getByRole('dialog', { name: 'New token' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Make');
  await dialog.getByRole('button', { name: 'Create token' }).click();
  const token = await dialog.getByRole('textbox', { name: 'Token' }).inputValue();
  const answer = await fetch(`${server.base}/v1/identity/leads`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  assert.equal(answer.status, 200);
  await atSettings('system', 'Backups')(page);
  await page.getByRole('button', { name: 'Back up now' }).click();
  await page.getByText('is verified').waitFor();
  await atSettings('workspace', 'Workspace')(page);
  await page.getByRole('textbox', { name: 'Workspace name' }).fill('Acme Two');
  await page.getByRole('button', { name: 'Save workspace' }).click();
  await page.getByText('Workspace saved').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

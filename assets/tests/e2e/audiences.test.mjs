// Broadcast, Audiences: made in four ways, looked at, and given to a campaign.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testPlaces } from './checks.mjs';
import { card, openBoard, openPage, owner, startBrowser, startServer } from './harness.mjs';

let server;
let browser;
let spring;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  const people = [
    { name: 'Grace Hopper', email: 'grace@example.com', phone: '+14155552671', tags: ['hot'] },
    { name: 'Joan Clarke', email: 'joan@example.com', tags: ['hot'] },
    { name: 'Cold Case' },
  ];
  const ids = [];
  for (const lead of people) ids.push((await server.api('POST', '/leads', lead)).id);
  await server.api('POST', '/contacts', { name: 'Karl Known', email: 'karl@example.com' });
  spring = await server.api('POST', '/leads/broadcast/create-audience', {
    name: 'Spring',
    leadIds: ids,
  });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const button = (within, name) => within.getByRole('button', { name, exact: true });
const field = (within, name) => within.getByRole('textbox', { name, exact: true });
const dialog = (page, name) => page.getByRole('dialog', { name, exact: true });
const link = (within, name) => within.getByRole('link', { name, exact: true });
const heading = (page, name) => page.getByRole('heading', { name, exact: true });

async function open(path, options) {
  const page = await openPage(browser, server, options);
  await page.goto(server.base + path);
  return page;
}

async function end(page) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

const rowsOf = (page, table) =>
  page.getByRole('table', { name: table, exact: true }).locator('tbody tr').allInnerTexts();

/** Selects a card as a person does: with Ctrl and a click. */
const select = (page, name) => card(page, name).click({ modifiers: ['ControlOrMeta'] });

for (const [device, options] of Object.entries({
  desktop: {},
  phone: { viewport: { width: 390, height: 844 } },
})) {
  test(`leads selected on the board become an audience, ${device}`, async () => {
    const page = await openPage(browser, server, options);
    await openBoard(page, server);
    await select(page, 'Grace Hopper');
    await select(page, 'Joan Clarke');
    await button(page, 'Create Broadcast Audience').click();
    const form = dialog(page, 'Create Broadcast Audience');
    await button(form, 'Create audience').click();
    await form
      .getByText(/required|Give|name/i)
      .first()
      .waitFor();
    await field(form, 'Name').fill(`Chosen on ${device}`);
    await button(form, 'Create audience').click();
    await form.waitFor({ state: 'detached' });
    await page.getByText(`Chosen on ${device}: 2 members`).waitFor();
    await button(page, 'Open audience').click();
    await heading(page, `Chosen on ${device}`).waitFor();
    await link(page, 'Grace Hopper').waitFor();
    const rows = await rowsOf(page, 'Members');
    assert.equal(rows.length, 2);
    assert.match(rows[0], /Selected by Ada Owner on /);
    await end(page);
  });
}

test('all that match the filter of the board become a live audience', async () => {
  const page = await openPage(browser, server);
  await openBoard(page, server, '/leads?tag=hot');
  await select(page, 'Grace Hopper');
  await button(page, 'Create Broadcast Audience').click();
  const form = dialog(page, 'Create Broadcast Audience');
  await field(form, 'Name').fill('Hot ones');
  await form.getByRole('radio', { name: 'All that match the filter' }).check();
  await form.getByText('Tag hot').waitFor();
  await form.getByRole('radio', { name: /^Live/ }).check();
  await button(form, 'Create audience').click();
  await page.getByText('Hot ones: 2 members').waitFor();
  await button(page, 'Open audience').click();
  await heading(page, 'Hot ones').waitFor();
  await page.getByText('Matches the filter now').first().waitFor();
  // Whoever comes to match is in it without anybody's doing.
  await server.api('POST', '/leads', { name: 'Mary Shaw', tags: ['hot'] });
  await page.reload();
  await link(page, 'Mary Shaw').waitFor();
  assert.equal(await button(page, 'Remove Mary Shaw').count(), 0);
  await end(page);
});

test('an audience of leads is made from a filter or of those who are ticked', async () => {
  const page = await open('/broadcast/audiences');
  await button(page, 'New audience').click();
  await field(page, 'Name').fill('Without anybody');
  await page.getByRole('combobox', { name: 'Tag', exact: true }).selectOption('hot');
  await page.getByText(/^\s*\d+\s+match now\s*$/).waitFor();
  await page.getByRole('checkbox', { name: /Joan Clarke/ }).check();
  await page.getByText('The audience is the 1 person whom you ticked.').waitFor();
  await button(page, 'Create audience').click();
  await heading(page, 'Without anybody').waitFor();
  await link(page, 'Joan Clarke').waitFor();
  assert.equal((await rowsOf(page, 'Members')).length, 1);
  await end(page);
});

test('contacts become an audience, with their filter', async () => {
  const page = await open('/broadcast/audiences/new?from=contacts&hasEmail=true');
  await field(page, 'Name').fill('Customers');
  await page.getByText('1 matches now').waitFor();
  await page.getByRole('radio', { name: /^Live/ }).check();
  await button(page, 'Create audience').click();
  await heading(page, 'Customers').waitFor();
  await link(page, 'Karl Known').waitFor();
  await page.getByText('With e-mail', { exact: true }).waitFor();
  await end(page);
});

test('a CSV file becomes an audience, and its bad rows are told', async () => {
  const page = await open('/broadcast/audiences/new?from=file');
  await field(page, 'Name').fill('Visitors');
  await button(page, 'Create audience').click();
  await page.getByText('Choose a file.').waitFor();
  const text = 'name,email,phone\nAda,ada@example.org,\nBad,nonsense,\nEve,eve@example.org,12\n';
  await page.getByLabel('File', { exact: true }).setInputFiles({
    name: 'fair.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(text),
  });
  await button(page, 'Create audience').click();
  await page.getByText('2 rows of 3 became members.').waitFor();
  const told = await rowsOf(page, 'Rows');
  assert.match(told[0], /3\s+“nonsense” is not an e-mail address\.\s+No/);
  assert.match(told[1], /4\s+“12” is not a phone number\.\s+Yes/);
  await button(page, 'Open the audience').click();
  await heading(page, 'Visitors').waitFor();
  await page.getByText('Row 2 of fair.csv').waitFor();
  await end(page);
});

test('a file that is none is refused where it was chosen', async () => {
  const page = await open('/broadcast/audiences/new?from=file');
  await field(page, 'Name').fill('Picture');
  await page.getByLabel('File', { exact: true }).setInputFiles({
    name: 'picture.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0a, 0x00, 0x01]),
  });
  await button(page, 'Create audience').click();
  await page.getByText('Save the file as CSV in UTF-8; this is not (row 1).').waitFor();
  await end(page);
});

test('an audience tells whom each channel reaches, is renamed, and gives up members', async () => {
  const made = await server.call('POST', '/broadcast/audiences', { name: 'Old', filter: {} });
  const page = await open(`/broadcast/audiences/${made.id}`);
  await heading(page, 'Old').waitFor();
  const reach = page.getByRole('table', { name: 'Reach by channel' });
  await reach.waitFor();
  const email = await reach.getByRole('row', { name: /E-mail/ }).innerText();
  assert.match(email.replaceAll(/\s+/g, ' '), /E-mail 2 \d 0 0/);
  await button(page, 'Rename').click();
  const form = dialog(page, 'Rename audience');
  // Somebody else is quicker.
  await server.call('PATCH', `/broadcast/audiences/${made.id}`, { name: 'Theirs' });
  await field(form, 'Name').fill('New');
  await button(form, 'Save name').click();
  await form.getByText(/it is called “Theirs” now/).waitFor();
  await button(form, 'Save name').click();
  await heading(page, 'New').waitFor();
  await page.getByRole('searchbox', { name: 'Search members' }).fill('cold');
  await button(page, 'Remove Cold Case').click();
  await page.getByText('No member answers this search').waitFor();
  await end(page);
});

test('an audience is deleted, and brought back', async () => {
  const made = await server.call('POST', '/broadcast/audiences', { name: 'Short', filter: {} });
  const page = await open(`/broadcast/audiences/${made.id}`);
  await heading(page, 'Short').waitFor();
  await button(page, 'Delete').click();
  await page.getByText('Short deleted').waitFor();
  await link(page, 'Short').waitFor({ state: 'detached' });
  await button(page, 'Undo').click();
  await heading(page, 'Short').waitFor();
  await end(page);
});

test('who may only look makes nothing', async () => {
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
  await page.goto(`${server.base}/broadcast/audiences`);
  await link(page, 'Spring').click();
  await page.getByText('Your role may not see who these people are.').waitFor();
  assert.equal(await button(page, 'Delete').count(), 0);
  await page.goto(`${server.base}/broadcast/audiences/new`);
  await page.getByText('Your role may not make audiences').waitFor();
  await end(page);
});

testPlaces(
  {
    'the list of audiences': async (page) => {
      await page.goto(`${server.base}/broadcast/audiences`);
      await link(page, 'Spring').waitFor();
    },
    'an audience': async (page) => {
      await page.goto(`${server.base}/broadcast/audiences/${spring.id}`);
      await link(page, 'Grace Hopper').waitFor();
      await page.getByRole('table', { name: 'Reach by channel' }).waitFor();
    },
    'a new audience of leads': async (page) => {
      await page.goto(`${server.base}/broadcast/audiences/new`);
      await page.getByRole('checkbox').first().waitFor();
    },
    'a new audience of a file': async (page) => {
      await page.goto(`${server.base}/broadcast/audiences/new?from=file`);
      await page.getByLabel('File', { exact: true }).waitFor();
    },
    'the board with the dialog of an audience': async (page) => {
      await openBoard(page, server);
      await select(page, 'Grace Hopper');
      await button(page, 'Create Broadcast Audience').click();
      await dialog(page, 'Create Broadcast Audience').waitFor();
    },
  },
  () => ({ browser, server }),
);

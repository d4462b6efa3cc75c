// Adding, opening and editing a lead; filters in the address; palette and keyboard sheet.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { card, openBoard, openPage, stage, startBrowser, startServer, until } from './harness.mjs';

let server;
let browser;
let page;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  await page?.context().close();
  page = await openPage(browser, server);
});

const dialog = (name) => page.getByRole('dialog', { name, exact: true });
const read = (lead) => server.api('GET', `/leads/${lead.id}`);

async function openLead(fields) {
  const lead = await server.api('POST', '/leads', fields);
  await openBoard(page, server, `/leads/${lead.id}`);
  await dialog(lead.name).getByRole('region', { name: 'Lead Information' }).waitFor();
  return lead;
}

test('an empty board says how leads get there', async () => {
  await openBoard(page, server);
  await page.getByRole('heading', { name: 'Your first lead goes here' }).waitFor();
});

test('Add Lead shows what is wrong at the field, then makes the lead', async () => {
  await openBoard(page, server);
  await page.getByRole('button', { name: 'Add Lead' }).click();
  const add = dialog('Add Lead');
  await add.getByRole('button', { name: 'Add Lead' }).click();
  await until(async () => (await add.getByLabel('Name').getAttribute('aria-invalid')) === 'true');
  await add.getByLabel('Name').fill('Nora Newman');
  await add.getByLabel('Email').fill('nora@example.com');
  await add.getByLabel('Phone').fill('+15550100199');
  await add.getByLabel('Company').fill('Newman Ltd');
  await add.getByLabel('Title').fill('CEO');
  await add.getByLabel('Tags').fill('hot, referral');
  await page.keyboard.press('Enter');
  await add.waitFor({ state: 'hidden' });
  await stage(page, 'New').getByRole('link', { name: 'Nora Newman' }).waitFor();
  const { data } = await server.api('GET', '/leads?search=nora@example.com');
  assert.deepEqual(data[0].tags, ['hot', 'referral']);
  assert.equal(data[0].source, 'manual');
  assert.equal(data[0].title, 'CEO');
  assert.deepEqual(page.faults, []);
});

test('a lead opens at its own address and closes with Escape', async () => {
  await server.api('POST', '/leads', { name: 'Opal Opener' });
  await openBoard(page, server);
  await card(page, 'Opal Opener').click();
  await dialog('Opal Opener').waitFor();
  assert.match(page.url(), /\/leads\/[0-9a-f-]{36}$/);
  for (const name of ['Lead Information', 'Custom Fields', 'Notes', 'Activity Timeline', 'Tags']) {
    await dialog('Opal Opener').getByRole('region', { name, exact: true }).waitFor();
  }
  await page.keyboard.press('Escape');
  await dialog('Opal Opener').waitFor({ state: 'hidden' });
  await until(() => card(page, 'Opal Opener').evaluate((link) => link === document.activeElement));
  await page.goBack();
  await dialog('Opal Opener').waitFor();
});

test('fields are edited in place: Enter saves, Escape reverts, a refusal stays at the field', async () => {
  const lead = await openLead({ name: 'Ed Itor', email: 'ed@example.com' });
  const drawer = dialog('Ed Itor');
  await drawer.getByRole('button', { name: /^Edit Company/ }).click();
  await page.keyboard.type('Edit Inc');
  await page.keyboard.press('Enter');
  await until(async () => (await read(lead)).company === 'Edit Inc');
  await drawer.getByRole('button', { name: /^Edit Company/ }).click();
  await page.keyboard.type('Nothing');
  await page.keyboard.press('Escape');
  await drawer.getByRole('button', { name: 'Edit Company: Edit Inc' }).waitFor();
  await drawer.getByRole('button', { name: /^Edit Email/ }).click();
  await page.keyboard.type('not an address');
  await page.keyboard.press('Enter');
  await drawer.getByRole('alert').waitFor();
  assert.equal((await read(lead)).email, 'ed@example.com');
  await page.keyboard.press('Escape');
  assert.deepEqual(page.faults, []);
});

test('custom fields are added, changed and removed', async () => {
  const lead = await openLead({ name: 'Cora Custom' });
  const region = dialog('Cora Custom').getByRole('region', { name: 'Custom Fields' });
  await region.getByRole('button', { name: 'Add field' }).click();
  await region.getByLabel('Field name').fill('Annual Revenue');
  await region.getByLabel('Value').fill('5M');
  await page.keyboard.press('Enter');
  await until(async () => (await read(lead)).customFields.annualRevenue === '5M');
  assert.equal((await read(lead)).customFields._displayNames.annualRevenue, 'Annual Revenue');
  await region.getByRole('button', { name: 'Edit Annual Revenue: 5M' }).click();
  await page.keyboard.type('6M');
  await page.keyboard.press('Enter');
  await until(async () => (await read(lead)).customFields.annualRevenue === '6M');
  await region.getByRole('button', { name: 'More for field Annual Revenue' }).click();
  await page.getByRole('menuitem', { name: 'Rename…' }).click();
  await page.getByLabel('Display name').fill('Yearly Revenue');
  await page.keyboard.press('Enter');
  await until(
    async () => (await read(lead)).customFields._displayNames.annualRevenue === 'Yearly Revenue',
  );
  await region.getByRole('button', { name: 'More for field Yearly Revenue' }).click();
  await page.getByRole('menuitem', { name: 'Remove field' }).click();
  await until(async () => !('annualRevenue' in (await read(lead)).customFields));
  await page.getByRole('button', { name: 'Undo' }).click();
  await until(async () => (await read(lead)).customFields.annualRevenue === '6M');
});

test('notes and tags come and go, and the timeline tells it', async () => {
  const lead = await openLead({ name: 'Nat Noter' });
  const drawer = dialog('Nat Noter');
  await drawer.getByRole('textbox', { name: 'Note' }).fill('Call on Monday');
  await drawer.getByRole('button', { name: 'Add note' }).click();
  await drawer.getByRole('region', { name: 'Notes' }).getByText('Call on Monday').waitFor();
  await drawer.getByRole('combobox', { name: 'Add tag' }).fill('vip,');
  await page.keyboard.press('Enter');
  await until(async () => (await read(lead)).tags.includes('vip'));
  const timeline = drawer.getByRole('region', { name: 'Activity Timeline' });
  await timeline.getByText('added a note').waitFor();
  await timeline.getByText('added the tag vip').waitFor();
  await drawer.getByRole('button', { name: 'Remove tag vip' }).click();
  await until(async () => (await read(lead)).tags.length === 0);
  await drawer.getByRole('button', { name: /^Remove the note/ }).click();
  await until(async () => (await read(lead)).notes.length === 0);
});

test('stage and assignee are changed in the dialog', async () => {
  const lead = await openLead({ name: 'Stella Stage' });
  const drawer = dialog('Stella Stage');
  await drawer.getByRole('combobox', { name: 'Stage' }).selectOption('Qualified');
  await stage(page, 'Qualified').getByRole('link', { name: 'Stella Stage' }).waitFor();
  await drawer.getByRole('combobox', { name: 'Assigned to' }).selectOption('Ada Owner');
  await until(async () => (await read(lead)).assignee?.name === 'Ada Owner');
  await drawer.getByText(/moved it from New to Qualified/).waitFor();
});

test('a change from elsewhere shows in the open dialog', async () => {
  const lead = await openLead({ name: 'Liv Live' });
  await server.api('PATCH', `/leads/${lead.id}`, { company: 'Elsewhere' });
  await dialog('Liv Live').getByRole('button', { name: 'Edit Company: Elsewhere' }).waitFor();
});

test('a stale change is not lost: it says what changed and can be applied again', async () => {
  const lead = await openLead({ name: 'Stan Stale' });
  // The live stream is cut, so the page still holds the version of before.
  await page.route('**/v1/identity/events', (route) => route.abort());
  await page.reload();
  await dialog('Stan Stale')
    .getByRole('button', { name: /^Edit Title/ })
    .click();
  await server.api('PATCH', `/leads/${lead.id}`, { company: 'Faster Corp' });
  await page.keyboard.type('Boss');
  await page.keyboard.press('Enter');
  const conflict = page.getByRole('alert').filter({ hasText: 'Faster Corp' });
  await conflict.waitFor();
  assert.equal((await read(lead)).title, null);
  await conflict.getByRole('button', { name: 'Save mine on top' }).click();
  await until(async () => (await read(lead)).title === 'Boss');
  assert.equal((await read(lead)).company, 'Faster Corp');
});

test('a deleted lead comes back by undo', async () => {
  const lead = await openLead({ name: 'Del Eted' });
  await dialog('Del Eted').getByRole('button', { name: 'Delete' }).click();
  await until(async () => !(await server.api('GET', '/leads?search=Del')).total);
  await page.getByRole('button', { name: 'Undo' }).click();
  await card(page, 'Del Eted').waitFor();
  assert.equal((await read(lead)).name, 'Del Eted');
});

test('J and K go through the leads', async () => {
  await server.api('POST', '/leads', { name: 'Lower' });
  await openLead({ name: 'Upper' });
  await page.keyboard.press('j');
  await dialog('Lower').waitFor();
  await page.keyboard.press('k');
  await dialog('Upper').waitFor();
});

test('filters stand in the address, by the names of the API, and come back from it', async () => {
  await server.api('POST', '/leads', {
    name: 'Fiona Filter',
    company: 'Sieve GmbH',
    tags: ['sieved'],
    customFields: { budget: '25k' },
  });
  await openBoard(page, server);
  await page.getByRole('searchbox', { name: 'Search leads' }).fill('sieve');
  await page.waitForURL(/\?search=sieve$/);
  await until(async () => (await page.locator('[data-card]').count()) === 1);
  await page.getByRole('combobox', { name: 'Source' }).selectOption('webhook');
  await page.waitForURL(/source=webhook/);
  await page.getByRole('heading', { name: 'No lead answers these filters' }).waitFor();
  await page.goBack();
  await card(page, 'Fiona Filter').waitFor();
  await openBoard(page, server, '/leads?tag=sieved&customFields.budget=25k');
  await card(page, 'Fiona Filter').waitFor();
  assert.equal(await page.locator('[data-card]').count(), 1);
  await page.getByRole('button', { name: /^Remove filter: Tagged sieved/ }).click();
  await page.waitForURL((url) => !url.searchParams.has('tag'));
  await card(page, 'Fiona Filter').click();
  await dialog('Fiona Filter').waitFor();
  assert.match(page.url(), /customFields\.budget=25k/);
});

test('the palette finds leads and actions, the sheet lists keys, and single keys can be off', async () => {
  await server.api('POST', '/leads', { name: 'Paula Palette' });
  await openBoard(page, server);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('paula');
  await page.getByRole('option', { name: /Paula Palette/ }).waitFor();
  await page.keyboard.press('Enter');
  await dialog('Paula Palette').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  const sheet = dialog('Keyboard shortcuts');
  await sheet.getByRole('switch', { name: 'Single-key shortcuts' }).click();
  await page.keyboard.press('Escape');
  await page.keyboard.press('c');
  await page.waitForTimeout(200);
  assert.equal(await dialog('Add Lead').count(), 0);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('keyboard');
  await page.keyboard.press('Enter');
  await sheet.getByRole('switch', { name: 'Single-key shortcuts' }).click();
  await page.keyboard.press('Escape');
  await page.keyboard.press('c');
  await dialog('Add Lead').waitFor();
});

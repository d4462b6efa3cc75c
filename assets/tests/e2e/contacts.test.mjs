// Contacts: converting leads, the list, and a contact's own page.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { testPlaces } from './checks.mjs';
import { openBoard, openPage, owner, startBrowser, startServer, until } from './harness.mjs';

let server;
let browser;
let known;
let differing;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  known = await server.api('POST', '/contacts', {
    name: 'Karl Known',
    email: 'karl@example.com',
    company: 'Acme',
    platform: 'email',
    customFields: { budget: '5k', _displayNames: { budget: 'Budget' } },
  });
  const lead = await server.api('POST', '/leads', {
    name: 'K. Known',
    email: 'KARL@example.com',
    phone: '+1 415 555 0111',
    company: 'Acme Research',
  });
  await server.api('POST', `/leads/${lead.id}/convert`, {});
  differing = lead;
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const button = (within, name) => within.getByRole('button', { name, exact: true });
const field = (within, name) => within.getByRole('textbox', { name, exact: true });
const dialog = (page, name) => page.getByRole('dialog', { name, exact: true });
const status = (page, text) => page.getByText(text, { exact: true });
const link = (within, name) => within.getByRole('link', { name, exact: true });

async function open(path, options) {
  const page = await openPage(browser, server, options);
  await page.goto(server.base + path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

async function openContact(page, contact) {
  await page.goto(`${server.base}/contacts/${contact.id}`);
  await page.getByRole('heading', { level: 1, name: contact.name, exact: true }).waitFor();
}

async function end(page) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

test('a lead is converted, shows its contact, and the conversion is taken back', async () => {
  const grace = await server.api('POST', '/leads', { name: 'Grace H', email: 'grace@example.com' });
  await server.api('POST', `/leads/${grace.id}/notes`, { value: 'Wants a demo' });
  const page = await openPage(browser, server);
  await openBoard(page, server, `/leads/${grace.id}`);
  const lead = dialog(page, 'Grace H');
  await button(lead, 'Convert').click();
  const form = dialog(page, 'Convert to a contact');
  assert.equal(await field(form, 'Contact name').inputValue(), 'Grace H');
  await field(form, 'Contact name').fill('');
  await button(form, 'Confirm').click();
  await form.getByText('A contact has a name.').waitFor();
  await field(form, 'Contact name').fill('Grace Hopper');
  await form.getByRole('combobox', { name: 'Platform' }).selectOption('whatsapp');
  await button(form, 'Confirm').click();
  await button(lead, 'Convert').waitFor({ state: 'detached', timeout: 300 });
  await status(page, 'Grace Hopper is a contact now.').waitFor();
  await link(lead, 'Contact Grace Hopper').click();
  await page.getByRole('heading', { level: 1, name: 'Grace Hopper' }).waitFor();
  await page.getByText('Wants a demo').waitFor();
  await link(page, 'Grace H').click();
  await button(dialog(page, 'Grace H'), 'Undo the conversion').click();
  await page.getByText('The lead is no longer converted, and the contact').first().waitFor();
  await button(dialog(page, 'Grace H'), 'Convert').waitFor();
  const contacts = await server.api('GET', '/contacts?search=grace');
  assert.equal(contacts.total, 0);
  await end(page);
});

test('the undo of the toast takes a conversion back', async () => {
  const ida = await server.api('POST', '/leads', { name: 'Ida Rhodes', email: 'ida@example.com' });
  const page = await openPage(browser, server);
  await openBoard(page, server, `/leads/${ida.id}`);
  await button(dialog(page, 'Ida Rhodes'), 'Convert').click();
  await button(dialog(page, 'Convert to a contact'), 'Confirm').click();
  await status(page, 'Ida Rhodes is a contact now.').waitFor();
  await button(page, 'Undo').first().click();
  await until(async () => (await server.api('GET', `/leads/${ida.id}`)).contactId === null);
  await button(dialog(page, 'Ida Rhodes'), 'Convert').waitFor();
  await end(page);
});

test('what a lead says otherwise is shown, used and dismissed', async () => {
  const page = await openPage(browser, server);
  await openBoard(page, server, `/leads/${differing.id}`);
  await dialog(page, 'K. Known').getByText('Company: Acme Research').waitFor();
  await openContact(page, known);
  await button(page, 'Edit Phone: +1 415 555 0111').waitFor();
  await button(page, 'Use Company').click();
  await button(page, 'Edit Company: Acme Research').waitFor();
  await page.getByText('instead of Acme Research').waitFor();
  await button(page, 'Dismiss Company').click();
  await button(page, 'Dismiss Name').click();
  await page.getByText('Values that differ').waitFor({ state: 'detached' });
  await end(page);
});

test('a contact is added, changed, deleted and brought back', async () => {
  const page = await open('/contacts');
  await button(page, 'Add Contact').click();
  const form = dialog(page, 'Add Contact');
  await field(form, 'Name').fill('Nina New');
  await field(form, 'Email').fill('Karl@Example.com');
  await button(form, 'Add Contact').click();
  await form.getByText('Karl Known has this e-mail address already.').waitFor();
  await link(form, 'Open that contact').waitFor();
  await field(form, 'Email').fill('nina@example.com');
  await button(form, 'Add Contact').click();
  await page.getByRole('heading', { level: 1, name: 'Nina New' }).waitFor();
  await button(page, 'Edit Title: Empty').click();
  await field(page, 'Title').fill('Director');
  await page.keyboard.press('Enter');
  await button(page, 'Edit Title: Director').waitFor();
  await page.getByRole('combobox', { name: 'Platform' }).selectOption('sms');
  await button(page, 'Add field').click();
  await field(page, 'Field name').fill('Favourite colour');
  await field(page, 'Value').fill('Red');
  await button(page, 'Save field').click();
  await button(page, 'Edit Favourite colour: Red').waitFor();
  await field(page, 'Note').fill('Met at the fair');
  await button(page, 'Add note').click();
  await page.getByText('Met at the fair').waitFor();
  const { data } = await server.api('GET', '/contacts?search=nina');
  const { title, platform, customFields } = data[0];
  assert.deepEqual([title, platform, customFields.favouriteColour], ['Director', 'sms', 'Red']);
  await button(page, 'Delete').click();
  await status(page, 'Nina New deleted').waitFor();
  await page.getByRole('heading', { level: 1, name: 'Contacts' }).waitFor();
  await button(page, 'Undo').click();
  await page.getByRole('heading', { level: 1, name: 'Nina New' }).waitFor();
  await end(page);
});

test('the list is searched, filtered, ordered, live, and shows the columns wanted', async () => {
  for (const name of ['Zoe', 'Abe']) {
    await server.api('POST', '/contacts', { name: `${name} Listed`, phone: null, title: 'Chief' });
  }
  const page = await open('/contacts');
  const names = () => page.locator('tbody a').allTextContents();
  const search = page.getByRole('searchbox', { name: 'Search contacts' });
  await search.fill('listed');
  await until(async () => (await names()).join() === 'Abe Listed,Zoe Listed', names);
  await page.getByRole('combobox', { name: 'Order' }).selectOption('By name');
  await server.api('POST', '/contacts', { name: 'Mia Listed' });
  await until(async () => (await names()).join() === 'Abe Listed,Mia Listed,Zoe Listed', names);
  await page.getByRole('combobox', { name: 'E-mail' }).selectOption('With e-mail');
  await page.getByText('No contact answers these filters').waitFor();
  await button(page, 'Show all contacts').click();
  await page.getByRole('link', { name: 'Karl Known' }).waitFor();
  assert.equal(await page.getByRole('columnheader', { name: 'Title' }).count(), 0);
  await button(page, 'Columns').click();
  await page.getByRole('menuitemcheckbox', { name: 'Title' }).click();
  await page.getByRole('columnheader', { name: 'Title' }).waitFor();
  await end(page);
});

test('contacts are exported', async () => {
  const page = await open('/contacts?search=karl');
  const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Export').click()]);
  assert.equal(file.suggestedFilename(), 'contacts.csv');
  const text = await readFile(await file.path(), 'utf8');
  assert.match(text, /Karl Known,karl@example\.com/);
  assert.equal(text.trim().split('\r\n').length, 2);
  await end(page);
});

test('who may only look changes nothing', async () => {
  const email = 'agent@example.com';
  await server.api('POST', '/users', {
    email,
    name: 'Agent',
    role: 'agent',
    password: owner.password,
  });
  const answer = await fetch(`${server.base}/v1/identity/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password: owner.password }),
  });
  const { token } = await answer.json();
  const page = await openPage(browser, { ...server, token });
  await openContact(page, known);
  assert.equal(await button(page, 'Delete').count(), 0);
  assert.equal(await page.getByRole('button', { name: /^Edit / }).count(), 0);
  await page.getByText('Your role does not show leads').waitFor();
  await page.goto(`${server.base}/contacts`);
  await link(page, 'Karl Known').waitFor();
  assert.equal(await button(page, 'Add Contact').count(), 0);
  await end(page);
});

testPlaces(
  {
    'the list of contacts': async (page) => {
      await page.goto(`${server.base}/contacts`);
      await link(page, 'Karl Known').waitFor();
    },
    'a contact': async (page) => {
      await openContact(page, known);
      await page.getByText('Nothing was sent to this contact yet.').waitFor();
    },
    'adding a contact': async (page) => {
      await page.goto(`${server.base}/contacts`);
      await button(page, 'Add Contact').click();
      await dialog(page, 'Add Contact').waitFor();
    },
    'a converted lead': async (page) => {
      await openBoard(page, server, `/leads/${differing.id}`);
      await link(dialog(page, 'K. Known'), 'Contact Karl Known').waitFor();
    },
    'converting a lead': async (page) => {
      const lead = await server.api('POST', '/leads', { name: 'Eve Open' });
      await openBoard(page, server, `/leads/${lead.id}`);
      await button(dialog(page, 'Eve Open'), 'Convert').click();
      await dialog(page, 'Convert to a contact').waitFor();
    },
  },
  () => ({ browser, server }),
);

// People: merging contacts and what follows of it, by mouse, by keyboard and on a phone.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { testPlaces } from './checks.mjs';
import { openPage, startBrowser, startServer, until } from './harness.mjs';

let server;
let browser;
let grace;
let twin;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  grace = await server.api('POST', '/contacts', {
    name: 'Grace Hopper',
    email: 'grace@example.com',
    company: 'Navy',
    customFields: { budget: '5k', _displayNames: { budget: 'Budget' } },
  });
  twin = await server.api('POST', '/contacts', {
    name: 'G. Hopper',
    email: 'hopper@example.com',
    phone: '+1 415 555 2671',
    company: 'Yale',
    customFields: { budget: '9k', _displayNames: { budget: 'Budget' } },
  });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const button = (within, name) => within.getByRole('button', { name, exact: true });
const dialog = (page, name) => page.getByRole('dialog', { name, exact: true });
const heading = (page, name) => page.getByRole('heading', { level: 1, name, exact: true });
const choice = (within, field, value) =>
  within.getByRole('group', { name: field, exact: true }).getByRole('radio', { name: value });

async function open(path, options) {
  const page = await openPage(browser, server, options);
  await page.goto(server.base + path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

async function end(page) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

async function openMerge(page, name = 'G. Hopper') {
  await button(page, 'Merge').click();
  const form = dialog(page, 'Merge contacts');
  const picker = form.getByRole('combobox', { name: 'Contact to merge into this one' });
  await picker.click();
  await picker.fill(name);
  await form.getByRole('option', { name: new RegExp(name) }).click();
  await form.getByRole('group').first().waitFor();
  return form;
}

test('two contacts are merged field by field, by keyboard, and come apart again', async () => {
  const page = await open(`/contacts/${grace.id}`);
  const form = await openMerge(page);
  assert.equal(await choice(form, 'Email', 'grace@example.com').isChecked(), true);
  assert.equal(await choice(form, 'Phone', '+1 415 555 2671').isChecked(), true);
  await choice(form, 'Email', 'grace@example.com').focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await choice(form, 'Email', 'hopper@example.com').isChecked(), true);
  await choice(form, 'Budget', '9k').check();
  await page.keyboard.press('Enter');
  await form.waitFor({ state: 'detached' });
  const merged = await server.api('GET', `/contacts/${grace.id}`);
  assert.equal(merged.email, 'hopper@example.com');
  assert.equal(merged.customFields.budget, '9k');
  assert.equal(merged.company, 'Navy');
  await page.getByText('merged G. Hopper into it').waitFor();
  await page.getByText('Values that differ').waitFor();
  // The old address leads to the one that stayed.
  await page.goto(`${server.base}/contacts/${twin.id}`);
  await page.getByText('This contact was merged into another one').waitFor();
  await heading(page, 'Grace Hopper').waitFor();
  await button(page, 'Undo the merge').click();
  await page.getByText('G. Hopper is a contact of its own again.').waitFor();
  assert.equal((await server.api('GET', `/contacts/${twin.id}`)).email, 'hopper@example.com');
  assert.equal((await server.api('GET', `/contacts/${grace.id}`)).email, 'grace@example.com');
  await end(page);
});

test('an agent sees contacts come and go without reloading', async () => {
  const invited = await server.api('POST', '/users', {
    name: 'An Agent',
    email: 'agent@example.com',
    password: 'a long enough password',
    role: 'agent',
  });
  assert.ok(invited.id);
  const page = await openPage(browser, server, { isStranger: true });
  await page.goto(server.base);
  await page.getByRole('textbox', { name: 'Email' }).fill('agent@example.com');
  await page.getByLabel('Password', { exact: true }).fill('a long enough password');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Contacts' }).first().click();
  await page.getByRole('link', { name: 'Grace Hopper' }).first().waitFor();
  await server.api('POST', '/contacts', { name: 'Fresh Face' });
  await page.getByRole('link', { name: 'Fresh Face' }).first().waitFor();
  await end(page);
});

test('a person is found from the contact, exported, and erased once that is typed', async () => {
  const email = 'zoe@example.com';
  const lead = await server.api('POST', '/leads', { name: 'Zoe Quinn', email });
  const { contact } = await server.api('POST', `/leads/${lead.id}/convert`, {});
  await server.api('POST', '/leads', { name: 'Someone Else', email });
  const page = await open(`/contacts/${contact.id}`);
  await button(page, 'Personal data').click();
  await page.getByRole('list', { name: 'What was found' }).getByText('Someone Else').waitFor();
  await button(page, 'Somebody else: Someone Else').click();
  await page.getByText('1 left out.').waitFor();
  const saving = page.waitForEvent('download');
  await button(page, 'Export personal data').click();
  const file = JSON.parse(await readFile(await (await saving).path(), 'utf8'));
  assert.deepEqual(file.emails, [email]);
  assert.equal(file.leads.length, 1);
  await button(page, 'Erase person').click();
  const form = dialog(page, 'Erase person');
  assert.equal(await button(form, 'Erase for good').isDisabled(), true);
  await form.getByRole('textbox', { name: 'Type “Zoe Quinn” to confirm' }).fill('Zoe Quinn');
  await button(form, 'Erase for good').click();
  await page.getByText('The person is being erased.').waitFor();
  const record = page.getByRole('list', { name: 'Exports and erasures' });
  await record.getByText('Erasure').waitFor();
  await record.getByText('1 contact, 1 lead').first().waitFor();
  // The record says from the start what is going to be erased.
  await until(async () => (await server.api('GET', `/leads?search=quinn`)).total === 0);
  assert.equal((await server.api('GET', `/leads?search=someone`)).total, 1);
  await end(page);
});

const phone = { viewport: { width: 390, height: 844 } };

test('a merge fits on a phone', async () => {
  const page = await open(`/contacts/${grace.id}`, phone);
  const form = await openMerge(page);
  await button(form, 'Cancel').click();
  await form.waitFor({ state: 'detached' });
  await end(page);
});

if (process.env.SHOTS) {
  for (const [name, options] of Object.entries({
    desktop: { viewport: { width: 1440, height: 900 } },
    dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
    phone,
  })) {
    test(`pictures, ${name}`, async () => {
      const page = await open(`/contacts/${grace.id}`, options);
      await page.waitForTimeout(300);
      await page.screenshot({ path: `${process.env.SHOTS}/contact-${name}.png` });
      await openMerge(page);
      await page.waitForTimeout(300);
      await page.screenshot({ path: `${process.env.SHOTS}/merge-${name}.png` });
      await page.goto(`${server.base}/settings/privacy?contact=${grace.id}`);
      await page.getByRole('list', { name: 'What was found' }).waitFor();
      await page.waitForTimeout(300);
      await page.screenshot({ path: `${process.env.SHOTS}/privacy-${name}.png` });
      await end(page);
    });
  }
}

testPlaces(
  {
    'a contact with a timeline': async (page) => {
      await page.goto(`${server.base}/contacts/${grace.id}`);
      await heading(page, 'Grace Hopper').waitFor();
      await page.getByText('created the contact').first().waitFor();
    },
    'the merge of two contacts': async (page) => {
      await page.goto(`${server.base}/contacts/${grace.id}`);
      await heading(page, 'Grace Hopper').waitFor();
      await openMerge(page);
    },
    'the settings of privacy': async (page) => {
      await page.goto(`${server.base}/settings/privacy?contact=${grace.id}`);
      await page.getByRole('list', { name: 'What was found' }).waitFor();
    },
    'the erasure of a person': async (page) => {
      await page.goto(`${server.base}/settings/privacy?contact=${grace.id}`);
      await button(page, 'Erase person').click();
      await dialog(page, 'Erase person').waitFor();
    },
  },
  () => ({ browser, server }),
);

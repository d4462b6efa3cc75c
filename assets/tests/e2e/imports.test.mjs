// Importing leads from a file: from the drop to the undo.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { testPlaces } from './checks.mjs';
import { openBoard, openPage, startBrowser, startServer, until } from './harness.mjs';

let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const button = (within, name) => within.getByRole('button', { name, exact: true });
const heading = (page, name) => page.getByRole('heading', { name, exact: true });
const goes = (page, column) =>
  page.getByRole('combobox', { name: `Where ${column} goes`, exact: true });
const file = (text, name = 'people.csv') => ({
  name,
  mimeType: 'text/csv',
  buffer: Buffer.from(text),
});
const people = [
  'Wer,E-Mail,Firma,Kind',
  'Grace Hopper,grace@example.com,Navy,hot',
  'Ada Byron,ada.byron@example.com,Engines,cold',
  'Alan,nonsense,,hot',
].join('\r\n');

async function choose(page, chosen) {
  await page.goto(`${server.base}/leads/import`);
  await page.getByLabel('CSV file', { exact: true }).setInputFiles(chosen);
  await heading(page, 'Columns').waitFor();
}

/** An import that is over, made without the page. */
async function made(text) {
  const response = await fetch(`${server.base}/v1/identity/leads/import?start=true`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.token}`, 'content-type': 'text/csv' },
    body: text,
  });
  const { id } = await response.json();
  await until(async () => (await server.api('GET', `/lead-imports/${id}`)).status === 'completed');
  return id;
}

async function end(page) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

test('a file is mapped, checked, imported and undone', async () => {
  const page = await openPage(browser, server);
  await openBoard(page, server);
  await button(page, 'Import').click();
  await heading(page, 'Import leads').waitFor();
  await page.getByLabel('CSV file', { exact: true }).setInputFiles(file(people));
  await heading(page, 'Columns').waitFor();
  assert.match(page.url(), /\/leads\/import\/[0-9a-f-]{36}$/);
  assert.equal(await goes(page, 'E-Mail').inputValue(), 'email');
  assert.equal(await goes(page, 'Firma').inputValue(), 'company');
  assert.equal(await goes(page, 'Wer').inputValue(), 'customFields.wer');
  await goes(page, 'Wer').selectOption('name');
  await page.getByRole('cell', { name: 'Grace Hopper' }).waitFor();
  await page.getByText('E-Mail: This is not an e-mail address.').waitFor();
  await goes(page, 'Kind').selectOption('tags');
  await button(page, 'Next').click();
  await heading(page, 'Options').waitFor();
  await page.getByLabel(/^When a lead with that/).selectOption('update');
  await page.getByLabel('Add tag', { exact: true }).fill('fair');
  await page.keyboard.press('Enter');
  await page.getByRole('list', { name: 'Tags for each lead' }).getByText('fair').waitFor();
  await page.reload();
  await heading(page, 'Options').waitFor();
  assert.equal(await page.getByLabel(/^When a lead with that/).inputValue(), 'update');
  await button(page, 'Next').click();
  await heading(page, 'Check and import').waitFor();
  const found = page.getByLabel('What the import would do');
  await found.waitFor();
  assert.match(await found.innerText(), /New leads\s*2[\s\S]*Rejected\s*1/);
  await page.getByText('1 row: 4').waitFor();
  await button(page, 'Import 2 leads').click();
  const became = page.getByLabel('What became of the rows');
  await became.waitFor();
  assert.match(await became.innerText(), /Created\s*2[\s\S]*Rejected\s*1/);
  const saving = page.waitForEvent('download');
  await button(page, 'Download rejected rows').click();
  const saved = await saving;
  assert.equal(saved.suggestedFilename(), 'people-rejected.csv');
  const rejected = await readFile(await saved.path(), 'utf8');
  assert.match(rejected, /4,E-Mail: This is not an e-mail address\.,Alan,nonsense,,hot/);

  const leads = await server.api('GET', '/leads?tag=fair');
  assert.deepEqual(leads.data.map(({ name }) => name).sort(), ['Ada Byron', 'Grace Hopper']);
  const grace = leads.data.find(({ name }) => name === 'Grace Hopper');
  await server.api('PATCH', `/leads/${grace.id}`, { title: 'Admiral' });
  await button(page, 'Undo this import').click();
  await button(page.getByRole('dialog', { name: 'Undo this import?' }), 'Undo').click();
  await page.getByText(/^Taken back: 1 lead deleted/).waitFor();
  const stayed = page.getByRole('list', { name: 'Leads that stayed' });
  await stayed.getByRole('link', { name: 'Grace Hopper' }).waitFor();
  assert.match(await stayed.innerText(), /changed since/);
  await end(page);
});

test('a board that is open shows what an import brings', async () => {
  const page = await openPage(browser, server);
  await openBoard(page, server);
  await made('Name,Email\nLive Import,live@example.com\n');
  await page.getByRole('link', { name: 'Live Import', exact: true }).waitFor();
  await end(page);
});

test('what is no table is refused with the way out, and the next file is taken', async () => {
  const page = await openPage(browser, server);
  await page.goto(`${server.base}/leads/import`);
  const input = page.getByLabel('CSV file', { exact: true });
  await input.setInputFiles(file('PK\u0003\u0004', 'people.xlsx'));
  await page.getByRole('alert').getByText('This is an Excel file').waitFor();
  await input.setInputFiles(file('x;y\n1;2\n3;4\n', 'plain.csv'));
  await heading(page, 'Columns').waitFor();
  await page.getByText('Say which column holds the name').waitFor();
  assert.ok(await button(page, 'Next').isDisabled());
  await button(page, 'Drop the file').click();
  await page.waitForURL(`${server.base}/leads/import`);
  await page.getByText('plain.csv').waitFor();
  await end(page);
});

test('a file that is dropped on the page is taken', async () => {
  const page = await openPage(browser, server);
  await page.goto(`${server.base}/leads/import`);
  const zone = page.getByRole('group', { name: 'Drop a CSV file' });
  await zone.waitFor();
  const data = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(['Name,Email\nDropped,dropped@example.com\n'], 'dropped.csv'));
    return data;
  });
  await zone.dispatchEvent('drop', { dataTransfer: data });
  await heading(page, 'Columns').waitFor();
  await page.getByRole('cell', { name: 'Dropped', exact: true }).waitFor();
  await end(page);
});

test('how the file is written can be corrected', async () => {
  const page = await openPage(browser, server);
  await choose(page, file('Grace;grace@example.com\nAda;ada@example.com\n'));
  await page.getByText('How the file is written').click();
  const header = page.getByRole('switch', { name: 'The first row names the columns' });
  assert.equal(await header.getAttribute('aria-checked'), 'false');
  await header.click();
  await goes(page, 'Grace').waitFor();
  await page.getByLabel('Columns are separated by').selectOption('|');
  await goes(page, 'Grace;grace@example.com').waitFor();
  await end(page);
});

testPlaces(
  {
    'importing, the file': async (page) => {
      await made('Name,Email\nPlace,place@example.com\nBad,bad\n');
      await page.goto(`${server.base}/leads/import`);
      await page.getByRole('link', { name: 'leads.csv' }).first().waitFor();
    },
    'importing, the columns': (page) => choose(page, file(people)),
    'importing, the options': async (page) => {
      await choose(page, file('Name,Stage\nPlace,New\n'));
      await button(page, 'Next').click();
      await page.getByLabel('Automations').waitFor();
    },
    'importing, the check': async (page) => {
      await choose(page, file('Name,Email\nPlace,place2@example.com\nBad,bad\n'));
      await page.goto(`${page.url()}?step=check`);
      await page.getByText('Why rows would be rejected').waitFor();
    },
    'importing, the result': async (page) => {
      const id = await made('Name,Email\nResult,result@example.com\nBad,bad\n');
      await page.goto(`${server.base}/leads/import/${id}`);
      await page.getByLabel('What became of the rows').waitFor();
    },
  },
  () => ({ browser, server }),
);

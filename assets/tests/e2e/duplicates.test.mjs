// Likely duplicates: the warning while somebody types, the page of them, merging and its undo.
import assert from 'node:assert/strict';
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

const names =
  'Alma Berta Clara Doris Erika Frida Gerda Heidi Irma Jutta Karla Lotte Marta Nelly Olga Petra Quinta Rosa Senta Tilda'.split(
    ' ',
  );
let count = 0;
/** Two leads of one person, of a name that no other test has. */
async function two() {
  const name = names[count];
  count += 1;
  const email = `${name.toLowerCase()}@example.com`;
  const stays = {
    name: `${name} Hopper`,
    email,
    company: `Works of ${name}`,
    customFields: { budget: '5k' },
  };
  const goesIn = { name: `${name} Murray`, email: email.toUpperCase(), title: 'Admiral' };
  return {
    email,
    stays: await server.api('POST', '/leads', stays),
    goesIn: await server.api('POST', '/leads', { ...goesIn, tags: ['referral'] }),
  };
}

const button = (within, name) => within.getByRole('button', { name, exact: true });
const status = async (lead) => {
  const answer = await fetch(`${server.base}/v1/identity/leads/${lead.id}`, {
    headers: { authorization: `Bearer ${server.token}` },
  });
  return answer.status;
};

async function end(page) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

test('adding a lead warns of those that are there, and nothing typed is lost', async () => {
  const { email, stays } = await two();
  const page = await openPage(browser, server);
  await openBoard(page, server, '/leads/new');
  const dialog = page.getByRole('dialog', { name: 'Add Lead' });
  await dialog.getByLabel('Name').fill('Somebody');
  await dialog.getByLabel('Email').fill(` ${email.toUpperCase()}`);
  await dialog.getByText('Likely there already:').waitFor();
  const link = dialog.getByRole('link', { name: stays.name });
  assert.match(await link.getAttribute('href'), new RegExp(stays.id));
  const [tab] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
  await tab.getByRole('heading', { name: stays.name }).waitFor();
  await tab.close();
  assert.equal(await dialog.getByLabel('Name').inputValue(), 'Somebody');
  // It is a hint and no obstacle; and what is not there is not warned of.
  await dialog.getByLabel('Email').fill('nobody@example.com');
  await until(async () => (await dialog.getByText('Likely there already:').count()) === 0);
  await button(dialog, 'Add Lead').click();
  await page.getByText('Somebody added').waitFor();
  await end(page);
});

test('quick add warns of a lead of the same name', async () => {
  const { stays } = await two();
  const page = await openPage(browser, server);
  await openBoard(page, server);
  await button(page, 'Quick add to New').click();
  await page.getByLabel('Name of the new lead in New').fill(stays.name.toUpperCase());
  await page.getByText('Likely there already:').waitFor();
  await end(page);
});

test('two leads are merged field by field on the page, and the toast takes it back', async () => {
  const { email, stays, goesIn } = await two();
  const page = await openPage(browser, server);
  await openBoard(page, server);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('duplicates');
  await page.getByRole('option', { name: /Find likely duplicates/ }).click();
  await page.getByRole('heading', { name: 'Likely duplicates' }).waitFor();
  const found = page.locator('section', { hasText: email });
  await found.getByRole('button', { name: `Merge ${goesIn.name} into ${stays.name}` }).click();
  const dialog = page.getByRole('dialog', { name: 'Merge leads' });
  const name = dialog.getByRole('group', { name: 'Name' });
  await name.getByRole('radio', { name: goesIn.name }).check();
  await dialog.getByText('Tags: referral.').waitFor();
  await button(dialog, 'Merge').click();
  await page.getByText(`${goesIn.name} was merged into ${stays.name}`).waitFor();
  await until(async () => (await found.count()) === 0);
  const merged = await server.api('GET', `/leads/${stays.id}`);
  assert.deepEqual(
    [merged.name, merged.title, merged.company, merged.tags],
    [goesIn.name, 'Admiral', stays.company, ['referral']],
  );
  assert.equal(await status(goesIn), 404);
  await button(page, 'Undo').click();
  await page.getByText(`${goesIn.name} is a lead of its own again.`).waitFor();
  await found.waitFor();
  assert.equal((await server.api('GET', `/leads/${stays.id}`)).name, stays.name);
  assert.equal(await status(goesIn), 200);
  await end(page);
});

test('the one that stays is chosen, and no duplicates stay away until that is undone', async () => {
  const { email, stays, goesIn } = await two();
  const page = await openPage(browser, server);
  await page.goto(`${server.base}/leads/duplicates?by=email`);
  const found = page.locator('section', { hasText: email });
  await found.getByLabel(`${goesIn.name} stays`).check();
  await button(found, `Merge ${stays.name} into ${goesIn.name}`).waitFor();
  await button(found, 'Not duplicates').click();
  await until(async () => (await found.count()) === 0);
  await page.reload();
  await page.getByRole('heading', { name: 'Likely duplicates' }).waitFor();
  await page.getByText('That is all of them.').or(page.getByText('No likely duplicates')).waitFor();
  assert.equal(await found.count(), 0);
  await server.api('POST', '/leads/duplicates/recall', { leadIds: [stays.id, goesIn.id] });
  await page.reload();
  await button(found, 'Not duplicates').click();
  await button(page, 'Undo').click();
  await found.waitFor();
  await end(page);
});

test('the drawer merges with any lead, and the timeline takes it back', async () => {
  const { stays, goesIn } = await two();
  const page = await openPage(browser, server);
  await openBoard(page, server, `/leads/${stays.id}`);
  const drawer = page.getByRole('dialog', { name: stays.name });
  await drawer.getByText('Likely the same person:').waitFor();
  await button(page, 'Merge with…').click();
  const dialog = page.getByRole('dialog', { name: 'Merge leads' });
  await dialog.getByRole('combobox', { name: 'Lead to merge with' }).fill(goesIn.name);
  await page.getByRole('option', { name: new RegExp(goesIn.name) }).click();
  await dialog.getByText('goes into').waitFor();
  await button(dialog, 'Swap').click();
  await dialog.getByText(`${stays.name} goes into ${goesIn.name}.`).waitFor();
  await button(dialog, 'Swap').click();
  await dialog.getByText(`${goesIn.name} goes into ${stays.name}.`).waitFor();
  await button(dialog, 'Merge').click();
  await page.getByText(`merged ${goesIn.name} into it`).waitFor();
  await page.getByText(`Name: ${goesIn.name}`).waitFor();
  const warning = drawer.getByText('Likely the same person:');
  await until(async () => (await warning.count()) === 0);
  await button(page, 'Undo the merge').click();
  await page.getByText(`took the merge with ${goesIn.name} back`).waitFor();
  await until(async () => (await button(page, 'Undo the merge').count()) === 0);
  await warning.waitFor();
  await end(page);
});

test('an open lead that somebody merges is the other one from then on', async () => {
  const { stays, goesIn } = await two();
  const page = await openPage(browser, server);
  await openBoard(page, server, `/leads/${goesIn.id}`);
  await page.getByRole('heading', { name: goesIn.name }).waitFor();
  await server.api('POST', `/leads/${stays.id}/merge`, { leadId: goesIn.id });
  await page.getByText('This lead was merged into another one, which you see now.').waitFor();
  await page.getByRole('heading', { name: stays.name }).waitFor();
  assert.match(page.url(), new RegExp(stays.id));
  await end(page);
});

test('who may only look sees the duplicates and merges nothing', async () => {
  const { email, stays } = await two();
  const role = await server.api('POST', '/roles', {
    name: 'Looker',
    permissions: ['leads:view'],
  });
  await server.api('POST', '/users', {
    email: 'looker@example.com',
    name: 'Looker',
    role: role.id,
    password: 'a walk in the park',
  });
  const login = await fetch(`${server.base}/v1/identity/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: 'looker@example.com', password: 'a walk in the park' }),
  });
  const { token } = await login.json();
  const page = await openPage(browser, { ...server, token });
  await page.goto(`${server.base}/leads/duplicates`);
  const found = page.locator('section', { hasText: email });
  await found.getByRole('link', { name: stays.name }).waitFor();
  assert.equal(await found.getByRole('button').count(), 0);
  assert.equal(await found.getByRole('radio').count(), 0);
  await found.getByRole('link', { name: stays.name }).click();
  await page.getByText('Likely the same person:').waitFor();
  assert.equal(await page.getByRole('button', { name: /Merge/ }).count(), 0);
  await end(page);
});

const places = {
  'the page of duplicates': async (page) => {
    const { email } = await two();
    await page.goto(`${server.base}/leads/duplicates`);
    await page.locator('section', { hasText: email }).waitFor();
  },
  'the merge of two leads': async (page) => {
    const { email, stays, goesIn } = await two();
    await page.goto(`${server.base}/leads/duplicates`);
    const found = page.locator('section', { hasText: email });
    await button(found, `Merge ${goesIn.name} into ${stays.name}`).click();
    await page.getByText('What is not taken stands on the timeline.').waitFor();
  },
  'a lead with likely duplicates': async (page) => {
    const { stays } = await two();
    await openBoard(page, server, `/leads/${stays.id}`);
    await page.getByText('Likely the same person:').waitFor();
  },
  'the warning while a lead is added': async (page) => {
    const { email } = await two();
    await openBoard(page, server, '/leads/new');
    await page.getByLabel('Email').fill(email);
    await page.getByText('Likely there already:').waitFor();
  },
};
testPlaces(places, () => ({ server, browser }));

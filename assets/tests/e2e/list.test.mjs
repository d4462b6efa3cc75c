// The list of leads beside the board: order, paging, changing cells, selection, columns, saved views, export.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, beforeEach, test } from 'node:test';
import { testPlaces, violations } from './checks.mjs';
import { openPage, owner, startBrowser, startServer, until } from './harness.mjs';

let server;
let browser;
let page;

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

before(async () => {
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const people = [
  {
    name: 'Ann',
    email: 'ann@example.com',
    score: 10,
    tags: ['hot'],
    customFields: { budget: '5k' },
  },
  { name: 'Bea', company: 'Acme', score: 30 },
  { name: 'Carl', phone: '+1 415 555 0111', score: 20, tags: ['hot', 'new'] },
];

/** Every test begins with Ann, Bea and Carl, in this order of arrival, and without views. */
beforeEach(async () => {
  await page?.context().close();
  const { data } = await server.api('GET', '/leads?limit=200');
  if (data.length > 0) {
    const leadIds = data.map((lead) => lead.id);
    await server.api('POST', '/leads/bulk-action', { action: 'delete', leadIds });
  }
  for (const view of (await server.api('GET', '/lead-views')).data) {
    await server.api('DELETE', `/lead-views/${view.id}`);
  }
  await server.api('PATCH', '/lead-views/preferences', { columns: [], defaultViewId: null });
  for (const person of people) await server.api('POST', '/leads', person);
  page = await open('/leads?view=list');
});

async function open(path, options) {
  const opened = await openPage(browser, server, options);
  await opened.goto(server.base + path);
  await list(opened).waitFor();
  // The live stream must be open before somebody else changes something.
  await opened.waitForTimeout(250);
  return opened;
}

const list = (page) => page.locator('[role=grid], ul[aria-label=Leads]');
const button = (within, name) => within.getByRole('button', { name, exact: true });
const dialog = (page, name) => page.getByRole('dialog', { name, exact: true });
const cell = (name, column) =>
  page
    .locator('[role=row]', { has: page.getByRole('link', { name, exact: true }) })
    .locator(`[data-column="${column}"]`);
const names = (of = page) =>
  list(of).evaluate((grid) =>
    [...grid.querySelectorAll('[data-row]')]
      .filter((row) => row.dataset.row !== 'head')
      .sort((a, b) => (a.ariaRowIndex ?? a.ariaPosInSet) - (b.ariaRowIndex ?? b.ariaPosInSet))
      .map((row) => row.querySelector('a').textContent),
  );
const are = (wanted, of = page) =>
  until(
    async () => (await names(of)).join() === wanted.join(),
    async () => `${await names(of)}, not ${wanted}`,
  );
const leadOf = async (name) => {
  const { data } = await server.api('GET', `/leads?search=${name}&limit=1`);
  return data[0];
};
const choose = async (menu, entry) => {
  await page.getByRole('button', { name: menu }).click();
  await page.getByRole('menuitem', { name: entry, exact: true }).click();
};

test('the list is reached from the board, keeps its filters, and goes back', async () => {
  await page.goto(`${server.base}/leads?tag=hot`);
  await page.locator('section.column').first().waitFor();
  await button(page, 'List').click();
  await are(['Carl', 'Ann']);
  assert.match(page.url(), /\?tag=hot&view=list$/);
  await button(page, 'Remove filter: Tagged hot').click();
  await are(['Carl', 'Bea', 'Ann']);
  await page.goBack();
  await are(['Carl', 'Ann']);
  await page.goBack();
  await page.locator('section.column').first().waitFor();
  await page.keyboard.press('v');
  await list(page).waitFor();
  await page.getByRole('searchbox', { name: 'Search leads' }).fill('nobody');
  await page.getByText('No lead answers these filters').waitFor();
  assert.deepEqual(page.faults, []);
});

test('a heading orders the list, and the address says so', async () => {
  await button(page, 'Score').click();
  await are(['Bea', 'Carl', 'Ann']);
  await page
    .getByRole('columnheader', { name: 'Score' })
    .and(page.locator('[aria-sort=descending]'))
    .waitFor();
  await button(page, 'Score').click();
  await are(['Ann', 'Carl', 'Bea']);
  assert.match(page.url(), /view=list&sortBy=score&sortOrder=asc/);
  await button(page, 'Score').click();
  await are(['Carl', 'Bea', 'Ann']);
  await page.goBack();
  await are(['Ann', 'Carl', 'Bea']);
  assert.deepEqual(page.faults, []);
});

test('cells are changed by keyboard, refused, and taken back', async () => {
  await cell('Bea', 'company').click();
  await page.keyboard.press('Enter');
  const field = page.getByRole('textbox', { name: 'Company of Bea' });
  assert.equal(await field.inputValue(), 'Acme');
  await field.fill('Navy');
  await page.keyboard.press('Enter');
  await until(async () => (await leadOf('Bea')).company === 'Navy');
  await page.getByText('Company of Bea changed').waitFor();
  await until(() => cell('Bea', 'company').evaluate((one) => one === document.activeElement));
  await button(page, 'Undo').click();
  await until(async () => (await leadOf('Bea')).company === 'Acme');
  await cell('Bea', 'company').click();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('F2');
  await page.getByRole('textbox', { name: 'Email of Bea' }).fill('nonsense');
  await page.keyboard.press('Enter');
  await page.getByText('This is not an e-mail address.').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Escape');
  assert.equal((await leadOf('Bea')).email, null);
  await cell('Bea', 'score').dblclick();
  await page.getByRole('textbox', { name: 'Score of Bea' }).fill('77');
  await page.keyboard.press('Tab');
  await until(async () => (await leadOf('Bea')).score === 77);
  await cell('Bea', 'stage').dblclick();
  await page.getByRole('combobox', { name: 'Stage of Bea' }).selectOption('Qualified');
  await cell('Bea', 'stage').getByText('Qualified').waitFor();
  await cell('Bea', 'assignedTo').dblclick();
  await page.getByRole('combobox', { name: 'Assigned to of Bea' }).selectOption(owner.name);
  await until(async () => (await leadOf('Bea')).assignee?.name === owner.name);
  assert.deepEqual(page.faults, []);
});

test('a change that somebody else overtook is shown and can be made after all', async () => {
  await cell('Carl', 'phone').dblclick();
  const field = page.getByRole('textbox', { name: 'Phone of Carl' });
  const carl = await leadOf('Carl');
  await server.api('PATCH', `/leads/${carl.id}`, { phone: '+1 415 555 0999' });
  await field.fill('+1 415 555 0222');
  await page.keyboard.press('Enter');
  await page.getByText('Somebody changed this lead at the same time').waitFor();
  await button(page, 'Save mine on top').click();
  await until(async () => (await leadOf('Carl')).phone === '+1 415 555 0222');
  assert.deepEqual(page.faults, []);
});

test('what others do shows at once, and no row jumps', async () => {
  const dora = await server.api('POST', '/leads', { name: 'Dora' });
  await are(['Dora', 'Carl', 'Bea', 'Ann']);
  const ann = await leadOf('Ann');
  await server.api('PATCH', `/leads/${ann.id}`, { name: 'Anna' });
  await are(['Dora', 'Carl', 'Bea', 'Anna']);
  await server.api('DELETE', `/leads/${dora.id}`);
  await are(['Carl', 'Bea', 'Anna']);
  assert.deepEqual(page.faults, []);
});

test('leads are selected alone, by range and all, and changed together', async () => {
  await page.getByRole('checkbox', { name: 'Select Carl' }).click();
  await page.getByRole('checkbox', { name: 'Select Ann' }).click({ modifiers: ['Shift'] });
  await page.getByText('3 leads selected').first().waitFor();
  assert.equal(await page.locator('[data-row] input:checked').count(), 4);
  await button(page, 'Clear the selection').click();
  await cell('Carl', 'name').focus();
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.getByText('2 leads selected').waitFor();
  await button(page, 'Move').click();
  await page.getByRole('menuitem', { name: 'Proposal' }).click();
  await cell('Bea', 'stage').getByText('Proposal').waitFor();
  await cell('Carl', 'stage').getByText('Proposal').waitFor();
  await button(page, 'Undo').click();
  await cell('Bea', 'stage').getByText('New').waitFor();
  await page.getByRole('checkbox', { name: 'Select all that are loaded' }).click();
  await page.getByText('3 leads selected').first().waitFor();
  await button(page, 'Delete').click();
  await page.getByText('Your first lead goes here').waitFor();
  await button(page, 'Undo').click();
  await until(async () => (await names()).length === 3);
  assert.deepEqual(page.faults, []);
});

test('after a bulk action leads are changed one by one though no event told their versions', async () => {
  await page.route('**/v1/identity/events', (route) => route.abort());
  await page.reload();
  await are(['Carl', 'Bea', 'Ann']);
  await page.getByRole('checkbox', { name: 'Select Carl' }).click();
  await page.getByRole('checkbox', { name: 'Select Bea' }).click();
  await button(page, 'Tag').click();
  await dialog(page, 'Tag 2 leads').getByRole('textbox', { name: 'Tags' }).fill('vip');
  await page.keyboard.press('Enter');
  await page.getByText('Tagged 2 leads with vip').waitFor();
  await page.getByRole('checkbox', { name: 'Select Bea' }).click();
  await button(page, 'Assign').click();
  await page.getByRole('menuitem', { name: owner.name }).click();
  await page.getByText(`Assigned Bea to ${owner.name}`).waitFor();
  const bea = await leadOf('Bea');
  assert.deepEqual([bea.assignee?.name, bea.tags], [owner.name, ['vip']]);
  await cell('Carl', 'company').dblclick();
  await page.getByRole('textbox', { name: 'Company of Carl' }).fill('Navy');
  await page.keyboard.press('Enter');
  await page.getByText('Company of Carl changed').waitFor();
  assert.equal((await leadOf('Carl')).company, 'Navy');
  // What somebody else gave away in between is not taken from them.
  const { id } = await leadOf('Ann');
  const [me] = (await server.api('GET', '/users')).data;
  await server.api('PATCH', `/leads/${id}/assign`, { assignedTo: me.id });
  await page.getByRole('checkbox', { name: 'Select Ann' }).click();
  await button(page, 'Assign').click();
  await page.getByRole('menuitem', { name: 'Nobody' }).click();
  await page.getByText('It was changed meanwhile').waitFor();
  assert.equal((await leadOf('Ann')).assignedTo, me.id);
  assert.deepEqual(page.faults, []);
});

test('a lead opens over the list, and closing it gives the focus back', async () => {
  await cell('Bea', 'name').focus();
  await page.keyboard.press('Enter');
  await dialog(page, 'Bea').waitFor();
  await list(page).waitFor();
  await page.keyboard.press('j');
  await dialog(page, 'Ann').waitFor();
  assert.match(page.url(), /\/leads\/[0-9a-f-]+\?view=list$/);
  await page.keyboard.press('Escape');
  await dialog(page, 'Ann').waitFor({ state: 'detached' });
  assert.match(page.url(), /\/leads\?view=list$/);
  assert.deepEqual(page.faults, []);
});

test('many leads come page by page while the list is scrolled', async () => {
  for (let piece = 0; piece < 3; piece += 1) {
    await Promise.all(
      Array.from({ length: 100 }, (_, number) =>
        server.api('POST', '/leads', {
          name: `Lead ${String(piece * 100 + number).padStart(3, '0')}`,
        }),
      ),
    );
  }
  await page.goto(`${server.base}/leads?view=list&sortBy=name`);
  await until(async () => (await names())[0] === 'Ann');
  const drawn = await page.locator('[role=row]').count();
  assert.ok(drawn < 80, `${drawn} rows are drawn`);
  await cell('Ann', 'name').focus();
  for (const last of ['Lead 096', 'Lead 196', 'Lead 296']) {
    await until(async () => {
      await page.keyboard.press('Control+ArrowDown');
      return (await names()).includes(last);
    }, names);
  }
  await until(async () => {
    await page.keyboard.press('Control+ArrowDown');
    return (await names()).at(-1) === 'Lead 299';
  }, names);
  await page.getByRole('checkbox', { name: 'Select all that are loaded' }).click();
  await page.getByText('303 leads selected').first().waitFor();
  await page.goto(`${server.base}/leads?view=list`);
  await list(page).waitFor();
  await page.getByRole('checkbox', { name: 'Select all that are loaded' }).click();
  await button(page, 'Select all 303 that match').click();
  await page.getByText('303 leads selected').first().waitFor();
  await button(page, 'Delete').click();
  await page.getByText('Your first lead goes here').waitFor();
  assert.deepEqual(page.faults, []);
});

test('columns are chosen, ordered and made wider, custom fields among them, and stay chosen', async () => {
  await button(page, 'Columns').click();
  const form = dialog(page, 'Columns');
  await form.waitFor();
  assert.deepEqual(await violations(page), []);
  await form.getByRole('checkbox', { name: 'Email' }).uncheck();
  await form.getByRole('checkbox', { name: 'Budget' }).check();
  const up = button(form, 'Move Score up');
  while (await up.isEnabled()) await up.click();
  await form.getByRole('combobox', { name: 'Width of Score' }).selectOption('Wide');
  await button(form, 'Apply').click();
  const heads = () => page.getByRole('columnheader').allTextContents();
  const wanted = ',Name,Score,Phone,Company,Stage,Assigned to,Created,Budget';
  const isSo = async () => (await heads()).map((text) => text.trim()).join() === wanted;
  await until(isSo, heads);
  await cell('Ann', 'customFields.budget').getByText('5k').waitFor();
  await cell('Ann', 'customFields.budget').dblclick();
  await page.getByRole('textbox', { name: 'Budget of Ann' }).fill('9k');
  await page.keyboard.press('Enter');
  await until(async () => (await leadOf('Ann')).customFields.budget === '9k');
  const edge = await page.getByRole('columnheader', { name: 'Phone' }).boundingBox();
  await page.mouse.move(edge.x + edge.width, edge.y + 15);
  await page.mouse.down();
  await page.mouse.move(edge.x + edge.width + 50, edge.y + 15, { steps: 4 });
  await page.mouse.up();
  await until(async () => {
    const { columns } = await server.api('GET', '/lead-views/preferences');
    return columns.find(({ key }) => key === 'phone')?.width === 200;
  });
  await page.context().close();
  page = await open('/leads?view=list');
  await until(isSo, heads);
  assert.equal((await page.getByRole('columnheader', { name: 'Score' }).boundingBox()).width, 260);
  assert.deepEqual(page.faults, []);
});

test('a view is saved, shared, changed, renamed, begun with and deleted', async () => {
  await page.goto(`${server.base}/leads?tag=hot&view=list&sortBy=name`);
  await are(['Ann', 'Carl']);
  await choose('All leads', 'Save as a view…');
  const form = dialog(page, 'Save as a view');
  await button(form, 'Save view').click();
  await form.getByText('A view needs a name.').waitFor();
  await form.getByRole('textbox', { name: 'Name' }).fill('Hot ones');
  await button(form, 'Save view').click();
  await button(page, 'Hot ones').waitFor();
  await button(page, 'Score').click();
  await are(['Carl', 'Ann']);
  await choose('Hot ones (changed)', 'Save changes');
  await button(page, 'Hot ones').waitFor();
  await choose('Hot ones', 'Begin with this view');
  await choose('Hot ones', 'Share with everybody');
  await choose('Hot ones', 'Rename…');
  await dialog(page, 'Rename the view').getByRole('textbox', { name: 'Name' }).fill('Warm ones');
  await button(dialog(page, 'Rename the view'), 'Rename').click();
  await button(page, 'Warm ones').waitFor();
  const [saved] = (await server.api('GET', '/lead-views')).data;
  assert.deepEqual(
    [saved.name, saved.isShared, saved.sortBy, saved.filter],
    ['Warm ones', true, 'score', { tag: 'hot' }],
  );
  const address = page.url();
  await page.goto(`${server.base}/leads`);
  await are(['Carl', 'Ann']);
  assert.equal(page.url(), address);
  await page.getByRole('button', { name: 'Warm ones' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'All leads' }).click();
  await are(['Carl', 'Bea', 'Ann']);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('View: Warm');
  await page.keyboard.press('Enter');
  await are(['Carl', 'Ann']);
  await choose('Warm ones', 'Delete view');
  await button(page, 'All leads').waitFor();
  assert.equal((await server.api('GET', '/lead-views')).total, 0);
  await button(page, 'Undo').click();
  await until(async () => (await server.api('GET', '/lead-views')).total === 1);
  assert.deepEqual(page.faults, []);
});

test('the file holds what is shown: filters, order and columns', async () => {
  await page.goto(
    `${server.base}/leads?tag=hot&view=list&sortBy=name&columns=score,customFields.budget,name`,
  );
  await are(['Ann', 'Carl']);
  const save = async (entry) => {
    await button(page, 'Export').click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: entry }).click(),
    ]);
    assert.match(file.suggestedFilename(), /^leads-\d{4}-\d\d-\d\d\.(csv|jsonl)$/);
    return readFile(await file.path(), 'utf8');
  };
  assert.equal(
    await save('CSV, for spreadsheets'),
    '\u{feff}Name,Score,Budget\r\nAnn,10,5k\r\nCarl,20,\r\n',
  );
  const lines = (await save('JSON lines, for programs')).trim().split('\n').map(JSON.parse);
  assert.deepEqual(lines[1], { name: 'Carl', score: 20, customFields: {} });
  await button(page, 'Board').click();
  await page.locator('section.column').first().waitFor();
  assert.match(await save('CSV, for spreadsheets'), /^\u{feff}Name,Email,.*\r\nCarl,.*\r\nAnn,/u);
  assert.deepEqual(page.faults, []);
});

test('who may only look changes and selects nothing', async () => {
  const role = await server.api('POST', '/roles', { name: 'Looker', permissions: ['leads:view'] });
  const email = 'looker@example.com';
  const { password } = owner;
  await server.api('POST', '/users', { email, name: 'Looker', role: role.id, password });
  const answer = await fetch(`${server.base}/v1/identity/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const { token } = await answer.json();
  await page.context().close();
  page = await openPage(browser, { ...server, token });
  await page.goto(`${server.base}/leads?view=list`);
  await are(['Carl', 'Bea', 'Ann']);
  assert.equal(await page.getByRole('checkbox').count(), 0);
  await cell('Bea', 'company').dblclick();
  assert.equal(await page.getByRole('textbox', { name: 'Company of Bea' }).count(), 0);
  await choose('All leads', 'Save as a view…');
  assert.equal(await page.getByRole('switch', { name: 'Share with everybody' }).count(), 0);
  assert.deepEqual(page.faults, []);
});

test('on a phone the list is of cards that open, select and are ordered', async () => {
  const small = await open('/leads?view=list', phone);
  await are(['Carl', 'Bea', 'Ann'], small);
  await small.getByRole('combobox', { name: 'Order' }).selectOption('Name');
  await are(['Ann', 'Bea', 'Carl'], small);
  await button(small, 'Smallest first').click();
  await are(['Carl', 'Bea', 'Ann'], small);
  await small.getByRole('checkbox', { name: 'Select Bea' }).click();
  await small.getByText('1 lead selected').waitFor();
  await button(small, 'Clear the selection').click();
  await small.getByRole('link', { name: 'Bea' }).click();
  await dialog(small, 'Bea').waitFor();
  assert.deepEqual(small.faults, []);
  await small.context().close();
});

testPlaces(
  {
    'the list': async (page) => {
      await page.goto(`${server.base}/leads?view=list&columns=name,tags,stage,customFields.budget`);
      await page.getByRole('link', { name: 'Ann', exact: true }).waitFor();
    },
    'the list with a selection': async (page) => {
      await page.goto(`${server.base}/leads?view=list`);
      await page.getByRole('checkbox', { name: 'Select Ann' }).click();
      await page.getByText('1 lead selected').waitFor();
    },
    'saving a view': async (page) => {
      await page.goto(`${server.base}/leads?view=list`);
      await page.getByRole('button', { name: 'All leads' }).click();
      await page.getByRole('menuitem', { name: 'Save as a view…' }).click();
      await dialog(page, 'Save as a view').waitFor();
    },
  },
  () => ({ browser, server }),
);

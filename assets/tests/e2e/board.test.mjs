// The board: moving by mouse, keyboard and touch, undo, bulk, quick add, live changes.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
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
let page;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** Every test begins with Carl, Bea and Ann in New, from top to bottom, and nothing else. */
beforeEach(async () => {
  await page?.context().close();
  const { data } = await server.api('GET', '/leads?limit=200');
  if (data.length > 0) {
    const leadIds = data.map((lead) => lead.id);
    await server.api('POST', '/leads/bulk-action', { action: 'delete', leadIds });
  }
  for (const name of ['Ann', 'Bea', 'Carl']) await server.api('POST', '/leads', { name });
  page = await openPage(browser, server);
  await openBoard(page, server);
});

const is = (stageName, names) =>
  until(
    async () => JSON.stringify(await namesIn(page, stageName)) === JSON.stringify(names),
    async () => `${stageName}: ${await namesIn(page, stageName)}, not ${names}`,
  );

/** What the server holds, from top to bottom. */
async function stored(stageName) {
  const board = await server.api('GET', '/leads/board');
  return board.stages.find((one) => one.name === stageName).cards.map((one) => one.name);
}

const isStored = (stageName, names) =>
  until(
    async () => JSON.stringify(await stored(stageName)) === JSON.stringify(names),
    async () => `stored ${stageName}: ${await stored(stageName)}, not ${names}`,
  );

async function drag(from, to) {
  const a = await from.boundingBox();
  await page.mouse.move(a.x + 40, a.y + 10);
  await page.mouse.down();
  await page.mouse.move(a.x + 60, a.y + 20, { steps: 4 });
  await page.mouse.move(to.x, to.y, { steps: 10 });
  await page.mouse.up();
}

test('a card moves to another stage by mouse, and back by undo', async () => {
  const list = await stage(page, 'Contacted').boundingBox();
  await drag(card(page, 'Bea'), { x: list.x + 60, y: list.y + 40 });
  await is('Contacted', ['Bea']);
  await is('New', ['Carl', 'Ann']);
  await isStored('Contacted', ['Bea']);
  assert.match(page.url(), /\/leads$/, 'a drag must not open the lead');
  await page.getByRole('button', { name: 'Undo' }).click();
  await is('New', ['Carl', 'Bea', 'Ann']);
  await isStored('New', ['Carl', 'Bea', 'Ann']);
  assert.deepEqual(page.faults, []);
});

test('a card moves within its stage by mouse', async () => {
  const last = await card(page, 'Ann').boundingBox();
  await drag(card(page, 'Carl'), { x: last.x + 40, y: last.y + 30 });
  await is('New', ['Bea', 'Ann', 'Carl']);
  await isStored('New', ['Bea', 'Ann', 'Carl']);
});

test('Escape during a drag leaves everything as it was', async () => {
  const box = await card(page, 'Bea').boundingBox();
  const list = await stage(page, 'Won').boundingBox();
  await page.mouse.move(box.x + 40, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(list.x + 40, list.y + 40, { steps: 8 });
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await is('New', ['Carl', 'Bea', 'Ann']);
  await is('Won', []);
});

test('a card moves by keyboard: lift, arrows, drop, and the focus stays with it', async () => {
  await card(page, 'Carl').focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await is('Qualified', ['Carl']);
  await page.keyboard.press('Enter');
  await isStored('Qualified', ['Carl']);
  await until(() => card(page, 'Carl').evaluate((link) => link === document.activeElement));
  await page.keyboard.press('Control+z');
  await isStored('New', ['Carl', 'Bea', 'Ann']);
});

test('Escape puts a card lifted by keyboard back', async () => {
  await card(page, 'Bea').focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  await is('New', ['Carl', 'Ann', 'Bea']);
  await page.keyboard.press('Escape');
  await is('New', ['Carl', 'Bea', 'Ann']);
  assert.deepEqual(await stored('New'), ['Carl', 'Bea', 'Ann']);
});

test('Alt and an arrow move at once', async () => {
  await card(page, 'Bea').focus();
  await page.keyboard.press('Alt+ArrowUp');
  await isStored('New', ['Bea', 'Carl', 'Ann']);
  await page.keyboard.press('Alt+ArrowRight');
  await isStored('Contacted', ['Bea']);
});

test('the menu moves a card without dragging', async () => {
  await card(page, 'Bea').hover();
  await page.getByRole('button', { name: /Move to….*Bea/ }).click();
  await page.getByRole('menuitem', { name: 'Proposal' }).click();
  await isStored('Proposal', ['Bea']);
});

test('a finger lifts by resting, and scrolls by moving', async () => {
  await page.context().close();
  page = await openPage(browser, server, {
    viewport: { width: 1024, height: 700 },
    hasTouch: true,
  });
  await openBoard(page, server);
  const touch = await page.context().newCDPSession(page);
  const send = (type, x, y) =>
    touch.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: type === 'touchEnd' ? [] : [{ x, y }],
    });
  const from = await card(page, 'Carl').boundingBox();
  const to = await stage(page, 'Contacted').boundingBox();
  const [x, y] = [from.x + 30, from.y + 10];
  await send('touchStart', x, y);
  await send('touchMove', x + 40, y + 60);
  await send('touchEnd');
  await is('New', ['Carl', 'Bea', 'Ann']);
  await send('touchStart', x, y);
  await page.waitForTimeout(350);
  for (let step = 1; step <= 8; step += 1) {
    await send('touchMove', x + ((to.x + 50 - x) * step) / 8, y + 20);
    await page.waitForTimeout(16);
  }
  await send('touchEnd');
  await isStored('Contacted', ['Carl']);
});

test('several cards are selected and moved, tagged, assigned and deleted, each with undo', async () => {
  await card(page, 'Carl').click({ modifiers: ['Control'] });
  await card(page, 'Ann').click({ modifiers: ['Shift'] });
  const bar = page.getByRole('toolbar', { name: 'Selected leads' });
  await bar.getByText('3 leads selected').waitFor();
  await bar.getByRole('button', { name: 'Move' }).click();
  await page.getByRole('menuitem', { name: 'Won' }).click();
  await is('Won', ['Carl', 'Bea', 'Ann']);
  await isStored('Won', ['Carl', 'Bea', 'Ann']);
  await page.getByRole('button', { name: 'Undo' }).click();
  await isStored('New', ['Carl', 'Bea', 'Ann']);
  await is('New', ['Carl', 'Bea', 'Ann']);

  await page.getByRole('checkbox', { name: 'Select Carl' }).click();
  await page.getByRole('checkbox', { name: 'Select Bea' }).click();
  await bar.getByRole('button', { name: 'Tag' }).click();
  await page.getByRole('textbox', { name: 'Tags' }).fill('hot, vip');
  await page.keyboard.press('Enter');
  await until(async () => (await server.api('GET', '/leads?tag=vip')).total === 2);

  await page.getByRole('checkbox', { name: 'Select Carl' }).click();
  await bar.getByRole('button', { name: 'Assign' }).click();
  await page.getByRole('menuitem', { name: 'Ada Owner' }).click();
  await until(async () => (await server.api('GET', '/leads?assignedTo=me')).total === 1);

  await page.getByRole('checkbox', { name: 'Select Carl' }).click();
  await page.getByRole('checkbox', { name: 'Select Ann' }).click();
  await bar.getByRole('button', { name: 'Delete' }).click();
  await is('New', ['Bea']);
  await isStored('New', ['Bea']);
  await page.getByRole('button', { name: 'Undo' }).last().click();
  await isStored('New', ['Carl', 'Bea', 'Ann']);
  await is('New', ['Carl', 'Bea', 'Ann']);
  assert.deepEqual(page.faults, []);
});

test('all cards of a long stage are selected, and land in order where they are dropped', async () => {
  const { stages } = await server.api('GET', '/leads/board');
  const stageId = stages.find((one) => one.name === 'Contacted').id;
  for (const name of ['Low', 'High']) await server.api('POST', '/leads', { name, stageId });
  const many = Array.from({ length: 67 }, (_, at) => `Row ${at}`);
  for (const name of many.toReversed()) await server.api('POST', '/leads', { name });
  const all = [...many, 'Carl', 'Bea', 'Ann'];
  await page.reload();
  await card(page, 'Row 0').waitFor();
  await page.getByRole('button', { name: 'More for New' }).click();
  await page.getByRole('menuitem', { name: 'Select all cards' }).click();
  const bar = page.getByRole('toolbar', { name: 'Selected leads' });
  await bar.getByText('70 leads selected').waitFor();
  const low = await card(page, 'Low').boundingBox();
  await drag(card(page, 'Row 0'), { x: low.x + 40, y: low.y + 5 });
  const whole = async (stageName) => {
    const board = await server.api('GET', '/leads/board?limit=200');
    return board.stages.find((one) => one.name === stageName).cards.map((one) => one.name);
  };
  const becomes = (stageName, names) =>
    until(
      async () => JSON.stringify(await whole(stageName)) === JSON.stringify(names),
      async () => `${stageName}: ${await whole(stageName)}`,
    );
  await becomes('Contacted', ['High', ...all, 'Low']);
  await becomes('New', []);
  await page.getByRole('button', { name: 'Undo' }).click();
  await becomes('New', all);
  await becomes('Contacted', ['High', 'Low']);
  assert.deepEqual(page.faults, []);
});

test('the count of a stage follows a deletion, by this page and by another', async () => {
  const count = page.locator('section.column').first().locator('.count');
  const shows = (text) => until(async () => (await count.textContent()).startsWith(text));
  await shows('3');
  await card(page, 'Bea').hover();
  await page.getByRole('button', { name: /Move to….*Bea/ }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await isStored('New', ['Carl', 'Ann']);
  await page.waitForTimeout(300);
  await shows('2');
  const { data } = await server.api('GET', '/leads?search=Ann');
  await server.api('DELETE', `/leads/${data[0].id}`);
  await shows('1');
  await page.getByRole('button', { name: 'Undo' }).click();
  await shows('2');
  await is('New', ['Carl', 'Bea']);
});

test('quick add makes one lead after the other', async () => {
  await page.getByRole('button', { name: 'Quick add to Contacted' }).click();
  await page.keyboard.type('Dora');
  await page.keyboard.press('Enter');
  await page.keyboard.type('Emil');
  await page.keyboard.press('Enter');
  await isStored('Contacted', ['Emil', 'Dora']);
  await is('Contacted', ['Emil', 'Dora']);
});

test('a change by anyone shows on every open board within a second', async () => {
  const other = await openPage(browser, server);
  await openBoard(other, server);
  const started = Date.now();
  const lead = await server.api('POST', '/leads', { name: 'Live Lena' });
  await card(page, 'Live Lena').waitFor();
  await card(other, 'Live Lena').waitFor();
  assert.ok(Date.now() - started < 1000, `took ${Date.now() - started} ms`);
  const { stages } = await server.api('GET', '/leads/board');
  const won = stages.find((one) => one.name === 'Won');
  await server.api('PATCH', `/leads/${lead.id}/stage`, { stageId: won.id });
  await is('Won', ['Live Lena']);
  await server.api('PATCH', `/leads/${lead.id}`, { name: 'Live Lena Two' });
  await is('Won', ['Live Lena Two']);
  await server.api('DELETE', `/leads/${lead.id}`);
  await is('Won', []);
  await other.context().close();
});

test('a webhook makes a card appear live', async () => {
  const hook = await server.api('POST', '/lead-webhooks', { name: 'Landing Page' });
  const url = `${server.base}/webhooks/leads/${hook.apiKey}`;
  const body = JSON.stringify({ name: 'Wanda Web', email: 'wanda@example.com', budget: '10k' });
  const started = Date.now();
  await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  await card(page, 'Wanda Web').waitFor();
  assert.ok(Date.now() - started < 1000);
});

test('a lifted card is not taken out of the hand by a change from elsewhere', async () => {
  const { data } = await server.api('GET', '/leads?search=Bea');
  const { stages } = await server.api('GET', '/leads/board');
  await card(page, 'Bea').focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowRight');
  await server.api('PATCH', `/leads/${data[0].id}/stage`, {
    stageId: stages.find((one) => one.name === 'Lost').id,
  });
  await page.waitForTimeout(400);
  await is('Contacted', ['Bea']);
  await page.keyboard.press('Escape');
  await is('Lost', ['Bea']);
});

test('ten thousand pixels below, there are still cards, and few elements', async () => {
  const { stages } = await server.api('GET', '/leads/board');
  const stageId = stages.find((one) => one.name === 'Lost').id;
  for (let round = 0; round < 15; round += 1) {
    const batch = Array.from({ length: 16 }, (_, at) => ({ name: `Row ${round}-${at}`, stageId }));
    await Promise.all(batch.map((lead) => server.api('POST', '/leads', lead)));
  }
  await page.reload();
  await card(page, 'Row 14-0').or(page.getByText('240')).first().waitFor();
  const list = page.locator('section.column', { hasText: 'Lost' }).locator('.list');
  const last = stage(page, 'Lost').locator('li').last();
  await until(
    async () => {
      await list.evaluate((element) => element.scrollBy(0, 1000));
      return (await last.getAttribute('aria-posinset')) === '240';
    },
    async () => `the last is ${await last.getAttribute('aria-posinset')}`,
  );
  assert.ok((await stage(page, 'Lost').locator('li').count()) < 60);
});

test('who may only look finds the default pipeline in a workspace that had none', async () => {
  const { id } = await server.api('POST', '/workspaces', { name: 'Fresh' });
  const there = { 'X-Workspace-Id': id };
  const role = { name: 'Onlooker', permissions: ['leads:view'] };
  const { id: roleId } = await server.api('POST', '/roles', role, there);
  const login = { email: 'onlooker@example.com', password: 'correct-horse-battery' };
  await server.api('POST', '/users', { name: 'Onlooker', role: roleId, ...login }, there);
  assert.equal((await server.api('GET', '/lead-pipelines', undefined, there)).total, 0);
  const { token } = await server.api('POST', '/auth/login', login);
  const visitor = await openPage(browser, { ...server, token });
  await openBoard(visitor, server);
  assert.equal(await visitor.locator('section.column').count(), 6);
  assert.equal(await visitor.getByRole('alert').count(), 0);
  assert.deepEqual(visitor.faults, []);
  await visitor.context().close();
});

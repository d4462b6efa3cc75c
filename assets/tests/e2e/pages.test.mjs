// What must hold on every page and dialog: no accessibility fault, no sideways scroll, no fault of
// the content policy, no request to another host; and it must not be heavy.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testPlaces, violations } from './checks.mjs';
import { card, openBoard, openPage, startBrowser, startServer } from './harness.mjs';

let server;
let browser;
let lead;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  lead = await server.api('POST', '/leads', {
    name: 'Adelaide Featherstonehaugh-Wolfeschlegelsteinhausen',
    email: 'a.very.long.address.that.does.not.break@subdomain.of.a.long.example.com',
    phone: '+15550100199',
    company: 'Featherstonehaugh & Daughters International Holdings',
    title: 'Executive Vice President of Procurement',
    tags: ['hot', 'enterprise', 'a-tag-that-is-really-rather-long-for-a-tag'],
    customFields: {
      budget: '25k',
      aKeyThatIsLongerThanOneWouldWish: 'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(3),
    },
  });
  await server.api('POST', `/leads/${lead.id}/notes`, {
    value: 'https://example.com/' + 'x'.repeat(200),
  });
  for (let at = 0; at < 12; at += 1) await server.api('POST', '/leads', { name: `Lead ${at}` });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const menuOf = (page) => page.getByRole('button', { name: /Move to….*Lead 11/ });

/** Every place of the page, by name: how to get there from nothing. */
const places = {
  board: (page) => openBoard(page, server),
  'board without an answer': (page) => openBoard(page, server, '/leads?search=nothinghasthis'),
  'board with filters': (page) =>
    openBoard(page, server, '/leads?tag=hot&customFields.budget=25k&assignedTo=none'),
  'board with a selection': async (page) => {
    await openBoard(page, server);
    await card(page, 'Lead 11').click({ modifiers: ['Control'] });
    await card(page, 'Lead 10').click({ modifiers: ['Control'] });
  },
  'menu of a card': async (page) => {
    await openBoard(page, server);
    await card(page, 'Lead 11').hover();
    await menuOf(page).click();
    await page.getByRole('menu').waitFor();
  },
  'filter by field': async (page) => {
    await openBoard(page, server);
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByRole('menuitem', { name: 'Custom field…' }).click();
    await page.getByRole('dialog').waitFor();
  },
  'quick add': async (page) => {
    await openBoard(page, server);
    await page.getByRole('button', { name: 'Quick add to New' }).click();
  },
  lead: async (page) => {
    await openBoard(page, server, `/leads/${lead.id}`);
    await page.getByRole('region', { name: 'Notes' }).waitFor();
  },
  'lead while editing': async (page) => {
    await places.lead(page);
    await page.getByRole('button', { name: /^Edit Email/ }).click();
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Add field' }).click();
    await page.waitForTimeout(300);
  },
  'lead that is gone': async (page) => {
    await openBoard(page, server, '/leads/01890000-0000-7000-8000-000000000000');
    await page.getByRole('heading', { name: 'This lead was deleted' }).waitFor();
  },
  'add lead': async (page) => {
    await openBoard(page, server, '/leads/new');
    await page.getByRole('dialog').getByRole('button', { name: 'Add Lead' }).click();
    await page.locator('[aria-invalid=true]').waitFor();
  },
  palette: async (page) => {
    await openBoard(page, server);
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('option').first().waitFor();
  },
  'keyboard sheet': async (page) => {
    await openBoard(page, server);
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
  },
  toast: async (page) => {
    await openBoard(page, server);
    await page.keyboard.press('Control+z');
    await page.getByText('There is nothing to undo.').waitFor();
  },
  'nothing at this address': async (page) => {
    await page.goto(`${server.base}/no/such/page`);
    await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
  },
  settings: async (page) => {
    await page.goto(`${server.base}/settings`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  },
};

testPlaces(places, () => ({ browser, server }));

for (const path of ['login', 'setup']) {
  test(`${path}: no accessibility fault, no sideways scroll`, async () => {
    for (const colorScheme of ['light', 'dark']) {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width: 320, height: 640 },
      });
      const page = await context.newPage();
      // The setup page is shown where there is no account yet; one can be pretended.
      await page.route('**/v1/identity/setup', (route) =>
        route.fulfill({ json: { needed: path === 'setup' } }),
      );
      await page.goto(server.base);
      await page.getByRole('heading', { level: 1 }).waitFor();
      assert.deepEqual(await violations(page), []);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
      await context.close();
    }
  });
}

test('text at twice its size still fits', async () => {
  const page = await openPage(browser, server, { viewport: { width: 800, height: 800 } });
  await places.lead(page);
  await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
  await page.waitForTimeout(150);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 800);
  await page.context().close();
});

test('a chosen theme is there before the first paint', async () => {
  const page = await openPage(browser, server, { colorScheme: 'light' });
  await page.goto(server.base);
  await page.evaluate(() => localStorage.setItem('leads.theme', 'dark'));
  await page.goto(server.base, { waitUntil: 'commit' });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  assert.equal(
    await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme),
    'dark',
  );
  await page.context().close();
});

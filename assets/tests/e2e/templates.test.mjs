// Templates: writing them, seeing them, and their versions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testPlaces } from './checks.mjs';
import { openPage, startBrowser, startServer, until } from './harness.mjs';

let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  await server.api('POST', '/leads', { name: 'Grace Hopper', customFields: { budget: '25k' } });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const press = (within, name) => within.getByRole('button', { name, exact: true }).click();
const field = (within, name) => within.getByRole('textbox', { name, exact: true });
const dialog = (page, name) => page.getByRole('dialog', { name, exact: true });
async function open(path, options) {
  const page = await openPage(browser, server, options);
  await page.goto(server.base + path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

test('a template: completion, the line of a mistake, preview on a lead, a new version', async () => {
  const page = await open('/broadcast/templates');
  await press(page, 'New SMS template');
  await field(page, 'Name').fill('Welcome');
  const text = field(page, 'Text');
  await text.fill('Hi there\n');
  await text.press('ControlOrMeta+End');
  await page.keyboard.type('of {{comp');
  await page.getByRole('option', { name: /company/ }).waitFor();
  await page.keyboard.press('Enter');
  assert.equal(await text.inputValue(), 'Hi there\nof {{company}}');
  await page.keyboard.type(' {{nmae}}');
  await page.getByText(/Line 2/).waitFor();
  await press(page, 'Create template');
  await until(async () => (await text.getAttribute('aria-invalid')) === 'true');
  await press(page, 'Show line 2');
  const selected = await text.evaluate((area) =>
    area.value.slice(area.selectionStart, area.selectionEnd),
  );
  assert.equal(selected, 'of {{company}} {{nmae}}');

  await text.fill('Hi ');
  await press(page, 'Insert variable into Text');
  await page.getByRole('menuitem', { name: /^First name/ }).click();
  assert.equal(await text.inputValue(), 'Hi {{firstName}}');
  await page.getByRole('combobox', { name: 'Lead to preview' }).fill('grace');
  await page.getByRole('option', { name: /Grace Hopper/ }).click();
  const preview = page.getByRole('region', { name: 'Preview' });
  await preview.getByText('Hi Grace', { exact: true }).waitFor();
  await preview.getByText(/^1 segment/).waitFor();
  await page.getByRole('combobox', { name: 'Status' }).selectOption('Approved');
  await press(page, 'Create template');
  await page.getByText('Template created').waitFor();
  await page.waitForURL(/\/broadcast\/templates\/[0-9a-f-]{36}$/);
  const { data } = await server.call('GET', '/broadcast/templates');
  assert.equal(data[0].status, 'approved');
  assert.deepEqual(data[0].variables, ['firstName']);

  // What was changed is not lost by a click on a link.
  await text.fill('Hello {{firstName}}');
  await page.getByRole('link', { name: 'Templates' }).click();
  const leave = dialog(page, 'Discard what you entered?');
  await press(leave, 'Cancel');
  assert.equal(await text.inputValue(), 'Hello {{firstName}}');
  await press(page, 'Save template');
  await page.getByText('Template saved').waitFor();
  await page.getByRole('link', { name: 'Templates' }).click();
  await page.getByRole('link', { name: 'Welcome' }).waitFor();
  const now = (await server.call('GET', '/broadcast/templates')).data[0];
  assert.equal(now.body, 'Hello {{firstName}}');
  assert.ok(now.contentVersion > data[0].contentVersion);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('an e-mail shows as its reader sees it, and nothing in it runs', async () => {
  const page = await open('/broadcast/templates/new?channel=email');
  await field(page, 'Name').fill('Newsletter');
  await field(page, 'Subject').fill('For {{name}}');
  await field(page, 'HTML').fill(
    `<style>h1 { color: rgb(1, 2, 3) }</style><h1>Hi {{name}}</h1>
     <p style="text-align: right" onclick="top.ran = 1">Text <a href="https://example.com">link</a></p>
     <img src="https://example.com/x.png" alt="Logo"><script>top.ran = 1</script>`,
  );
  await page.getByRole('combobox', { name: 'Lead to preview' }).fill('grace');
  await page.getByRole('option', { name: /Grace Hopper/ }).click();
  // Asked through the page: in the frame itself no script runs, not even the test's.
  const inFrame = (selector) =>
    page.locator('iframe').evaluate((frame, selector) => {
      const element = frame.contentDocument.querySelector(selector);
      if (!element) return null;
      const { color, textAlign } = frame.contentWindow.getComputedStyle(element);
      const [box, outer] = [element.getBoundingClientRect(), frame.getBoundingClientRect()];
      const middle = [outer.x + box.x + box.width / 2, outer.y + box.y + box.height / 2];
      return { text: element.textContent, color, textAlign, middle };
    }, selector);
  await until(async () => (await inFrame('h1'))?.text === 'Hi Grace Hopper');
  assert.equal((await inFrame('h1')).color, 'rgb(1, 2, 3)');
  assert.equal((await inFrame('p')).textAlign, 'right');
  assert.match((await inFrame('body')).text, /Logo/);
  assert.equal(await inFrame('script, img, [onclick], a[href]'), null);
  await page.locator('iframe').scrollIntoViewIfNeeded();
  for (const selector of ['p', 'a']) await page.mouse.click(...(await inFrame(selector)).middle);
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.equal((await inFrame('h1')).text, 'Hi Grace Hopper');
  await press(page, 'Create template');
  await page.getByText('Template created').waitFor();
  await page.reload();
  await until(async () => /<h1>/.test(await field(page, 'HTML').inputValue()));
  assert.equal(await field(page, 'Text').inputValue(), '');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

const visit = (path, heading) => async (page) => {
  await page.goto(server.base + path);
  await page.getByText(heading).first().waitFor();
};

testPlaces(
  {
    templates: (page) => visit('/broadcast/templates', 'Newsletter')(page),
    'a template': async (page) => {
      const { data } = await server.call('GET', '/broadcast/templates?channel=email');
      await visit(`/broadcast/templates/${data[0].id}`, 'Save template')(page);
      await page.locator('iframe').waitFor();
    },
    'variables to choose from': async (page) => {
      await visit('/broadcast/templates/new?channel=whatsapp', 'Create template')(page);
      await field(page, 'Text').pressSequentially('Hi {{');
      await page.getByRole('listbox', { name: 'Variables' }).waitFor();
    },
  },
  () => ({ browser, server }),
);

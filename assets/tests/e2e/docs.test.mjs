// The guides and the reference: public, complete, and with nothing from another host.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testPlaces } from './checks.mjs';
import { openPage, startBrowser, startServer, until } from './harness.mjs';

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

async function open(path = '/docs', options = {}) {
  const page = await openPage(browser, server, { isStranger: true, ...options });
  await page.goto(server.base + path);
  await page.getByRole('heading', { name: 'Create a lead' }).waitFor();
  return page;
}

const isSeen = (page, id) =>
  page.evaluate((id) => {
    const { top } = document.getElementById(id).getBoundingClientRect();
    return top >= -2 && top < window.innerHeight / 2;
  }, id);

testPlaces(
  {
    'reference with all of an operation open': async (page) => {
      await page.goto(`${server.base}/docs#post-v1-identity-leads`);
      const operation = page.getByRole('article', { name: 'Create a lead' });
      await operation.getByText('What the answer holds').click();
      await operation.getByText('All answers').click();
    },
    'reference without an answer': async (page) => {
      await page.goto(`${server.base}/docs`);
      await page.getByRole('searchbox').fill('nothinghasthis');
      await page.getByRole('heading', { name: /Nothing answers/ }).waitFor();
    },
  },
  () => ({ browser, server }),
);

test('every operation of the description is there, with a command for this installation', async () => {
  const page = await open();
  const description = await (await fetch(`${server.base}/v1/openapi.json`)).json();
  const operations = Object.values(description.paths).flatMap((item) =>
    ['get', 'post', 'put', 'patch', 'delete'].filter((method) => item[method]),
  );
  const commands = page.getByRole('region', { name: /^Command: / });
  assert.equal(await commands.count(), operations.length);
  for (const text of await commands.allInnerTexts()) assert.ok(text.includes(server.base), text);
  const create = page.getByRole('article', { name: 'Create a lead' });
  await create.getByText('Needs leads:manage').waitFor();
  const receive = page.getByRole('article', { name: 'Receive a lead', exact: true });
  await receive.getByText('Needs no token').waitFor();
  assert.equal(await page.title(), 'API reference · Leads');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('an address with an anchor opens there, and so does a click on the contents', async () => {
  for (const width of [1440, 390]) {
    const viewport = { width, height: 800 };
    const page = await open('/docs#post-v1-identity-leads', { viewport });
    await until(() => isSeen(page, 'post-v1-identity-leads'));
    const contents = page.getByRole('navigation', { name: 'Contents' });
    if (width === 390) await page.getByText('Contents', { exact: true }).click();
    await contents.getByRole('link', { name: 'Meta Lead Ads through Make' }).click();
    await until(() => isSeen(page, 'guide-meta'));
    assert.equal(new URL(page.url()).hash, '#guide-meta');
    await page.goBack();
    await until(() => isSeen(page, 'post-v1-identity-leads'));
    await page.context().close();
  }
});

test('the search narrows contents and text alike', async () => {
  const page = await open();
  await page.getByRole('searchbox', { name: 'Search the reference' }).fill('regenerate webhook');
  await until(async () => (await page.getByRole('article').count()) === 1);
  const contents = page.getByRole('navigation', { name: 'Contents' });
  assert.equal(await contents.getByRole('link').count(), 1);
  await page.getByText('1 operation', { exact: true }).waitFor({ state: 'attached' });
  await page.context().close();
});

test('what the guide says about curl and forms is true', async () => {
  const page = await open();
  const webhook = await server.api('POST', '/lead-webhooks', {
    name: 'Guide',
    redirectHosts: ['www.example.com'],
  });
  const html = await page.getByRole('region', { name: 'HTML of a form' }).innerText();
  const action = /action="([^"]+)"/.exec(html)[1].replace('YOUR_KEY', webhook.apiKey);
  const names = [...html.matchAll(/name="(\w+)"/g)].map((match) => match[1]);
  assert.deepEqual(names, ['name', 'email', 'message', '_gotcha', '_redirect']);
  const form = new URLSearchParams({
    name: 'Grace Hopper',
    email: 'grace@example.com',
    message: 'Hello',
    _gotcha: '',
    _redirect: /value="([^"]+)"/.exec(html)[1],
  });
  const sent = await fetch(action, { method: 'POST', body: form, redirect: 'manual' });
  assert.equal(sent.status, 303);
  assert.equal(sent.headers.get('location'), 'https://www.example.com/thanks');

  const command = await page.getByRole('region', { name: 'Command that posts a lead' }).innerText();
  const body = /-d '([^']+)'/.exec(command)[1];
  const url = /"(http[^"]+)"/.exec(command)[1].replace('YOUR_KEY', webhook.apiKey);
  const headers = { 'Content-Type': 'application/json' };
  const posted = await fetch(url, { method: 'POST', body, headers });
  assert.equal(posted.status, 201);
  const lead = await server.api('GET', `/leads/${(await posted.json()).leadId}`);
  assert.equal(lead.name, 'Grace Hopper');
  assert.equal(lead.customFields.budget, '5k');
  await page.context().close();
});

// How people come in and go out: setting up, signing in, an invitation, a session that ends.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testPlaces, violations } from './checks.mjs';
import { openPage, owner, startBrowser, startEmpty, startServer } from './harness.mjs';

let server;
let browser;

before(async () => {
  browser = await startBrowser();
  server = await startServer();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const stranger = (options) => openPage(browser, server, { isStranger: true, ...options });
const field = (page, name) => page.getByRole('textbox', { name, exact: true });
const password = (page) => page.getByLabel('Password', { exact: true });
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();

async function signIn(page, who = owner) {
  await field(page, 'Email').fill(who.email);
  await password(page).fill(who.password);
  await press(page, 'Sign in');
}

async function invite(email, role = 'marketer') {
  const { url } = await server.api('POST', '/invitations', { email, role });
  return url;
}

testPlaces(
  {
    invitation: async (page) => {
      await page.goto(await invite(`${Math.random()}@example.com`));
      await page.getByRole('heading', { name: 'Join Acme' }).waitFor();
    },
    'invitation that does not work': async (page) => {
      await page.goto(`${server.base}/invitation/invitation_nothing`);
      await page.getByRole('heading', { name: 'This invitation does not work' }).waitFor();
    },
  },
  () => ({ browser, server }),
);

test('the first account is made by hand, with the code that the server printed', async () => {
  const empty = await startEmpty();
  const page = await openPage(browser, empty, { locale: 'fr-FR', timezoneId: 'Europe/Paris' });
  await page.goto(`${empty.base}/setup`);
  await page.getByRole('heading', { name: 'Welcome to Leads' }).waitFor();
  const country = page.getByRole('combobox', { name: 'Default country' });
  assert.equal(await country.inputValue(), 'FR');
  const zone = page.getByRole('combobox', { name: 'Time zone' });
  assert.equal(await zone.inputValue(), 'Europe/Paris');

  await field(page, 'Setup code').fill('AAAA-BBBB-CCCC');
  await field(page, 'Your name').fill(owner.name);
  await field(page, 'Email').fill(owner.email);
  await password(page).fill('short');
  await field(page, 'Workspace name').fill('Acme');
  await press(page, 'Create the first account');
  await page.getByText('This is not the setup code').waitFor();
  assert.equal(await field(page, 'Setup code').getAttribute('aria-invalid'), 'true');
  assert.deepEqual(await violations(page), []);

  await field(page, 'Setup code').fill(empty.code);
  await press(page, 'Create the first account');
  await page.locator('[aria-invalid=true][type=password]').waitFor();
  await password(page).fill(owner.password);
  await press(page, 'Create the first account');
  await page.getByRole('list', { name: 'New', exact: true }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/leads');

  // Now there is an account: the next visitor signs in.
  const next = await openPage(browser, empty, { isStranger: true });
  await next.goto(`${empty.base}/setup`);
  await next.getByRole('heading', { name: 'Sign in to Leads' }).waitFor();
  assert.deepEqual([...page.faults, ...next.faults], []);
  await page.context().close();
  await next.context().close();
  await empty.close();
});

test('a wrong password says no more than it must, the right one opens the address asked for', async () => {
  const page = await stranger();
  await page.goto(`${server.base}/settings/members`);
  await signIn(page, { ...owner, password: 'not-this-one' });
  await page.getByRole('alert').getByText('No account has this e-mail address').waitFor();
  await signIn(page);
  await page.getByRole('heading', { name: 'Members', level: 2 }).waitFor();
  await press(page, 'Your menu');
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to Leads' }).waitFor();
  assert.equal(await page.getByText('Your session has ended').count(), 0);
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in to Leads' }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('/login leads on to the board', async () => {
  const page = await stranger();
  await page.goto(`${server.base}/login`);
  await signIn(page);
  await page.getByRole('list', { name: 'New', exact: true }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/leads');
  await page.context().close();
});

test('a session that ends elsewhere asks to sign in, and one goes on where one was', async () => {
  const lead = await server.api('POST', '/leads', { name: 'Grace Hopper' });
  const page = await stranger();
  await page.goto(`${server.base}/leads/${lead.id}?tag=hot`);
  await signIn(page);
  await page.getByRole('dialog', { name: 'Grace Hopper' }).waitFor();
  const sessions = (await server.api('GET', '/auth/sessions')).data;
  for (const one of sessions.filter((session) => !session.isCurrent)) {
    await server.api('DELETE', `/auth/sessions/${one.id}`);
  }
  await page.getByRole('button', { name: 'Edit Company' }).click();
  await page.keyboard.type('Navy');
  await page.keyboard.press('Enter');
  await page.getByText('Your session has ended').waitFor();
  await signIn(page);
  await page.getByRole('dialog', { name: 'Grace Hopper' }).waitFor();
  assert.match(page.url(), new RegExp(`/leads/${lead.id}\\?tag=hot$`));
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('an invitation works once, and also for who has an account', async () => {
  const link = await invite('linus@example.com');
  const page = await stranger();
  await page.goto(link);
  await page.getByText('You are invited as Marketer').waitFor();
  await field(page, 'Your name').fill('Linus Guest');
  await password(page).fill('12345678');
  await press(page, 'Join');
  await page.locator('[aria-invalid=true]').waitFor();
  await password(page).fill('a walk in the park');
  await press(page, 'Join');
  await page.getByRole('button', { name: 'Add Lead' }).waitFor();
  await page.goto(link);
  await page.getByRole('heading', { name: 'This invitation does not work' }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('who may not see leads is told so, without a word of a lost connection', async () => {
  const agent = { email: 'agent@example.com', password: 'a walk in the park' };
  await server.api('POST', '/users', { ...agent, name: 'Agent Smith', role: 'agent' });
  const page = await stranger();
  await page.goto(server.base);
  await signIn(page, agent);
  await page.getByRole('heading', { name: 'Your role has no access to this page' }).waitFor();
  await page.waitForTimeout(4000);
  assert.equal(await page.getByText('Connection lost').count(), 0);
  assert.equal(await page.getByRole('link', { name: 'Leads', exact: true }).count(), 0);
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  const settings = page.getByRole('navigation', { name: 'Settings' });
  await settings.waitFor();
  assert.deepEqual(await settings.getByRole('link').allInnerTexts(), [
    'Profile',
    'System',
    'API reference',
  ]);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('signing in needs no mouse', async () => {
  const page = await stranger();
  await page.goto(server.base);
  await field(page, 'Email').waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute('type') === 'email');
  await page.keyboard.type(owner.email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(owner.password);
  await page.keyboard.press('Enter');
  await page.getByRole('list', { name: 'New', exact: true }).waitFor();
  await page.context().close();
});

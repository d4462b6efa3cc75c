// What the settings do, beyond being there: members, roles, tokens, one's profile, workspaces.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testPlaces } from './checks.mjs';
import { openPage, owner, startBrowser, startServer, until } from './harness.mjs';

let server;
let browser;
const grace = { email: 'grace@example.com', password: 'a walk in the park', name: 'Grace Hopper' };

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  await server.api('POST', '/users', { ...grace, role: 'marketer' });
  await server.api('POST', '/invitations', {
    email: 'somebody.with.a.long.address@subdomain.of.a.long.example.com',
    role: 'admin',
  });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

async function open(section, options) {
  const page = await openPage(browser, server, options);
  await page.goto(`${server.base}/settings/${section}`);
  await page.getByRole('region').first().waitFor();
  return page;
}

const press = (within, name) => within.getByRole('button', { name, exact: true }).click();
const field = (within, name) => within.getByRole('textbox', { name, exact: true });
const choose = async (page, menu, item) => {
  await press(page, menu);
  await page.getByRole('menuitem', { name: item }).click();
};

async function logIn(who) {
  const { email, password } = who;
  const answer = await fetch(`${server.base}/v1/identity/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'User-Agent': 'Mozilla/5.0 Firefox/133.0' },
    body: JSON.stringify({ email, password }),
  });
  return answer.status;
}

const member = async (email) =>
  (await server.api('GET', '/users')).data.find((user) => user.email === email);

testPlaces(
  {
    'new role': async (page) => {
      await page.goto(`${server.base}/settings/roles`);
      await press(page, 'New role');
      await page.getByRole('checkbox', { name: /Change leads/ }).check();
    },
    'new password for a member': async (page) => {
      await page.goto(`${server.base}/settings/members`);
      await choose(page, 'Actions for Grace Hopper', 'Set a new password');
      await page.getByRole('dialog').waitFor();
    },
    'menu of a member': async (page) => {
      await page.goto(`${server.base}/settings/members`);
      await press(page, 'Actions for Grace Hopper');
      await page.getByRole('menu').waitFor();
    },
  },
  () => ({ browser, server }),
);

test('a member is added, promoted and brought back, disabled, given a password, removed', async () => {
  const page = await open('members');
  await press(page, 'Add with password');
  const dialog = page.getByRole('dialog', { name: 'Add a member' });
  await field(dialog, 'Email').fill('not an address');
  await field(dialog, 'Name').fill('Mina Okafor');
  await dialog.getByLabel('Password').fill('a walk in the park');
  await press(dialog, 'Add member');
  await dialog.locator('[aria-invalid=true][type=email]').waitFor();
  const mina = { email: 'mina@example.com', password: 'a walk in the park' };
  await field(dialog, 'Email').fill(mina.email);
  await press(dialog, 'Add member');
  await page.getByText('Mina Okafor', { exact: true }).waitFor();
  assert.equal(await logIn(mina), 200);

  await page.getByRole('combobox', { name: 'Role of Mina Okafor' }).selectOption('Admin');
  await page.getByText('Mina Okafor is Admin now').waitFor();
  assert.equal((await member(mina.email)).role, 'admin');
  await press(page, 'Undo');
  await until(async () => (await member(mina.email)).role === 'marketer');

  await choose(page, 'Actions for Mina Okafor', 'Disable');
  await page.getByText('Disabled', { exact: true }).waitFor();
  assert.equal(await logIn(mina), 401);
  await choose(page, 'Actions for Mina Okafor', 'Enable');
  await until(async () => (await logIn(mina)) === 200);

  await choose(page, 'Actions for Mina Okafor', 'Set a new password');
  const reset = page.getByRole('dialog', { name: 'New password for Mina Okafor' });
  await reset.getByLabel('New password').fill('another walk in the park');
  await press(reset, 'Set password');
  await page.getByText('Mina Okafor has a new password').waitFor();
  assert.equal(await logIn(mina), 401);
  assert.equal(await logIn({ ...mina, password: 'another walk in the park' }), 200);

  await choose(page, 'Actions for Mina Okafor', 'Remove');
  await press(page.getByRole('dialog', { name: 'Remove Mina Okafor?' }), 'Remove member');
  await until(async () => !(await member(mina.email)));
  // Nobody takes themselves out.
  assert.equal(await page.getByRole('button', { name: `Actions for ${owner.name}` }).count(), 0);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('what somebody else changes shows at once; an invitation is taken back', async () => {
  const page = await open('members');
  await page.getByText('Grace Hopper', { exact: true }).waitFor();
  await page.waitForTimeout(300);
  const ken = { email: 'ken@example.com', name: 'Ken Late', password: 'a walk in the park' };
  await server.api('POST', '/users', { ...ken, role: 'agent' });
  await page.getByText('Ken Late', { exact: true }).waitFor({ timeout: 3000 });
  await page.getByRole('button', { name: /Take back the invitation of somebody/ }).click();
  await until(async () => (await server.api('GET', '/invitations')).total === 0);
  await until(
    async () => (await page.getByRole('list', { name: 'Open invitations' }).count()) === 0,
  );
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a role is made, shows what it includes, is edited, and is kept while somebody has it', async () => {
  const page = await open('roles');
  await press(page, 'New role');
  let dialog = page.getByRole('dialog', { name: 'New role' });
  await field(dialog, 'Name').fill('Admin');
  await press(dialog, 'Save role');
  await dialog.getByText('A built-in role has this name.').waitFor();
  await field(dialog, 'Name').fill('Seller');
  await dialog.getByRole('checkbox', { name: /Change leads/ }).check();
  assert.ok(await dialog.getByRole('checkbox', { name: /View leads/ }).isDisabled());
  await press(dialog, 'Save role');
  await dialog.waitFor({ state: 'detached' });
  const list = page.getByRole('list', { name: 'Roles' });
  await list.getByText('Changes leads', { exact: true }).waitFor();

  const role = (await server.api('GET', '/roles')).data.find((one) => one.name === 'Seller');
  assert.deepEqual(role.permissions, ['leads:view', 'leads:manage']);
  await press(page, 'Edit Seller');
  dialog = page.getByRole('dialog', { name: 'Edit Seller' });
  await server.api('PATCH', `/roles/${role.id}`, { description: 'Theirs' });
  await field(dialog, 'Description').fill('Sells.');
  await press(dialog, 'Save role');
  await dialog.getByText('Somebody saved before you').waitFor();
  await press(dialog, 'Save role');
  await list.getByText('Sells.').waitFor();

  const { id } = await member(grace.email);
  await server.api('PATCH', `/users/${id}`, { role: role.id });
  await press(page, 'Delete Seller');
  const confirm = page.getByRole('dialog', { name: 'Delete Seller?' });
  await press(confirm, 'Delete role');
  await confirm.getByText(/members have this role/).waitFor();
  await server.api('PATCH', `/users/${id}`, { role: 'marketer' });
  await press(confirm, 'Delete role');
  await until(async () => (await list.getByText('Sells.').count()) === 0);
  assert.equal(await page.getByRole('button', { name: 'Delete Admin' }).count(), 0);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a token names its end, and is refused once it is revoked', async () => {
  const page = await open('tokens');
  await page.getByText('No program has a token yet').waitFor();
  await press(page, 'New token');
  const dialog = page.getByRole('dialog', { name: 'New token' });
  await press(dialog, 'Create token');
  await dialog.locator('[aria-invalid=true]').waitFor();
  await field(dialog, 'Name').fill('Make');
  await dialog.getByLabel('Expires').fill('2099-12-31');
  await press(dialog, 'Create token');
  const token = await field(dialog, 'Token').inputValue();
  assert.match(token, /^leads_/);
  await press(dialog, 'Done');
  await page.getByText(/expires 31 Dec 2099|expires Dec 31, 2099/).waitFor();
  const status = async () => {
    const headers = { Authorization: `Bearer ${token}` };
    return (await fetch(`${server.base}/v1/identity/leads`, { headers })).status;
  };
  assert.equal(await status(), 200);
  await press(page, 'Revoke Make');
  await press(page.getByRole('dialog', { name: 'Revoke Make?' }), 'Revoke token');
  await page.getByText('No program has a token yet').waitFor();
  assert.equal(await status(), 401);
  assert.ok(!(await page.content()).includes(token));
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a name, a taste and a password are changed; other sessions end', async () => {
  const page = await open('profile');
  await page.getByRole('switch', { name: 'Single-key shortcuts' }).click();
  await page.getByRole('combobox', { name: 'Theme' }).selectOption('Dark');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await field(page, 'Name').fill('Ada King');
  await press(page, 'Save name');
  await page.getByText('Name saved').waitFor();
  await page.getByText('Ada King', { exact: true }).first().waitFor();
  const me = await server.api('GET', '/auth/me');
  assert.equal(me.user.name, 'Ada King');
  assert.equal(me.preferences.singleKeys, false);

  assert.equal(await logIn(owner), 200);
  await page.reload();
  const sessions = page.getByRole('list', { name: 'Sessions' });
  await sessions.getByText('Firefox', { exact: true }).waitFor();
  await page.getByLabel('Current password').fill('not mine');
  await page.getByLabel('New password').fill('an evening by the sea');
  await press(page, 'Change password');
  await page.getByText('This is not your current password.').waitFor();
  await page.getByLabel('Current password').fill(owner.password);
  await press(page, 'Change password');
  await page.getByText('Password changed').waitFor();
  assert.equal(await logIn(owner), 401);
  assert.equal(await sessions.getByRole('listitem').count(), 1);
  const back = { currentPassword: 'an evening by the sea', newPassword: owner.password };
  await server.api('POST', '/auth/password', back);

  await logIn(owner);
  await page.reload();
  await press(page, 'End session: Firefox');
  await until(async () => (await sessions.getByRole('listitem').count()) === 1);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a stale save of the workspace keeps what was typed and says what is there', async () => {
  const page = await open('workspace');
  await field(page, 'Workspace name').fill('Mine');
  const { workspace } = await server.api('GET', '/auth/me');
  await server.api('PATCH', `/workspaces/${workspace.id}`, { name: 'Theirs' });
  await page.waitForTimeout(400);
  assert.equal(await field(page, 'Workspace name').inputValue(), 'Mine');
  await press(page, 'Save workspace');
  await page.getByRole('alert').getByText('Theirs').waitFor();
  await press(page, 'Save workspace');
  await page.getByText('Workspace saved').waitFor();
  await page.getByRole('combobox', { name: 'Default country' }).selectOption('DE');
  await press(page, 'Save workspace');
  await until(async () => (await server.api('GET', '/auth/me')).workspace.defaultCountry === 'DE');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a workspace is made, entered, and deleted', async () => {
  const page = await open('workspace');
  assert.ok(await page.getByRole('button', { name: /^Delete / }).isDisabled());
  await field(page, 'Name of the new workspace').fill('Second');
  await press(page, 'Create workspace');
  await page.getByRole('list', { name: 'New', exact: true }).waitFor();
  await page.goto(`${server.base}/settings/workspace`);
  const list = page.getByRole('list', { name: 'All workspaces' });
  await list.getByText('Second', { exact: true }).waitFor();
  await press(page, 'Delete Second');
  await press(page.getByRole('dialog', { name: 'Delete Second?' }), 'Delete workspace');
  await page.getByRole('list', { name: 'New', exact: true }).waitFor();
  await until(async () => (await server.api('GET', '/workspaces')).total === 1);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

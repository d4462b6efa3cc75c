// The Rule Builder: what it refuses, how steps are moved, and what a rehearsal says.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  arrive,
  atBuilder,
  browser,
  channelsOf,
  choice,
  dialog,
  end,
  field,
  isWrong,
  make,
  named,
  press,
  server,
  start,
  stepOf,
  templates,
} from './automating.mjs';
import { testPlaces } from './checks.mjs';
import { openBoard, openPage, until } from './harness.mjs';

before(start);
after(end);

test('what is wrong stands at its field, whoever found it', async () => {
  const page = await openPage(browser, server);
  const builder = await atBuilder(page, 'new');
  const step = stepOf(builder, 1);
  await choice(step, 'Channel').selectOption('SMS');
  await choice(step, 'Fallback').selectOption('E-mail');
  await choice(step, 'Template').selectOption('Welcome_SMS');
  await choice(step, 'Delay').selectOption('Own delay');
  await field(step, 'Wait for').fill('31');
  await choice(step, 'Unit').selectOption('days');
  await field(builder, 'Safety Lock (minutes)').fill('much');
  for (let count = 0; count < 2; count += 1) await press(step, 'Add condition');
  await press(step, 'Remove condition 2');
  await press(builder, 'Add Step');
  await press(builder, 'Save');
  for (const name of ['Automation Name', 'Safety Lock (minutes)', 'Wait for']) {
    assert.ok(await isWrong(field(builder, name)), name);
  }
  assert.ok(await isWrong(choice(step, 'Value')));
  await builder.getByText('A step waits for at most 30 days.').waitFor();
  assert.ok(await field(builder, 'Automation Name').evaluate((one) => one.matches(':focus')));
  assert.ok(await isWrong(choice(stepOf(builder, 2), 'Template')));

  await press(builder, 'Remove step 2');
  await field(builder, 'Automation Name').fill('Late hello');
  await field(builder, 'Safety Lock (minutes)').fill('0');
  await field(step, 'Wait for').fill('3');
  await choice(step, 'Field').selectOption('Source');
  await choice(step, 'Value').fill('webhook');
  // What this page lets through and the server does not.
  await page.route('**/lead-automations', (route) => {
    const body = route.request().postDataJSON();
    body.steps[0].fallback.templateId = templates.Welcome_SMS.id;
    return route.continue({ postData: JSON.stringify(body) });
  });
  await press(builder, 'Save');
  await until(() => isWrong(choice(step, 'Fallback template')));
  await step.getByText('This template is for another channel.').waitFor();
  await page.unroute('**/lead-automations');
  await press(builder, 'Save');
  await dialog(page, 'Automations').getByRole('article', { name: 'Late hello' }).waitFor();
  const saved = await named('Late hello');
  assert.equal(saved.steps[0].delayMinutes, 3 * 1440);
  assert.equal(saved.safetyLockMinutes, 0);
  assert.deepEqual(saved.steps[0].conditions, [
    { field: 'source', operator: 'equals', value: 'webhook' },
  ]);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('steps are moved by buttons, keys and mouse, and nothing unsaved is lost', async () => {
  await make('Order', [
    ['whatsapp', 0],
    ['sms', 5],
    ['email', 60],
  ]);
  const page = await openPage(browser, server);
  await openBoard(page, server, '/leads/automations');
  await press(page, 'Edit Order');
  const builder = dialog(page, 'Rule Builder');
  await press(builder, 'Move step 1 down');
  assert.deepEqual(await channelsOf(builder), ['SMS', 'WhatsApp', 'E-mail']);
  await page.getByText('Step 1 is step 2 of 3 now.').waitFor({ state: 'attached' });
  await page.keyboard.press('Enter');
  assert.deepEqual(await channelsOf(builder), ['SMS', 'E-mail', 'WhatsApp']);
  const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label'));
  assert.equal(await focused(), 'Move step 3 up');
  await page.keyboard.press('Alt+ArrowUp');
  assert.deepEqual(await channelsOf(builder), ['SMS', 'WhatsApp', 'E-mail']);

  const box = await stepOf(builder, 3).boundingBox();
  const from = { x: box.x + 90, y: box.y + 22 };
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x, from.y - 12, { steps: 3 });
  await page.mouse.move(from.x, from.y - 115, { steps: 6 });
  await page.keyboard.press('Escape');
  await page.mouse.up();
  assert.deepEqual(await channelsOf(builder), ['SMS', 'WhatsApp', 'E-mail']);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x, from.y - 12, { steps: 3 });
  await page.mouse.move(from.x, from.y - 115, { steps: 6 });
  await page.mouse.up();
  await until(async () => (await channelsOf(builder))[0] === 'E-mail');

  await press(builder, 'All automations');
  await press(dialog(page, 'Discard what you entered?'), 'Cancel');
  await page.goBack();
  await press(dialog(page, 'Discard what you entered?'), 'Cancel');
  await press(builder, 'Save');
  await dialog(page, 'Automations').waitFor();
  const saved = await named('Order');
  assert.deepEqual(
    saved.steps.map((step) => step.channel),
    ['email', 'sms', 'whatsapp'],
  );
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('on a phone a step that rests under the finger is moved, and a removed one comes back', async () => {
  const { id } = await make('Touched', [
    ['whatsapp', 0],
    ['sms', 5],
    ['email', 60],
  ]);
  const viewport = { width: 390, height: 844 };
  const page = await openPage(browser, server, { viewport, hasTouch: true, isMobile: true });
  const builder = await atBuilder(page, id);
  await stepOf(builder, 3).scrollIntoViewIfNeeded();
  const box = await stepOf(builder, 3).boundingBox();
  const client = await page.context().newCDPSession(page);
  const x = box.x + 80;
  const touch = (type, y) => {
    const touchPoints = type === 'touchEnd' ? [] : [{ x, y }];
    return client.send('Input.dispatchTouchEvent', { type, touchPoints });
  };
  const start = box.y + 22;
  await touch('touchStart', start);
  await page.waitForTimeout(350);
  for (let by = 14; by <= 112; by += 14) await touch('touchMove', start - by);
  await touch('touchEnd');
  await until(async () => (await channelsOf(builder))[0] === 'E-mail');
  // A click within 50 ms of a drop counts as the drop's own; nobody is as fast as this test.
  await page.waitForTimeout(100);
  await press(builder, 'Remove step 1');
  assert.deepEqual(await channelsOf(builder), ['WhatsApp', 'SMS']);
  await press(page, 'Undo');
  assert.deepEqual(await channelsOf(builder), ['E-mail', 'WhatsApp', 'SMS']);
  await server.api('DELETE', `/lead-automations/${id}`);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('who saves second sees what the first one saved, and decides', async () => {
  const { id } = await make('Ours', [['sms', 0]]);
  const page = await openPage(browser, server);
  const builder = await atBuilder(page, id);
  await field(builder, 'Automation Name').fill('Mine');
  await server.api('PATCH', `/lead-automations/${id}`, { name: 'Theirs', safetyLockMinutes: 9 });
  const alert = builder.getByRole('alert');
  await alert.getByText('Ours → Theirs').waitFor();
  await press(alert, 'Use theirs');
  assert.equal(await field(builder, 'Automation Name').inputValue(), 'Theirs');
  await field(builder, 'Description').fill('Of mine');
  await server.api('PATCH', `/lead-automations/${id}`, { name: 'Theirs again' });
  await press(alert, 'Save mine');
  await dialog(page, 'Automations').waitFor();
  const saved = await server.api('GET', `/lead-automations/${id}`);
  assert.equal(saved.description, 'Of mine');
  await server.api('DELETE', `/lead-automations/${id}`);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a rehearsal says who would get what, and sends nothing', async () => {
  await arrive({ name: 'Grace Hopper', email: 'grace@example.com', phone: '+14155552671' });
  await arrive({ name: 'Nora Nophone', email: 'nora@example.com' });
  const { total } = await server.call('GET', '/broadcast/messages');
  const page = await openPage(browser, server);
  const builder = await atBuilder(page, 'new');
  await press(builder, 'Add Step');
  await choice(stepOf(builder, 2), 'Channel').selectOption('E-mail');
  await press(builder, 'Rehearse');
  const rehearsal = dialog(page, 'Rehearsal');
  await rehearsal.getByText('Nothing is sent, and nothing is stored').waitFor();
  await rehearsal.getByText(/^For 2 leads, 3 messages would be sent/).waitFor();
  const nora = rehearsal.getByRole('article', { name: 'Nora Nophone' });
  await nora.getByText('1 step would fail').waitFor();
  if ((await nora.getByText('Step 1').count()) === 0) await nora.getByRole('button').click();
  await nora.getByText(/no phone number/).waitFor();
  await nora.getByText(/after 1 hour/).waitFor();
  await nora.getByText('What it would say').click();
  await nora.getByText('Dear Nora Nophone, how are you?').waitFor();
  await choice(rehearsal, 'Leads to rehearse with').selectOption('The last 200 leads');
  await rehearsal.getByText(/^For 2 leads/).waitFor();
  await press(rehearsal, 'Done');
  assert.equal((await server.call('GET', '/broadcast/messages')).total, total);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

const atHello = async (page) => atBuilder(page, (await named('Late hello')).id);

testPlaces(
  {
    'rule builder': async (page) => {
      const builder = await atHello(page);
      await builder.getByRole('switch', { name: 'Quiet hours' }).click();
      await press(builder, 'Add condition');
      await choice(builder, 'Delay').selectOption('Own delay');
      await choice(builder, 'Fallback').selectOption('WhatsApp');
      await press(builder, 'Add Step');
    },
    'rule builder with faults': async (page) => {
      const builder = await atBuilder(page, 'new');
      await press(builder, 'Add Step');
      await press(builder, 'Save');
      await page.locator('[aria-invalid=true]').first().waitFor();
    },
    'preview of a template': async (page) => {
      const builder = await atHello(page);
      await press(builder, 'Preview Welcome_SMS');
      await dialog(page, 'Welcome_SMS').getByText('welcome by SMS!').waitFor();
    },
    rehearsal: async (page) => {
      await press(await atHello(page), 'Rehearse');
      await dialog(page, 'Rehearsal')
        .getByText(/^For 2 leads/)
        .waitFor();
    },
  },
  () => ({ browser, server }),
);

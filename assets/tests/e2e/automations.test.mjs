// Automations: the list, and what they do to a lead.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  arrive,
  atTimeline,
  automations,
  browser,
  choice,
  dialog,
  end,
  field,
  make,
  named,
  press,
  report,
  server,
  start,
  stepOf,
  templates,
  webhook,
} from './automating.mjs';
import { testPlaces } from './checks.mjs';
import { openBoard, openPage, until } from './harness.mjs';

before(start);
after(end);

testPlaces(
  {
    'no automation yet': async (page) => {
      await openBoard(page, server, '/leads/automations');
      await page.getByText('Start from this example').waitFor();
    },
  },
  () => ({ browser, server }),
);

test('the welcome sequence with fallback, from the Rule Builder to a late failure', async () => {
  const page = await openPage(browser, server);
  await openBoard(page, server);
  await press(page, 'Automations');
  await press(dialog(page, 'Automations'), 'Start from this example');
  const builder = dialog(page, 'Rule Builder');
  assert.equal(new URL(page.url()).pathname, '/leads/automations/new');
  await field(builder, 'Automation Name').fill('Welcome sequence');
  assert.equal(await choice(builder, 'Trigger on Webhook').inputValue(), webhook.id);
  const first = stepOf(builder, 1);
  assert.equal(await choice(first, 'Delay').inputValue(), '0');
  assert.equal(await choice(first, 'Template').inputValue(), templates.Welcome_Template.id);
  assert.equal(await choice(first, 'Fallback').inputValue(), 'sms');
  assert.equal(await choice(first, 'Fallback template').inputValue(), templates.Welcome_SMS.id);
  const refused = choice(first, 'Fallback template').locator('option:disabled');
  assert.match(await refused.innerText(), /Unfinished_SMS: draft, not approved/);
  await press(first, 'Preview Welcome_Template');
  await dialog(page, 'Welcome_Template').getByText('Preview').waitFor();
  await press(dialog(page, 'Welcome_Template'), 'Done');
  await builder.getByText('2 hours after the step before').waitFor();
  await press(builder, 'Save');
  const list = dialog(page, 'Automations');
  const welcome = list.getByRole('article', { name: 'Welcome sequence', exact: true });
  await welcome.getByText('Landing Page').waitFor();
  assert.equal(await welcome.getByRole('listitem').count(), 2);
  const saved = await named('Welcome sequence');
  assert.deepEqual(saved.exitOn.toSorted(), [
    'converted',
    'lost',
    'replied',
    'unsubscribed',
    'won',
  ]);
  assert.equal(saved.steps[1].delayMinutes, 120);

  const grace = { name: 'Grace Hopper', email: 'grace@example.com', phone: '+14155552671' };
  const leadId = await arrive(grace);
  const counted = welcome.getByLabel('Statistics of Welcome sequence');
  await until(async () => /Triggered\s*1\s*Waiting\s*1/.test(await counted.innerText()));

  const reader = await openPage(browser, server);
  const run = await atTimeline(reader, leadId, grace.name, 'Welcome sequence');
  await run.getByText('Automation triggered').waitFor();
  await run.getByText('Sent by WhatsApp to +14155552671.').waitFor();
  await run.getByText('Sent', { exact: true }).waitFor();
  assert.equal(await run.getByText('Fallback', { exact: true }).count(), 0);
  await report(leadId, 'whatsapp', 'failed');
  await run.getByText('Step failed').waitFor();
  await run.getByText('WhatsApp failed, so SMS is used instead.').waitFor();
  await run.getByText('Sent by SMS to +14155552671.').waitFor();
  await run.getByText('Failed', { exact: true }).first().waitFor();
  await report(leadId, 'sms', 'delivered');
  await run.getByText('Delivered', { exact: true }).waitFor();
  // The fallback was sent, so nothing is left to be sent again by hand.
  assert.equal(await run.getByRole('button', { name: 'Retry' }).count(), 0);
  assert.deepEqual([...page.faults, ...reader.faults], []);
  await page.context().close();
  await reader.context().close();
});

test('in the list one is switched, duplicated and deleted', async () => {
  await make('Order', [
    ['whatsapp', 0],
    ['email', 60],
  ]);
  const page = await openPage(browser, server);
  await openBoard(page, server, '/leads/automations');
  const list = dialog(page, 'Automations');
  const toggle = list.getByRole('switch', { name: 'Order is active' });
  await toggle.click();
  assert.equal(await toggle.getAttribute('aria-checked'), 'false');
  await until(async () => (await named('Order')).isActive === false);
  await server.api('PATCH', `/lead-automations/${(await named('Order')).id}`, { isActive: true });
  await until(async () => (await toggle.getAttribute('aria-checked')) === 'true');

  await press(list, 'Duplicate Order');
  const builder = dialog(page, 'Rule Builder');
  await builder.waitFor();
  assert.equal(await field(builder, 'Automation Name').inputValue(), 'Order (copy)');
  const copy = await named('Order (copy)');
  assert.equal(copy.isActive, false);
  assert.equal(new URL(page.url()).pathname, `/leads/automations/${copy.id}`);
  await press(builder, 'Cancel');

  await press(list, 'Delete Welcome sequence');
  const confirm = dialog(page, 'Delete Welcome sequence?');
  await confirm.getByText(/1 lead\s+waits for a step of it/).waitFor();
  await press(confirm, 'Cancel');
  await press(list, 'Delete Order (copy)');
  await press(dialog(page, 'Delete Order (copy)?'), 'Delete automation');
  await until(async () => !(await named('Order (copy)')));
  await list.getByRole('article', { name: 'Order (copy)' }).waitFor({ state: 'detached' });
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('what holds a run back, or ends it, stands on the timeline by itself', async () => {
  await make('Later', [['email', 60]]);
  const nina = { name: 'Nina Twice', email: 'nina@example.com' };
  const leadId = await arrive(nina);
  const again = await arrive({ ...nina, email: 'NINA@example.com ' });
  const nobody = await arrive({ name: 'No Address' });
  const page = await openPage(browser, server);
  let run = await atTimeline(page, again, nina.name, 'Later');
  await run.getByText('Automation skipped').waitFor();
  await run.getByText(/the safety lock holds for another/).waitFor();
  run = await atTimeline(page, nobody, 'No Address', 'Later');
  await run.getByText(/the lead has no address for e-mail/).waitFor();

  run = await atTimeline(page, leadId, nina.name, 'Later');
  await run.getByText('Automation triggered').waitFor();
  const { data } = await server.api('GET', '/lead-pipelines');
  const won = data[0].stages.find((stage) => stage.type === 'won');
  await server.api('PATCH', `/leads/${leadId}/stage`, { stageId: won.id });
  await run.getByText('Automation stopped').waitFor();
  await run.getByText(/moved to a won stage/).waitFor();
  await server.api('DELETE', `/lead-automations/${(await named('Later')).id}`);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a failed step is sent again by Retry, and the run is completed', async () => {
  for (const { id } of await automations()) await server.api('DELETE', `/lead-automations/${id}`);
  await make('Hello', [['sms', 0]]);
  const leadId = await arrive({ name: 'Karl Retry', phone: '+14155552672' });
  const page = await openPage(browser, server);
  const run = await atTimeline(page, leadId, 'Karl Retry', 'Hello');
  await run.getByText('Sent by SMS to +14155552672.').waitFor();
  await report(leadId, 'sms', 'failed');
  await run.getByText('Automation failed').waitFor();
  await press(run, 'Retry');
  await until(async () => (await run.getByText('Sent by SMS to +14155552672.').count()) === 2);
  await until(async () => (await run.getByRole('button', { name: 'Retry' }).count()) === 0);
  await run.getByText('Automation completed').first().waitFor();
  await run.getByRole('link', { name: 'Hello' }).click();
  await dialog(page, 'Rule Builder').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('who may only look sees automations, and changes none', async () => {
  const role = await server.api('POST', '/roles', { name: 'Reader', permissions: ['leads:view'] });
  const who = { email: 'reader@example.com', password: 'a walk in the park', name: 'Rea Der' };
  await server.api('POST', '/users', { ...who, role: role.id });
  const { email, password } = who;
  const answer = await fetch(`${server.base}/v1/identity/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const { token } = await answer.json();
  const page = await openPage(browser, { ...server, token });
  await openBoard(page, server, '/leads/automations');
  const list = dialog(page, 'Automations');
  await list.getByRole('article', { name: 'Hello' }).waitFor();
  assert.equal(await list.getByRole('switch').count(), 0);
  assert.equal(await list.getByRole('button', { name: /New|Edit|Duplicate|Delete/ }).count(), 0);
  await press(list, 'Hello');
  const builder = dialog(page, 'Rule Builder');
  assert.ok(await field(builder, 'Automation Name').isDisabled());
  assert.equal(await builder.getByRole('button', { name: /Save|Rehearse|Add|Move/ }).count(), 0);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

testPlaces(
  {
    automations: async (page) => {
      await openBoard(page, server, '/leads/automations');
      await page.getByRole('article', { name: 'Hello' }).waitFor();
    },
    'deleting an automation': async (page) => {
      await openBoard(page, server, '/leads/automations');
      await press(page, 'Delete Hello');
      await dialog(page, 'Delete Hello?').waitFor();
    },
    'timeline of a run': async (page) => {
      const { data } = await server.api('GET', '/leads?search=karl');
      const run = await atTimeline(page, data[0].id, 'Karl Retry', 'Hello');
      await run.getByText('Automation completed').first().waitFor();
    },
  },
  () => ({ browser, server }),
);

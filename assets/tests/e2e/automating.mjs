// What the tests of automations share: a server with a webhook and templates, and the ways to things.
import assert from 'node:assert/strict';
import { openBoard, startBrowser, startServer, until } from './harness.mjs';

export let server;
export let browser;
export let webhook;
export const templates = {};

export async function start() {
  server = await startServer();
  browser = await startBrowser();
  webhook = await server.api('POST', '/lead-webhooks', { name: 'Landing Page' });
  const all = [
    ['Welcome_Template', 'whatsapp', 'approved', 'Hi {{firstName}}, welcome!'],
    ['Welcome_SMS', 'sms', 'approved', 'Hi {{firstName}}, welcome by SMS!'],
    ['Unfinished_SMS', 'sms', 'draft', 'Hi'],
    ['Follow_Up_Email', 'email', 'approved', 'Dear {{name}}, how are you?'],
  ];
  for (const [name, channel, status, body] of all) {
    const subject = channel === 'email' ? { subject: 'Your request' } : {};
    const made = { name, channel, status, body, ...subject };
    templates[name] = await server.call('POST', '/broadcast/templates', made);
  }
}

export async function end() {
  await browser?.close();
  await server?.close();
}

export const press = (within, name) => within.getByRole('button', { name, exact: true }).click();
export const field = (within, name) => within.getByRole('textbox', { name, exact: true });
export const choice = (within, name) => within.getByRole('combobox', { name, exact: true });
export const dialog = (page, name) => page.getByRole('dialog', { name, exact: true });
export const stepOf = (page, number) =>
  page.getByRole('article', { name: `Step ${number}`, exact: true });
export const isWrong = async (control) => (await control.getAttribute('aria-invalid')) === 'true';
export const automations = async () => (await server.api('GET', '/lead-automations')).data;
export const named = async (name) => (await automations()).find((one) => one.name === name);

/** An automation made without the page: a step each, by channel and delay. */
export async function make(name, steps, more = {}) {
  const by = { whatsapp: 'Welcome_Template', sms: 'Welcome_SMS', email: 'Follow_Up_Email' };
  return server.api('POST', '/lead-automations', {
    name,
    webhookSourceId: webhook.id,
    steps: steps.map(([channel, delayMinutes, rest]) => ({
      channel,
      delayMinutes,
      templateId: templates[by[channel]].id,
      ...rest,
    })),
    ...more,
  });
}

export async function arrive(lead) {
  const response = await fetch(webhook.url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(lead),
  });
  assert.equal(response.status, 201);
  return (await response.json()).leadId;
}

/** Says that the provider reports this of the newest message to a lead on a channel. */
export async function report(leadId, channel, status) {
  const id = await until(async () => {
    const query = `leadId=${leadId}&channel=${channel}&limit=1`;
    const [message] = (await server.call('GET', `/broadcast/messages?${query}`)).data;
    return message?.status === 'sent' && message.id;
  });
  await server.call('POST', `/broadcast/messages/${id}/simulate`, { status });
}

export async function atBuilder(page, id) {
  await openBoard(page, server, `/leads/automations/${id}`);
  const builder = dialog(page, 'Rule Builder');
  await builder.getByRole('list', { name: 'Steps', exact: true }).waitFor();
  return builder;
}

export async function atTimeline(page, leadId, name, automation) {
  await openBoard(page, server, `/leads/${leadId}`);
  const timeline = dialog(page, name).getByRole('region', { name: 'Activity Timeline' });
  return timeline.getByRole('region', { name: `Automation ${automation}` });
}

export const channelsOf = (builder) =>
  builder
    .getByRole('list', { name: 'Steps', exact: true })
    .getByRole('article')
    .evaluateAll((steps) => steps.map((one) => /WhatsApp|SMS|E-mail/.exec(one.textContent)[0]));

import { describe, expect, it } from 'vitest';
import type { Activity, Automation, AutomationEvent, Template, Webhook } from '../../src/api/types';
import {
  delayDraft,
  delayShort,
  delayText,
  laterText,
  minutesOf,
  offered,
  waitText,
} from '../../src/automations/delay';
import {
  changesOf,
  copyOf,
  draftOf,
  exampleDraft,
  freshCondition,
  freshStep,
  inputOf,
  moved,
  printOf,
} from '../../src/automations/draft';
import { failureOf, partsOf } from '../../src/automations/events';
import { faultsOf, fieldsOf, isFaulty } from '../../src/automations/faults';
import { conditionsText } from '../../src/automations/words';

const template = (id: string, channel: string, status = 'approved') =>
  ({ id, channel, status, name: id }) as Template;
const known = {
  templates: [
    template('wa', 'whatsapp'),
    template('sms', 'sms'),
    template('mail', 'email'),
    template('draft', 'sms', 'draft'),
  ],
  webhooks: [{ id: 'hook', name: 'Landing Page' } as Webhook],
};

const automation: Automation = {
  id: 'a',
  name: 'Welcome',
  description: null,
  webhookSourceId: 'hook',
  safetyLockMinutes: 5,
  isActive: true,
  exitOn: ['converted', 'replied'],
  quietHours: { from: '22:00', to: '07:30', timeZone: 'lead' },
  steps: [
    {
      id: 's1',
      channel: 'whatsapp',
      delayMinutes: 0,
      templateId: 'wa',
      fallback: { channel: 'sms', templateId: 'sms' },
      conditions: [{ field: 'tag', operator: 'exists' }],
      notDeliveredMinutes: 30,
    },
    {
      id: 's2',
      channel: 'email',
      delayMinutes: 2880,
      templateId: 'mail',
      fallback: null,
      conditions: [{ field: 'source', operator: 'equals', value: 'webhook' }],
      notDeliveredMinutes: null,
    },
  ],
  stats: { triggered: 1, completed: 0, failed: 0, skipped: 0, stopped: 0, waiting: 1 },
  version: 3,
  createdAt: '',
  updatedAt: '',
};

describe('a delay', () => {
  it('is one of those offered or an amount of its own, and comes back as it was', () => {
    for (const minutes of [...offered, 1, 90, 180, 2880, 43_200]) {
      expect(minutesOf(delayDraft(minutes))).toBe(minutes);
    }
    expect(delayDraft(2880)).toEqual({ choice: 'own', amount: '2', unit: 'days' });
    expect(delayDraft(90)).toEqual({ choice: 'own', amount: '90', unit: 'minutes' });
  });

  it('is no delay when it is no whole number, or longer than 30 days', () => {
    const own = (amount: string) => minutesOf({ choice: 'own', amount, unit: 'days' });
    expect(['30', '31', '', 'two', '-1', '1.5'].map(own)).toEqual([
      43_200,
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('reads as on the page', () => {
    expect(offered.map(delayText)).toEqual([
      'Immediately',
      '5 minutes',
      '15 minutes',
      '30 minutes',
      '1 hour',
      '2 hours',
      '24 hours',
    ]);
    expect(waitText(0, 0)).toBe('Immediately');
    expect(waitText(120, 0)).toBe('2 hours after the lead arrives');
    expect(waitText(120, 1)).toBe('2 hours after the step before');
    expect([0, 45, 120, 4320].map(delayShort)).toEqual(['at once', '45 min', '2 h', '3 d']);
    const at = (minutes: number) => new Date(minutes * 60_000).toISOString();
    expect(laterText(at(0), at(0))).toBe('at once');
    expect(laterText(at(0), at(125))).toBe('after 2 hours 5 minutes');
    expect(laterText(at(0), at(3000))).toBe('after 2 days 2 hours');
  });
});

describe('a draft', () => {
  it('comes back as it was read, and names only what was changed', () => {
    const draft = draftOf(automation);
    const { id: _, stats: __, version, createdAt, updatedAt, ...input } = automation;
    expect([version, createdAt, updatedAt]).toHaveLength(3);
    expect(inputOf(draft)).toEqual(input);
    expect(changesOf(draft, draftOf(automation))).toEqual({});
    expect(printOf(draft)).toBe(printOf(draftOf(automation)));
    draft.name = ' Hello ';
    draft.isQuiet = false;
    expect(changesOf(draft, draftOf(automation))).toEqual({ name: 'Hello', quietHours: null });
    draft.steps = moved(draft.steps, 0, 1);
    expect(Object.keys(changesOf(draft, draftOf(automation)))).toContain('steps');
  });

  it('is copied switched off, without the ids of steps', () => {
    const copy = copyOf(automation);
    expect(copy).toMatchObject({ name: 'Welcome (copy)', isActive: false });
    expect(copy.steps.map((step) => 'id' in step)).toEqual([false, false]);
    expect(copyOf({ ...automation, name: 'x'.repeat(200) }).name.length).toBeLessThanOrEqual(200);
  });

  it('moves a step, and nothing beyond the ends', () => {
    expect(moved([1, 2, 3], 0, 2)).toEqual([2, 3, 1]);
    expect(moved([1, 2, 3], 2, 0)).toEqual([3, 1, 2]);
    expect(moved([1, 2, 3], 0, 3)).toEqual([1, 2, 3]);
    expect(moved([1, 2, 3], -1, 1)).toEqual([1, 2, 3]);
  });
});

describe('faults', () => {
  it('stand at the fields that the server names', () => {
    expect(faultsOf(draftOf(automation), known)).toEqual({});
    const draft = exampleDraft();
    draft.name = ' ';
    draft.safetyLock = '43201';
    draft.isQuiet = true;
    draft.quietHours = { from: '08:00', to: '08:00', timeZone: 'lead' };
    const step = draft.steps[1] as ReturnType<typeof freshStep>;
    step.templateId = 'sms';
    step.delay = { choice: 'own', amount: '31', unit: 'days' };
    step.conditions = [freshCondition(), { ...freshCondition(), operator: 'exists' }];
    step.notDelivered = '0';
    const faults = faultsOf(draft, known);
    expect(Object.keys(faults).sort()).toEqual([
      'name',
      'quietHours.to',
      'safetyLockMinutes',
      'steps.0.fallback.templateId',
      'steps.0.templateId',
      'steps.1.conditions.0.value',
      'steps.1.delayMinutes',
      'steps.1.notDeliveredMinutes',
      'steps.1.templateId',
      'webhookSourceId',
    ]);
    expect(Object.keys(faults).filter((field) => !fieldsOf(draft).includes(field))).toEqual([]);
    expect([0, 1, 2].map((index) => isFaulty(faults, index))).toEqual([true, true, false]);
  });

  it('say of a template why it can’t be chosen', () => {
    const fault = (templateId: string) => {
      const draft = draftOf(automation);
      draft.steps = [{ ...freshStep('sms'), templateId }];
      return faultsOf(draft, known)['steps.0.templateId'];
    };
    expect(fault('sms')).toBeUndefined();
    expect(fault('')).toMatch(/Choose/);
    expect(fault('gone')).toMatch(/deleted/);
    expect(fault('draft')).toMatch(/not approved/);
    expect(fault('mail')).toMatch(/no template for SMS/);
  });

  it('leave to the server what could not be read, and name what is missing as a whole', () => {
    expect(faultsOf(draftOf(automation), { templates: null, webhooks: null })).toEqual({});
    const empty = { ...draftOf(automation), steps: [] };
    expect(Object.keys(faultsOf(empty, known))).toEqual(['steps']);
  });
});

describe('conditions', () => {
  it('read as the rest of a sentence', () => {
    const draft = draftOf(automation);
    expect(conditionsText(draft.steps[0]?.conditions ?? [], [])).toBe('tag is known');
    const custom = { ...freshCondition(), field: 'customFields.budget', value: '5k' };
    const keys = [{ key: 'budget', displayName: 'Budget' }];
    expect(conditionsText([freshCondition(), custom], keys)).toBe('source is … and Budget is 5k');
  });
});

describe('a lead’s timeline', () => {
  it('keeps together what one run did, and the order of time around other activities', () => {
    const activities = ['6', '5', '4', '3', '2', '1'].map((id) => ({ id, type: 'x' }) as Activity);
    const event = (id: string, runId: string) =>
      [id, { id, runId } as AutomationEvent] as [string, AutomationEvent];
    const runs = new Map([
      event('6', 'a'),
      event('5', 'b'),
      event('4', 'a'),
      event('2', 'a'),
      event('1', 'b'),
    ]);
    const parts = partsOf(activities, runs);
    expect(parts.map((part) => part.events?.map((one) => one.id) ?? part.activity?.id)).toEqual([
      ['6', '4'],
      ['5'],
      '3',
      ['2'],
      ['1'],
    ]);
    // A new entry on top does not make another group.
    const before = partsOf(activities.slice(1), runs).map((part) => part.id);
    expect(before).toContain(parts[0]?.id);
  });

  it('says once why a message failed', () => {
    const message = { id: 'm', status: 'failed', errorMessage: 'No such number.' };
    const sent = { type: 'step_sent', message } as AutomationEvent;
    const failed = { type: 'step_failed', message } as AutomationEvent;
    expect(failureOf(sent, [sent])).toBe('No such number.');
    expect(failureOf(sent, [failed, sent])).toBe('');
    expect(failureOf({ ...sent, message: null }, [sent])).toBe('');
  });
});

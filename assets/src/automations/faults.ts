import type { Channel, Template, Webhook } from '../api/types';
import { channelNames } from '../broadcast/words';
import { MOST_MINUTES, minutesOf, wholeNumber } from './delay';
import { takesValue, type Draft, type StepDraft } from './draft';

/** What a draft is held against. Null is what could not be read: the server judges alone then. */
export interface Known {
  templates: readonly Template[] | null;
  webhooks: readonly Webhook[] | null;
}

/** Messages by field, under the names that the server uses: `steps.0.templateId`. */
export type Faults = Record<string, string>;

const MOST_NOT_DELIVERED = 10_080;

function templateFault(id: string, channel: Channel, known: Known): string {
  if (!id) return `Choose a template for ${channelNames[channel]}.`;
  const template = known.templates?.find((one) => one.id === id);
  if (!known.templates) return '';
  if (!template) return 'This template was deleted. Choose another one.';
  if (template.channel !== channel) return `This is no template for ${channelNames[channel]}.`;
  return template.status === 'approved' ? '' : 'This template is not approved any more.';
}

function delayFault(step: StepDraft): string {
  if (minutesOf(step.delay) !== null) return '';
  const isNumber = wholeNumber(step.delay.amount) !== null;
  return isNumber ? 'A step waits for at most 30 days.' : 'Enter a whole number.';
}

function stepFaults(step: StepDraft, at: string, known: Known): Faults {
  const { fallback } = step;
  const faults: Faults = {
    [`${at}.delayMinutes`]: delayFault(step),
    [`${at}.templateId`]: templateFault(step.templateId, step.channel, known),
  };
  if (fallback.channel) {
    faults[`${at}.fallback.templateId`] = templateFault(
      fallback.templateId,
      fallback.channel,
      known,
    );
    if (fallback.channel === step.channel) {
      faults[`${at}.fallback.channel`] = 'The fallback needs another channel than the step.';
    }
  }
  step.conditions.forEach((condition, index) => {
    if (takesValue(condition.operator) && !condition.value.trim()) {
      faults[`${at}.conditions.${index}.value`] = 'Enter what it is compared with.';
    }
  });
  if (step.notDelivered.trim()) {
    const minutes = wholeNumber(step.notDelivered);
    if (minutes === null || minutes < 1 || minutes > MOST_NOT_DELIVERED) {
      faults[`${at}.notDeliveredMinutes`] = 'Enter 1 to 10,080 minutes (7 days), or nothing.';
    }
  }
  return faults;
}

/** What keeps a draft from being saved; nothing when it can be. */
export function faultsOf(draft: Draft, known: Known): Faults {
  const lock = wholeNumber(draft.safetyLock);
  const faults: Faults = {
    name: draft.name.trim() ? '' : 'Enter a name.',
    webhookSourceId: webhookFault(draft.webhookSourceId, known),
    safetyLockMinutes:
      lock === null || lock > MOST_MINUTES ? 'Enter 0 to 43,200 minutes (30 days).' : '',
    steps: draft.steps.length > 0 ? '' : 'Add at least one step.',
  };
  if (draft.isQuiet) {
    const { from, to } = draft.quietHours;
    if (!from) faults['quietHours.from'] = 'Enter when they begin.';
    if (!to) faults['quietHours.to'] = 'Enter when they end.';
    if (from && from === to) faults['quietHours.to'] = 'They must end at another time.';
  }
  draft.steps.forEach((step, index) => {
    Object.assign(faults, stepFaults(step, `steps.${index}`, known));
  });
  return Object.fromEntries(Object.entries(faults).filter(([, message]) => message));
}

function webhookFault(id: string, known: Known): string {
  if (!id) return 'Choose the webhook that starts it.';
  if (!known.webhooks || known.webhooks.some((one) => one.id === id)) return '';
  return 'This webhook was deleted. Choose another one.';
}

/** Every field that has a place of its own in the form; what is said of others stands above it. */
export function fieldsOf(draft: Draft): string[] {
  const ofStep = (step: StepDraft, index: number) =>
    [
      'channel',
      'delayMinutes',
      'templateId',
      'fallback.channel',
      'fallback.templateId',
      'notDeliveredMinutes',
      ...step.conditions.flatMap((_, at) =>
        ['field', 'operator', 'value'].map((part) => `conditions.${at}.${part}`),
      ),
    ].map((part) => `steps.${index}.${part}`);
  return [
    'name',
    'description',
    'webhookSourceId',
    'safetyLockMinutes',
    'steps',
    'exitOn',
    'quietHours.from',
    'quietHours.to',
    'quietHours.timeZone',
    ...draft.steps.flatMap(ofStep),
  ];
}

/** Whether any of the faults lies in this step. */
export function isFaulty(faults: Faults, index: number): boolean {
  return Object.keys(faults).some((field) => field.startsWith(`steps.${index}.`));
}

import type {
  Automation,
  AutomationInput,
  Channel,
  Condition,
  ConditionOperator,
  ExitReason,
  Fallback,
  QuietHours,
  StepInput,
} from '../api/types';
import { randomId } from '../core/id';
import { delayDraft, minutesOf, wholeNumber, type DelayDraft } from './delay';

export interface ConditionDraft {
  key: string;
  field: string;
  operator: ConditionOperator;
  value: string;
}

export interface StepDraft {
  /** Stays with it while it is moved. */
  key: string;
  id?: string;
  channel: Channel;
  delay: DelayDraft;
  /** Empty while none is chosen. */
  templateId: string;
  /** An empty channel is no fallback. */
  fallback: { channel: Channel | ''; templateId: string };
  conditions: ConditionDraft[];
  /** Minutes; empty waits for as long as it takes. */
  notDelivered: string;
}

/** An automation as the Rule Builder holds it. */
export interface Draft {
  name: string;
  description: string;
  webhookSourceId: string;
  safetyLock: string;
  isActive: boolean;
  exitOn: ExitReason[];
  isQuiet: boolean;
  quietHours: QuietHours;
  steps: StepDraft[];
}

export const MOST_STEPS = 20;
export const MOST_CONDITIONS = 10;

export const exitReasons: readonly ExitReason[] = [
  'converted',
  'won',
  'lost',
  'replied',
  'unsubscribed',
];

export function freshStep(channel: Channel = 'whatsapp', delayMinutes = 0): StepDraft {
  return {
    key: randomId(),
    channel,
    delay: delayDraft(delayMinutes),
    templateId: '',
    fallback: { channel: '', templateId: '' },
    conditions: [],
    notDelivered: '',
  };
}

export function freshCondition(): ConditionDraft {
  return { key: randomId(), field: 'source', operator: 'equals', value: '' };
}

function stepDraft(step: StepInput): StepDraft {
  return {
    key: step.id ?? randomId(),
    ...(step.id ? { id: step.id } : {}),
    channel: step.channel,
    delay: delayDraft(step.delayMinutes),
    templateId: step.templateId,
    fallback: step.fallback ? { ...step.fallback } : { channel: '', templateId: '' },
    conditions: step.conditions.map((one) => ({
      key: randomId(),
      field: one.field,
      operator: one.operator,
      value: one.value ?? '',
    })),
    notDelivered: step.notDeliveredMinutes === null ? '' : String(step.notDeliveredMinutes),
  };
}

export function draftOf(automation: Automation | AutomationInput | null): Draft {
  const quietHours = automation?.quietHours;
  return {
    name: automation?.name ?? '',
    description: automation?.description ?? '',
    webhookSourceId: automation?.webhookSourceId ?? '',
    safetyLock: String(automation?.safetyLockMinutes ?? 5),
    isActive: automation?.isActive ?? true,
    exitOn: [...(automation?.exitOn ?? exitReasons)],
    isQuiet: Boolean(quietHours),
    quietHours: { from: '21:00', to: '08:00', timeZone: 'workspace', ...quietHours },
    steps: automation ? automation.steps.map(stepDraft) : [freshStep()],
  };
}

/** The documentation's example, “Welcome sequence with fallback”. */
export function exampleDraft(): Draft {
  const first = freshStep('whatsapp');
  return {
    ...draftOf(null),
    name: 'Welcome sequence',
    description: 'Says hello at once, and follows up two hours later.',
    steps: [{ ...first, fallback: { channel: 'sms', templateId: '' } }, freshStep('email', 120)],
  };
}

function fallbackOf({ fallback }: StepDraft): Fallback | null {
  return fallback.channel ? { channel: fallback.channel, templateId: fallback.templateId } : null;
}

/** Whether an operator compares with a value. */
export const takesValue = (operator: ConditionOperator) =>
  operator !== 'exists' && operator !== 'not_exists';

function conditionOf({ field, operator, value }: ConditionDraft): Condition {
  return takesValue(operator) ? { field, operator, value: value.trim() } : { field, operator };
}

function stepOf(step: StepDraft): StepInput {
  return {
    ...(step.id ? { id: step.id } : {}),
    channel: step.channel,
    delayMinutes: minutesOf(step.delay) ?? 0,
    templateId: step.templateId,
    fallback: fallbackOf(step),
    conditions: step.conditions.map(conditionOf),
    notDeliveredMinutes: wholeNumber(step.notDelivered),
  };
}

/** As the server takes it. */
export function inputOf(draft: Draft): AutomationInput {
  return {
    name: draft.name.trim(),
    description: draft.description.trim() || null,
    webhookSourceId: draft.webhookSourceId,
    safetyLockMinutes: wholeNumber(draft.safetyLock) ?? 0,
    isActive: draft.isActive,
    exitOn: exitReasons.filter((reason) => draft.exitOn.includes(reason)),
    quietHours: draft.isQuiet ? { ...draft.quietHours } : null,
    steps: draft.steps.map(stepOf),
  };
}

/** What differs from what is saved; steps are replaced whole. */
export function changesOf(draft: Draft, saved: Draft): Partial<AutomationInput> {
  const before = inputOf(saved) as unknown as Record<string, unknown>;
  const differs = ([field, value]: [string, unknown]) =>
    JSON.stringify(value) !== JSON.stringify(before[field]);
  return Object.fromEntries(Object.entries(inputOf(draft)).filter(differs));
}

/** The whole form without the keys of its lists, to see whether anything was touched. */
export function printOf(draft: Draft): string {
  return JSON.stringify(draft, (name, value: unknown) => (name === 'key' ? undefined : value));
}

/** With the entry at `from` moved to `to`; out of range it stays as it is. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  if (to < 0 || to >= list.length || from < 0 || from >= list.length) return next;
  const [one] = next.splice(from, 1);
  next.splice(to, 0, one as T);
  return next;
}

/** A copy to begin another automation from: switched off, and with steps of its own. */
export function copyOf(automation: Automation): AutomationInput {
  const { name, description, webhookSourceId, safetyLockMinutes, exitOn, quietHours } = automation;
  const steps = automation.steps.map(({ id: _, ...step }) => step);
  const copied = { description, webhookSourceId, safetyLockMinutes, exitOn, quietHours, steps };
  return { ...copied, name: `${name.slice(0, 190)} (copy)`, isActive: false };
}

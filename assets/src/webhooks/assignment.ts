import { ApiError } from '../api/errors';
import type { AssignmentRule, Standing, WebhookAssignee } from '../api/types';

export const ruleNames: Record<AssignmentRule, string> = {
  fixed: 'Always the same person',
  round_robin: 'Each in turn',
  least_open: 'Whoever has the fewest open leads',
};

export const ruleHints: Record<AssignmentRule, string> = {
  fixed: 'A lead that is there already keeps whoever has it.',
  round_robin:
    'Each gets one before anybody gets a second. A lead that is there already keeps whoever has it.',
  least_open:
    'Leads in stages of the type Open count. Of those who have as few, it is who has waited longest.',
};

/** As the timeline says it. */
export const ruleTexts: Record<AssignmentRule, string> = {
  fixed: 'as all of its leads',
  round_robin: 'whose turn it was',
  least_open: 'who had the fewest open leads',
};

export const standings: Record<Standing, string> = {
  ready: 'Ready',
  disabled: 'Disabled',
  left: 'Not a member',
  not_permitted: 'May not see leads',
};

/** Whether a rule leaves nobody who can get leads. */
export function nobodyGetsLeads(assignees: readonly Pick<WebhookAssignee, 'standing'>[]): boolean {
  return assignees.length > 0 && assignees.every((one) => one.standing !== 'ready');
}

/** The fields of an assignment that a refusal names. */
export function assignmentFields(error: unknown): string[] {
  if (!(error instanceof ApiError)) return [];
  return Object.keys(error.fields).filter((field) => field.startsWith('assignment'));
}

import type {
  AutomationStats,
  ConditionOperator,
  CustomFieldKey,
  ExitReason,
  Template,
} from '../api/types';
import { templateStatusNames } from '../broadcast/words';
import { formatList } from '../core/format';
import { takesValue, type ConditionDraft } from './draft';

/** As the rest of “Stop for a lead that …”. */
export const exitNames: Record<ExitReason, string> = {
  converted: 'is converted to a contact',
  won: 'moves to a won stage',
  lost: 'moves to a lost stage',
  replied: 'replies',
  unsubscribed: 'unsubscribes',
};

export const operatorNames: Record<ConditionOperator, string> = {
  equals: 'is',
  not_equals: 'is not',
  contains: 'contains',
  not_contains: 'does not contain',
  exists: 'is known',
  not_exists: 'is not known',
};

export const statNames: readonly (readonly [keyof AutomationStats, string])[] = [
  ['triggered', 'Triggered'],
  ['waiting', 'Waiting'],
  ['completed', 'Completed'],
  ['failed', 'Failed'],
  ['skipped', 'Skipped'],
  ['stopped', 'Stopped'],
];

const plainFields: readonly { value: string; label: string }[] = [
  { value: 'source', label: 'Source' },
  { value: 'tag', label: 'Tag' },
  { value: 'stage', label: 'Stage' },
  { value: 'name', label: 'Name' },
  { value: 'email', label: 'E-mail' },
  { value: 'phone', label: 'Phone' },
  { value: 'company', label: 'Company' },
  { value: 'title', label: 'Title' },
  { value: 'score', label: 'Score' },
];

const CUSTOM = 'customFields.';

/** What a condition can look at; a custom field that no lead has stays while it is chosen. */
export function conditionFields(
  keys: readonly CustomFieldKey[],
  chosen = '',
): { value: string; label: string }[] {
  const custom = keys.map((one) => ({ value: CUSTOM + one.key, label: one.displayName }));
  const all = [...plainFields, ...custom];
  if (!chosen || all.some((one) => one.value === chosen)) return all;
  return [...all, { value: chosen, label: chosen.replace(CUSTOM, '') }];
}

/** As the rest of “Only if …”. */
export function conditionsText(
  conditions: readonly ConditionDraft[],
  keys: readonly CustomFieldKey[],
): string {
  const texts = conditions.map(({ field, operator, value }) => {
    const label = conditionFields(keys, field).find((one) => one.value === field)?.label ?? field;
    const name = field.startsWith(CUSTOM) ? label : label.toLowerCase();
    const rest = takesValue(operator) ? ` ${value.trim() || '…'}` : '';
    return `${name} ${operatorNames[operator]}${rest}`;
  });
  return formatList(texts);
}

/** A template as a choice; one that can't be chosen says why. */
export function templateLabel({ name, status }: Template): string {
  if (status === 'approved') return name;
  return `${name}: ${templateStatusNames[status].toLowerCase()}, not approved`;
}

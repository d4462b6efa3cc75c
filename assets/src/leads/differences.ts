import type { CustomFields, CustomValue, Lead } from '../api/types';
import { formatValue } from './values';

export interface Difference {
  name: string;
  from: string;
  to: string;
}

const PLAIN = ['name', 'email', 'phone', 'company', 'title'] as const;

/** What differs between two states of a lead or a contact, field by field. */
export function fieldDifferences<F extends string>(
  names: readonly F[],
  mine: Record<F, unknown> & { customFields: CustomFields },
  now: Record<F, unknown> & { customFields: CustomFields },
): Difference[] {
  const list: Difference[] = [];
  const add = (name: string, from: unknown, to: unknown) => {
    const [a, b] = [formatValue(from as CustomValue), formatValue(to as CustomValue)];
    if (a !== b) list.push({ name, from: a, to: b });
  };
  for (const name of names) add(capital(name), mine[name], now[name]);
  const [before, after] = [mine.customFields, now.customFields];
  for (const key of new Set([...fieldKeys(before), ...fieldKeys(after)])) {
    add(displayName(after, key), before[key], after[key]);
  }
  return list;
}

/** What somebody else changed meanwhile, in words of the page. */
export function differences(mine: Lead, now: Lead): Difference[] {
  const list = fieldDifferences(PLAIN, mine, {
    ...now,
    customFields: now.customFields ?? mine.customFields,
  });
  const add = (name: string, from: string, to: string) => {
    if (from !== to) list.push({ name, from, to });
  };
  add('Score', String(mine.baseScore), String(now.baseScore));
  add('Tags', mine.tags.join(', '), now.tags.join(', '));
  add('Assignee', mine.assignee?.name ?? '', now.assignee?.name ?? '');
  if (mine.stageId !== now.stageId) list.push({ name: 'Stage', from: '', to: 'another stage' });
  return list;
}

export function fieldKeys(fields: CustomFields): string[] {
  return Object.keys(fields).filter((key) => key !== '_displayNames');
}

export function displayName(fields: CustomFields, key: string): string {
  return fields._displayNames?.[key] || key;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

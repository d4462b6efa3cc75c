import type { CustomFields, CustomValue, Lead } from '../api/types';
import { formatValue } from './values';

export interface Difference {
  name: string;
  from: string;
  to: string;
}

const PLAIN = ['name', 'email', 'phone', 'company', 'title', 'score'] as const;

/** What somebody else changed meanwhile, in words of the page. */
export function differences(mine: Lead, now: Lead): Difference[] {
  const list: Difference[] = [];
  const add = (name: string, from: unknown, to: unknown) => {
    const [a, b] = [formatValue(from as CustomValue), formatValue(to as CustomValue)];
    if (a !== b) list.push({ name, from: a, to: b });
  };
  for (const field of PLAIN) add(capital(field), mine[field], now[field]);
  add('Tags', mine.tags.join(', '), now.tags.join(', '));
  add('Assignee', mine.assignee?.name, now.assignee?.name);
  if (mine.stageId !== now.stageId) list.push({ name: 'Stage', from: '', to: 'another stage' });
  if (now.customFields) {
    const before = mine.customFields;
    const keys = new Set([...fieldKeys(before), ...fieldKeys(now.customFields)]);
    for (const key of keys) {
      add(displayName(now.customFields, key), before[key], now.customFields[key]);
    }
  }
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

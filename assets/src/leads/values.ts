import type { CustomFields, CustomValue } from '../api/types';

/** A lead or a contact whose custom fields can be changed; answers with the messages of a refusal. */
export interface FieldsEditor {
  change: (changes: { customFields: CustomFields }) => Promise<Record<string, string>>;
}

/** A value as a person reads it. */
export function formatValue(value: CustomValue | undefined): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(formatValue).join(', ');
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  return String(value);
}

/**
 * What was typed for a field, kept in the kind of value that it had: a number stays a number
 * where it still reads as one, a list stays a list.
 */
export function parseValue(text: string, before: CustomValue | undefined): CustomValue {
  const trimmed = text.trim();
  if (typeof before === 'number' && trimmed !== '' && String(Number(trimmed)) === trimmed) {
    return Number(trimmed);
  }
  if (typeof before === 'boolean' && /^(yes|no|true|false)$/i.test(trimmed)) {
    return /^(yes|true)$/i.test(trimmed);
  }
  if (Array.isArray(before)) {
    return trimmed
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
  }
  return trimmed;
}

/** Would the server store both names under one key? It drops what is no letter and no digit. */
export function isSameField(a: string, b: string): boolean {
  const bare = (name: string) =>
    name
      .normalize('NFC')
      .replace(/[^\p{L}\p{N}]/gu, '')
      .toLowerCase();
  return bare(a) === bare(b);
}

/** A key for a field of this name: `job_title` → `jobTitle`, `Annual Revenue` → `annualRevenue`. */
export function fieldKey(name: string): string {
  const words = name
    .normalize('NFC')
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
  return words
    .map((word, index) => {
      const first = word.charAt(0);
      return (index === 0 ? first.toLowerCase() : first.toUpperCase()) + word.slice(1);
    })
    .join('');
}

import { SvelteSet } from 'svelte/reactivity';
import type { TableColumn } from '../ui/table';

const KEY = 'leads.contacts.hidden';

/** What the list can show beside the name. */
export const columns: readonly TableColumn[] = [
  { key: 'email', label: 'Email', wideOnly: true },
  { key: 'phone', label: 'Phone', wideOnly: true },
  { key: 'company', label: 'Company', wideOnly: true },
  { key: 'title', label: 'Title', wideOnly: true },
  { key: 'platform', label: 'Platform' },
  { key: 'leads', label: 'Leads', align: 'end', wideOnly: true },
  { key: 'created', label: 'Created', wideOnly: true },
];

/** The columns that this browser does not show. */
export const hidden = new SvelteSet<string>(stored());

export function toggle(key: string): void {
  if (!hidden.delete(key)) hidden.add(key);
  try {
    localStorage.setItem(KEY, JSON.stringify([...hidden]));
  } catch {
    // Storage is blocked: the choice holds until the page is closed.
  }
}

function stored(): string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEY) ?? '["title"]');
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return [];
  }
}

import { exportLeads } from '../api/views';
import type { ShownColumn } from '../core/shown';
import { toasts } from '../state/toasts.svelte';

/** Fetches what is shown as a file: the same filters, order and columns; of the board all columns. */
export async function exportShown(
  format: 'csv' | 'jsonl',
  query: URLSearchParams,
  columns: readonly ShownColumn[] | null,
): Promise<void> {
  const wanted = new URLSearchParams(query);
  wanted.set('format', format);
  if (columns) wanted.set('columns', columnNames(columns));
  else wanted.set('sortBy', 'position');
  const note = toasts.show('The file is being made…', { stay: 120_000 });
  try {
    await exportLeads(wanted);
  } catch (error) {
    toasts.error(error, () => exportShown(format, query, columns));
  } finally {
    toasts.dismiss(note);
  }
}

/** The name comes first, as in the list. */
function columnNames(columns: readonly ShownColumn[]): string {
  const others = columns.map(({ key }) => key).filter((key) => key !== 'name');
  return ['name', ...others].join(',');
}

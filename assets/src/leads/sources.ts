import type { Source } from '../api/types';

export const sources: readonly { value: Source; label: string }[] = [
  { value: 'manual', label: 'Manual' },
  { value: 'webhook', label: 'Webhook' },
  { value: 'import', label: 'Import' },
  { value: 'api', label: 'API' },
];

export function sourceName(source: string): string {
  return sources.find((one) => one.value === source)?.label ?? source;
}

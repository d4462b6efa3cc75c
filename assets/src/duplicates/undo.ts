import { formatList } from '../core/format';
import { location } from '../state/location.svelte';
import { toasts } from '../state/toasts.svelte';
import { undoLeadMerge } from './api';

/** Takes a merge back and says what became of it; false when it could not be. */
export async function undoMerge(mergeId: string): Promise<boolean> {
  try {
    const { other, kept } = await undoLeadMerge(mergeId);
    const names = formatList(kept.map(({ displayName }) => displayName));
    const stayed = names && ` ${names} stayed, changed since.`;
    toasts.show(`${other.name} is a lead of its own again.${stayed}`, {
      action: { label: 'Open', run: () => location.go(`/leads/${other.id}`) },
    });
    return true;
  } catch (error) {
    toasts.error(error);
    return false;
  }
}

import type { Campaign } from '../../api/types';
import { randomId } from '../../core/id';
import { toasts } from '../../state/toasts.svelte';
import { duplicateCampaign } from './api';

/** Makes a draft that is like this campaign. */
export async function copy(campaign: Campaign, onmade: (id: string) => void): Promise<void> {
  try {
    const made = await duplicateCampaign(campaign.id, randomId());
    toasts.success(`${made.name} is a draft`);
    onmade(made.id);
  } catch (error) {
    toasts.error(error);
  }
}

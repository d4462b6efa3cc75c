import { isStatus } from '../../api/errors';
import type { Campaign, CampaignEvent } from '../../api/types';
import { live } from '../../state/live.svelte';
import { toasts } from '../../state/toasts.svelte';
import { getCampaign } from './api';

/** One campaign, kept true while it is shown. */
export class Shown {
  campaign = $state.raw<Campaign | null>(null);
  failure = $state.raw<unknown>(null);
  /** What is being asked of the server. */
  busy = $state<string | null>(null);
  private told: CampaignEvent | null = null;

  constructor(readonly id: string) {}

  async load(): Promise<void> {
    this.told = null;
    try {
      this.show(await getCampaign(this.id));
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
  }

  /** Reads it and listens; returns the function that ends it. */
  follow(): () => void {
    void this.load();
    const ends = [
      live.on<CampaignEvent>('campaign.changed', ({ campaignId }) => {
        if (campaignId === this.id) void this.load();
      }),
      live.on<CampaignEvent>('campaign.progress', (event) => {
        if (event.campaignId === this.id) this.tell(event);
      }),
      live.on('reset', () => void this.load()),
    ];
    return () => ends.forEach((end) => end());
  }

  /** Shows an answer, with the progress that was told while it was on its way. */
  show(campaign: Campaign): void {
    this.campaign = campaign;
    if (this.told) this.tell(this.told);
  }

  /** Asks the server for something; what it refuses is told, and what stands there is read again. */
  async ask(what: string, request: (campaign: Campaign) => Promise<Campaign>): Promise<boolean> {
    if (!this.campaign || this.busy) return false;
    this.busy = what;
    try {
      this.told = null;
      this.show(await request(this.campaign));
      return true;
    } catch (error) {
      if (isStatus(error, 412)) {
        toasts.show('Somebody changed this campaign. Look at it again.', { tone: 'error' });
      } else toasts.error(error);
      void this.load();
      return false;
    } finally {
      this.busy = null;
    }
  }

  private tell(event: CampaignEvent): void {
    this.told = event;
    const { stats, heldUntil = null } = event;
    if (this.campaign && stats) this.campaign = { ...this.campaign, stats, heldUntil };
  }
}

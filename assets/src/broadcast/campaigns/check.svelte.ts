import { explain } from '../../api/errors';
import type { Campaign, CampaignPreview } from '../../api/types';
import { previewCampaign } from './api';

/** What sending a campaign would do, worked out by the server and kept while the campaign is the same. */
export class Check {
  answer = $state.raw<CampaignPreview | null>(null);
  failure = $state('');
  busy = $state(false);
  private abort: AbortController | null = null;

  /** Looks at the audience; an answer to an older look is dropped. */
  async look({ id }: Pick<Campaign, 'id'>): Promise<void> {
    this.end();
    const abort = new AbortController();
    this.abort = abort;
    this.busy = true;
    try {
      this.answer = await previewCampaign(id, abort.signal);
      this.failure = '';
    } catch (error) {
      if (abort.signal.aborted) return;
      this.answer = null;
      this.failure = explain(error);
    }
    if (!abort.signal.aborted) this.busy = false;
  }

  end(): void {
    this.abort?.abort();
    this.busy = false;
  }
}

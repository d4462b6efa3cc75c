import { get } from '../api/client';
import type { Channel, ChannelSettings, List, Provider } from '../api/types';
import { live } from '../state/live.svelte';
import { session } from '../state/session.svelte';
import { channels } from './words';

/** Which provider carries each channel: read once, and again when somebody changes it. */
class Carriers {
  providers = $state.raw<Partial<Record<Channel, Provider>>>({});

  get sandboxed(): Channel[] {
    return channels.filter((channel) => this.providers[channel] === 'sandbox');
  }

  /** Reads them and keeps them true; returns the function that ends it. */
  follow(): () => void {
    const read = () => void this.load();
    read();
    const ends = [live.on('channel.changed', read), live.on('reset', read)];
    return () => ends.forEach((end) => end());
  }

  private async load(): Promise<void> {
    if (!session.can('settings:manage')) return;
    try {
      const { data } = await get<List<ChannelSettings>>('/v1/messaging/channels');
      this.providers = Object.fromEntries(data.map((one) => [one.channel, one.provider]));
    } catch {
      // Only a hint hangs on it.
    }
  }
}

export const carriers = new Carriers();

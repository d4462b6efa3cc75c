import { commonHeaders } from '../api/client';
import { EventHub, type HubState } from '../core/events';

type Listener = (data: never, event: string) => void;

/** A hidden tab gives its connection back after this time: a browser has six of them per host. */
const HIDDEN = 30_000;

/**
 * The live stream for the whole page. Parts subscribe by event name (`lead.created`), by prefix
 * (`lead.*`), or to `reset`, which says: read again what you show.
 */
class Live {
  state = $state<HubState>('closed');
  private hub: EventHub | null = null;
  private listeners = new Map<string, Set<Listener>>();
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    document.addEventListener('visibilitychange', () => {
      clearTimeout(this.hiddenTimer);
      if (document.hidden) this.hiddenTimer = setTimeout(() => this.hub?.stop(), HIDDEN);
      else this.hub?.start();
    });
    window.addEventListener('online', () => this.hub?.hurry());
  }

  start(onUnauthorized: () => void): void {
    this.stop();
    this.hub = new EventHub({
      url: '/v1/identity/events',
      headers: commonHeaders,
      onState: (state) => (this.state = state),
      onReset: () => this.tell('reset', {}),
      onUnauthorized,
      onEvent: ({ event, data }) => {
        try {
          this.tell(event, JSON.parse(data));
        } catch {
          // An event of a newer server that this page can't read: reload everything shown.
          this.tell('reset', {});
        }
      },
    });
    this.hub.start();
  }

  stop(): void {
    this.hub?.stop();
    this.hub = null;
  }

  /** Returns the function that ends the subscription, as an `$effect` wants it. */
  on<T>(event: string, listener: (data: T, event: string) => void): () => void {
    const set = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, set);
    set.add(listener as Listener);
    return () => set.delete(listener as Listener);
  }

  private tell(event: string, data: unknown): void {
    const family = `${event.split('.')[0]}.*`;
    for (const name of [event, family]) {
      for (const listener of this.listeners.get(name) ?? []) listener(data as never, event);
    }
  }
}

export const live = new Live();

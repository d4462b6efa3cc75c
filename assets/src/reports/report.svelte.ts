import { download, get, type Query } from '../api/client';
import { toasts } from '../state/toasts.svelte';

export const ANALYTICS = '/v1/broadcast/analytics';
export const LEAD_REPORT = '/v1/identity/reports/leads';

/** Somebody who comes back sooner sees what they saw. */
const REST = 30_000;

/** A report of the server, and its tables as files. */
export class Report<Answer> {
  data = $state.raw<Answer | null>(null);
  failure = $state.raw<unknown>(null);
  busy = $state(false);
  private query: Query = {};
  private key = '';
  private turn = 0;
  private readAt = 0;

  constructor(private readonly at: string) {}

  /** Reads; an answer that another reading has overtaken is dropped. */
  async load(query: Query): Promise<void> {
    const key = JSON.stringify(query);
    const isOther = key !== this.key;
    this.query = query;
    this.key = key;
    this.turn += 1;
    const { turn } = this;
    this.busy = true;
    try {
      const data = await get<Answer>(this.at, query);
      if (turn !== this.turn) return;
      this.data = data;
      this.failure = null;
    } catch (error) {
      if (turn !== this.turn) return;
      this.failure = error;
      // Numbers of another question are no answer to this one.
      if (isOther) this.data = null;
    }
    this.busy = false;
    this.readAt = Date.now();
  }

  csv = async (table: string): Promise<void> => {
    try {
      await download(`${this.at}/export`, { ...this.query, table }, `${table}.csv`);
    } catch (error) {
      toasts.error(error, () => this.csv(table));
    }
  };

  /** Says when somebody comes back to the page after a while; returns what ends that. */
  onReturn(run: () => void): () => void {
    const look = () => {
      if (document.visibilityState !== 'visible' || Date.now() - this.readAt < REST) return;
      this.readAt = Date.now();
      run();
    };
    document.addEventListener('visibilitychange', look);
    window.addEventListener('focus', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('focus', look);
    };
  }
}

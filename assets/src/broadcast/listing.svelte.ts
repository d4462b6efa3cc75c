import { get, type Query } from '../api/client';
import type { List } from '../api/types';
import { live } from '../state/live.svelte';

const FIRST = 50;
const MOST = 200;
/** Many events in a row are answered by one reading. */
const REST = 200;

/** A list of the server, read page by page, and kept true while it is shown. */
export class Listing<Row extends { id: string }> {
  rows = $state.raw<Row[]>([]);
  total = $state(0);
  totalIsCapped = $state(false);
  cursor = $state<string | null>(null);
  failure = $state.raw<unknown>(null);
  ready = $state(false);
  busy = $state(false);
  private query: Query = {};
  private turn = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Rows that have no id of their own get one. */
  constructor(
    private readonly at: string,
    private readonly asRow: (one: Row) => Row = (one) => one,
  ) {}

  /** Reads from the start; an answer that another reading has overtaken is dropped. */
  async load(query: Query): Promise<void> {
    this.query = query;
    await this.read(FIRST, false);
  }

  async more(): Promise<void> {
    const { cursor } = this;
    if (!cursor || this.busy) return;
    this.busy = true;
    const { turn } = this;
    try {
      const list = await get<List<Row>>(this.at, { ...this.query, cursor, limit: FIRST });
      if (turn !== this.turn) return;
      const known = new Set(this.rows.map((row) => row.id));
      const more = list.data.map(this.asRow);
      this.rows = [...this.rows, ...more.filter((row) => !known.has(row.id))];
      this.cursor = list.nextCursor;
    } catch (error) {
      this.failure = error;
    } finally {
      this.busy = false;
    }
  }

  /** Reads again what is shown, soon. */
  soon = (): void => {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.read(Math.min(MOST, Math.max(FIRST, this.rows.length)), true);
    }, REST);
  };

  /** Reads again after these events; returns what ends that, and a reading that was planned. */
  follow(...events: string[]): () => void {
    const ends = [...events, 'reset'].map((event) => live.on(event, this.soon));
    return () => {
      for (const end of ends) end();
      clearTimeout(this.timer);
      this.timer = undefined;
      this.turn += 1;
    };
  }

  private async read(limit: number, isAgain: boolean): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    try {
      const list = await get<List<Row>>(this.at, { ...this.query, limit });
      if (turn !== this.turn) return;
      // What was read further down than one page reaches stays as it is.
      const first = list.data.map(this.asRow);
      const known = new Set(first.map((row) => row.id));
      const below = isAgain && list.nextCursor ? this.rows.slice(limit) : [];
      this.rows = [...first, ...below.filter((row) => !known.has(row.id))];
      if (below.length === 0) this.cursor = list.nextCursor;
      this.total = list.total;
      this.totalIsCapped = list.totalIsCapped;
      this.failure = null;
      this.ready = true;
    } catch (error) {
      if (turn === this.turn) this.failure = error;
    }
  }
}

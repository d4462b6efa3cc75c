import type { Card, LeadEvent, ListedLead, Pipeline } from '../api/types';
import { getLeads } from '../api/views';
import { answers, writeFilters, type Filters } from '../core/filters';
import { live } from '../state/live.svelte';
import { session } from '../state/session.svelte';
import { isKnown } from './known';
import type { Board } from './board.svelte';
import type { ShownLeads, ShownStage } from './screen.svelte';

const PAGE = 100;
/** The most that the server gives at once. */
const MOST = 200;
/** As far down a list is read again; what was read further down stays as it is. */
const AGAIN = 1000;
/** A burst of changes is answered by one reading. */
const BURST = 300;

export interface Wanted {
  filters: Filters;
  sortBy: string;
  sortOrder: string;
  /** Whether a column shows a custom field: without, leads come without theirs. */
  withFields: boolean;
}

/** The rows of the list: read page by page by the place where the last one ended, kept true by live events. */
export class LeadRows implements ShownLeads {
  rows = $state.raw<ListedLead[]>([]);
  total = $state(0);
  totalIsCapped = $state(false);
  cursor = $state<string | null>(null);
  failure = $state.raw<unknown>(null);
  /** That the next page could not be read. */
  moreFailed = $state(false);
  ready = $state(false);
  private wanted: Wanted | null = null;
  private turn = 0;
  private loading: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private abort: AbortController | null = null;
  private held = new Map<string, number>();
  private waiting = new Map<string, { event: LeadEvent; name: string }>();
  private gone = new Set<string>();

  constructor(private readonly board: Board) {}

  get pipelines(): Pipeline[] {
    return this.board.pipelines;
  }

  get pipelineId(): string {
    return this.wanted?.filters.pipelineId ?? '';
  }

  get columns(): ShownStage[] {
    const main = this.pipelines.find((one) => one.isDefault) ?? this.pipelines[0];
    const pipeline = this.pipelines.find((one) => one.id === this.pipelineId) ?? main;
    return (pipeline?.stages ?? []).map(({ id, name, color }) => ({ id, name, color, cards: [] }));
  }

  query(): URLSearchParams {
    return this.wanted ? writeFilters(this.wanted.filters) : new URLSearchParams();
  }

  /** The filters and the order, also for an export. */
  ordered(): URLSearchParams {
    const query = this.query();
    if (this.wanted?.sortBy) query.set('sortBy', this.wanted.sortBy);
    if (this.wanted?.sortOrder) query.set('sortOrder', this.wanted.sortOrder);
    return query;
  }

  /** Reads from the start; an answer that another reading has overtaken is dropped. */
  async load(wanted: Wanted): Promise<void> {
    this.wanted = wanted;
    await this.read(PAGE, false);
  }

  /** The next rows, when the end of the loaded ones comes near. */
  more(limit = PAGE): Promise<void> {
    const { cursor } = this;
    if (cursor && this.ready) this.loading ??= this.readOn(cursor, limit);
    return this.loading ?? Promise.resolve();
  }

  /** Loads on, until so many rows are there or all. */
  async fill(count: number): Promise<void> {
    while (this.cursor && this.rows.length < count) {
      await this.more(MOST);
      if (this.moreFailed) return;
    }
  }

  reloadSoon = (): void => {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.held.size > 0) this.reloadSoon();
      else if (this.ready) void this.read(Math.min(AGAIN, Math.max(PAGE, this.rows.length)), true);
    }, BURST);
  };

  find(id: string): ListedLead | undefined {
    return this.rows.find((row) => row.id === id);
  }

  columnOf(id: string): ShownStage | undefined {
    const stageId = this.find(id)?.stageId;
    return this.columns.find((stage) => stage.id === stageId);
  }

  order(): string[] {
    return this.rows.map((row) => row.id);
  }

  covers(card: Card): boolean {
    return !this.pipelineId || card.pipelineId === this.pipelineId;
  }

  /**
   * Shows a lead as it is now. A row stays where it is, whatever the order says: nothing jumps
   * under a hand. One that is not there yet is put on top where that is its place.
   */
  place(card: ListedLead): void {
    this.gone.delete(card.id);
    const old = this.find(card.id);
    if (old) {
      const next = { ...card, customFields: card.customFields ?? old.customFields };
      this.rows = this.rows.map((row) => (row.id === card.id ? next : row));
      return;
    }
    const order = this.wanted?.sortOrder || 'desc';
    const isNewest = (this.wanted?.sortBy || 'createdAt') === 'createdAt' && order === 'desc';
    const first = this.rows[0];
    if (isNewest && (!first || first.createdAt <= card.createdAt)) {
      this.rows = [card, ...this.rows];
      this.total += 1;
    } else this.reloadSoon();
  }

  drop(id: string): void {
    this.gone.add(id);
    const rows = this.rows.filter((row) => row.id !== id);
    if (rows.length < this.rows.length || !this.totalIsCapped) {
      this.total = Math.max(rows.length, this.total - 1);
    }
    this.rows = rows;
  }

  /** Keeps live events off some leads until the returned function is called. */
  hold(ids: readonly string[]): () => void {
    for (const id of ids) this.held.set(id, (this.held.get(id) ?? 0) + 1);
    return () => {
      for (const id of ids) {
        const left = (this.held.get(id) ?? 1) - 1;
        if (left > 0) {
          this.held.set(id, left);
          continue;
        }
        this.held.delete(id);
        const late = this.waiting.get(id);
        this.waiting.delete(id);
        if (late) this.receive(late.event, late.name);
      }
    };
  }

  follow(): () => void {
    const ends = [
      live.on<LeadEvent>('lead.*', (event, name) => {
        if (this.held.has(event.leadId)) this.waiting.set(event.leadId, { event, name });
        else this.receive(event, name);
      }),
      live.on('leads.changed', this.reloadSoon),
      live.on('pipeline.changed', () => void this.pipelinesChanged()),
      live.on('reset', () => void this.pipelinesChanged()),
    ];
    return () => {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.turn += 1;
      this.abort?.abort();
      for (const end of ends) end();
    };
  }

  private async pipelinesChanged(): Promise<void> {
    // A failure here shows by the reload, which reports it.
    await this.board.loadPipelines().catch(() => {});
    this.reloadSoon();
  }

  private receive(event: LeadEvent, name: string): void {
    if (!this.ready || !this.wanted) return;
    const card = event.lead;
    if (!card || name === 'lead.deleted') {
      if (this.gone.has(event.leadId)) return;
      if (this.find(event.leadId)) this.drop(event.leadId);
      else this.reloadSoon();
      return;
    }
    const old = this.find(card.id);
    if (old && isKnown(old, card)) return;
    const fits = answers(this.wanted.filters, card, session.me?.user.id ?? '');
    if (fits === 'unknown' || (!old && this.covers(card) && fits)) {
      if (old) this.place(card);
      // One that is new on the board is also new here; of others only the server knows the place.
      else if (fits === true && name === 'lead.created') return this.place(card);
      this.reloadSoon();
    } else if (old && fits && this.covers(card)) {
      this.place(card);
      // Events carry no custom fields.
      if (this.wanted.withFields) this.reloadSoon();
    } else if (old) this.drop(card.id);
  }

  private async readOn(cursor: string, limit: number): Promise<void> {
    const { turn } = this;
    this.moreFailed = false;
    try {
      const page = await getLeads(this.page(limit, cursor));
      // The list may have been read anew meanwhile: then this page continues nothing.
      if (turn !== this.turn) return;
      const known = new Set(this.rows.map((row) => row.id));
      this.rows = [...this.rows, ...page.data.filter((row) => !known.has(row.id))];
      this.cursor = page.nextCursor;
    } catch {
      this.moreFailed = true;
    } finally {
      this.loading = null;
    }
  }

  private async read(count: number, isAgain: boolean): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    try {
      if (this.pipelines.length === 0) await this.board.loadPipelines();
      let page = await getLeads(this.page(Math.min(MOST, count)), abort.signal);
      const { total, totalIsCapped } = page;
      let rows = page.data;
      while (page.nextCursor && rows.length < count) {
        page = await getLeads(this.page(MOST, page.nextCursor), abort.signal);
        rows = [...rows, ...page.data];
      }
      if (turn !== this.turn) return;
      const known = new Set(rows.map((row) => row.id));
      const below = isAgain && page.nextCursor ? this.rows.slice(rows.length) : [];
      const rest = below.filter((row) => !known.has(row.id));
      this.rows = [...rows, ...rest];
      if (rest.length === 0) this.cursor = page.nextCursor;
      this.total = total;
      this.totalIsCapped = totalIsCapped;
      this.gone.clear();
      this.failure = null;
      this.moreFailed = false;
      this.ready = true;
    } catch (error) {
      if (turn === this.turn && !abort.signal.aborted) this.failure = error;
    }
  }

  private page(limit: number, cursor?: string): URLSearchParams {
    const query = this.ordered();
    query.set('limit', String(limit));
    if (cursor) query.set('cursor', cursor);
    if (!this.wanted?.withFields) query.set('fields', 'card');
    return query;
  }
}

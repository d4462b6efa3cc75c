import { ensurePipeline, getBoard, getPipelines } from '../api/leads';
import type { Card, LeadEvent, Pipeline } from '../api/types';
import { answers, writeFilters, type Filters } from '../core/filters';
import { live } from '../state/live.svelte';
import { session } from '../state/session.svelte';
import { isKnown } from './known';
import { Column, readOn } from './column.svelte';

/** After a change of many leads the board is read again; a burst of such events reads it once. */
const BURST = 120;

/** The board on the screen: columns of cards, kept true by answers and by live events. */
export class Board {
  pipelines = $state.raw<Pipeline[]>([]);
  pipelineId = $state('');
  columns = $state.raw<Column[]>([]);
  ready = $state(false);
  failure = $state.raw<unknown>(null);
  filters: Filters | null = null;

  /** Cards that a hand holds or that are on their way to the server: events must not move them. */
  private held = new Map<string, number>();
  private waiting = new Map<string, { event: LeadEvent; name: string }>();
  /** Taken off already: the event that tells of it must not count it twice. */
  private gone = new Set<string>();
  private reloading: ReturnType<typeof setTimeout> | undefined;
  private abort: AbortController | null = null;

  get pipeline(): Pipeline | undefined {
    return this.pipelines.find((pipeline) => pipeline.id === this.pipelineId);
  }

  get total(): number {
    return this.columns.reduce((sum, column) => sum + column.count, 0);
  }

  get totalIsCapped(): boolean {
    return this.columns.some((column) => column.countIsCapped);
  }

  /** What next pages and reloads ask for. */
  query(): URLSearchParams {
    const query = this.filters ? writeFilters(this.filters) : new URLSearchParams();
    if (this.pipelineId) query.set('pipelineId', this.pipelineId);
    return query;
  }

  async load(filters: Filters): Promise<void> {
    this.filters = filters;
    if (filters.pipelineId) this.pipelineId = filters.pipelineId;
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    try {
      if (this.pipelines.length === 0) await this.loadPipelines();
      const known = this.pipelines.some((pipeline) => pipeline.id === filters.pipelineId);
      const main = this.pipelines.find((pipeline) => pipeline.isDefault) ?? this.pipelines[0];
      this.pipelineId = known ? filters.pipelineId : (main?.id ?? '');
      const query = this.query();
      // As many as are loaded now, so that a reload does not shorten what is being read.
      const most = Math.max(50, ...this.columns.map((column) => column.cards.length));
      query.set('limit', String(Math.min(200, most)));
      const answer = await getBoard(query, abort.signal);
      const old = new Map(this.columns.map((column) => [column.id, column]));
      const stages = await Promise.all(
        answer.stages.map((stage) =>
          readOn(stage, this.query(), old.get(stage.id)?.cards.length ?? 0),
        ),
      );
      if (abort.signal.aborted) return;
      this.columns = stages.map((stage) => {
        const column = old.get(stage.id);
        if (!column) return new Column(stage);
        column.take(stage);
        return column;
      });
      this.failure = null;
      this.ready = true;
    } catch (error) {
      if (!abort.signal.aborted) this.failure = error;
    }
  }

  reloadSoon = (): void => {
    clearTimeout(this.reloading);
    this.reloading = setTimeout(() => {
      if (this.held.size > 0) this.reloadSoon();
      else if (this.filters) void this.load(this.filters);
    }, BURST);
  };

  async loadPipelines(): Promise<void> {
    let pipelines = (await getPipelines()).data;
    // Whoever opens the board first makes the default pipeline, also who may only look.
    if (pipelines.length === 0) pipelines = [await ensurePipeline()];
    this.pipelines = pipelines;
  }

  find(id: string): Card | undefined {
    for (const column of this.columns) {
      const card = column.find(id);
      if (card) return card;
    }
    return undefined;
  }

  /** Whether a lead of this pipeline can be on the board. */
  covers(card: Card): boolean {
    return card.pipelineId === this.pipelineId;
  }

  columnOf(id: string): Column | undefined {
    return this.columns.find((column) => column.find(id));
  }

  /** All loaded cards in the order of the board. */
  order(): string[] {
    return this.columns.flatMap((column) => column.cards.map((card) => card.id));
  }

  /** Shows a card where it now belongs, or not at all. `from` is where an unloaded one was. */
  place(card: Card, from?: LeadEvent['from']): void {
    this.gone.delete(card.id);
    const old = this.columnOf(card.id);
    const target = this.columns.find((column) => column.id === card.stageId);
    if (old && old === target) {
      old.replace(card);
      return;
    }
    const left = old ?? this.columns.find((column) => column.id === from?.stageId);
    if (old) old.remove(card.id);
    else if (left && left !== target) left.count -= 1;
    if (target && (old || !from || left !== target)) target.insert(card);
  }

  drop(id: string, from?: LeadEvent['from']): void {
    this.gone.add(id);
    const column = this.columnOf(id);
    if (column) column.remove(id);
    else if (from) {
      const left = this.columns.find((one) => one.id === from.stageId);
      if (left) left.count -= 1;
    }
  }

  /** Keeps live events off some cards until the returned function is called. */
  hold(ids: readonly string[]): () => void {
    for (const id of ids) this.held.set(id, (this.held.get(id) ?? 0) + 1);
    let done = false;
    return () => {
      if (done) return;
      done = true;
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

  /** Subscribes to everything that changes a board; returns the function that ends it. */
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
      clearTimeout(this.reloading);
      this.abort?.abort();
      for (const end of ends) end();
    };
  }

  private async pipelinesChanged(): Promise<void> {
    // A failure here shows by the reload, which reports it.
    await this.loadPipelines().catch(() => {});
    this.reloadSoon();
  }

  private receive(event: LeadEvent, name: string): void {
    if (!this.ready || !this.filters) return;
    const card = event.lead;
    if (!card || name === 'lead.deleted') {
      // It may carry the lead as it was last: then that says where it was.
      if (!this.gone.has(event.leadId)) this.drop(event.leadId, event.from ?? card);
      return;
    }
    const old = this.find(card.id);
    if (old && isKnown(old, card)) return;
    const belongs = answers(this.filters, card, session.me?.user.id ?? '');
    if (belongs === 'unknown') {
      if (old) this.place(card);
      this.reloadSoon();
    } else if (belongs && card.pipelineId === this.pipelineId) {
      // An update of a card that is not loaded changes no count.
      if (old || name !== 'lead.updated') this.place(card, event.from);
      else if (this.isNewHere()) this.reloadSoon();
    } else {
      if (old) this.drop(card.id);
      else if (event.from?.pipelineId === this.pipelineId) this.drop(card.id, event.from);
    }
  }

  /** With a filter, an update may have made an unseen lead answer it: only the server knows. */
  private isNewHere(): boolean {
    return Boolean(this.filters?.tag || this.filters?.assignedTo);
  }
}

import { getCards } from '../api/leads';
import type { BoardStage, Card, StageType } from '../api/types';

const PAGE = 100;
/** The most that the server gives at once. */
const MOST = 200;

/** The next cards of a stage, in the order of the board. */
function nextCards(query: URLSearchParams, stageId: string, cursor: string, limit: number) {
  const next = new URLSearchParams(query);
  next.set('stageId', stageId);
  next.set('sortBy', 'position');
  next.set('sortOrder', 'asc');
  next.set('fields', 'card');
  next.set('limit', String(limit));
  next.set('cursor', cursor);
  return getCards(next);
}

/** Reads a stage of a board on, until it has so many cards or all. */
export async function readOn(
  stage: BoardStage,
  query: URLSearchParams,
  count: number,
): Promise<BoardStage> {
  let { cards, nextCursor } = stage;
  while (nextCursor && cards.length < count) {
    const page = await nextCards(query, stage.id, nextCursor, MOST);
    cards = [...cards, ...page.data];
    nextCursor = page.nextCursor;
  }
  return { ...stage, cards, nextCursor };
}

/** One stage with the cards of it that are loaded, in the order of the board. */
export class Column {
  readonly id: string;
  name = $state('');
  color = $state('');
  type = $state<StageType>('open');
  cards = $state.raw<Card[]>([]);
  count = $state(0);
  countIsCapped = $state(false);
  nextCursor = $state<string | null>(null);
  failed = $state(false);
  private loading: Promise<void> | null = null;

  constructor(stage: BoardStage) {
    this.id = stage.id;
    this.take(stage);
  }

  take(stage: BoardStage): void {
    this.name = stage.name;
    this.color = stage.color;
    this.type = stage.type;
    this.cards = stage.cards;
    this.count = stage.count;
    this.countIsCapped = stage.countIsCapped;
    this.nextCursor = stage.nextCursor;
    this.failed = false;
  }

  /** The next cards from the server, when the end of the loaded ones comes near. */
  more(query: URLSearchParams, limit = PAGE): Promise<void> {
    const cursor = this.nextCursor;
    if (cursor) this.loading ??= this.load(query, cursor, limit);
    return this.loading ?? Promise.resolve();
  }

  /** Loads on, until so many cards are there or all. */
  async fill(query: URLSearchParams, count: number): Promise<void> {
    do await this.more(query, MOST);
    while (this.nextCursor && this.cards.length < count && !this.failed);
  }

  private async load(query: URLSearchParams, cursor: string, limit: number): Promise<void> {
    this.failed = false;
    try {
      const page = await nextCards(query, this.id, cursor, limit);
      // The board may have been read anew meanwhile: then this page continues nothing.
      if (this.nextCursor !== cursor) return;
      const known = new Set(this.cards.map((card) => card.id));
      this.cards = [...this.cards, ...page.data.filter((card) => !known.has(card.id))];
      this.nextCursor = page.nextCursor;
    } catch {
      this.failed = true;
    } finally {
      this.loading = null;
    }
  }

  find(id: string): Card | undefined {
    return this.cards.find((card) => card.id === id);
  }

  remove(id: string): boolean {
    const cards = this.cards.filter((card) => card.id !== id);
    if (cards.length === this.cards.length) return false;
    this.cards = cards;
    this.count -= 1;
    return true;
  }

  /** Puts a card where its position says. Beyond the loaded ones it is only counted. */
  insert(card: Card): void {
    this.count += 1;
    const at = this.cards.findIndex((other) => comesBefore(card, other));
    if (at < 0 && this.nextCursor) return;
    this.cards = at < 0 ? [...this.cards, card] : this.cards.toSpliced(at, 0, card);
  }

  replace(card: Card): void {
    const before = this.find(card.id);
    if (before && before.position === card.position) {
      this.cards = this.cards.map((one) => (one.id === card.id ? card : one));
    } else if (this.remove(card.id)) {
      this.insert(card);
    }
  }
}

function comesBefore(a: Card, b: Card): boolean {
  return a.position === b.position ? a.id < b.id : a.position < b.position;
}

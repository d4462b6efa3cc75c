import { getCards } from '../api/leads';
import type { BoardStage, Card, StageType } from '../api/types';

const PAGE = 100;

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
  private loading = false;

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
  async more(query: URLSearchParams): Promise<void> {
    const cursor = this.nextCursor;
    if (!cursor || this.loading) return;
    this.loading = true;
    this.failed = false;
    const next = new URLSearchParams(query);
    next.set('stageId', this.id);
    next.set('sortBy', 'position');
    next.set('sortOrder', 'asc');
    next.set('fields', 'card');
    next.set('limit', String(PAGE));
    next.set('cursor', cursor);
    try {
      const page = await getCards(next);
      // The board may have been read anew meanwhile: then this page continues nothing.
      if (this.nextCursor !== cursor) return;
      const known = new Set(this.cards.map((card) => card.id));
      this.cards = [...this.cards, ...page.data.filter((card) => !known.has(card.id))];
      this.nextCursor = page.nextCursor;
    } catch {
      this.failed = true;
    } finally {
      this.loading = false;
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

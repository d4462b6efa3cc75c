import { getContext, setContext, tick } from 'svelte';
import type { Card } from '../api/types';
import {
  PointerDrag,
  stepTarget,
  type ColumnBox,
  type DragHost,
  type DropTarget,
  type Point,
} from '../core/dnd';
import { formatCount, plural } from '../core/format';
import { extend, keep, nothing, toggle, type Selection } from '../core/selection';
import { revealRow } from '../core/window';
import { location } from '../state/location.svelte';
import { prefs } from '../state/prefs.svelte';
import { session } from '../state/session.svelte';
import { toasts } from '../state/toasts.svelte';
import { LeadActions } from './actions.svelte';
import { Board } from './board.svelte';
import type { Column } from './column.svelte';

export const GAP = 8;

/** What the server takes in one action on many leads. */
const MOST_SELECTED = 1000;

export interface Lifted {
  /** The card that was taken hold of; the others come along. */
  id: string;
  ids: readonly string[];
  cards: readonly Card[];
  by: 'pointer' | 'keyboard';
  target: DropTarget | null;
}

/** The board as a person works with it: what is selected, lifted, focused and scrolled. */
export class BoardView {
  readonly board = new Board();
  readonly actions = new LeadActions(this.board);
  selection = $state.raw<Selection>(nothing);
  lifted = $state.raw<Lifted | null>(null);
  corner = $state.raw<Point>({ x: 0, y: 0 });
  /** Of the card that was pressed: what is drawn under the pointer is as wide. */
  cardWidth = $state(0);
  /** Read out by screen readers. */
  said = $state('');
  /** Whom a Quick Send is being written to. */
  sending = $state.raw<readonly Card[] | null>(null);
  /** The column whose quick add is open. */
  adding = $state<string | null>(null);
  boardElement: HTMLElement | null = null;
  readonly lists = new Map<string, HTMLElement>();
  private pointer: PointerDrag | null = null;
  private release = () => {};
  private small = window.matchMedia('(max-width: 700px)');
  private isSmall = $state(this.small.matches);

  constructor() {
    this.small.addEventListener('change', () => (this.isSmall = this.small.matches));
  }

  /** The height of a card with the gap below it. */
  get row(): number {
    if (prefs.density === 'compact') return (this.isSmall ? 62 : 54) + GAP;
    return (this.isSmall ? 98 : 88) + GAP;
  }

  get canManage(): boolean {
    return session.can('leads:manage');
  }

  get canSend(): boolean {
    return session.can('broadcast:manage');
  }

  attach(board: HTMLElement): () => void {
    this.boardElement = board;
    const host: DragHost = {
      board,
      columns: () => this.boxes(),
      row: () => this.row,
      scroll: (columnId, dx, dy) => {
        if (dx) board.scrollBy(dx, 0);
        if (dy) this.lists.get(columnId)?.scrollBy(0, dy);
      },
      lift: (id) => this.lift(id, 'pointer'),
      over: (target, corner) => {
        this.corner = corner;
        if (this.lifted) this.lifted = { ...this.lifted, target };
      },
      drop: () => void this.drop(),
      cancel: () => this.cancel(),
    };
    this.pointer = new PointerDrag(host);
    return () => this.pointer?.abort();
  }

  press(event: PointerEvent, card: Card, element: HTMLElement): void {
    if (!this.canManage) return;
    if ((event.target as Element).closest('button, input, [popover]')) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (this.lifted) this.cancel();
    this.cardWidth = element.offsetWidth;
    this.pointer?.down(event, card.id, element);
  }

  /** A click with Ctrl selects one, with Shift a range; a plain one is left to the link. */
  click(event: MouseEvent, card: Card): void {
    if (event.shiftKey) this.selection = extend(this.selection, card.id, this.board.order());
    else if (event.ctrlKey || event.metaKey) this.selection = toggle(this.selection, card.id);
    else return;
    event.preventDefault();
  }

  select(card: Card, isRange: boolean): void {
    this.selection = isRange
      ? extend(this.selection, card.id, this.board.order())
      : toggle(this.selection, card.id);
  }

  /** All cards of a column, also those that are still to be loaded, as many as one action takes. */
  async selectColumn(column: Column): Promise<void> {
    await column.fill(this.board.query(), MOST_SELECTED);
    const cards = column.cards.slice(0, MOST_SELECTED);
    const ids = new Set([...this.selection.ids, ...cards.map((card) => card.id)]);
    this.selection = { ids, anchor: this.selection.anchor };
    if (column.nextCursor || cards.length < column.cards.length) {
      toasts.show(`The first ${formatCount(cards.length)} are selected; one action takes no more.`);
    }
  }

  clear(): void {
    this.selection = nothing;
  }

  /** Forgets selected cards that somebody moved out of sight or deleted. */
  tidySelection(): void {
    const there = new Set(this.board.order());
    this.selection = keep(this.selection, (id) => there.has(id));
  }

  lift(id: string, by: Lifted['by']): boolean {
    const card = this.board.find(id);
    const column = this.board.columnOf(id);
    if (!card || !column || !this.canManage) return false;
    const { ids: selected } = this.selection;
    const wanted = selected.has(id) ? this.board.order().filter((one) => selected.has(one)) : [id];
    const cards = wanted.flatMap((one) => this.board.find(one) ?? []);
    const index = column.cards
      .filter((one) => one.id === id || !wanted.includes(one.id))
      .findIndex((one) => one.id === id);
    this.release = this.board.hold(wanted);
    this.lifted = { id, ids: wanted, cards, by, target: { columnId: column.id, index } };
    if (by === 'keyboard') {
      this.say(
        `Lifted ${this.name(cards)}. Arrow keys move, Enter or Space drops, Escape cancels.`,
      );
    }
    return true;
  }

  async drop(): Promise<void> {
    const lifted = this.lifted;
    if (!lifted) return;
    this.lifted = null;
    const { target } = lifted;
    if (target) {
      const name = this.board.columns.find((column) => column.id === target.columnId)?.name;
      this.say(`${this.name(lifted.cards)} dropped in ${name}, position ${target.index + 1}.`);
      const done = this.actions.move(lifted.ids, target.columnId, target.index);
      if (lifted.ids.length > 1) this.clear();
      // The action holds the cards itself by now.
      this.release();
      if (lifted.by === 'keyboard') await this.focus(lifted.ids[0] ?? '');
      await done;
    } else this.release();
  }

  cancel(): void {
    const lifted = this.lifted;
    if (!lifted) return;
    this.lifted = null;
    this.release();
    this.say(`Cancelled. ${this.name(lifted.cards)} is where it was.`);
    if (lifted.by === 'keyboard') void this.focus(lifted.ids[0] ?? '');
  }

  /** Moves the lifted card one step by key. */
  step(key: string): boolean {
    const lifted = this.lifted;
    if (!lifted?.target) return false;
    const target = stepTarget(this.counts(lifted.ids), lifted.target, key);
    if (!target) return false;
    this.lifted = { ...lifted, target };
    const column = this.board.columns.find((one) => one.id === target.columnId);
    this.say(`${column?.name}, position ${target.index + 1}.`);
    void this.focus(lifted.ids[0] ?? '');
    return true;
  }

  /** Moves a card at once, without lifting it. */
  nudge(card: Card, key: string): void {
    if (!this.canManage) return;
    const column = this.board.columnOf(card.id);
    if (!column) return;
    const start = { columnId: column.id, index: column.cards.indexOf(card) };
    const target = stepTarget(this.counts([card.id]), start, key);
    if (!target) return;
    void this.actions.move([card.id], target.columnId, target.index);
    const name = this.board.columns.find((one) => one.id === target.columnId)?.name;
    this.say(`${card.name}: ${name}, position ${target.index + 1}.`);
    void this.focus(card.id);
  }

  /** Puts the focus on the card beside this one. */
  roam(card: Card, key: string): void {
    const column = this.board.columnOf(card.id);
    if (!column) return;
    const counts = this.board.columns.map(({ id, cards }) => ({ id, count: cards.length - 1 }));
    const start = { columnId: column.id, index: column.cards.indexOf(card) };
    let target = stepTarget(counts, start, key);
    // An empty column has nothing to focus: go on to the next one.
    while (target && counts.find(({ id }) => id === target?.columnId)?.count === -1) {
      const next = stepTarget(counts, target, key);
      target = next?.columnId === target.columnId ? null : next;
    }
    const cards = this.board.columns.find((one) => one.id === target?.columnId)?.cards;
    const next = cards?.[Math.max(0, target?.index ?? 0)];
    if (next) void this.focus(next.id);
  }

  /** Focuses a card's link, and scrolls to it first: only then it exists. */
  async focus(id: string): Promise<void> {
    const lifted = this.lifted?.ids.includes(id) ? this.lifted.target : null;
    const column = lifted
      ? this.board.columns.find((one) => one.id === lifted.columnId)
      : this.board.columnOf(id);
    const list = column && this.lists.get(column.id);
    if (!column || !list) return;
    const index = lifted?.index ?? column.cards.findIndex((card) => card.id === id);
    list.scrollTop = revealRow(list.scrollTop, list.clientHeight, this.row, index);
    await tick();
    // The scroll event redraws the window of rows in the next frame.
    await new Promise((done) => requestAnimationFrame(done));
    await tick();
    const link = this.boardElement?.querySelector<HTMLElement>(`[data-card="${id}"] a`);
    link?.focus({ preventScroll: true });
    list.parentElement?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  open(card: Card): void {
    location.goKeeping(`/leads/${card.id}`);
  }

  say(text: string): void {
    this.said = text;
  }

  private name(cards: readonly Card[]): string {
    return cards.length === 1 ? (cards[0] as Card).name : plural(cards.length, 'lead');
  }

  private counts(without: readonly string[]): { id: string; count: number }[] {
    return this.board.columns.map((column) => ({
      id: column.id,
      count: column.cards.filter((card) => !without.includes(card.id)).length,
    }));
  }

  private boxes(): ColumnBox[] {
    const counts = this.counts(this.lifted?.ids ?? []);
    return counts.flatMap(({ id, count }) => {
      const list = this.lists.get(id);
      if (!list) return [];
      const box = list.getBoundingClientRect();
      const { left, right, top, bottom } = box;
      return [{ id, left, right, top, bottom, scrollTop: list.scrollTop, count }];
    });
  }
}

const KEY = Symbol('board');

export function provideView(view: BoardView): BoardView {
  return setContext(KEY, view);
}

export function useView(): BoardView {
  return getContext<BoardView>(KEY);
}

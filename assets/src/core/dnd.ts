/**
 * Drag over a virtualised board. Where a card lands is computed from the pointer, the scroll
 * position and the height of a row, never read from the elements of other cards: most of those
 * don't exist.
 */
export interface DropTarget {
  columnId: string;
  /** Among the cards of the column, the lifted ones left out. */
  index: number;
}

/** A column as it lies on the screen. */
export interface ColumnBox {
  id: string;
  left: number;
  right: number;
  /** Of the part that scrolls. */
  top: number;
  bottom: number;
  scrollTop: number;
  /** How many cards it holds, the lifted ones left out. */
  count: number;
}

export interface Point {
  x: number;
  y: number;
}

/** The column at x; between and beside columns the nearest one. */
export function columnAt(columns: readonly ColumnBox[], x: number): ColumnBox | null {
  let best: ColumnBox | null = null;
  let distance = Infinity;
  for (const column of columns) {
    const away = x < column.left ? column.left - x : x > column.right ? x - column.right : 0;
    if (away < distance) [best, distance] = [column, away];
  }
  return best;
}

/** `y` is the middle of the dragged card. */
export function slotAt(column: ColumnBox, y: number, row: number): number {
  const slot = Math.floor((y - column.top + column.scrollTop) / row);
  return Math.max(0, Math.min(column.count, slot));
}

export function targetAt(
  columns: readonly ColumnBox[],
  middle: Point,
  row: number,
): DropTarget | null {
  const column = columnAt(columns, middle.x);
  return column && { columnId: column.id, index: slotAt(column, middle.y, row) };
}

/** One step by keyboard. `null` when the key means nothing here. */
export function stepTarget(
  columns: readonly { id: string; count: number }[],
  target: DropTarget,
  key: string,
): DropTarget | null {
  const at = columns.findIndex((column) => column.id === target.columnId);
  const here = columns[at];
  if (!here) return null;
  const within = (index: number) => ({
    columnId: here.id,
    index: Math.max(0, Math.min(here.count, index)),
  });
  const aside = (to: number) => {
    const column = columns[Math.max(0, Math.min(columns.length - 1, to))] ?? here;
    return { columnId: column.id, index: Math.min(target.index, column.count) };
  };
  switch (key) {
    case 'ArrowUp':
      return within(target.index - 1);
    case 'ArrowDown':
      return within(target.index + 1);
    case 'Home':
      return within(0);
    case 'End':
      return within(here.count);
    case 'ArrowLeft':
      return aside(at - 1);
    case 'ArrowRight':
      return aside(at + 1);
    default:
      return null;
  }
}

const EDGE = 48;

/** How far to scroll in this frame: more, the nearer the pointer is to the edge, and never fast. */
export function edgeSpeed(at: number, low: number, high: number, most: number): number {
  if (high - low < EDGE * 2) return 0;
  if (at < low + EDGE) return -most * Math.min(1, (low + EDGE - at) / EDGE);
  if (at > high - EDGE) return most * Math.min(1, (at - high + EDGE) / EDGE);
  return 0;
}

export interface DragHost {
  /** The element that all columns lie in. */
  board: HTMLElement;
  columns(): ColumnBox[];
  row(): number;
  /** Scrolls a column by `dy`, or the board by `dx`; the host knows its elements. */
  scroll(columnId: string, dx: number, dy: number): void;
  /** May refuse, by `false`. */
  lift(cardId: string): boolean;
  /** `corner` is where the dragged card's top left corner is. */
  over(target: DropTarget | null, corner: Point): void;
  drop(): void;
  cancel(): void;
}

const MOUSE_SLOP = 5;
const TOUCH_SLOP = 9;
const LONG_PRESS = 220;

interface Press {
  cardId: string;
  pointerId: number;
  isTouch: boolean;
  start: Point;
  now: Point;
  /** From the pointer to the card's corner, and the card's size. */
  grab: Point;
  size: Point;
  timer: ReturnType<typeof setTimeout> | undefined;
  lifted: boolean;
  frame: number;
  release: () => void;
}

/** Mouse, pen and touch: a mouse lifts by moving, a finger by resting, so that a swipe scrolls. */
export class PointerDrag {
  private press: Press | null = null;

  constructor(private readonly host: DragHost) {}

  get isActive(): boolean {
    return this.press?.lifted ?? false;
  }

  down(event: PointerEvent, cardId: string, card: HTMLElement): void {
    if (this.press || event.button !== 0 || !event.isPrimary) return;
    const box = card.getBoundingClientRect();
    const start = { x: event.clientX, y: event.clientY };
    const isTouch = event.pointerType === 'touch';
    const press: Press = {
      cardId,
      pointerId: event.pointerId,
      isTouch,
      start,
      now: start,
      grab: { x: start.x - box.left, y: start.y - box.top },
      size: { x: box.width, y: box.height },
      timer: isTouch ? setTimeout(() => this.lift(), LONG_PRESS) : undefined,
      lifted: false,
      frame: 0,
      release: () => {},
    };
    this.press = press;
    // The browser decides at the first touch whether it may scroll: only a listener that is there
    // by then, on the touched element itself, can still hold it back after the lift.
    const touched = event.target as HTMLElement;
    const hold = (touch: Event) => {
      if (press.lifted) touch.preventDefault();
    };
    const menu = (context: Event) => {
      if (isTouch) context.preventDefault();
    };
    touched.addEventListener('touchmove', hold, { passive: false });
    window.addEventListener('contextmenu', menu);
    window.addEventListener('pointermove', this.move);
    window.addEventListener('pointerup', this.up);
    window.addEventListener('pointercancel', this.abort);
    window.addEventListener('keydown', this.key, true);
    press.release = () => {
      clearTimeout(press.timer);
      cancelAnimationFrame(press.frame);
      touched.removeEventListener('touchmove', hold);
      window.removeEventListener('contextmenu', menu);
      window.removeEventListener('pointermove', this.move);
      window.removeEventListener('pointerup', this.up);
      window.removeEventListener('pointercancel', this.abort);
      window.removeEventListener('keydown', this.key, true);
    };
  }

  /** Gives up, for instance because the page goes away. */
  abort = (): void => {
    const wasLifted = this.isActive;
    this.end();
    if (wasLifted) this.host.cancel();
  };

  private lift(): void {
    const press = this.press;
    if (!press) return;
    if (!this.host.lift(press.cardId)) {
      this.end();
      return;
    }
    press.lifted = true;
    try {
      // Also what happens outside of the window comes to the board, and the click after the drop.
      this.host.board.setPointerCapture(press.pointerId);
    } catch {
      // The pointer is gone already: its cancel is on the way.
    }
    if (press.isTouch) navigator.vibrate?.(8);
    this.update();
    press.frame = requestAnimationFrame(this.scrollAtEdges);
  }

  private move = (event: PointerEvent): void => {
    const press = this.press;
    if (!press || event.pointerId !== press.pointerId) return;
    press.now = { x: event.clientX, y: event.clientY };
    if (press.lifted) {
      this.update();
      return;
    }
    const away = Math.hypot(press.now.x - press.start.x, press.now.y - press.start.y);
    if (press.isTouch && away > TOUCH_SLOP) this.end();
    else if (!press.isTouch && away > MOUSE_SLOP) this.lift();
  };

  private up = (event: PointerEvent): void => {
    if (event.pointerId !== this.press?.pointerId) return;
    const wasLifted = this.isActive;
    this.end();
    if (!wasLifted) return;
    swallowClick();
    this.host.drop();
  };

  private key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !this.isActive) return;
    event.preventDefault();
    event.stopPropagation();
    this.abort();
    swallowClick();
  };

  private end(): void {
    this.press?.release();
    this.press = null;
  }

  private update(): void {
    const press = this.press;
    if (!press) return;
    const corner = { x: press.now.x - press.grab.x, y: press.now.y - press.grab.y };
    const middle = { x: press.now.x, y: corner.y + press.size.y / 2 };
    this.host.over(targetAt(this.host.columns(), middle, this.host.row()), corner);
  }

  private scrollAtEdges = (): void => {
    const press = this.press;
    if (!press?.lifted) return;
    const board = this.host.board.getBoundingClientRect();
    const column = columnAt(this.host.columns(), press.now.x);
    const dx = edgeSpeed(press.now.x, board.left, board.right, 8);
    const dy = column ? edgeSpeed(press.now.y, column.top, column.bottom, 12) : 0;
    if (dx !== 0 || dy !== 0) {
      this.host.scroll(column?.id ?? '', dx, dy);
      this.update();
    }
    press.frame = requestAnimationFrame(this.scrollAtEdges);
  };
}

/** The release that ends a drag is followed by a click, which would open a card. */
function swallowClick(): void {
  const swallow = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  window.addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener('click', swallow, { capture: true }), 50);
}

import { PointerDrag, type ColumnBox, type DragHost, type Point } from '../core/dnd';

/** The height of a step with the gap below it, while one is dragged and all are folded. */
export const ROW = 56;

export interface LiftedStep {
  key: string;
  from: number;
  to: number;
  width: number;
  corner: Point;
  /** Of the list before it was folded: nothing below it moves. */
  height: number;
  /** Room above the folded list, so that the lifted step lies under the pointer. */
  offset: number;
}

interface Pressed {
  key: string;
  index: number;
  count: number;
  header: HTMLElement;
}

/** Dragging a step to another place: all steps fold to one line, and the others make room. */
export class StepDrag {
  lifted = $state.raw<LiftedStep | null>(null);
  private list: HTMLElement | null = null;
  private pressed: Pressed | null = null;
  private pointer: PointerDrag | null = null;

  constructor(private readonly onmove: (from: number, to: number) => void) {}

  attach(element: HTMLElement): () => void {
    const host: DragHost = {
      board: element,
      columns: () => this.boxes(),
      row: () => ROW,
      scroll: (_, __, dy) => this.scroller()?.scrollBy(0, dy),
      lift: () => this.lift(),
      over: (target, corner) => {
        const { lifted } = this;
        if (lifted) this.lifted = { ...lifted, corner, to: target?.index ?? lifted.to };
      },
      drop: () => {
        const { lifted } = this;
        this.lifted = null;
        if (lifted) this.onmove(lifted.from, lifted.to);
      },
      cancel: () => (this.lifted = null),
    };
    this.pointer = new PointerDrag(host);
    return () => this.pointer?.abort();
  }

  attachList(element: HTMLElement): void {
    this.list = element;
  }

  press(event: PointerEvent, index: number, key: string, count: number, header: HTMLElement): void {
    if (count < 2) return;
    this.pressed = { key, index, count, header };
    this.pointer?.down(event, key, header);
  }

  private lift(): boolean {
    const { pressed, list } = this;
    if (!pressed || !list) return false;
    const header = pressed.header.getBoundingClientRect();
    const box = list.getBoundingClientRect();
    this.lifted = {
      key: pressed.key,
      from: pressed.index,
      to: pressed.index,
      width: box.width,
      corner: { x: box.left, y: header.top },
      height: box.height,
      offset: Math.max(0, header.top - box.top - pressed.index * ROW),
    };
    return true;
  }

  private scroller(): HTMLElement | null {
    let element = this.list?.parentElement ?? null;
    while (element && !/auto|scroll/.test(getComputedStyle(element).overflowY)) {
      element = element.parentElement;
    }
    return element;
  }

  /** The folded list lies in what scrolls; only near the edges of that it is scrolled. */
  private boxes(): ColumnBox[] {
    const { list, lifted, pressed } = this;
    if (!list || !lifted || !pressed) return [];
    const box = list.getBoundingClientRect();
    const { left, right } = box;
    const { top, bottom } = this.scroller()?.getBoundingClientRect() ?? box;
    const scrollTop = top - (box.top + lifted.offset);
    return [{ id: 'steps', left, right, top, bottom, scrollTop, count: pressed.count - 1 }];
  }
}

/** Where an axis of counts has its lines: whole, round numbers from 0 to the first that is enough. */
export function ticks(most: number, wanted = 4): number[] {
  const step = roundStep(Math.max(1, most) / wanted);
  const last = Math.max(1, Math.ceil(most / step)) * step;
  return Array.from({ length: last / step + 1 }, (_, index) => index * step);
}

/** The smallest of 1, 2, 5, 10, 20, … that is no less. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= least) ?? power * 10;
}

/** Every how manyth label has room, so that none runs into the next. */
export function labelStep(count: number, width: number, labelWidth: number): number {
  const room = Math.max(1, Math.floor(width / Math.max(1, labelWidth)));
  return Math.max(1, Math.ceil(count / room));
}

/** A piece of a stacked bar: from where to where, in the unit of its value. */
export interface Segment {
  /** Which of the values. */
  index: number;
  from: number;
  to: number;
}

/** Values stacked on each other; what is 0 has no piece. */
export function stack(values: readonly number[]): Segment[] {
  let from = 0;
  return values.flatMap((value, index) => {
    if (value <= 0) return [];
    const segment = { index, from, to: from + value };
    from = segment.to;
    return [segment];
  });
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Which place a key moves to on a chart of so many, or null where it says nothing. */
export function stepTo(key: string, at: number, count: number): number | null {
  const steps: Record<string, number> = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    ArrowUp: at + 1,
    ArrowDown: at - 1,
    PageUp: at + 7,
    PageDown: at - 7,
    Home: 0,
    End: count - 1,
  };
  const next = steps[key];
  return next === undefined || count === 0 ? null : Math.min(count - 1, Math.max(0, next));
}

export interface Range {
  start: number;
  end: number;
}

/** Which of `total` equally high rows are in view, with some more on either side. */
export function visibleRange(
  scrollTop: number,
  viewport: number,
  row: number,
  total: number,
  overscan = 4,
): Range {
  const first = Math.floor(Math.max(0, scrollTop) / row) - overscan;
  const last = Math.ceil((Math.max(0, scrollTop) + viewport) / row) + overscan;
  const end = Math.max(0, Math.min(total, last));
  return { start: Math.max(0, Math.min(first, end)), end };
}

/** Where to scroll so that a row is in view; the same place when it is already. */
export function revealRow(scrollTop: number, viewport: number, row: number, index: number): number {
  const top = index * row;
  if (top < scrollTop) return top;
  if (top + row > scrollTop + viewport) return top + row - viewport;
  return scrollTop;
}

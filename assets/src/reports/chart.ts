/** How a part of a chart is drawn. */
export type Look = 'deep' | 'mid' | 'light' | 'bad' | 'idle' | 'amber';

/** What is counted in a chart, and how it is drawn. */
export interface Series {
  key: string;
  label: string;
  look: Look;
}

/** One place in time. */
export interface Point {
  /** In full, as it is read out. */
  label: string;
  /** As it stands below the chart. */
  short: string;
  /** One for each series. */
  values: readonly number[];
}

/** One bar that lies. */
export interface Bar {
  key: string;
  label: string;
  /** Where its name leads. */
  href?: string | undefined;
  /** A dot before its name. */
  color?: string;
  values: readonly number[];
  /** The numbers beside it, in words. */
  text: string;
}

/** What a look is filled with; the hatch is one of its own chart. */
export function fillOf(look: Look, hatch: string): string {
  return look === 'bad' ? `url(#${hatch})` : `var(--chart-${look})`;
}

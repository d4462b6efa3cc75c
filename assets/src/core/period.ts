/** The time of a report, as the address says it and as the API is asked for it. */

export const periods = ['7d', '30d', '90d', '12m'] as const;
export type PeriodName = (typeof periods)[number] | 'custom';

export const grouping = ['hour', 'day', 'week', 'month'] as const;
export type Grouping = (typeof grouping)[number];

const DAY = 86_400_000;

/** What the address says. Dates without a name of a period are a time of one's own. */
export interface AskedPeriod {
  period?: string;
  from?: string;
  to?: string;
  groupBy?: string;
}

export interface PeriodQuery {
  from: string;
  to: string;
  groupBy: string;
}

export function nameOf(asked: AskedPeriod): PeriodName {
  if (asked.period === 'custom' || (!asked.period && (asked.from || asked.to))) return 'custom';
  return periods.find((name) => name === asked.period) ?? '30d';
}

/** What the API is asked for; an empty text is left out of the request. */
export function queryOf(asked: AskedPeriod, zone: string, now = new Date()): PeriodQuery {
  const name = nameOf(asked);
  const today = dateIn(zone, now);
  const { from, to } =
    name === 'custom'
      ? { from: asked.from ?? '', to: asked.to ?? '' }
      : { from: begin(name, today), to: today };
  return { from, to, groupBy: asked.groupBy || usualGrouping(from, to || today) };
}

/** The first day of a period that ends today. */
function begin(name: Exclude<PeriodName, 'custom'>, today: string): string {
  if (name === '12m') {
    const [year = 0, month = 1] = today.split('-').map(Number);
    return isoDate(Date.UTC(year, month - 12, 1));
  }
  return isoDate(Date.parse(today) - (Number.parseInt(name, 10) - 1) * DAY);
}

/** Pieces that make some dozens of bars. */
export function usualGrouping(from: string, to: string): Grouping {
  const days = (Date.parse(to) - Date.parse(from)) / DAY + 1;
  if (Number.isNaN(days)) return 'day';
  if (days <= 2) return 'hour';
  if (days <= 92) return 'day';
  return days <= 330 ? 'week' : 'month';
}

/** The day that it is in a time zone. */
export function dateIn(zone: string, at: Date): string {
  const options = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', { ...options, timeZone: zone });
  } catch {
    // A zone that this browser does not know.
    format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', { ...options, timeZone: 'UTC' });
  }
  const parts = Object.fromEntries(
    format.formatToParts(at).map(({ type, value }) => [type, value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}`;
}

function isoDate(millis: number): string {
  return new Date(millis).toISOString().slice(0, 10);
}

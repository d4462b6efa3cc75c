import type { Grouping } from '../core/period';

const locale = typeof navigator === 'undefined' ? 'en' : navigator.language;

/** A format in a report's time zone; in UTC where this browser does not know the zone. */
function zoned(options: Intl.DateTimeFormatOptions, timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC', timeZoneName: 'short' });
  }
}

export interface PieceName {
  /** In full, as in `Tue, 24 Nov 2026`. */
  label: string;
  /** As it stands below a chart. */
  short: string;
}

/** Names the pieces of a report by when they start. */
export function pieceNames(zone: string, groupBy: Grouping): (start: string) => PieceName {
  const date = zoned({ day: 'numeric', month: 'short', year: 'numeric' }, zone);
  const brief = zoned({ day: 'numeric', month: 'short' }, zone);
  if (groupBy === 'month') {
    const full = zoned({ month: 'long', year: 'numeric' }, zone);
    const month = zoned({ month: 'short' }, zone);
    return named(full, month);
  }
  if (groupBy === 'week') {
    return (start) => ({
      label: `Week of ${date.format(new Date(start))}`,
      short: brief.format(new Date(start)),
    });
  }
  if (groupBy === 'hour') {
    const time = zoned({ hour: 'numeric', minute: '2-digit' }, zone);
    const full = zoned({ dateStyle: 'medium', timeStyle: 'short' }, zone);
    return named(full, time);
  }
  const full = zoned({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }, zone);
  return named(full, brief);
}

function named(full: Intl.DateTimeFormat, short: Intl.DateTimeFormat) {
  return (start: string): PieceName => {
    const at = new Date(start);
    return { label: full.format(at), short: short.format(at) };
  };
}

/** From when to when a report is, in words; its end is not included. */
export function spanOf({ from, to, timeZone }: { from: string; to: string; timeZone: string }) {
  const days = zoned({ day: 'numeric', month: 'short', year: 'numeric' }, timeZone);
  return `${days.formatRange(new Date(from), new Date(Date.parse(to) - 1))}, ${timeZone.replaceAll('_', ' ')}`;
}

// Times on the clocks of a zone. The server decides; this is how the page shows what it will decide.

const DAY = 86_400_000;
const clocks = new Map<string, Intl.DateTimeFormat>();

function clock(zone: string): Intl.DateTimeFormat {
  let found = clocks.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    clocks.set(zone, found);
  }
  return found;
}

/** What the clocks of a zone show, as if they were in UTC. */
function wall(at: number, zone: string): number {
  const parts = clock(zone).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const [year, month, day] = [part('year'), part('month') - 1, part('day')];
  return Date.UTC(year, month, day, part('hour'), part('minute'), part('second'));
}

/**
 * The moment at which the clocks of a zone show a time such as `2026-12-01T09:00`; null for what is no
 * time. One that comes twice in the night of a clock change is the first; one that does not come at all is
 * as much later as the clocks were put.
 */
export function momentIn(local: string, zone: string): number | null {
  const wanted = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(local) ? Date.parse(`${local}:00Z`) : NaN;
  if (Number.isNaN(wanted)) return null;
  const offset = (at: number) => wall(at, zone) - at;
  const [before, after] = [offset(wanted - DAY), offset(wanted + DAY)];
  for (const guess of [before, after]) {
    if (offset(wanted - guess) === guess) return wanted - guess;
  }
  return wanted - before;
}

/** What the clocks of a zone show, as a field for date and time takes it. */
export function localIn(at: number, zone: string): string {
  return new Date(wall(at, zone)).toISOString().slice(0, 16);
}

/** A moment on the clocks of a zone, for people. */
export function formatIn(at: number | string, zone: string, locale?: string): string {
  const format = { dateStyle: 'medium', timeStyle: 'short', timeZone: zone } as const;
  return new Intl.DateTimeFormat(locale, format).format(new Date(at));
}

// Making an Intl formatter costs more than using it a thousand times, so each is made once.
const locale = typeof navigator === 'undefined' ? 'en' : navigator.language;
const whole = new Intl.NumberFormat(locale);
const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
const dayYear = new Intl.DateTimeFormat(locale, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const lists = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function formatNumber(value: number): string {
  return whole.format(value);
}

/** A count that the server may have stopped counting: `10,000+`. */
export function formatCount(value: number, isCapped = false): string {
  return isCapped ? `${whole.format(value)}+` : whole.format(value);
}

export function formatDate(time: string): string {
  return dayYear.format(new Date(time));
}

export function formatDateTime(time: string): string {
  return full.format(new Date(time));
}

/** “just now”, “5 min. ago”, “yesterday”, then the date. */
export function formatAgo(time: string, now: number = Date.now()): string {
  const then = Date.parse(time);
  const past = now - then;
  if (past < MINUTE) return 'just now';
  if (past < HOUR) return relative.format(-Math.floor(past / MINUTE), 'minute');
  if (past < DAY) return relative.format(-Math.floor(past / HOUR), 'hour');
  if (past < 7 * DAY) return relative.format(-Math.floor(past / DAY), 'day');
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? day : dayYear).format(then);
}

/** The shortest form, for cards: `now`, `5m`, `3h`, `2d`, then the date. */
export function formatAge(time: string, now: number = Date.now()): string {
  const past = now - Date.parse(time);
  if (past < MINUTE) return 'now';
  if (past < HOUR) return `${Math.floor(past / MINUTE)}m`;
  if (past < DAY) return `${Math.floor(past / HOUR)}h`;
  if (past < 7 * DAY) return `${Math.floor(past / DAY)}d`;
  return day.format(new Date(time));
}

export function formatBytes(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: units[unit],
    maximumFractionDigits: size < 10 && unit > 0 ? 1 : 0,
  }).format(size);
}

export function formatList(items: string[]): string {
  return lists.format(items);
}

/** `1 lead`, `2 leads`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${whole.format(count)} ${count === 1 ? one : many}`;
}

/** Up to two letters that stand for a person. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = [...(words[0] ?? '?')][0] ?? '?';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return (first + last).toUpperCase();
}

const parts = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });

/** A part of a whole, from 0 to 1; a dash where there is no whole. */
export function formatPercent(part: number | null | undefined): string {
  return part === null || part === undefined ? '–' : parts.format(part);
}

/** A length of time in its two largest units: `2 d 4 h`. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–';
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ];
  const first = units.findIndex(([, length]) => seconds >= length);
  if (first < 0) return '0 s';
  const [unit, length] = units[first] as [string, number];
  const most = `${whole.format(Math.floor(seconds / length))} ${unit}`;
  const [below, size] = units[first + 1] ?? ['', 0];
  const rest = size ? Math.floor((seconds % length) / size) : 0;
  return rest ? `${most} ${rest} ${below}` : most;
}

import type { Analytics, MessageCounts, ReasonCount } from '../api/types';
import { formatNumber, formatPercent } from '../core/format';
import type { Bar, Point, Series } from './chart';
import { tableOf, type Measure, type Table } from './table';
import { pieceNames } from './times';

/** Where messages stand now; each is in one of these. */
export const standing: readonly Series[] = [
  { key: 'read', label: 'Read', look: 'deep' },
  { key: 'delivered', label: 'Delivered, not read', look: 'mid' },
  { key: 'sent', label: 'Sent, not delivered yet', look: 'light' },
  { key: 'failed', label: 'Failed', look: 'bad' },
  { key: 'pending', label: 'Pending', look: 'idle' },
];

export const withoutMessage: readonly Series[] = [
  { key: 'skipped', label: 'Skipped', look: 'amber' },
  { key: 'unsubscribed', label: 'Unsubscribed', look: 'bad' },
];

/** The API's counts hold each other; the pieces of a bar do not. */
export function standingOf(counts: MessageCounts): number[] {
  const { messages, pending, delivered, read, failed } = counts;
  return [read, delivered - read, messages - pending - delivered - failed, failed, pending];
}

export const withoutMessageOf = (counts: MessageCounts) => [counts.skipped, counts.unsubscribed];

const counted: readonly Measure<MessageCounts>[] = [
  { key: 'messages', label: 'Messages', of: (row) => formatNumber(row.messages) },
  { key: 'pending', label: 'Pending', of: (row) => formatNumber(row.pending) },
  { key: 'sent', label: 'Sent', of: (row) => formatNumber(row.sent) },
  { key: 'delivered', label: 'Delivered', of: (row) => formatNumber(row.delivered) },
  { key: 'deliveredRate', label: 'Delivered %', of: (row) => formatPercent(row.deliveredRate) },
  { key: 'read', label: 'Read', of: (row) => formatNumber(row.read) },
  { key: 'readRate', label: 'Read %', of: (row) => formatPercent(row.readRate) },
  { key: 'failed', label: 'Failed', of: (row) => formatNumber(row.failed) },
  { key: 'failedRate', label: 'Failed %', of: (row) => formatPercent(row.failedRate) },
];
const others: readonly Measure<MessageCounts>[] = [
  { key: 'skipped', label: 'Skipped', of: (row) => formatNumber(row.skipped) },
  { key: 'unsubscribed', label: 'Unsubscribed', of: (row) => formatNumber(row.unsubscribed) },
  {
    key: 'unsubscribedRate',
    label: 'Unsubscribed %',
    of: (row) => formatPercent(row.unsubscribedRate),
  },
];

/** The series of an answer as points of a chart, and as the tables behind two charts. */
export function overTime(answer: Analytics) {
  const name = pieceNames(answer.timeZone, answer.groupBy);
  const points = (of: (counts: MessageCounts) => number[]): Point[] =>
    answer.series.map((one) => ({ ...name(one.start), values: of(one) }));
  const table = (measures: readonly Measure<MessageCounts>[]): Table =>
    tableOf('Time', answer.series, (one) => name(one.start).label, measures);
  return {
    messages: { points: points(standingOf), table: table(counted) },
    others: { points: points(withoutMessageOf), table: table(others) },
  };
}

/** Messages told apart by something, as bars and as a table. */
export function brokenDown<Row extends MessageCounts>(
  first: string,
  rows: readonly Row[],
  name: (row: Row) => string,
  href: (row: Row) => string | undefined,
): { bars: Bar[]; table: Table } {
  const bars = rows.map((row, index) => ({
    key: String(index),
    label: name(row),
    href: href(row),
    values: standingOf(row),
    text: inShort(row),
  }));
  return { bars, table: tableOf(first, rows, name, [...counted, ...others]) };
}

/** Where there are no messages, why the row is there at all. */
function inShort({ messages, sent, deliveredRate, skipped, unsubscribed }: MessageCounts): string {
  if (sent > 0) return `${formatNumber(messages)}, ${formatPercent(deliveredRate)} delivered`;
  if (messages > 0) return formatNumber(messages);
  return skipped > 0
    ? `${formatNumber(skipped)} skipped`
    : `${formatNumber(unsubscribed)} unsubscribed`;
}

/** Reasons as bars and as a table. */
export function reasons(
  rows: readonly ReasonCount[],
  name: (reason: string, meaning?: string | null) => string,
): { bars: Bar[]; table: Table } {
  const all = rows.reduce((sum, row) => sum + row.count, 0);
  const part = (row: ReasonCount) => formatPercent(row.count / all);
  const bars = rows.map((row) => ({
    key: row.reason,
    label: name(row.reason, row.meaning),
    values: [row.count],
    text: `${formatNumber(row.count)}, ${part(row)}`,
  }));
  const table = tableOf('Why', rows, (row) => name(row.reason, row.meaning), [
    { key: 'reason', label: 'Reason', of: (row) => row.reason },
    { key: 'count', label: 'Count', of: (row) => formatNumber(row.count) },
    { key: 'part', label: 'Part', of: part },
  ]);
  return { bars, table };
}

import type { FunnelStage, LeadCounts, LeadPoint, LeadReport } from '../api/types';
import { formatDuration, formatNumber, formatPercent } from '../core/format';
import type { Bar, Point, Series } from './chart';
import { tableOf, type Measure, type Table } from './table';
import { pieceNames } from './times';

export const bySource: readonly Series[] = [
  { key: 'webhook', label: 'Webhook', look: 'deep' },
  { key: 'manual', label: 'Manual', look: 'amber' },
  { key: 'import', label: 'Import', look: 'light' },
  { key: 'api', label: 'API', look: 'idle' },
];

export const decided: readonly Series[] = [
  { key: 'won', label: 'Won', look: 'deep' },
  { key: 'lost', label: 'Lost', look: 'bad' },
];

export const standing: readonly Series[] = [
  { key: 'won', label: 'Won', look: 'deep' },
  { key: 'open', label: 'Open', look: 'light' },
  { key: 'lost', label: 'Lost', look: 'bad' },
];

export const staying: readonly Series[] = [
  { key: 'median', label: 'Half of them, up to', look: 'deep' },
  { key: 'p90', label: 'Nine of ten, up to', look: 'light' },
];

const counted: readonly Measure<LeadCounts>[] = [
  { key: 'leads', label: 'Leads', of: (row) => formatNumber(row.leads) },
  { key: 'open', label: 'Open', of: (row) => formatNumber(row.open) },
  { key: 'won', label: 'Won', of: (row) => formatNumber(row.won) },
  { key: 'wonRate', label: 'Won %', of: (row) => formatPercent(row.wonRate) },
  {
    key: 'closedWonRate',
    label: 'Won of decided %',
    of: (row) => formatPercent(row.closedWonRate),
  },
  { key: 'lost', label: 'Lost', of: (row) => formatNumber(row.lost) },
  { key: 'converted', label: 'Converted', of: (row) => formatNumber(row.converted) },
  { key: 'convertedRate', label: 'Converted %', of: (row) => formatPercent(row.convertedRate) },
];

const ways: readonly Measure<LeadPoint>[] = (['webhook', 'manual', 'import', 'api'] as const).map(
  (key, index) => ({
    key,
    label: bySource[index]?.label ?? key,
    of: (row) => formatNumber(row[key]),
  }),
);

/** The series of a report as points of two charts, and the tables behind them. */
export function overTime(report: LeadReport) {
  const name = pieceNames(report.timeZone, report.groupBy);
  const points = (of: (row: LeadPoint) => number[]): Point[] =>
    report.series.map((one) => ({ ...name(one.start), values: of(one) }));
  const table = (measures: readonly Measure<LeadPoint>[]): Table =>
    tableOf('Time', report.series, (one) => name(one.start).label, measures);
  return {
    leads: {
      points: points(({ webhook, manual, import: imported, api }) => [
        webhook,
        manual,
        imported,
        api,
      ]),
      table: table([...counted.slice(0, 1), ...ways, ...counted.slice(1)]),
    },
    decided: {
      points: points(({ closedWon, closedLost }) => [closedWon, closedLost]),
      table: table([
        { key: 'closedWon', label: 'Won then', of: (row) => formatNumber(row.closedWon) },
        { key: 'closedLost', label: 'Lost then', of: (row) => formatNumber(row.closedLost) },
      ]),
    },
  };
}

/** Leads told apart by something, as bars and as a table. */
export function brokenDown<Row extends LeadCounts>(
  first: string,
  rows: readonly Row[],
  name: (row: Row) => string,
  href: (row: Row) => string | undefined,
): { bars: Bar[]; table: Table } {
  const bars = rows.map((row, index) => ({
    key: String(index),
    label: name(row),
    href: href(row),
    values: [row.won, row.open, row.lost],
    text: `${formatNumber(row.leads)}, ${formatPercent(row.wonRate)} won`,
  }));
  return { bars, table: tableOf(first, rows, name, counted) };
}

/** How far leads came: the stages in their order, those that mean lost at the end. */
export function funnel(stages: readonly FunnelStage[]): { bars: Bar[]; table: Table } {
  const ordered = [
    ...stages.filter((stage) => stage.type !== 'lost'),
    ...stages.filter((stage) => stage.type === 'lost'),
  ];
  const onward = (stage: FunnelStage) =>
    stage.nextRate === null || stage.nextRate === undefined
      ? ''
      : `, ${formatPercent(stage.nextRate)} went on`;
  const bars = ordered.map((stage) => ({
    key: stage.stageId,
    label: stage.name,
    color: stage.color,
    values: stage.type === 'lost' ? [0, stage.reached] : [stage.reached],
    text: `${formatNumber(stage.reached)}${onward(stage)}`,
  }));
  const types = { open: 'Open', won: 'Won', lost: 'Lost' };
  const table = tableOf('Stage', ordered, (stage) => stage.name, [
    { key: 'type', label: 'Type', of: (stage) => types[stage.type] },
    { key: 'reached', label: 'Came as far', of: (stage) => formatNumber(stage.reached) },
    { key: 'nextRate', label: 'Went on', of: (stage) => formatPercent(stage.nextRate) },
    { key: 'now', label: 'Stand here now', of: (stage) => formatNumber(stage.now) },
  ]);
  return { bars, table };
}

/** How long leads stood in each stage before they left it. */
export function timeInStage(stages: readonly FunnelStage[]): { bars: Bar[]; table: Table } {
  const left = stages.filter((stage) => stage.left > 0);
  const bars = left.map((stage) => {
    const [median, most] = [stage.medianSeconds ?? 0, stage.p90Seconds ?? 0];
    return {
      key: stage.stageId,
      label: stage.name,
      color: stage.color,
      values: [median, Math.max(0, most - median)],
      text: `${formatDuration(median)} · ${formatDuration(most)}`,
    };
  });
  const table = tableOf('Stage', left, (stage) => stage.name, [
    { key: 'left', label: 'Left it', of: (stage) => formatNumber(stage.left) },
    { key: 'median', label: 'Median', of: (stage) => formatDuration(stage.medianSeconds) },
    { key: 'p90', label: 'Nine of ten', of: (stage) => formatDuration(stage.p90Seconds) },
  ]);
  return { bars, table };
}

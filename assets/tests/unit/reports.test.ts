import { describe, expect, it } from 'vitest';
import { labelStep, stack, stepTo, sum, ticks } from '../../src/core/chart';
import { formatDuration, formatPercent } from '../../src/core/format';
import { dateIn, nameOf, queryOf, usualGrouping } from '../../src/core/period';
import { funnel, timeInStage } from '../../src/reports/leads';
import { brokenDown, standingOf } from '../../src/reports/messages';
import { pieceNames, spanOf } from '../../src/reports/times';
import { failureName, skipName } from '../../src/reports/words';

describe('an axis', () => {
  it('has whole, round numbers that reach the most', () => {
    expect(ticks(0)).toEqual([0, 1]);
    expect(ticks(1)).toEqual([0, 1]);
    expect(ticks(6)).toEqual([0, 2, 4, 6]);
    expect(ticks(7)).toEqual([0, 2, 4, 6, 8]);
    expect(ticks(1_000_000)).toEqual([0, 500_000, 1_000_000]);
    for (let most = 0; most < 3_000; most += 7) {
      const lines = ticks(most);
      expect(lines.at(-1)).toBeGreaterThanOrEqual(most);
      expect(lines.every(Number.isInteger)).toBe(true);
      expect(lines.length).toBeLessThanOrEqual(6);
    }
  });

  it('leaves out labels that have no room', () => {
    expect(labelStep(30, 1_000, 50)).toBe(2);
    expect(labelStep(5, 1_000, 50)).toBe(1);
    expect(labelStep(1_500, 300, 60)).toBe(300);
    expect(labelStep(3, 0, 60)).toBe(3);
  });
});

describe('a bar', () => {
  it('is its values on each other, without the empty ones', () => {
    expect(stack([2, 0, 3])).toEqual([
      { index: 0, from: 0, to: 2 },
      { index: 2, from: 2, to: 5 },
    ]);
    expect(sum([2, 0, 3])).toBe(5);
  });

  it('is gone to by keys, and never past the ends', () => {
    expect(stepTo('ArrowRight', 4, 5)).toBe(4);
    expect(stepTo('ArrowLeft', 4, 5)).toBe(3);
    expect(stepTo('Home', 4, 5)).toBe(0);
    expect(stepTo('End', 0, 5)).toBe(4);
    expect(stepTo('PageDown', 3, 30)).toBe(0);
    expect(stepTo('x', 3, 30)).toBe(null);
    expect(stepTo('Home', 0, 0)).toBe(null);
  });
});

describe('the time of a report', () => {
  const now = new Date('2026-11-24T20:00:00Z');

  it('is the last thirty days of the zone by itself', () => {
    expect(queryOf({}, 'UTC', now)).toEqual({
      from: '2026-10-26',
      to: '2026-11-24',
      groupBy: 'day',
    });
    // There it is tomorrow already.
    expect(queryOf({ period: '7d' }, 'Asia/Tokyo', now)).toEqual({
      from: '2026-11-19',
      to: '2026-11-25',
      groupBy: 'day',
    });
    expect(dateIn('Not/AZone', now)).toBe('2026-11-24');
  });

  it('is twelve whole months up to this one', () => {
    expect(queryOf({ period: '12m' }, 'UTC', now)).toEqual({
      from: '2025-12-01',
      to: '2026-11-24',
      groupBy: 'month',
    });
  });

  it('is one’s own where the address has dates', () => {
    expect(nameOf({ from: '2026-01-01' })).toBe('custom');
    expect(nameOf({ from: '2026-01-01', period: '7d' })).toBe('7d');
    expect(nameOf({ period: 'whatever' })).toBe('30d');
    const asked = { from: '2026-01-01', to: '2026-06-30', groupBy: '' };
    expect(queryOf(asked, 'UTC', now)).toEqual({ ...asked, groupBy: 'week' });
    expect(queryOf({ ...asked, groupBy: 'month' }, 'UTC', now).groupBy).toBe('month');
  });

  it('is cut into some dozens of pieces', () => {
    expect(usualGrouping('2026-11-24', '2026-11-24')).toBe('hour');
    expect(usualGrouping('2026-11-18', '2026-11-24')).toBe('day');
    expect(usualGrouping('2026-01-01', '2026-11-24')).toBe('week');
    expect(usualGrouping('2024-01-01', '2026-11-24')).toBe('month');
    expect(usualGrouping('', '2026-11-24')).toBe('day');
  });

  it('is named in its own zone', () => {
    const day = pieceNames('Asia/Kathmandu', 'day')('2026-11-23T18:15:00.000Z');
    expect(day.label).toMatch(/24/);
    expect(pieceNames('UTC', 'week')('2026-11-23T00:00:00.000Z').label).toMatch(/^Week of .*23/);
    expect(pieceNames('UTC', 'month')('2026-11-01T00:00:00.000Z').label).toMatch(/November/);
    const span = { from: '2026-11-01T00:00:00Z', to: '2026-11-25T00:00:00Z', timeZone: 'UTC' };
    expect(spanOf(span)).toMatch(/1.*24.*, UTC$/);
    expect(spanOf({ ...span, timeZone: 'Not/AZone' })).toMatch(/Not\/AZone$/);
  });
});

describe('numbers', () => {
  it('tell a part of nothing from nothing of a whole', () => {
    expect(formatPercent(null)).toBe('–');
    expect(formatPercent(0)).toMatch(/^0/);
    expect(formatPercent(0.4567)).toMatch(/45[.,]7/);
  });

  it('say how long in two units', () => {
    expect(formatDuration(0)).toBe('0 s');
    expect(formatDuration(59)).toBe('59 s');
    expect(formatDuration(3_600)).toBe('1 h');
    expect(formatDuration(93_784)).toBe('1 d 2 h');
    expect(formatDuration(null)).toBe('–');
  });
});

describe('messages', () => {
  const counts = {
    messages: 20,
    pending: 1,
    sent: 18,
    delivered: 12,
    read: 5,
    failed: 4,
    skipped: 2,
    unsubscribed: 1,
    deliveredRate: 0.6667,
    readRate: 0.4167,
    failedRate: 0.2,
    unsubscribedRate: 0.0556,
  };

  it('are in one piece of a bar each', () => {
    const pieces = standingOf(counts);
    expect(pieces).toEqual([5, 7, 3, 4, 1]);
    expect(sum(pieces)).toBe(counts.messages);
  });

  it('are told by why a row is there', () => {
    const none = { ...counts, messages: 0, sent: 0 };
    const rows = [counts, { ...counts, sent: 0 }, none, { ...none, skipped: 0 }];
    const { bars, table } = brokenDown(
      'Channel',
      rows,
      () => 'SMS',
      () => undefined,
    );
    expect(bars.map((one) => one.text.replace(/[.,]7.?%/, '.7%'))).toEqual([
      '20, 66.7% delivered',
      '20',
      '2 skipped',
      '1 unsubscribed',
    ]);
    expect(table.rows[0]?.cells.failed).toBe('4');
  });

  it('name reasons in words, and a provider’s code as one', () => {
    expect(skipName('no_address')).toBe('No address for the channel');
    expect(skipName('some_new_word')).toBe('Some new word');
    expect(failureName('outcome_unknown', 'Nobody knows whether it left.')).toBe(
      'Nobody knows whether it left',
    );
    expect(failureName('some_new_word')).toBe('Some new word');
    expect(failureName('30003')).toBe('Code 30003');
  });
});

describe('stages', () => {
  const stage = (name: string, type: 'open' | 'won' | 'lost', more = {}) => ({
    stageId: name,
    pipelineId: 'p',
    name,
    color: '#000000',
    type,
    now: 1,
    reached: 4,
    nextRate: null,
    left: 0,
    medianSeconds: null,
    p90Seconds: null,
    ...more,
  });

  it('end with those that mean lost', () => {
    const all = [
      stage('Lost', 'lost'),
      stage('New', 'open', { nextRate: 0.5 }),
      stage('Won', 'won'),
    ];
    const { bars } = funnel(all);
    expect(bars.map((one) => one.label)).toEqual(['New', 'Won', 'Lost']);
    expect(bars[0]?.text).toMatch(/^4, 50.?% went on$/);
    expect(bars[2]?.values).toEqual([0, 4]);
  });

  it('tell of their time only when somebody has left them', () => {
    const left = stage('New', 'open', { left: 3, medianSeconds: 3_600, p90Seconds: 90_000 });
    const { bars, table } = timeInStage([left, stage('Won', 'won')]);
    expect(bars.map((one) => [one.values, one.text])).toEqual([[[3_600, 86_400], '1 h · 1 d 1 h']]);
    expect(table.rows).toHaveLength(1);
  });
});

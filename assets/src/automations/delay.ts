import { plural } from '../core/format';

/** The delays of the documentation, in minutes. */
export const offered: readonly number[] = [0, 5, 15, 30, 60, 120, 1440];
export const MOST_MINUTES = 43_200;
export const OWN = 'own';

export type DelayUnit = 'minutes' | 'hours' | 'days';
export const unitMinutes: Record<DelayUnit, number> = { minutes: 1, hours: 60, days: 1440 };

/** A delay as a form holds it: one of those offered, or an amount of one's own. */
export interface DelayDraft {
  /** Minutes, or `own`. */
  choice: string;
  amount: string;
  unit: DelayUnit;
}

function inUnits(minutes: number): [number, DelayUnit] {
  if (minutes % 1440 === 0 && minutes > 1440) return [minutes / 1440, 'days'];
  if (minutes % 60 === 0) return [minutes / 60, 'hours'];
  return [minutes, 'minutes'];
}

export function delayDraft(minutes: number): DelayDraft {
  const isOffered = offered.includes(minutes);
  const [amount, unit] = isOffered ? ([10, 'minutes'] as const) : inUnits(minutes);
  return { choice: isOffered ? String(minutes) : OWN, amount: String(amount), unit };
}

/** In minutes; null when what was typed is no delay. */
export function minutesOf(delay: DelayDraft): number | null {
  if (delay.choice !== OWN) return Number(delay.choice);
  const amount = wholeNumber(delay.amount);
  const minutes = amount === null ? null : amount * unitMinutes[delay.unit];
  return minutes === null || minutes > MOST_MINUTES ? null : minutes;
}

/** A number without sign and fraction, or null. */
export function wholeNumber(text: string): number | null {
  const plain = text.trim();
  return /^\d{1,9}$/.test(plain) ? Number(plain) : null;
}

/** `2 hours`, `24 hours`, `3 days`. */
export function durationText(minutes: number): string {
  const [amount, unit] = inUnits(minutes);
  return plural(amount, unit.slice(0, -1));
}

/** The delay alone, as a choice. */
export function delayText(minutes: number): string {
  return minutes === 0 ? 'Immediately' : durationText(minutes);
}

/** When a step is sent, as it stands on the line before it. */
export function waitText(minutes: number, index: number): string {
  if (minutes === 0) return index === 0 ? 'Immediately' : 'Right after the step before';
  return `${durationText(minutes)} after ${index === 0 ? 'the lead arrives' : 'the step before'}`;
}

const short: Record<DelayUnit, string> = { minutes: 'min', hours: 'h', days: 'd' };

/** The shortest form, for the list. */
export function delayShort(minutes: number): string {
  if (minutes === 0) return 'at once';
  const [amount, unit] = inUnits(minutes);
  return `${amount} ${short[unit]}`;
}

/** How long after the arrival something happens, to the minute. */
export function laterText(from: string, to: string): string {
  const minutes = Math.round((Date.parse(to) - Date.parse(from)) / 60_000);
  if (minutes <= 0) return 'at once';
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const parts = [
    days > 0 ? plural(days, 'day') : '',
    hours > 0 ? plural(hours, 'hour') : '',
    minutes % 60 > 0 && days === 0 ? plural(minutes % 60, 'minute') : '',
  ];
  return `after ${parts.filter(Boolean).join(' ')}`;
}

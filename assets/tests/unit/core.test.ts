import { describe, expect, it } from 'vitest';
import { formatAge, formatAgo, formatCount, initials, plural } from '../../src/core/format';
import { randomId } from '../../src/core/id';
import { isSingleKey, keyLabels, matches } from '../../src/core/keys';
import { rank, score } from '../../src/core/score';
import { extend, keep, nothing, toggle } from '../../src/core/selection';
import { addTags, splitTags } from '../../src/core/tags';
import { revealRow, visibleRange } from '../../src/core/window';
import { fieldKey, formatValue, isSameField, parseValue } from '../../src/leads/values';

describe('format', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  const ago = (ms: number) => new Date(now - ms).toISOString();

  it('says how long ago in the shortest words', () => {
    expect(formatAgo(ago(20_000), now)).toBe('just now');
    expect(formatAgo(ago(5 * 60_000), now)).toMatch(/^5 min/);
    expect(formatAgo(ago(26 * 3_600_000), now)).toBe('yesterday');
    expect(formatAge(ago(20_000), now)).toBe('now');
    expect(formatAge(ago(3 * 3_600_000), now)).toBe('3h');
    expect(formatAge(ago(6 * 86_400_000), now)).toBe('6d');
    expect(formatAge(ago(9 * 86_400_000), now)).toMatch(/15/);
  });

  it('counts', () => {
    expect(formatCount(10_000, true)).toMatch(/^10.?000\+$/);
    expect(plural(1, 'lead')).toBe('1 lead');
    expect(plural(2, 'lead')).toBe('2 leads');
  });

  it('takes initials of any script', () => {
    expect(initials('Ada Lovelace')).toBe('AL');
    expect(initials('  émile ')).toBe('É');
    expect(initials('')).toBe('?');
    expect(initials('𝒜da 𝒮mith')).toBe('𝒜𝒮');
  });
});

describe('keys', () => {
  const press = (key: string, more = {}) => ({
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    ...more,
  });

  it('match their combination and no other', () => {
    expect(matches(press('k', { ctrlKey: true }), 'mod+k')).toBe(true);
    expect(matches(press('k', { metaKey: true }), 'mod+k')).toBe(true);
    expect(matches(press('k'), 'mod+k')).toBe(false);
    expect(matches(press('c', { ctrlKey: true }), 'c')).toBe(false);
    expect(matches(press('?', { shiftKey: true }), '?')).toBe(true);
    expect(matches(press('ArrowUp', { altKey: true }), 'alt+ArrowUp')).toBe(true);
    expect(matches(press('+'), '+')).toBe(true);
  });

  it('are named as on the keyboard', () => {
    expect(keyLabels('mod+k', true)).toEqual(['⌘', 'K']);
    expect(keyLabels('alt+ArrowUp', false)).toEqual(['Alt', '↑']);
    expect(keyLabels(' ', false)).toEqual(['Space']);
    expect(isSingleKey('?')).toBe(true);
    expect(isSingleKey('mod+k')).toBe(false);
  });
});

describe('search in the palette', () => {
  it('prefers starts of words, and finds without accents', () => {
    const names = ['Reload', 'Add a lead', 'Leads', 'Léa Dubois'];
    expect(rank('lea', names, (name) => name)[0]).toBe('Leads');
    expect(rank('lea du', names, (name) => name)).toEqual(['Léa Dubois']);
    expect(rank('', names, (name) => name)).toEqual(names);
    expect(score('zzz', 'Leads')).toBe(0);
  });
});

describe('selection', () => {
  const order = ['a', 'b', 'c', 'd'];

  it('toggles, extends from the anchor in either direction, and forgets what is gone', () => {
    const one = toggle(nothing, 'c');
    expect([...extend(one, 'a', order).ids].sort()).toEqual(['a', 'b', 'c']);
    expect([...extend(one, 'd', order).ids].sort()).toEqual(['c', 'd']);
    expect([...extend(nothing, 'b', order).ids]).toEqual(['b']);
    expect(toggle(one, 'c').ids.size).toBe(0);
    expect(keep(one, () => true)).toBe(one);
    expect(keep(one, () => false).ids.size).toBe(0);
  });
});

describe('the window of rows', () => {
  it('holds what is in view and some more, and never more than there is', () => {
    expect(visibleRange(0, 500, 100, 1000, 2)).toEqual({ start: 0, end: 7 });
    expect(visibleRange(10_000, 500, 100, 1000, 2)).toEqual({ start: 98, end: 107 });
    expect(visibleRange(99_999, 500, 100, 10, 2)).toEqual({ start: 10, end: 10 });
    expect(visibleRange(-80, 500, 100, 3, 2)).toEqual({ start: 0, end: 3 });
    expect(visibleRange(0, 500, 100, 0)).toEqual({ start: 0, end: 0 });
  });

  it('scrolls no further than needed', () => {
    expect(revealRow(0, 500, 100, 2)).toBe(0);
    expect(revealRow(0, 500, 100, 9)).toBe(500);
    expect(revealRow(800, 500, 100, 2)).toBe(200);
  });
});

describe('tags and custom fields', () => {
  it('take tags apart and know the same tag in another case', () => {
    expect(splitTags(' hot, Referral ,hot,, HOT ')).toEqual(['hot', 'Referral']);
    expect(addTags(['Hot'], ['hot', 'new  one'])).toEqual(['Hot', 'new one']);
  });

  it('know two names of one field', () => {
    expect(isSameField('job_title', 'Job title')).toBe(true);
    expect(isSameField('contactFirstName', 'contact.first_name')).toBe(true);
    expect(isSameField('Größe', 'grösse')).toBe(false);
  });

  it('make keys of names', () => {
    expect(fieldKey('Annual Revenue')).toBe('annualRevenue');
    expect(fieldKey('contact.first_name')).toBe('contactFirstName');
    expect(fieldKey('Größe')).toBe('größe');
    expect(fieldKey('---')).toBe('');
  });

  it('keep the kind of a value', () => {
    expect(parseValue('12', 3)).toBe(12);
    expect(parseValue('12', '3')).toBe('12');
    expect(parseValue('twelve', 3)).toBe('twelve');
    expect(parseValue('no', true)).toBe(false);
    expect(parseValue('a, b', ['x'])).toEqual(['a', 'b']);
    expect(formatValue([1, true, null, 'x'])).toBe('1, Yes, , x');
  });
});

it('ids are random and need no secure context', () => {
  expect(randomId()).toMatch(/^[0-9a-f]{32}$/);
  expect(randomId()).not.toBe(randomId());
});

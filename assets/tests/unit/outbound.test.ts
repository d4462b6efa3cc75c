import { describe, expect, it } from 'vitest';
import type { OutboundDelivery, OutboundWebhook } from '../../src/api/types';
import {
  eventName,
  eventsInShort,
  eventTypes,
  health,
  offReasons,
  outcomeOf,
} from '../../src/outbound/words';

const hook = (changes: Partial<OutboundWebhook>) =>
  ({ isActive: true, offReason: null, failingSince: null, ...changes }) as OutboundWebhook;
const delivery = (changes: Partial<OutboundDelivery>) =>
  ({ responseStatus: null, durationMs: null, error: null, ...changes }) as OutboundDelivery;

describe('an outbound webhook', () => {
  it('does well, or says what is wrong', () => {
    const name = (changes: Partial<OutboundWebhook>) => health(hook(changes)).name;
    const failingSince = '2026-11-29T08:00:00.000Z';
    expect(name({})).toBe('On');
    expect(name({ failingSince })).toBe('Nothing comes through');
    expect(name({ isActive: false, failingSince })).toBe('Switched off');
    for (const offReason of ['gone', 'failing', 'secret_lost', 'restored'] as const) {
      expect(name({ isActive: false, offReason })).toBe('Switched off by itself');
      expect(offReasons[offReason].what).toMatch(/witch it on/);
    }
  });

  it('names its events, the first few of many', () => {
    expect(eventsInShort(['lead.moved', 'lead.created'])).toBe(
      'Lead created · Lead moved to another stage',
    );
    expect(eventsInShort(eventTypes.slice(0, 5))).toMatch(/^Lead created · .* · 2 more$/);
    expect(eventsInShort(eventTypes)).toBe('All events');
    expect(eventName('lead.cloned')).toBe('lead.cloned');
  });
});

describe('a try', () => {
  it('brought an answer, a fault, or is still to come', () => {
    expect(outcomeOf(delivery({ responseStatus: 200, durationMs: 84 }))).toBe('200 after 84 ms');
    expect(outcomeOf(delivery({ error: 'It took longer than 15 s.' }))).toBe(
      'It took longer than 15 s.',
    );
    expect(outcomeOf(delivery({}))).toBe('Not tried yet');
  });
});

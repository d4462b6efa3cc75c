import { describe, expect, it } from 'vitest';
import type { Campaign, CampaignStats } from '../../src/api/types';
import {
  changesOf,
  draftOf,
  faultsOf,
  fieldsOf,
  patchOf,
  stand,
  variablesOf,
} from '../../src/broadcast/campaigns/draft';
import {
  adviceFor,
  done,
  isOpen,
  pieces,
  reasonName,
  span,
  warningTexts,
} from '../../src/broadcast/campaigns/words';
import { formatIn, localIn, momentIn } from '../../src/core/zone';

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

describe('a time on the clocks of a zone', () => {
  // The server's own cases.
  it.each([
    ['2026-12-01T09:00', 'Europe/Paris', '2026-12-01T08:00:00.000Z'],
    ['2026-07-01T09:00', 'America/New_York', '2026-07-01T13:00:00.000Z'],
    ['2026-07-01T09:00', 'Asia/Kolkata', '2026-07-01T03:30:00.000Z'],
    ['2026-01-01T00:00', 'Pacific/Kiritimati', '2025-12-31T10:00:00.000Z'],
    ['2026-12-01T09:00', 'UTC', '2026-12-01T09:00:00.000Z'],
    // Skipped by the clocks, and shown twice by them.
    ['2026-03-29T02:30', 'Europe/Paris', '2026-03-29T01:30:00.000Z'],
    ['2026-10-25T02:30', 'Europe/Paris', '2026-10-25T00:30:00.000Z'],
    ['2026-10-25T03:30', 'Europe/Paris', '2026-10-25T02:30:00.000Z'],
  ])('%s in %s is %s', (local, zone, expected) => {
    expect(iso(momentIn(local, zone))).toBe(expected);
  });

  it('what is no time is none', () => {
    for (const text of ['', 'tomorrow', '2026-12-01', '2026-13-01T09:00', '2026-12-01T25:00']) {
      expect(momentIn(text, 'UTC'), text).toBeNull();
    }
  });

  it('there and back it is the same', () => {
    for (const zone of ['UTC', 'Asia/Tokyo', 'America/St_Johns', 'Europe/Paris']) {
      for (let hour = 0; hour < 24; hour += 1) {
        const local = `2026-06-15T${String(hour).padStart(2, '0')}:15`;
        expect(localIn(momentIn(local, zone) ?? 0, zone)).toBe(local);
      }
    }
    expect(formatIn('2026-12-01T08:00:00.000Z', 'Europe/Paris', 'en-GB')).toBe('1 Dec 2026, 09:00');
  });
});

const campaign = {
  id: 'c1',
  name: 'Spring',
  channel: 'sms',
  templateId: 't1',
  audienceId: 'a1',
  variableMapping: {
    company: { field: 'company', fallback: 'you', text: null },
    code: { field: null, fallback: null, text: 'SPRING' },
  },
  ratePerMinute: 600,
  quietHours: null,
  status: 'draft',
  startedAt: null,
  version: 3,
} as unknown as Campaign;

describe('the form of a campaign', () => {
  const names = ['company', 'code', 'firstName'];

  it('what is not touched is no change, whatever nulls the server tells', () => {
    const draft = draftOf(campaign);
    draft.stands.firstName = stand();
    expect(changesOf(draft, draftOf(campaign), names)).toEqual({});
    expect(changesOf(draft, draftOf(campaign), null)).toEqual({});
  });

  it('only what differs is sent, and a mapping whole', () => {
    const draft = draftOf(campaign);
    draft.name = ' Summer ';
    draft.rate = ' ';
    draft.isQuiet = true;
    draft.stands.firstName = { ...stand('field'), field: 'firstName', fallback: ' ' };
    expect(changesOf(draft, draftOf(campaign), names)).toEqual({
      name: 'Summer',
      ratePerMinute: null,
      quietHours: { from: '21:00', to: '08:00', timeZone: 'workspace' },
      variableMapping: {
        company: { field: 'company', fallback: 'you' },
        code: { text: 'SPRING' },
        firstName: { field: 'firstName' },
      },
    });
  });

  it('another template takes along what it has too, and nothing else', () => {
    const draft = { ...draftOf(campaign), templateId: 't2' };
    const { variableMapping } = patchOf(draft, ['company']);
    expect(variableMapping).toEqual({ company: { field: 'company', fallback: 'you' } });
    expect(patchOf({ ...draft, templateId: '' }, null).variableMapping).toEqual({});
    expect(patchOf({ ...draft, templateId: '' }, null).templateId).toBeNull();
  });

  it('an empty text is a text, and a chosen field without a name is refused by the server', () => {
    const draft = draftOf(null);
    draft.templateId = 't1';
    draft.stands = { a: stand('text'), b: stand('field') };
    expect(patchOf(draft, ['a', 'b']).variableMapping).toEqual({
      a: { text: '' },
      b: { field: '' },
    });
  });

  it('the variables are those that a campaign can set', () => {
    const template = {
      variables: ['firstName', 'customFields', 'customFields.budget', 'unsubscribeUrl', '1'],
      parameters: [{ name: '1', value: '{{name}}' }],
    };
    expect(variablesOf(template as never)).toEqual(['1', 'firstName', 'customFields.budget']);
    expect(fieldsOf(['1'])).toContain('variableMapping.1.field');
  });

  it('a rate is a whole number or nothing', () => {
    const rated = (rate: string) => Object.keys(faultsOf({ ...draftOf(null), rate }));
    for (const good of ['', ' ', '1', '100000', '0']) expect(rated(good), good).toEqual([]);
    for (const bad of ['soon', '1.5', '-1', '1e3', '1 000']) {
      expect(rated(bad), bad).toEqual(['ratePerMinute']);
    }
  });
});

describe('the words of a campaign', () => {
  const none = {
    missingAddress: 0,
    suppressed: 0,
    outsideWindow: 0,
    duplicates: 0,
    renderFailed: 0,
  };

  it('warnings name the channel’s address, the most frequent first', () => {
    expect(warningTexts(none, 'sms')).toEqual([]);
    const warnings = { ...none, missingAddress: 1, suppressed: 2 };
    expect(warningTexts(warnings, 'email')).toEqual([
      '2 people must not be messaged: their addresses are suppressed.',
      '1 person has no e-mail address.',
    ]);
    expect(warningTexts({ ...none, outsideWindow: 3 }, 'whatsapp')[0]).toMatch(
      /^3 people are outside WhatsApp’s window/,
    );
  });

  it('each reason of a pause says what helps', () => {
    for (const code of [
      'template_deleted',
      'template_not_approved',
      'template_changed',
      'mapping_broken',
      'audience_deleted',
      'channel_changed',
      'restored',
    ]) {
      expect(adviceFor(code).text, code).not.toBe(adviceFor('something new').text);
    }
    expect(adviceFor('template_deleted').canResume).toBe(false);
    expect(adviceFor('something new').canResume).toBe(true);
    expect(reasonName('no_address', 'email')).toBe('No e-mail address');
    expect(reasonName('brand_new', 'email')).toBe('brand new');
  });

  it('the pieces of the bar do not overlap, and add up', () => {
    const stats = { sent: 9, delivered: 6, read: 2, failed: 1, skipped: 3 } as CampaignStats;
    expect(pieces(stats)).toEqual([
      { name: 'read', count: 2 },
      { name: 'delivered', count: 4 },
      { name: 'sent', count: 3 },
      { name: 'failed', count: 1 },
      { name: 'skipped', count: 3 },
    ]);
    expect(pieces(stats).reduce((sum, { count }) => sum + count, 0)).toBe(done(stats));
  });

  it('what has not begun can be changed', () => {
    const open = (status: Campaign['status'], startedAt: string | null) =>
      isOpen({ status, startedAt });
    expect([open('draft', null), open('scheduled', null), open('paused', null)]).toEqual([
      true,
      true,
      true,
    ]);
    expect([open('paused', 'then'), open('sending', 'then'), open('completed', 'then')]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('a span is told as roughly as it matters', () => {
    expect([5, 60, 89 * 60, 3 * 3600, 72 * 3600].map(span)).toEqual([
      'less than a minute',
      '1 minute',
      '89 minutes',
      '3 hours',
      '3 days',
    ]);
  });
});

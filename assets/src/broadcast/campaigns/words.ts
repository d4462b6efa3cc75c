import type {
  Campaign,
  CampaignOutcome,
  CampaignStats,
  CampaignStatus,
  CampaignWarnings,
  Channel,
} from '../../api/types';
import { plural } from '../../core/format';
import type { IconName } from '../../ui/icons';
import { statusIcons, statusNames, statusTones } from '../words';

type Tone = 'neutral' | 'success' | 'danger' | 'warning' | 'accent';

export const statuses: readonly CampaignStatus[] = [
  'draft',
  'scheduled',
  'sending',
  'paused',
  'completed',
  'cancelled',
];

export const campaignStatusNames: Record<CampaignStatus, string> = {
  draft: 'Draft',
  scheduled: 'Scheduled',
  sending: 'Sending',
  paused: 'Paused',
  completed: 'Completed',
  cancelled: 'Cancelled',
};

export const campaignTones: Record<CampaignStatus, Tone> = {
  draft: 'neutral',
  scheduled: 'accent',
  sending: 'accent',
  paused: 'warning',
  completed: 'success',
  cancelled: 'neutral',
};

export const campaignIcons: Record<CampaignStatus, IconName> = {
  draft: 'edit',
  scheduled: 'clock',
  sending: 'send',
  paused: 'pause',
  completed: 'check',
  cancelled: 'ban',
};

export const outcomes: readonly CampaignOutcome[] = [
  'waiting',
  'pending',
  'sent',
  'delivered',
  'read',
  'failed',
  'skipped',
];

export const outcomeNames: Record<CampaignOutcome, string> = {
  ...statusNames,
  waiting: 'Waiting',
  skipped: 'Skipped',
};

export const outcomeTones: Record<CampaignOutcome, Tone> = {
  ...statusTones,
  waiting: 'neutral',
  skipped: 'warning',
};

export const outcomeIcons: Record<CampaignOutcome, IconName> = {
  ...statusIcons,
  waiting: 'moon',
  skipped: 'skip',
};

/** Why somebody got no message, in few words. */
export function reasonName(reason: string, channel: Channel): string {
  const address = channel === 'email' ? 'No e-mail address' : 'No phone number';
  const names: Record<string, string> = {
    no_address: address,
    suppressed: 'Suppressed',
    duplicate_address: 'Address twice',
    outside_window: 'Outside WhatsApp’s window',
    render_failed: 'Text cannot be filled',
    not_found: 'No longer in the audience',
    cancelled: 'Campaign cancelled',
    withdrawn: 'Taken back',
    error: 'Fault of the server',
  };
  return names[reason] ?? reason.replaceAll('_', ' ');
}

/** What is amiss with the recipients, as sentences, the most frequent first. */
export function warningTexts(warnings: CampaignWarnings, channel: Channel): string[] {
  const many = (count: number, one: string, more: string) =>
    `${plural(count, 'person', 'people')} ${count === 1 ? one : more}`;
  const address = channel === 'email' ? 'e-mail address' : 'phone number';
  const all: [number, string][] = [
    [
      warnings.missingAddress,
      many(warnings.missingAddress, `has no ${address}.`, `have no ${address}.`),
    ],
    [
      warnings.suppressed,
      many(
        warnings.suppressed,
        'must not be messaged: the address is suppressed.',
        'must not be messaged: their addresses are suppressed.',
      ),
    ],
    [
      warnings.outsideWindow,
      many(
        warnings.outsideWindow,
        'is outside WhatsApp’s window of 24 hours: only a template that Meta approved reaches them.',
        'are outside WhatsApp’s window of 24 hours: only a template that Meta approved reaches them.',
      ),
    ],
    [
      warnings.duplicates,
      many(
        warnings.duplicates,
        'has the address of somebody before them, who gets the message.',
        'have the address of somebody before them, who gets the message.',
      ),
    ],
    [
      warnings.renderFailed,
      many(
        warnings.renderFailed,
        'lacks what the text needs: give the variables a fallback.',
        'lack what the text needs: give the variables a fallback.',
      ),
    ],
  ];
  const amiss = all.filter(([count]) => count > 0);
  return amiss.sort(([a], [b]) => b - a).map(([, text]) => text);
}

/** What a person can do about a campaign that paused by itself. */
export interface Advice {
  text: string;
  /** Whether resuming helps. */
  canResume: boolean;
  /** What else does. */
  ways: readonly ('template' | 'audience' | 'channel' | 'copy')[];
}

const advices: Record<string, Advice> = {
  template_changed: {
    text: 'Look at the template. Resume to send its new text to those who have got none yet; who has got the old one gets no second message.',
    canResume: true,
    ways: ['template'],
  },
  template_not_approved: {
    text: 'Have the template approved again, then resume.',
    canResume: true,
    ways: ['template'],
  },
  template_deleted: {
    text: 'It cannot go on without its template. Make a copy, choose another template there, and cancel this one.',
    canResume: false,
    ways: ['copy'],
  },
  mapping_broken: {
    text: 'Give the template its old variables back and resume; or make a copy, say there what the new ones stand for, and cancel this one.',
    canResume: true,
    ways: ['template', 'copy'],
  },
  audience_deleted: {
    text: 'Restore the audience, then resume.',
    canResume: true,
    ways: ['audience', 'copy'],
  },
  channel_changed: {
    text: 'Resume to send the rest by the provider that carries the channel now, or put the former one back first.',
    canResume: true,
    ways: ['channel'],
  },
  restored: {
    text: 'Compare with your provider what was sent after the backup was made. Resume only if those who are left have got nothing; else cancel it.',
    canResume: true,
    ways: [],
  },
};

export function adviceFor(code: string): Advice {
  return advices[code] ?? { text: 'Look at its settings, then resume.', canResume: true, ways: [] };
}

/** Whether a campaign's settings can still be changed: it has not begun. */
export function isOpen({ status, startedAt }: Pick<Campaign, 'status' | 'startedAt'>): boolean {
  return status === 'draft' || status === 'scheduled' || (status === 'paused' && !startedAt);
}

/** How many are through: they got a message, or for good none. */
export function done(stats: CampaignStats): number {
  return stats.sent + stats.failed + stats.skipped;
}

/** The pieces of the bar, from left to right, which do not overlap. */
export function pieces(stats: CampaignStats): { name: string; count: number }[] {
  return [
    { name: 'read', count: stats.read },
    { name: 'delivered', count: stats.delivered - stats.read },
    { name: 'sent', count: stats.sent - stats.delivered },
    { name: 'failed', count: stats.failed },
    { name: 'skipped', count: stats.skipped },
  ].filter((piece) => piece.count > 0);
}

/** A span of time in words, rounded to what matters. */
export function span(seconds: number): string {
  if (seconds < 60) return 'less than a minute';
  if (seconds < 90 * 60) return plural(Math.round(seconds / 60), 'minute');
  if (seconds < 36 * 3600) return plural(Math.round(seconds / 3600), 'hour');
  return plural(Math.round(seconds / 86_400), 'day');
}

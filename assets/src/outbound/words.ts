import type {
  OutboundDelivery,
  OutboundDeliveryStatus,
  OutboundEventType,
  OutboundOffReason,
  OutboundWebhook,
} from '../api/types';
import { formatNumber } from '../core/format';

export type Tone = 'neutral' | 'success' | 'danger' | 'warning';

/** What can be told of, in the order in which it is offered. */
export const eventNames: Record<OutboundEventType, string> = {
  'lead.created': 'Lead created',
  'lead.updated': 'Lead updated',
  'lead.moved': 'Lead moved to another stage',
  'lead.assigned': 'Lead assigned',
  'lead.converted': 'Lead converted to a contact',
  'lead.deleted': 'Lead deleted',
  'lead.restored': 'Lead restored',
  'lead.imported': 'Lead imported from a file',
  'message.failed': 'Message failed',
};

export const eventTypes = Object.keys(eventNames) as OutboundEventType[];

/** The name of an event of the log, which a newer server may have more of. */
export const eventName = (type: string): string =>
  (eventNames as Record<string, string>)[type] ?? type;

export const statuses: readonly OutboundDeliveryStatus[] = ['waiting', 'delivered', 'failed'];

export const statusNames: Record<OutboundDeliveryStatus, string> = {
  waiting: 'Waiting',
  delivered: 'Delivered',
  failed: 'Given up',
};

export const statusTones: Record<OutboundDeliveryStatus, Tone> = {
  waiting: 'neutral',
  delivered: 'success',
  failed: 'danger',
};

/** Why it was switched off by itself, and what a person can do. */
export const offReasons: Record<OutboundOffReason, { why: string; what: string }> = {
  gone: {
    why: 'The receiver answered 410 Gone: it wants nothing more.',
    what: 'If it has moved, change the address below. Then switch it on; what waits is sent first.',
  },
  failing: {
    why: 'Nothing came through for three days.',
    what: 'The log below shows what the receiver answered. Once that is mended, switch it on; what waits is sent first.',
  },
  secret_lost: {
    why: 'The data was restored without the key that opens its secret, so nothing can be signed.',
    what: 'Rotate the secret, give the new one to the receiver, then switch it on.',
  },
  restored: {
    why: 'The data was restored from a backup, and the installation that it came from may still send.',
    what: 'Switch it on if this installation is the one that shall.',
  },
};

/** How one does, in a word. */
export function health(webhook: OutboundWebhook): { name: string; tone: Tone } {
  if (!webhook.isActive) {
    return webhook.offReason
      ? { name: 'Switched off by itself', tone: 'danger' }
      : { name: 'Switched off', tone: 'neutral' };
  }
  if (webhook.failingSince) return { name: 'Nothing comes through', tone: 'warning' };
  return { name: 'On', tone: 'success' };
}

/** What the last try brought: `200 after 84 ms`, the fault where there was no answer. */
export function outcomeOf(delivery: OutboundDelivery): string {
  if (delivery.error) return delivery.error;
  if (delivery.responseStatus === null) return 'Not tried yet';
  const after =
    delivery.durationMs === null ? '' : ` after ${formatNumber(delivery.durationMs)} ms`;
  return `${delivery.responseStatus}${after}`;
}

/** `lead.created, lead.moved and 3 more`: the first few of many. */
export function eventsInShort(events: readonly OutboundEventType[]): string {
  if (events.length === eventTypes.length) return 'All events';
  const names = eventTypes.filter((type) => events.includes(type)).map((type) => eventNames[type]);
  const rest = names.length - 3;
  return names.slice(0, 3).join(' · ') + (rest > 0 ? ` · ${rest} more` : '');
}

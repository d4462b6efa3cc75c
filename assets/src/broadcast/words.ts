import type {
  Channel,
  Message,
  MessageOrigin,
  MessageStatus,
  Provider,
  SkipReason,
  TemplateStatus,
} from '../api/types';
import type { IconName } from '../ui/icons';

type Tone = 'neutral' | 'success' | 'danger' | 'warning' | 'accent';

export const channels: readonly Channel[] = ['email', 'sms', 'whatsapp'];

export const channelNames: Record<Channel, string> = {
  email: 'E-mail',
  sms: 'SMS',
  whatsapp: 'WhatsApp',
};

export const channelIcons: Record<Channel, IconName> = {
  email: 'mail',
  sms: 'chat',
  whatsapp: 'whatsapp',
};

export const providerNames: Record<Provider, string> = {
  sandbox: 'Sandbox',
  smtp: 'SMTP',
  twilio: 'Twilio',
  meta: 'Meta',
};

export const providerName = (name: string): string =>
  (providerNames as Record<string, string>)[name] ?? name;

export const statuses: readonly MessageStatus[] = [
  'pending',
  'sent',
  'delivered',
  'read',
  'failed',
];

export const statusNames: Record<MessageStatus, string> = {
  pending: 'Pending',
  sent: 'Sent',
  delivered: 'Delivered',
  read: 'Read',
  failed: 'Failed',
};

export const statusTones: Record<MessageStatus, Tone> = {
  pending: 'neutral',
  sent: 'neutral',
  delivered: 'success',
  read: 'accent',
  failed: 'danger',
};

export const statusIcons: Record<MessageStatus, IconName> = {
  pending: 'clock',
  sent: 'check',
  delivered: 'checks',
  read: 'eye',
  failed: 'warning',
};

export const originNames: Record<MessageOrigin, string> = {
  quick_send: 'Quick Send',
  automation: 'Automation',
  campaign: 'Campaign',
};

export const templateStatuses: readonly TemplateStatus[] = [
  'draft',
  'pending',
  'approved',
  'rejected',
];

export const templateStatusNames: Record<TemplateStatus, string> = {
  draft: 'Draft',
  pending: 'Pending',
  approved: 'Approved',
  rejected: 'Rejected',
};

export const templateTones: Record<TemplateStatus, Tone> = {
  draft: 'neutral',
  pending: 'warning',
  approved: 'success',
  rejected: 'danger',
};

export const suppressionReasons: Record<string, string> = {
  unsubscribe: 'Unsubscribed',
  stop: 'Wrote STOP',
  hard_bounce: 'Address does not exist',
  complaint: 'Complained',
  manual: 'By hand',
};

const skips: Record<Channel, Record<SkipReason, string>> = {
  email: skipsOf('has no e-mail address'),
  sms: skipsOf('has no phone number'),
  whatsapp: skipsOf('has no phone number'),
};

function skipsOf(noAddress: string): Record<SkipReason, string> {
  return {
    no_address: noAddress,
    suppressed: 'has an address that is suppressed',
    outside_window: 'has not written within 24 hours, so WhatsApp takes only a template',
    duplicate_address: 'shares the address with another lead of this send',
    not_found: 'was deleted',
    render_failed: 'lacks what the text needs',
  };
}

/** Why a lead is left out, as the rest of a sentence that begins with the lead. */
export function skipText(reason: string, channel: Channel): string {
  return skips[channel][reason as SkipReason] ?? reason.replaceAll('_', ' ');
}

/** It may or may not have left: sending it again could reach the person twice. */
export function isUnknown(message: Pick<Message, 'status' | 'errorCode'>): boolean {
  return message.status === 'failed' && message.errorCode === 'outcome_unknown';
}

export function options<T extends string>(
  all: readonly T[],
  names: Record<T, string>,
  any?: string,
): { value: string; label: string }[] {
  const list = all.map((value) => ({ value: value as string, label: names[value] }));
  return any ? [{ value: '', label: any }, ...list] : list;
}

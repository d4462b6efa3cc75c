import type { Activity, AssignmentRule, Channel, FieldChange } from '../api/types';
import { channelIcons, channelNames, skipText, suppressionReasons } from '../broadcast/words';
import { formatList } from '../core/format';
import type { IconName } from '../ui/icons';
import { ruleTexts } from '../webhooks/assignment';
import { formatValue } from './values';

const fieldNames: Record<string, string> = {
  name: 'the name',
  email: 'the e-mail',
  phone: 'the phone',
  company: 'the company',
  title: 'the title',
  score: 'the score',
};

const icons: Record<string, IconName> = {
  lead_created: 'plus',
  stage_changed: 'arrowRight',
  assigned: 'user',
  note_added: 'note',
  note_deleted: 'note',
  field_updated: 'edit',
  tags_changed: 'tag',
  lead_deleted: 'trash',
  lead_restored: 'undo',
  webhook_received: 'webhook',
  message_failed: 'warning',
  message_skipped: 'ban',
  converted: 'user',
  unconverted: 'undo',
  contact_deleted: 'trash',
  contact_restored: 'undo',
  contact_merged: 'user',
  contact_unmerged: 'undo',
  address_suppressed: 'ban',
  lead_merged: 'swap',
  merged_into: 'swap',
  merge_undone: 'undo',
};

export function activityIcon(activity: Activity): IconName {
  if (activity.type === 'message_sent') return channelIcons[channelOf(activity)];
  return icons[activity.type] ?? 'activity';
}

export function activityActor(activity: Activity): string {
  const { actor } = activity;
  if (!actor) return 'Leads';
  if (actor.name) return actor.kind === 'webhook' ? `Webhook “${actor.name}”` : actor.name;
  return { user: 'A former member', token: 'An API token', webhook: 'A webhook', system: 'Leads' }[
    actor.kind
  ];
}

/** What the actor did, as the rest of a sentence that begins with the actor. */
export function activityText(activity: Activity): string {
  const from = nameOf(activity.from);
  const to = nameOf(activity.to);
  switch (activity.type) {
    case 'lead_created':
      return 'created the lead';
    case 'stage_changed':
      return from ? `moved it from ${from} to ${to}` : `moved it to ${to}`;
    case 'assigned':
      if (!to) return from ? `took the assignment from ${from}` : 'assigned it to nobody';
      return `assigned it to ${to}${ruleOf(activity)}`;
    case 'note_added':
      return 'added a note';
    case 'note_deleted':
      return 'removed a note';
    case 'field_updated':
      return changesText(changesOf(activity));
    case 'tags_changed':
      return tagsText(listOf(activity.from), listOf(activity.to));
    case 'lead_deleted':
      return 'deleted the lead';
    case 'lead_restored':
      return 'restored the lead';
    case 'webhook_received':
      return 'sent data';
    case 'message_sent':
      return `sent ${messageNames[channelOf(activity)]} to ${addressOf(activity)}`;
    case 'message_failed':
      return `could not reach ${addressOf(activity)} by ${channelNames[channelOf(activity)]}`;
    case 'address_suppressed':
      return `suppressed ${addressOf(activity)} for ${channelNames[channelOf(activity)]}: ${suppressedBecause(activity)}`;
    case 'message_skipped':
      return `left it out of ${messageNames[channelOf(activity)]}: it ${skippedBecause(activity)}`;
    case 'converted':
      return activity.detail?.created
        ? `converted it to the contact ${contactOf(activity)}`
        : `converted it: it is the contact ${contactOf(activity)}, who has the same ${matchOf(activity)}`;
    case 'unconverted':
      return `took the conversion back. ${String(activity.detail?.text ?? '')}`.trimEnd();
    case 'contact_deleted':
      return `deleted the contact ${contactOf(activity)}, so it is no longer converted`;
    case 'contact_merged':
      return `merged its contact into ${contactOf(activity)}`;
    case 'contact_unmerged':
      return `took the merge of its contact back: it is ${contactOf(activity)} again`;
    case 'lead_merged':
      return `merged ${leadOf(activity)} into it`;
    case 'merged_into':
      return `merged it into ${leadOf(activity)}`;
    case 'merge_undone':
      return `took the merge with ${leadOf(activity)} back`;
    case 'contact_restored':
      return `restored the contact ${contactOf(activity)}, so it is converted again`;
    default: {
      const { detail, type } = activity;
      return typeof detail?.text === 'string' ? `: ${detail.text}` : type.replaceAll('_', ' ');
    }
  }
}

/** By which rule of a webhook somebody got it. */
function ruleOf({ detail }: Activity): string {
  const text = ruleTexts[detail?.rule as AssignmentRule];
  return text ? `, ${text}` : '';
}

function contactOf({ detail }: Activity): string {
  return String(detail?.contactName ?? '');
}

function leadOf({ detail }: Activity): string {
  return String(detail?.leadName ?? '');
}

function matchOf({ detail }: Activity): string {
  return detail?.matchedBy === 'phone' ? 'phone number' : 'e-mail address';
}

const messageNames: Record<Channel, string> = {
  email: 'an e-mail',
  sms: 'an SMS',
  whatsapp: 'a WhatsApp message',
};

function channelOf({ detail }: Activity): Channel {
  const channel = detail?.channel;
  return channel === 'sms' || channel === 'whatsapp' ? channel : 'email';
}

function addressOf({ detail, to }: Activity): string {
  return nameOf(to) || String(detail?.address ?? 'the lead');
}

function skippedBecause(activity: Activity): string {
  return skipText(String(activity.detail?.reason ?? ''), channelOf(activity));
}

function suppressedBecause({ detail }: Activity): string {
  const reason = String(detail?.reason ?? '');
  return (suppressionReasons[reason] ?? reason).toLowerCase();
}

/** Why a message failed, as it was told then. */
export function failureOf({ detail }: Activity): string {
  return typeof detail?.errorMessage === 'string' ? detail.errorMessage : '';
}

export function changesOf(activity: Activity): FieldChange[] {
  const changes = activity.detail?.changes;
  return Array.isArray(changes) ? (changes as FieldChange[]) : [];
}

function changesText(changes: FieldChange[]): string {
  const [only] = changes;
  if (!only) return 'changed the lead';
  if (changes.length > 1) return `changed ${formatList(changes.map(nameOfField))}`;
  const [from, to] = [formatValue(only.from), formatValue(only.to)];
  const name = nameOfField(only);
  if (!to) return `cleared ${name}`;
  return from ? `changed ${name} from ${from} to ${to}` : `set ${name} to ${to}`;
}

function nameOfField(change: FieldChange): string {
  return fieldNames[change.field] ?? change.displayName ?? change.field;
}

function tagsText(from: string[], to: string[]): string {
  const added = to.filter((tag) => !from.includes(tag));
  const removed = from.filter((tag) => !to.includes(tag));
  const parts: string[] = [];
  if (added.length > 0) parts.push(`added the tag ${formatList(added)}`);
  if (removed.length > 0) parts.push(`removed the tag ${formatList(removed)}`);
  return parts.join(' and ') || 'changed the tags';
}

function nameOf(value: unknown): string {
  if (value && typeof value === 'object' && 'name' in value) return String(value.name ?? '');
  return typeof value === 'string' ? value : '';
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

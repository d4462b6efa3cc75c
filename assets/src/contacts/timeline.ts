import type { ContactActivity, FieldChange } from '../api/types';
import { formatList } from '../core/format';
import { formatValue } from '../leads/values';
import type { IconName } from '../ui/icons';

const icons: Record<string, IconName> = {
  contact_created: 'plus',
  field_updated: 'edit',
  difference_used: 'edit',
  difference_dismissed: 'close',
  note_added: 'note',
  note_deleted: 'note',
  lead_converted: 'user',
  lead_unconverted: 'undo',
  contact_merged: 'user',
  merge_undone: 'undo',
  merged_into: 'user',
  contact_deleted: 'trash',
  contact_restored: 'undo',
};

export const iconOf = ({ type }: ContactActivity): IconName => icons[type] ?? 'activity';

export function actorOf({ actor }: ContactActivity): string {
  if (actor?.name) return actor.name;
  return actor?.kind === 'user'
    ? 'A former member'
    : actor?.kind === 'token'
      ? 'An API token'
      : 'Leads';
}

export function changesOf({ detail }: ContactActivity): FieldChange[] {
  return Array.isArray(detail?.changes) ? (detail.changes as FieldChange[]) : [];
}

/** What the actor did, as the rest of a sentence that begins with the actor. */
export function textOf(activity: ContactActivity): string {
  const { detail, type } = activity;
  const name = (key: string) => String(detail?.[key] ?? '');
  switch (type) {
    case 'contact_created':
      return 'created the contact';
    case 'field_updated':
      return changesText(changesOf(activity), 'changed');
    case 'difference_used':
      return changesText(changesOf(activity), 'used another value:');
    case 'difference_dismissed':
      return `dismissed ${formatValue(detail?.value as string)} as ${name('displayName')}`;
    case 'note_added':
      return 'added a note';
    case 'note_deleted':
      return 'removed a note';
    case 'lead_converted':
      return detail?.created
        ? `converted the lead ${name('leadName')}`
        : `converted the lead ${name('leadName')}, who has the same ${
            detail?.matchedBy === 'phone' ? 'phone number' : 'e-mail address'
          }`;
    case 'lead_unconverted':
      return 'took the conversion of a lead back';
    case 'contact_merged':
      return `merged ${name('contactName')} into it`;
    case 'merged_into':
      return `merged it into ${name('contactName')}`;
    case 'merge_undone':
      return `took the merge with ${name('contactName')} back`;
    case 'contact_deleted':
      return 'deleted the contact';
    case 'contact_restored':
      return 'restored the contact';
    default:
      return type.replaceAll('_', ' ');
  }
}

function changesText(changes: FieldChange[], verb: string): string {
  const [only] = changes;
  if (!only) return 'changed the contact';
  const nameOf = (change: FieldChange) => change.displayName ?? change.field;
  if (changes.length > 1) return `${verb} ${formatList(changes.map(nameOf))}`;
  const [from, to] = [formatValue(only.from), formatValue(only.to)];
  if (!to) return `cleared ${nameOf(only)}`;
  return from ? `${verb} ${nameOf(only)} from ${from} to ${to}` : `set ${nameOf(only)} to ${to}`;
}

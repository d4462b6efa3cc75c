import type { Audience, AudienceKind, AudienceMember, AudienceSource } from '../../api/types';
import { formatDateTime } from '../../core/format';

export const kinds: readonly AudienceKind[] = ['fixed', 'live'];
export const kindNames: Record<AudienceKind, string> = { fixed: 'Fixed', live: 'Live' };

export const sources: readonly AudienceSource[] = ['leads', 'contacts', 'file'];
export const sourceNames: Record<AudienceSource, string> = {
  leads: 'Leads',
  contacts: 'Contacts',
  file: 'CSV file',
};

export const kindHints: Record<AudienceKind, string> = {
  fixed: 'Whoever is found now. Later changes of leads add nobody.',
  live: 'Whoever is found when a campaign starts: it is asked anew each time.',
};

/** What an audience is, in a few words. */
export function about(audience: Pick<Audience, 'kind' | 'source'>): string {
  if (audience.source === 'file') return 'Rows of a CSV file';
  const whom = audience.source === 'contacts' ? 'contacts' : 'leads';
  return audience.kind === 'live' ? `Live filter of ${whom}` : `Fixed list of ${whom}`;
}

/** Why somebody is a member, as a sentence. */
export function whyText({ why }: Pick<AudienceMember, 'why'>): string {
  const by = why.by?.name ?? 'somebody';
  const on = why.at ? ` on ${formatDateTime(why.at)}` : '';
  if (why.way === 'matches') return 'Matches the filter now';
  if (why.way === 'file') return `Row ${why.row ?? '?'} of ${why.file ?? 'a CSV file'}`;
  if (why.way === 'filter') return `Matched the filter${on}`;
  return `Selected by ${by}${on}`;
}

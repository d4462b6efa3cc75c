import type {
  Campaign,
  CampaignMapping,
  CampaignPatch,
  CampaignZone,
  Channel,
  Template,
} from '../../api/types';

/** What stands for a variable: what the template says, a field of the recipient, or one text for all. */
export type Way = 'own' | 'field' | 'text';

export interface Stand {
  way: Way;
  field: string;
  fallback: string;
  text: string;
}

/** A campaign as a form holds it. */
export interface Draft {
  name: string;
  channel: Channel;
  templateId: string;
  audienceId: string;
  stands: Record<string, Stand>;
  rate: string;
  isQuiet: boolean;
  quietFrom: string;
  quietTo: string;
  quietZone: CampaignZone;
}

export const stand = (way: Way = 'own'): Stand => ({ way, field: '', fallback: '', text: '' });

export function draftOf(campaign: Campaign | null): Draft {
  const { quietHours = null, variableMapping = {} } = campaign ?? {};
  return {
    name: campaign?.name ?? '',
    channel: campaign?.channel ?? 'email',
    templateId: campaign?.templateId ?? '',
    audienceId: campaign?.audienceId ?? '',
    stands: Object.fromEntries(
      Object.entries(variableMapping).map(([name, mapped]) => [name, standOf(mapped)]),
    ),
    rate: campaign?.ratePerMinute?.toString() ?? '',
    isQuiet: quietHours !== null,
    quietFrom: quietHours?.from ?? '21:00',
    quietTo: quietHours?.to ?? '08:00',
    quietZone: quietHours?.timeZone ?? 'workspace',
  };
}

function standOf({ field, fallback, text }: CampaignMapping): Stand {
  const way = field ? 'field' : 'text';
  return { way, field: field ?? '', fallback: fallback ?? '', text: text ?? '' };
}

/** The variables of a template that a campaign can set, in the template's words. */
export function variablesOf(template: Pick<Template, 'variables' | 'parameters'>): string[] {
  // Where the provider's places are filled by parameters, those are what is set.
  const parameters = template.parameters.map((parameter) => parameter.name);
  const fixed = new Set(['customFields', 'unsubscribeUrl']);
  const own = template.variables.filter((name) => !fixed.has(name) && !parameters.includes(name));
  return [...parameters, ...own];
}

/** The mapping as the server takes it: of these variables, those that are not left as they are. */
export function mappingOf(
  stands: Draft['stands'],
  names: readonly string[],
): Record<string, CampaignMapping> {
  const mapping: Record<string, CampaignMapping> = {};
  for (const name of names) {
    const { way, field, fallback, text } = stands[name] ?? stand();
    if (way === 'text') mapping[name] = { text };
    if (way === 'field') mapping[name] = fallback.trim() ? { field, fallback } : { field };
  }
  return mapping;
}

/** The whole form, as the server takes it. Without its template, the mapping is left as it is. */
export function patchOf(draft: Draft, names: readonly string[] | null): CampaignPatch {
  const { quietFrom: from, quietTo: to, quietZone: timeZone } = draft;
  const known = names ?? Object.keys(draft.stands);
  return {
    name: draft.name.trim(),
    channel: draft.channel,
    templateId: draft.templateId || null,
    audienceId: draft.audienceId || null,
    variableMapping: draft.templateId ? mappingOf(draft.stands, known) : {},
    ratePerMinute: draft.rate.trim() ? Number(draft.rate) : null,
    quietHours: draft.isQuiet ? { from, to, timeZone } : null,
  };
}

/** Only what differs from what is saved. */
export function changesOf(
  draft: Draft,
  saved: Draft,
  names: readonly string[] | null,
): CampaignPatch {
  const before = patchOf(saved, null) as Record<string, unknown>;
  const now = Object.entries(patchOf(draft, names));
  const differs = (a: unknown, b: unknown) =>
    JSON.stringify(sorted(a)) !== JSON.stringify(sorted(b));
  return Object.fromEntries(now.filter(([name, value]) => differs(value, before[name])));
}

/** With its names in order, so that the same has the same text. */
function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(pairs.map(([name, one]) => [name, sorted(one)]));
}

/** What cannot even be asked of the server, by field. */
export function faultsOf(draft: Draft): Record<string, string> {
  const rate = draft.rate.trim();
  return rate && !/^\d{1,9}$/.test(rate)
    ? { ratePerMinute: 'A whole number of messages, or nothing.' }
    : {};
}

/** The names under which the server tells faults of a form with these variables. */
export function fieldsOf(names: readonly string[]): string[] {
  const parts = ['', '.field', '.fallback', '.text'];
  return [
    'name',
    'channel',
    'templateId',
    'audienceId',
    'ratePerMinute',
    'quietHours.from',
    'quietHours.to',
    ...names.flatMap((name) => parts.map((part) => `variableMapping.${name}${part}`)),
  ];
}

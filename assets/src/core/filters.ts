/** Which leads the board shows. In the address each has the name that the API gives it. */
export interface Filters {
  pipelineId: string;
  search: string;
  source: string;
  /** A user's id, `me` or `none`. */
  assignedTo: string;
  tag: string;
  /** By the key of the custom field. */
  custom: Record<string, string>;
}

const PLAIN = ['pipelineId', 'search', 'source', 'assignedTo', 'tag'] as const;
const CUSTOM = 'customFields.';

export function readFilters(query: URLSearchParams): Filters {
  const filters: Filters = {
    pipelineId: '',
    search: '',
    source: '',
    assignedTo: '',
    tag: '',
    custom: {},
  };
  for (const name of PLAIN) filters[name] = query.get(name) ?? '';
  for (const [name, value] of query) {
    if (name.startsWith(CUSTOM) && value) filters.custom[name.slice(CUSTOM.length)] = value;
  }
  return filters;
}

/** The same filters always give the same text, whatever order they were set in. */
export function writeFilters(filters: Filters): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of PLAIN) if (filters[name]) query.set(name, filters[name]);
  for (const key of Object.keys(filters.custom).sort()) {
    if (filters.custom[key]) query.set(CUSTOM + key, filters.custom[key]);
  }
  return query;
}

export function isFiltered(filters: Filters): boolean {
  return Boolean(
    filters.search ||
    filters.source ||
    filters.assignedTo ||
    filters.tag ||
    Object.keys(filters.custom).length > 0,
  );
}

interface Filterable {
  source: string;
  assignedTo: string | null;
  tags: string[];
}

/**
 * Does a lead that came in live belong on the board? `unknown` when only the server can tell:
 * it searches fields that a card doesn't carry.
 */
export function answers(filters: Filters, card: Filterable, me: string): boolean | 'unknown' {
  if (filters.source && card.source !== filters.source) return false;
  if (filters.tag && !card.tags.some((tag) => tag.toLowerCase() === filters.tag.toLowerCase())) {
    return false;
  }
  if (filters.assignedTo) {
    const named: Record<string, string | null> = { me, none: null };
    const wanted = filters.assignedTo in named ? named[filters.assignedTo] : filters.assignedTo;
    if (card.assignedTo !== wanted) return false;
  }
  return filters.search || Object.keys(filters.custom).length > 0 ? 'unknown' : true;
}

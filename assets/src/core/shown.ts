/** A column of the list: `name`, `customFields.budget`, with its width where somebody set one. */
export interface ShownColumn {
  key: string;
  width?: number | null;
}

/** How leads are shown, beside which: in the address under the names that the API gives them. */
export interface Shown {
  mode: 'board' | 'list';
  /** Of the list; empty for its usual order, newest first. */
  sortBy: string;
  sortOrder: '' | 'asc' | 'desc';
  /** Null where the address names none: then a person's own are meant. */
  columns: ShownColumn[] | null;
  /** The saved view that this was, before it was changed. */
  savedId: string;
}

const orders = ['asc', 'desc'] as const;

export function readShown(query: URLSearchParams): Shown {
  const order = query.get('sortOrder');
  const columns = query.get('columns');
  return {
    mode: query.get('view') === 'list' ? 'list' : 'board',
    sortBy: query.get('sortBy') ?? '',
    sortOrder: orders.find((one) => one === order) ?? '',
    columns: columns ? readColumns(columns) : null,
    savedId: query.get('saved') ?? '',
  };
}

/** Adds it to the filters of an address, always in the same order. */
export function writeShown(query: URLSearchParams, shown: Shown): URLSearchParams {
  if (shown.mode === 'list') {
    query.set('view', 'list');
    if (shown.sortBy) query.set('sortBy', shown.sortBy);
    if (shown.sortOrder) query.set('sortOrder', shown.sortOrder);
    if (shown.columns) query.set('columns', writeColumns(shown.columns));
  }
  if (shown.savedId) query.set('saved', shown.savedId);
  return query;
}

/** `name:240,email`: a width stands behind its column. */
function readColumns(text: string): ShownColumn[] {
  const columns = text.split(',').flatMap((part): ShownColumn[] => {
    const [key = '', width = ''] = part.split(':');
    const pixels = Number(width);
    return key ? [pixels >= 60 && pixels <= 1000 ? { key, width: pixels } : { key }] : [];
  });
  return columns.filter((one, index) => columns.findIndex(({ key }) => key === one.key) === index);
}

function writeColumns(columns: readonly ShownColumn[]): string {
  return columns.map(({ key, width }) => (width ? `${key}:${width}` : key)).join(',');
}

/** Clicking a heading: the usual direction, then the other, then newest first again. */
export function nextSort(
  now: Pick<Shown, 'sortBy' | 'sortOrder'>,
  by: string,
): Pick<Shown, 'sortBy' | 'sortOrder'> {
  const usual = usualOrder(by);
  const other = usual === 'asc' ? 'desc' : 'asc';
  if (now.sortBy !== by) return { sortBy: by, sortOrder: '' };
  if ((now.sortOrder || usual) === usual) return { sortBy: by, sortOrder: other };
  return { sortBy: '', sortOrder: '' };
}

/** Times and scores come greatest first unless asked otherwise, as from the server. */
export function usualOrder(by: string): 'asc' | 'desc' {
  return ['createdAt', 'updatedAt', 'score', ''].includes(by) ? 'desc' : 'asc';
}

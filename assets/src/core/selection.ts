export interface Selection {
  ids: ReadonlySet<string>;
  /** Where a range starts: the card that was last selected alone. */
  anchor: string | null;
}

export const nothing: Selection = { ids: new Set(), anchor: null };

export function toggle(selection: Selection, id: string): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id };
}

/** Adds all from the anchor to the card, in the order in which they are seen. */
export function extend(selection: Selection, id: string, order: readonly string[]): Selection {
  const from = selection.anchor === null ? -1 : order.indexOf(selection.anchor);
  const to = order.indexOf(id);
  if (from < 0 || to < 0) return toggle(selection, id);
  const [low, high] = from < to ? [from, to] : [to, from];
  const ids = new Set([...selection.ids, ...order.slice(low, high + 1)]);
  return { ids, anchor: selection.anchor };
}

/** Without those that are gone. */
export function keep(selection: Selection, exists: (id: string) => boolean): Selection {
  const ids = new Set([...selection.ids].filter(exists));
  return ids.size === selection.ids.size ? selection : { ...selection, ids };
}

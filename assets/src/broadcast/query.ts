import { location } from '../state/location.svelte';

/** The filters of a list, read from the address under the names that the API gives them. */
export function readQuery<K extends string>(names: readonly K[]): Record<K, string> {
  const pairs = names.map((name) => [name, location.query.get(name) ?? '']);
  return Object.fromEntries(pairs) as Record<K, string>;
}

/** Sets one filter. Typing changes the address in place; a choice is an entry of the history. */
export function setFilter(name: string, value: string, isTyping = false): void {
  const query = new URLSearchParams(location.query);
  if (value) query.set(name, value);
  else query.delete(name);
  location.setQuery(query, { replace: isTyping });
}

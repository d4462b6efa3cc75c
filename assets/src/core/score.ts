/**
 * How well a text answers a query; 0 is not at all. Every word of the query must be found: as
 * the start of a word best, inside of one less, as scattered letters least.
 */
export function score(query: string, text: string): number {
  const words = fold(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return 1;
  const haystack = fold(text);
  let total = 0;
  for (const word of words) {
    const one = wordScore(word, haystack);
    if (one === 0) return 0;
    total += one;
  }
  // Of two equal hits the shorter text is the nearer one.
  return total / words.length - Math.min(0.2, haystack.length / 1000);
}

/** The items that answer the query, best first; equal ones keep their order. */
export function rank<T>(query: string, items: readonly T[], text: (item: T) => string): T[] {
  return items
    .map((item, index) => ({ item, index, value: score(query, text(item)) }))
    .filter((one) => one.value > 0)
    .sort((a, b) => b.value - a.value || a.index - b.index)
    .map((one) => one.item);
}

function wordScore(word: string, haystack: string): number {
  if (haystack === word) return 5;
  if (haystack.startsWith(word)) return 4;
  const at = haystack.indexOf(word);
  if (at > 0) return /[\p{L}\p{N}]/u.test(haystack[at - 1] as string) ? 2 : 3;
  return word.length >= 3 && scattered(word, haystack) ? 1 : 0;
}

function scattered(word: string, haystack: string): boolean {
  let from = 0;
  for (const letter of word) {
    const at = haystack.indexOf(letter, from);
    // Letters far apart are chance, not a hit.
    if (at < 0 || (from > 0 && at - from > 6)) return false;
    from = at + 1;
  }
  return true;
}

/** Without case and accents. */
function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** `hot, Referral ,hot` → `['hot', 'Referral']`: trimmed, empty ones and repetitions left out. */
export function splitTags(text: string): string[] {
  return addTags([], text.split(','));
}

/** Adds tags to a list; one that differs only in case from a tag that is there is the same. */
export function addTags(tags: readonly string[], more: readonly string[]): string[] {
  const result = [...tags];
  const seen = new Set(tags.map((tag) => tag.toLowerCase()));
  for (const one of more) {
    const tag = one.trim().replace(/\s+/g, ' ');
    if (!tag || seen.has(tag.toLowerCase())) continue;
    seen.add(tag.toLowerCase());
    result.push(tag);
  }
  return result;
}

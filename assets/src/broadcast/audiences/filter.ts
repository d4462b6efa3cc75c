import type { AudienceFilter } from '../../api/types';

/** A filter with another value under a name; an empty one takes the name out. */
export function changed(filter: AudienceFilter, name: string, value: string): AudienceFilter {
  const { [name]: _, ...rest } = filter;
  return value ? { ...rest, [name]: value } : rest;
}

import { location } from '../../state/location.svelte';

/** Shows only the recipients who stand so, for this reason; the choice stands in the address. */
export function showOnly(status: string, reason = ''): void {
  const query = new URLSearchParams(location.query);
  // A reason is one of a status.
  for (const [name, value] of Object.entries({ status, reason: status ? reason : '' })) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  location.setQuery(query, { replace: false });
}

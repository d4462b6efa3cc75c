/** A random id. `crypto.randomUUID` is missing on plain HTTP, `getRandomValues` is not. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

let last = 0;

/** An id for an element of this page: short, unique while the page lives. */
export function elementId(prefix: string): string {
  last += 1;
  return `${prefix}-${last}`;
}

import { followable } from '../core/router';

/** Asked before another path is gone to; answers true to hold the person back. */
export type Guard = (to: string) => boolean;

/** The address as reactive state. Components read it, and change it only by `go` and `setQuery`. */
class Location {
  path = $state(window.location.pathname);
  query = $state.raw(new URLSearchParams(window.location.search));
  private guards = new Set<Guard>();
  private href = window.location.href;

  go(to: string, options: { replace?: boolean; force?: boolean } = {}): void {
    const url = new URL(to, window.location.href);
    const here = window.location;
    if (url.pathname + url.search === here.pathname + here.search) return;
    if (!options.force && this.isHeld(url)) return;
    if (options.replace) history.replaceState(history.state, '', url);
    else history.pushState({ inside: true }, '', url);
    this.read();
  }

  /** Goes to another path and keeps the query: a dialog opens over the same filtered board. */
  goKeeping(path: string, options: { replace?: boolean } = {}): void {
    this.go(path + window.location.search, options);
  }

  /** The query is a view of the same page: by default it makes no entry in the history. */
  setQuery(query: URLSearchParams, options: { replace?: boolean } = { replace: true }): void {
    const text = query.toString();
    this.go(window.location.pathname + (text ? `?${text}` : ''), options);
  }

  /** Returns the function that takes the guard away, as an `$effect` wants it. */
  guard(guard: Guard): () => void {
    this.guards.add(guard);
    return () => this.guards.delete(guard);
  }

  private isHeld(url: URL): boolean {
    if (url.pathname === this.path) return false;
    return [...this.guards].some((guard) => guard(url.href));
  }

  read = (): void => {
    this.path = window.location.pathname;
    this.query = new URLSearchParams(window.location.search);
    this.href = window.location.href;
  };

  /** Back and Forward have gone already: who is held back is brought back. */
  private moved = (): void => {
    if (this.isHeld(new URL(window.location.href))) {
      history.pushState({ inside: true }, '', this.href);
    } else this.read();
  };

  listen(): void {
    window.addEventListener('popstate', this.moved);
    document.addEventListener('click', (event) => {
      const url = followable(event, window.location.href);
      if (!url || url.pathname.startsWith('/v1/')) return;
      // A jump inside the page (the skip link) stays the browser's.
      if (url.hash && url.pathname === window.location.pathname) return;
      event.preventDefault();
      this.go(url.href);
    });
  }
}

export const location = new Location();

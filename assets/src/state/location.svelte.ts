import { followable } from '../core/router';

/** The address as reactive state. Components read it, and change it only by `go` and `setQuery`. */
class Location {
  path = $state(window.location.pathname);
  query = $state.raw(new URLSearchParams(window.location.search));

  go(to: string, options: { replace?: boolean } = {}): void {
    const url = new URL(to, window.location.href);
    const here = window.location;
    if (url.pathname + url.search === here.pathname + here.search) return;
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

  read = (): void => {
    this.path = window.location.pathname;
    this.query = new URLSearchParams(window.location.search);
  };

  listen(): void {
    window.addEventListener('popstate', this.read);
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

export type Params = Record<string, string>;

export interface Pattern {
  readonly source: string;
  match(path: string): Params | null;
}

/** `/leads/:id` matches one segment by name; a pattern matches the whole path or nothing. */
export function pattern(source: string): Pattern {
  const names = split(source);
  return {
    source,
    match(path) {
      const parts = split(path);
      if (parts.length !== names.length) return null;
      const params: Params = {};
      for (const [index, name] of names.entries()) {
        const part = parts[index] as string;
        if (name.startsWith(':')) {
          const value = decode(part);
          if (value === null) return null;
          params[name.slice(1)] = value;
        } else if (name !== part) return null;
      }
      return params;
    },
  };
}

export interface Match<R> {
  route: R;
  path: string;
  params: Params;
}

/** The first route one of whose paths matches: list exact paths before those with parameters. */
export function findRoute<R extends { paths: readonly string[] }>(
  routes: readonly R[],
  path: string,
): Match<R> | null {
  for (const route of routes) {
    for (const source of route.paths) {
      const params = pattern(source).match(path);
      if (params) return { route, path: source, params };
    }
  }
  return null;
}

/** A link that the page follows itself: same origin, plain left click, no target, no download. */
export function followable(event: MouseEvent, here: string): URL | null {
  if (event.defaultPrevented || event.button !== 0) return null;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = (event.target as Element | null)?.closest?.('a');
  const href = link?.getAttribute('href');
  if (!link || !href || link.target || link.hasAttribute('download')) return null;
  const url = new URL(href, here);
  if (url.origin !== new URL(here).origin || link.dataset.reload !== undefined) return null;
  return url;
}

function split(path: string): string[] {
  return path.split('/').filter(Boolean);
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

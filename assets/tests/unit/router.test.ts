import { describe, expect, it } from 'vitest';
import { findRoute, followable, pattern } from '../../src/core/router';

describe('patterns', () => {
  it('match whole paths and decode their parameters', () => {
    expect(pattern('/leads/:id').match('/leads/42')).toEqual({ id: '42' });
    expect(pattern('/leads/:id').match('/leads/a%20b/')).toEqual({ id: 'a b' });
    expect(pattern('/leads/:id').match('/leads')).toBeNull();
    expect(pattern('/leads/:id').match('/leads/1/2')).toBeNull();
    expect(pattern('/leads').match('/lead')).toBeNull();
    expect(pattern('/leads/:id').match('/leads/%E0%A4%A')).toBeNull();
  });

  it('are tried in their order, so that exact ones go first', () => {
    const routes = [
      { name: 'leads', paths: ['/leads', '/leads/new', '/leads/:id'] },
      { name: 'settings', paths: ['/settings'] },
    ];
    expect(findRoute(routes, '/leads/new')?.path).toBe('/leads/new');
    expect(findRoute(routes, '/leads/7')?.params).toEqual({ id: '7' });
    expect(findRoute(routes, '/settings')?.route.name).toBe('settings');
    expect(findRoute(routes, '/nothing')).toBeNull();
  });
});

describe('followed links', () => {
  const here = 'http://localhost/leads';
  const click = (html: string, init: MouseEventInit = {}) => {
    document.body.innerHTML = html;
    const event = new MouseEvent('click', { bubbles: true, ...init });
    let result: URL | null = null;
    const listen = (one: Event) => (result = followable(one as MouseEvent, here));
    document.addEventListener('click', listen, { once: true });
    (document.querySelector('a') as HTMLElement).firstElementChild?.dispatchEvent(event);
    return (result as URL | null)?.pathname ?? null;
  };

  it('are plain clicks on links of the same origin', () => {
    expect(click('<a href="/settings"><b>x</b></a>')).toBe('/settings');
    expect(click('<a href="/settings"><b>x</b></a>', { ctrlKey: true })).toBeNull();
    expect(click('<a href="/settings"><b>x</b></a>', { button: 1 })).toBeNull();
    expect(click('<a href="https://example.com/"><b>x</b></a>')).toBeNull();
    expect(click('<a href="mailto:a@example.com"><b>x</b></a>')).toBeNull();
    expect(click('<a href="/file" download><b>x</b></a>')).toBeNull();
    expect(click('<a href="/file" target="_blank"><b>x</b></a>')).toBeNull();
  });
});

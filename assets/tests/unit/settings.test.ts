import { describe, expect, it } from 'vitest';
import type { Permission, Role } from '../../src/api/types';
import { agentName } from '../../src/core/agent';
import { countries, here, timeZones } from '../../src/core/places';
import { grantable, permissions, summary, withImplied } from '../../src/settings/team';

const role = (id: string, ...granted: Permission[]): Role => ({
  id,
  name: id,
  description: '',
  permissions: granted,
  isBuiltIn: false,
  memberCount: 0,
  version: 1,
});

describe('roles', () => {
  const all = permissions.map((one) => one.id);
  const roles = [role('super_admin', ...all), role('admin', 'users:manage'), role('agent')];

  it('are given by nobody who has less', () => {
    const ids = (mine: Permission[], isSuper: boolean) =>
      grantable(roles, mine, isSuper).map((one) => one.id);
    expect(ids(all, true)).toEqual(['super_admin', 'admin', 'agent']);
    expect(ids(all, false)).toEqual(['admin', 'agent']);
    expect(ids(['leads:view'], false)).toEqual(['agent']);
  });

  it('view what they change', () => {
    expect(withImplied(['contacts:manage', 'users:manage'])).toEqual([
      'contacts:view',
      'contacts:manage',
      'users:manage',
    ]);
  });

  it('are told in few words', () => {
    expect(summary(['leads:view', 'leads:manage', 'contacts:view'])).toBe(
      'Changes leads · Views contacts',
    );
    expect(summary([])).toBe('May do nothing');
  });
});

describe('a browser', () => {
  const mozilla = 'Mozilla/5.0 (';
  it.each([
    [
      `${mozilla}Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0`,
      'Edge on Windows',
    ],
    [`${mozilla}X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0`, 'Firefox on Linux'],
    [
      `${mozilla}iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1`,
      'Safari on iPhone',
    ],
    [
      `${mozilla}Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36`,
      'Chrome on Android',
    ],
    ['curl/8.10.1', 'curl/8.10.1'],
    ['', 'Unknown program'],
    [null, 'Unknown program'],
  ])('%s is %s', (text, name) => {
    expect(agentName(text)).toBe(name);
  });
});

describe('places', () => {
  it('offers each country and zone once, and the one of this browser', () => {
    const codes = countries().map((one) => one.value);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes).toContain(here().country);
    expect(timeZones().map((one) => one.value)).toContain('UTC');
  });
});

import { get } from '../api/client';
import type { List, Permission, Role } from '../api/types';

export const getRoles = async () =>
  (await get<List<Role>>('/v1/identity/roles', { limit: 200 })).data;

/** The roles that somebody with these permissions may give: nobody gives more than they have. */
export function grantable(
  roles: readonly Role[],
  mine: readonly Permission[],
  isSuperAdmin: boolean,
): Role[] {
  return roles.filter(
    (role) =>
      (isSuperAdmin || role.id !== 'super_admin') &&
      role.permissions.every((permission) => mine.includes(permission)),
  );
}

/** What each permission lets somebody do, in the order in which they are offered. */
export const permissions: readonly { id: Permission; label: string }[] = [
  { id: 'leads:view', label: 'View leads, pipelines and webhooks' },
  { id: 'leads:manage', label: 'Change leads, pipelines and webhooks' },
  { id: 'contacts:view', label: 'View contacts' },
  { id: 'contacts:manage', label: 'Change contacts' },
  { id: 'broadcast:view', label: 'View templates, campaigns and messages' },
  { id: 'broadcast:manage', label: 'Write templates and send' },
  { id: 'settings:manage', label: 'Change settings and API tokens' },
  { id: 'users:manage', label: 'Manage members and roles' },
  { id: 'workspaces:manage', label: 'Manage workspaces and backups' },
];

/** Who may change a thing may view it: the server adds that by itself, the page shows it. */
export function withImplied(chosen: readonly Permission[]): Permission[] {
  const implied = chosen
    .filter((one) => /^(leads|contacts|broadcast):manage$/.test(one))
    .map((one) => one.replace('manage', 'view') as Permission);
  const all = new Set([...chosen, ...implied]);
  return permissions.map((one) => one.id).filter((id) => all.has(id));
}

/** What a role may do, in few words: `Leads, contacts; views broadcast`. */
export function summary(granted: readonly Permission[]): string {
  const names: Record<string, string> = {
    leads: 'leads',
    contacts: 'contacts',
    broadcast: 'broadcast',
    settings: 'settings and API tokens',
    users: 'members and roles',
    workspaces: 'workspaces and backups',
  };
  const things = Object.keys(names);
  const may = (thing: string, how: string) => granted.includes(`${thing}:${how}` as Permission);
  const changes = things.filter((thing) => may(thing, 'manage'));
  const views = things.filter((thing) => may(thing, 'view') && !may(thing, 'manage'));
  const say = (verb: string, list: string[]) =>
    list.length > 0 ? `${verb} ${list.map((thing) => names[thing]).join(', ')}` : '';
  const text = [say('Changes', changes), say('Views', views)].filter(Boolean).join(' · ');
  return text || 'May do nothing';
}

import { get } from '../api/client';
import type { List, Permission, Role } from '../api/types';

export const getRoles = async () =>
  (await get<List<Role>>('/v1/identity/roles', { limit: 200 })).data;

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

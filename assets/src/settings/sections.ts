import type { Component } from 'svelte';
import type { Permission } from '../api/types';

/** A page of the settings. */
export interface Section {
  id: string;
  label: string;
  /** Left out for who may not. */
  permission?: Permission;
  load: () => Promise<{ default: Component }>;
}

export const sections: readonly Section[] = [
  { id: 'profile', label: 'Profile', load: () => import('./Profile.svelte') },
  {
    id: 'workspace',
    label: 'Workspace',
    permission: 'settings:manage',
    load: () => import('./WorkspaceSettings.svelte'),
  },
  {
    id: 'members',
    label: 'Members',
    permission: 'users:manage',
    load: () => import('./Members.svelte'),
  },
  { id: 'roles', label: 'Roles', permission: 'users:manage', load: () => import('./Roles.svelte') },
  {
    id: 'tokens',
    label: 'API tokens',
    permission: 'settings:manage',
    load: () => import('./Tokens.svelte'),
  },
  { id: 'system', label: 'System', load: () => import('./System.svelte') },
];

import type { Component } from 'svelte';
import type { Permission } from '../api/types';
import type { IconName } from '../ui/icons';

/** A page of the settings. */
export interface Section {
  id: string;
  label: string;
  icon: IconName;
  /** Left out for who may not. */
  permission?: Permission;
  load: () => Promise<{ default: Component }>;
  /** The page of one of its things, where they have pages of their own below it. */
  loadItem?: () => Promise<{ default: Component<{ id: string }> }>;
}

export const sections: readonly Section[] = [
  { id: 'profile', icon: 'user', label: 'Profile', load: () => import('./Profile.svelte') },
  {
    id: 'workspace',
    icon: 'building',
    label: 'Workspace',
    permission: 'settings:manage',
    load: () => import('./WorkspaceSettings.svelte'),
  },
  {
    id: 'messaging',
    icon: 'send',
    label: 'Messaging',
    permission: 'settings:manage',
    load: () => import('./Messaging.svelte'),
  },
  {
    id: 'scoring',
    icon: 'star',
    label: 'Scoring',
    permission: 'settings:manage',
    load: () => import('../leads/scoring/Scoring.svelte'),
  },
  {
    id: 'members',
    icon: 'users',
    label: 'Members',
    permission: 'users:manage',
    load: () => import('./Members.svelte'),
  },
  {
    id: 'roles',
    icon: 'shield',
    label: 'Roles',
    permission: 'users:manage',
    load: () => import('./Roles.svelte'),
  },
  {
    id: 'tokens',
    icon: 'key',
    label: 'API tokens',
    permission: 'settings:manage',
    load: () => import('./Tokens.svelte'),
  },
  {
    id: 'outbound-webhooks',
    icon: 'webhook',
    label: 'Outbound webhooks',
    permission: 'leads:manage',
    load: () => import('../outbound/OutboundList.svelte'),
    loadItem: () => import('../outbound/OutboundItem.svelte'),
  },
  {
    id: 'privacy',
    icon: 'shield',
    label: 'Privacy',
    permission: 'settings:manage',
    load: () => import('./Privacy.svelte'),
  },
  { id: 'system', icon: 'database', label: 'System', load: () => import('./System.svelte') },
];

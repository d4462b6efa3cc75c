import type { Component } from 'svelte';
import type { Permission } from './api/types';
import { pages as broadcastPages } from './broadcast/pages';
import type { Params } from './core/router';
import { leadDialogs } from './leads/dialogs';
import type { IconName } from './ui/icons';

export interface PageProps {
  /** The pattern that matched, one of the route's paths. */
  path: string;
  params: Params;
}

export interface Route {
  name: string;
  /** The title of the browser's tab. */
  title: string;
  /** All of them show the same component; exact ones stand before those with parameters. */
  paths: readonly string[];
  load: () => Promise<{ default: Component<PageProps> }>;
  permission?: Permission;
  /** Shown without a session, and without the sidebar. */
  isPublic?: boolean;
  /** The entry of the sidebar that it belongs to, where it has none of its own. */
  under?: string;
  /** An entry of the sidebar. */
  nav?: { label: string; icon: IconName; href: string };
}

/** Every page. A page is its own chunk, loaded when it is first opened. */
export const routes: readonly Route[] = [
  {
    name: 'imports',
    title: 'Import',
    paths: ['/leads/import', '/leads/import/:id'],
    load: () => import('./imports/ImportPage.svelte'),
    permission: 'leads:manage',
    under: 'leads',
  },
  {
    name: 'duplicates',
    title: 'Likely duplicates',
    paths: ['/leads/duplicates'],
    load: () => import('./duplicates/DuplicatesPage.svelte'),
    permission: 'leads:view',
    under: 'leads',
  },
  {
    name: 'leads',
    title: 'Leads',
    paths: ['/leads', ...Object.keys(leadDialogs)],
    load: () => import('./leads/LeadsPage.svelte'),
    permission: 'leads:view',
    nav: { label: 'Leads', icon: 'board', href: '/leads' },
  },
  {
    name: 'contacts',
    title: 'Contacts',
    paths: ['/contacts', '/contacts/:id'],
    load: () => import('./contacts/ContactsPage.svelte'),
    permission: 'contacts:view',
    nav: { label: 'Contacts', icon: 'users', href: '/contacts' },
  },
  {
    name: 'broadcast',
    title: 'Broadcast',
    paths: Object.keys(broadcastPages),
    load: () => import('./broadcast/BroadcastPage.svelte'),
    permission: 'broadcast:view',
    nav: { label: 'Broadcast', icon: 'send', href: '/broadcast' },
  },
  {
    name: 'reports',
    title: 'Reports',
    paths: ['/reports'],
    load: () => import('./reports/ReportsPage.svelte'),
    permission: 'leads:view',
    nav: { label: 'Reports', icon: 'chart', href: '/reports' },
  },
  {
    name: 'settings',
    title: 'Settings',
    paths: ['/settings', '/settings/:section', '/settings/:section/:id'],
    load: () => import('./settings/SettingsPage.svelte'),
    nav: { label: 'Settings', icon: 'gear', href: '/settings' },
  },
  {
    name: 'docs',
    title: 'API reference',
    paths: ['/docs'],
    load: () => import('./docs/DocsPage.svelte'),
    isPublic: true,
  },
  {
    name: 'invitation',
    title: 'Invitation',
    paths: ['/invitation/:token'],
    load: () => import('./auth/Invitation.svelte'),
    isPublic: true,
  },
];

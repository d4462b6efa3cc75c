import type { Component } from 'svelte';
import type { PageProps } from '../routes';

/** The pages of Broadcast, as its tabs, each at an address of its own. */
export interface BroadcastTab {
  id: string;
  label: string;
  load: () => Promise<{ default: Component<PageProps> }>;
}

export const tabs: readonly BroadcastTab[] = [
  { id: 'messages', label: 'Messages', load: () => import('./Messages.svelte') },
  { id: 'campaigns', label: 'Campaigns', load: () => import('./campaigns/CampaignList.svelte') },
  { id: 'audiences', label: 'Audiences', load: () => import('./audiences/AudienceList.svelte') },
  { id: 'templates', label: 'Templates', load: () => import('./Templates.svelte') },
  { id: 'analytics', label: 'Analytics', load: () => import('../reports/Analytics.svelte') },
  { id: 'outbox', label: 'Outbox', load: () => import('./Outbox.svelte') },
  { id: 'suppressions', label: 'Suppressions', load: () => import('./Suppressions.svelte') },
];

const editor = () => import('./TemplatePage.svelte');
const newAudience = () => import('./audiences/NewAudience.svelte');
const audience = () => import('./audiences/AudiencePage.svelte');
const campaignForm = () => import('./campaigns/CampaignEditor.svelte');
const campaign = () => import('./campaigns/CampaignPage.svelte');

/** What shows at each address; exact ones stand before those with parameters. */
export const pages: Record<string, { tab: string; load: BroadcastTab['load'] }> = {
  '/broadcast': at('messages'),
  '/broadcast/messages': at('messages'),
  '/broadcast/messages/:id': at('messages'),
  '/broadcast/campaigns': at('campaigns'),
  '/broadcast/campaigns/new': { tab: 'campaigns', load: campaignForm },
  '/broadcast/campaigns/:id': { tab: 'campaigns', load: campaign },
  '/broadcast/campaigns/:id/edit': { tab: 'campaigns', load: campaignForm },
  '/broadcast/campaigns/:id/messages/:message': { tab: 'campaigns', load: campaign },
  '/broadcast/audiences': at('audiences'),
  '/broadcast/audiences/new': { tab: 'audiences', load: newAudience },
  '/broadcast/audiences/:id': { tab: 'audiences', load: audience },
  '/broadcast/templates': at('templates'),
  '/broadcast/templates/:id': { tab: 'templates', load: editor },
  '/broadcast/analytics': at('analytics'),
  '/broadcast/outbox': at('outbox'),
  '/broadcast/outbox/:id': at('outbox'),
  '/broadcast/suppressions': at('suppressions'),
};

function at(tab: string) {
  const load = tabs.find((one) => one.id === tab)?.load ?? (() => import('./Messages.svelte'));
  return { tab, load };
}

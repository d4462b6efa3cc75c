import type { Component } from 'svelte';
import type { Params } from '../core/router';

export interface LeadsDialogProps {
  params: Params;
  /** Goes back to the board, and keeps its filters. */
  onclose: () => void;
}

// One function for both of its addresses: going from one to the other keeps the component.
const automations = () => import('../automations/AutomationsDialog.svelte');

/** What opens over the board, by its address; exact addresses stand before `/leads/:id`. */
export const leadDialogs: Record<string, () => Promise<{ default: Component<LeadsDialogProps> }>> =
  {
    '/leads/webhooks': () => import('../webhooks/WebhooksDialog.svelte'),
    '/leads/webhooks/:webhookId': () => import('../webhooks/WebhooksDialog.svelte'),
    '/leads/automations': automations,
    '/leads/automations/:automationId': automations,
    '/leads/pipeline': () => import('../pipelines/PipelineSettings.svelte'),
    '/leads/new': () => import('./AddLead.svelte'),
    '/leads/:id': () => import('./LeadDialog.svelte'),
  };

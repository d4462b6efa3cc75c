import type { Component } from 'svelte';
import type { Params } from '../core/router';

export interface LeadsDialogProps {
  params: Params;
  /** Goes back to the board, and keeps its filters. */
  onclose: () => void;
}

/** What opens over the board, by its address; exact addresses stand before `/leads/:id`. */
export const leadDialogs: Record<string, () => Promise<{ default: Component<LeadsDialogProps> }>> =
  {
    '/leads/webhooks': () => import('../webhooks/WebhooksDialog.svelte'),
    '/leads/webhooks/:webhookId': () => import('../webhooks/WebhooksDialog.svelte'),
    '/leads/pipeline': () => import('../pipelines/PipelineSettings.svelte'),
    '/leads/new': () => import('./AddLead.svelte'),
    '/leads/:id': () => import('./LeadDialog.svelte'),
  };

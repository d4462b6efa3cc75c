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
    '/leads/new': () => import('./AddLead.svelte'),
    '/leads/:id': () => import('./LeadDialog.svelte'),
  };

import type { DeliveryOutcome } from '../api/types';

/** What became of a delivery, in words. */
export const outcomes: Record<DeliveryOutcome, string> = {
  created: 'Made a lead',
  updated: 'Updated a lead',
  skipped: 'Known lead, skipped',
  ping: 'A test without a lead',
  rejected: 'Refused',
  discarded: 'Dropped as a robot',
};

/** How each is coloured; the word says it too. */
export const tones: Record<DeliveryOutcome, 'success' | 'neutral' | 'danger' | 'warning'> = {
  created: 'success',
  updated: 'success',
  skipped: 'neutral',
  ping: 'neutral',
  rejected: 'danger',
  discarded: 'warning',
};

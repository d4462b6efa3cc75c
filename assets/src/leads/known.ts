import type { Card } from '../api/types';

/**
 * Whether an event brings nothing new: what the page itself did is on the screen already, perhaps even
 * in a newer version. Rules score a lead without a new version.
 */
export function isKnown(shown: Card, told: Card): boolean {
  if (shown.stageId !== told.stageId || shown.version < told.version) return false;
  return shown.version > told.version || shown.score === told.score;
}

import type { Stage, StageType } from '../api/types';
import { randomId } from '../core/id';

/** A stage in the editor. */
export interface StageDraft {
  /** Known here only, so that a row keeps its place in the page while it moves. */
  key: string;
  /** The stage's id; undefined for one that is not saved yet. */
  id?: string;
  name: string;
  color: string;
  type: StageType;
  leadCount: number;
}

export const types: readonly { value: StageType; label: string }[] = [
  { value: 'open', label: 'Open' },
  { value: 'won', label: 'Won' },
  { value: 'lost', label: 'Lost' },
];

const colors = ['#3b82f6', '#f59e0b', '#8b5cf6', '#ec4899', '#14b8a6', '#f97316', '#6366f1'];

export function draftOf({ id, name, color, type, leadCount }: Stage): StageDraft {
  return { key: id, id, name, color, type, leadCount };
}

/** A further stage, in a colour that the others do not have. */
export function freshStage(others: readonly StageDraft[], name = ''): StageDraft {
  const color = colors.find((one) => !others.some((stage) => stage.color === one)) ?? '#64748b';
  return { key: randomId(), name, color, type: 'open', leadCount: 0 };
}

/** What a new pipeline starts from. */
export function freshStages(): StageDraft[] {
  return [
    { ...freshStage([], 'New'), color: '#3b82f6' },
    { ...freshStage([], 'In progress'), color: '#f59e0b' },
    { ...freshStage([], 'Won'), color: '#22c55e', type: 'won' },
    { ...freshStage([], 'Lost'), color: '#ef4444', type: 'lost' },
  ];
}

/** The same list with one entry at another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}

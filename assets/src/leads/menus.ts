import type { Card } from '../api/types';
import type { MenuEntry } from '../ui/menu';
import { members } from './members.svelte';
import type { LeadsView } from './screen.svelte';

/** Everything that a card offers without being dragged: its stages first. */
export function cardMenu(view: LeadsView, card: Card): MenuEntry[] {
  return [
    { heading: 'Move to…' },
    ...stageEntries(view, [card.id], card.stageId),
    { separator: true },
    { label: 'Assign to…', icon: 'user', items: () => assignEntries(view, [card.id]) },
    { label: 'Open', icon: 'external', run: () => view.open(card) },
    {
      label: 'Delete',
      icon: 'trash',
      danger: true,
      run: () => void view.actions.remove([card.id]),
    },
  ];
}

/** The stages of the board's pipeline, then the other pipelines. */
export function stageEntries(
  view: LeadsView,
  ids: readonly string[],
  current: string | null,
  done: () => void = () => {},
): MenuEntry[] {
  const move = (stageId: string) => () => {
    void view.actions.move(ids, stageId);
    done();
  };
  const others = view.board.pipelines.filter((one) => one.id !== view.board.pipelineId);
  return [
    ...view.board.columns.map((column) => ({
      label: column.name,
      color: column.color,
      disabled: column.id === current,
      hint: column.id === current ? 'here' : undefined,
      run: move(column.id),
    })),
    ...others.map((pipeline) => ({
      label: pipeline.name,
      icon: 'board' as const,
      items: () =>
        pipeline.stages.map((stage) => ({
          label: stage.name,
          color: stage.color,
          run: move(stage.id),
        })),
    })),
  ];
}

export function assignEntries(
  view: LeadsView,
  ids: readonly string[],
  done: () => void = () => {},
): MenuEntry[] {
  const assign = (id: string | null, name: string) => () => {
    void view.actions.assign(ids, id, name);
    done();
  };
  return [
    ...members.active.map((user) => ({
      label: user.name,
      icon: 'user' as const,
      run: assign(user.id, user.name),
    })),
    { separator: true },
    { label: 'Nobody', icon: 'ban', run: assign(null, '') },
  ];
}

import type { Command } from '../state/commands.svelte';
import { location } from '../state/location.svelte';
import { leadDialogs } from './dialogs';
import type { BoardView } from './view.svelte';

/** What the board adds to the command palette and to the keyboard sheet. */
export function boardCommands(view: BoardView): Command[] {
  const open = (name: string) => () => location.goKeeping(`/leads/${name}`);
  const list: Command[] = [];
  if (view.canManage) {
    list.push({
      id: 'add-lead',
      label: 'Add a lead',
      group: 'Board',
      icon: 'plus',
      keys: ['c'],
      run: open('new'),
    });
  }
  if (leadDialogs['/leads/webhooks']) {
    list.push({
      id: 'webhooks',
      label: 'Open webhooks',
      group: 'Board',
      icon: 'webhook',
      run: open('webhooks'),
    });
  }
  list.push({
    id: 'automations',
    label: 'Open automations',
    group: 'Board',
    icon: 'bolt',
    run: open('automations'),
  });
  if (leadDialogs['/leads/pipeline'] && view.canManage) {
    list.push({
      id: 'pipeline',
      label: 'Open pipeline settings',
      group: 'Board',
      icon: 'gear',
      run: open('pipeline'),
    });
  }
  // The board hears these itself, where the focus is on a card: here they are only explained.
  const explain = (id: string, label: string, ...keys: string[]): Command => ({
    id,
    label,
    group: 'On a card',
    keys,
    keysOnly: true,
    isPassive: true,
    run: () => {},
  });
  list.push(explain('roam', 'Go to the next card', 'ArrowDown', 'ArrowRight'));
  list.push(explain('open', 'Open the lead', 'Enter'));
  if (view.canManage) {
    list.push(
      explain('lift', 'Lift; arrows move, Enter drops, Esc cancels', ' '),
      explain('nudge', 'Move at once', 'alt+ArrowRight', 'alt+ArrowDown'),
      explain('stage', 'Move to the first, second… stage', '1', '2'),
      explain('select', 'Select', 'x'),
      explain('menu', 'Move to… and more', 'm'),
    );
  }
  list.push({
    id: 'clear-selection',
    label: 'Clear the selection',
    group: 'Board',
    keys: ['Escape'],
    keysOnly: true,
    run: () => view.clear(),
  });
  return list;
}

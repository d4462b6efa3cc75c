import type { Command } from '../state/commands.svelte';
import { location } from '../state/location.svelte';
import { leadDialogs } from './dialogs';
import type { Screen } from './screen.svelte';

/** What only the page of leads can do. */
interface PageActions {
  toggleMode: () => void;
  chooseColumns: () => void;
  exportAs: (format: 'csv' | 'jsonl') => void;
}

/** What the board or the list adds to the command palette and to the keyboard sheet. */
export function leadsCommands(screen: Screen, page: PageActions): Command[] {
  const { view } = screen;
  const open = (name: string) => () => location.goKeeping(`/leads/${name}`);
  const list: Command[] = [];
  if (view.canManage) {
    list.push({
      id: 'add-lead',
      label: 'Add a lead',
      group: 'Leads',
      icon: 'plus',
      keys: ['c'],
      run: open('new'),
    });
    list.push({
      id: 'import-leads',
      label: 'Import leads from a file',
      group: 'Board',
      icon: 'inbox',
      run: () => location.go('/leads/import'),
    });
  }
  list.push({
    id: 'duplicates',
    label: 'Find likely duplicates',
    group: 'Leads',
    icon: 'copy',
    run: () => location.go('/leads/duplicates'),
  });
  if (leadDialogs['/leads/webhooks']) {
    list.push({
      id: 'webhooks',
      label: 'Open webhooks',
      group: 'Leads',
      icon: 'webhook',
      run: open('webhooks'),
    });
  }
  list.push({
    id: 'automations',
    label: 'Open automations',
    group: 'Leads',
    icon: 'bolt',
    run: open('automations'),
  });
  if (leadDialogs['/leads/pipeline'] && view.canManage) {
    list.push({
      id: 'pipeline',
      label: 'Open pipeline settings',
      group: 'Leads',
      icon: 'gear',
      run: open('pipeline'),
    });
  }
  list.push(
    {
      id: 'toggle-mode',
      label: screen.mode === 'list' ? 'Show the board' : 'Show the list',
      group: 'Leads',
      icon: screen.mode === 'list' ? 'board' : 'table',
      keys: ['v'],
      run: page.toggleMode,
    },
    {
      id: 'export-csv',
      label: 'Export leads as CSV',
      group: 'Leads',
      icon: 'download',
      run: () => page.exportAs('csv'),
    },
    {
      id: 'export-jsonl',
      label: 'Export leads as JSON lines',
      group: 'Leads',
      icon: 'download',
      run: () => page.exportAs('jsonl'),
    },
  );
  if (screen.mode === 'list') {
    list.push({
      id: 'columns',
      label: 'Choose columns',
      group: 'Leads',
      icon: 'sliders',
      run: page.chooseColumns,
    });
  }
  list.push(...(screen.mode === 'list' ? cellKeys(view.canManage) : cardKeys(view.canManage)));
  list.push({
    id: 'clear-selection',
    label: 'Clear the selection',
    group: 'Leads',
    keys: ['Escape'],
    keysOnly: true,
    run: () => view.clear(),
  });
  return list;
}

// The board and the list hear these themselves, where the focus is: here they are only explained.
const explain =
  (group: string) =>
  (id: string, label: string, ...keys: string[]): Command => ({
    id,
    label,
    group,
    keys,
    keysOnly: true,
    isPassive: true,
    run: () => {},
  });

function cardKeys(canManage: boolean): Command[] {
  const key = explain('On a card');
  const list = [
    key('roam', 'Go to the next card', 'ArrowDown', 'ArrowRight'),
    key('open', 'Open the lead', 'Enter'),
  ];
  if (!canManage) return list;
  return [
    ...list,
    key('lift', 'Lift; arrows move, Enter drops, Esc cancels', ' '),
    key('nudge', 'Move at once', 'alt+ArrowRight', 'alt+ArrowDown'),
    key('stage', 'Move to the first, second… stage', '1', '2'),
    key('select', 'Select', 'x'),
    key('menu', 'Move to… and more', 'm'),
  ];
}

function cellKeys(canManage: boolean): Command[] {
  const key = explain('In the list');
  const list = [
    key('roam', 'Go to the next cell', 'ArrowDown', 'ArrowRight'),
    key('roam-rows', 'Go to the next lead, or the one before', 'j', 'k'),
    key('open', 'Open the lead, on its name', 'Enter'),
    key('select', 'Select; with Shift all up to it', 'x', ' '),
  ];
  return canManage ? [...list, key('edit', 'Change the cell', 'Enter', 'F2')] : list;
}

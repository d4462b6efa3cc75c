import { isSingleKey, isTyping, matches } from '../core/keys';
import type { IconName } from '../ui/icons';
import { prefs } from './prefs.svelte';

export interface Command {
  id: string;
  label: string;
  group: string;
  icon?: IconName;
  /** Combinations as in core/keys; the first one is shown. */
  keys?: readonly string[];
  /** Left out of the palette: keys that mean something only where the focus is. */
  keysOnly?: boolean;
  run: () => void;
}

/** What can be done right now: the palette lists it, the keyboard sheet explains it. */
class Commands {
  list = $state.raw<Command[]>([]);

  /** Returns the function that takes them away again, as an `$effect` wants it. */
  add(commands: Command[]): () => void {
    this.list = [...this.list, ...commands];
    return () => {
      this.list = this.list.filter((one) => !commands.includes(one));
    };
  }

  press = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    const typing = isTyping(event.target);
    // The newest first: a dialog's keys go before those of the page below it.
    for (const command of this.list.toReversed()) {
      const hit = command.keys?.find((keys) => matches(event, keys));
      if (!hit) continue;
      const plain = !hit.startsWith('mod+');
      if (plain && typing) continue;
      if (hit === 'mod+z' && typing) continue;
      if (isSingleKey(hit) && !prefs.singleKeys) continue;
      event.preventDefault();
      command.run();
      return;
    }
  };
}

export const commands = new Commands();

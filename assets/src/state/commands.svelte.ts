import { untrack } from 'svelte';
import { isSingleKey, isTyping, matches } from '../core/keys';
import type { IconName } from '../ui/icons';
import { layers } from '../ui/layers.svelte';
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
  /** Heard by the part of the page that has the focus; listed here to be explained. */
  isPassive?: boolean;
  /** Belongs to a dialog: with one open, the plain keys of the page below it are not heard. */
  inDialog?: boolean;
  run: () => void;
}

/** What can be done right now: the palette lists it, the keyboard sheet explains it. */
class Commands {
  list = $state.raw<Command[]>([]);

  /** Returns the function that takes them away again, as an `$effect` wants it. */
  add(commands: Command[]): () => void {
    // An effect that adds must not come to depend on what is there, or it would never rest.
    const others = untrack(() => this.list);
    this.list = [...others, ...commands];
    return () => {
      this.list = untrack(() => this.list).filter((one) => !commands.includes(one));
    };
  }

  press = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    const typing = isTyping(event.target);
    // The newest first: a dialog's keys go before those of the page below it.
    for (const command of this.list.toReversed()) {
      if (command.isPassive) continue;
      const hit = command.keys?.find((keys) => matches(event, keys));
      if (!hit) continue;
      const plain = !hit.startsWith('mod+');
      if (plain && (typing || (layers.top && !command.inDialog))) continue;
      if (hit === 'mod+z' && typing) continue;
      if (isSingleKey(hit) && !prefs.singleKeys) continue;
      event.preventDefault();
      command.run();
      return;
    }
  };
}

export const commands = new Commands();

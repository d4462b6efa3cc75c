import type { IconName } from './icons';

export interface MenuItem {
  label: string;
  icon?: IconName;
  /** A dot of this colour instead of an icon. */
  color?: string;
  hint?: string;
  danger?: boolean;
  disabled?: boolean;
  checked?: boolean;
  run?: () => void;
  /** Entries that replace the menu's when this one is chosen. */
  items?: () => MenuEntry[];
}

export type MenuEntry = MenuItem | { separator: true } | { heading: string };

export function isItem(entry: MenuEntry): entry is MenuItem {
  return 'label' in entry;
}

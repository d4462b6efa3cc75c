/** The parts of a key press that decide what it means. */
export interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/**
 * Does a press answer a combination like `c`, `?`, `mod+k`, `alt+shift+ArrowUp`? `mod` is Ctrl or
 * Cmd. For a printed character Shift is not compared: where `?` lies differs by keyboard.
 */
export function matches(press: Press, combination: string): boolean {
  const parts = combination.split('+');
  const key = parts.pop() || '+';
  const wants = (name: string) => parts.includes(name);
  if (wants('mod') !== (press.ctrlKey || press.metaKey)) return false;
  if (wants('alt') !== press.altKey) return false;
  if (key.length > 1 && wants('shift') !== press.shiftKey) return false;
  return press.key.toLowerCase() === key.toLowerCase();
}

/** A single printed character, which speech input and a slip of the hand can press by accident. */
export function isSingleKey(combination: string): boolean {
  return combination.length === 1;
}

/** Is the focus where a character is text? */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  const plain = ['checkbox', 'radio', 'button', 'color', 'range', 'submit'];
  return target instanceof HTMLInputElement && !plain.includes(target.type);
}

/** `mod+k` as it is printed on the keyboard in use. */
export function keyLabels(combination: string, isMac: boolean): string[] {
  const names: Record<string, string> = {
    mod: isMac ? '⌘' : 'Ctrl',
    alt: isMac ? '⌥' : 'Alt',
    shift: isMac ? '⇧' : 'Shift',
    ArrowUp: '↑',
    ArrowDown: '↓',
    ArrowLeft: '←',
    ArrowRight: '→',
    Escape: 'Esc',
    ' ': 'Space',
  };
  if (combination === '+') return ['+'];
  return combination
    .split('+')
    .map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}

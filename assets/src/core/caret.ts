/** Where the caret stands, in pixels of the window. */
export interface CaretBox {
  x: number;
  y: number;
  height: number;
}

/** What decides where a letter of a text field is drawn. */
const copied = [
  'box-sizing',
  'width',
  'border-width',
  'border-style',
  'padding',
  'font-family',
  'font-size',
  'font-weight',
  'font-style',
  'font-feature-settings',
  'line-height',
  'letter-spacing',
  'word-spacing',
  'text-indent',
  'text-transform',
  'tab-size',
  'overflow-wrap',
  'word-break',
  'direction',
];

/** A text field tells nobody where its caret is: the same text is set in a hidden copy of it. */
export function caretBox(field: HTMLInputElement | HTMLTextAreaElement, at: number): CaretBox {
  const style = getComputedStyle(field);
  const copy = document.createElement('div');
  for (const name of copied) copy.style.setProperty(name, style.getPropertyValue(name));
  copy.style.cssText += 'position:fixed;inset:0 auto auto 0;visibility:hidden;height:auto;';
  copy.style.whiteSpace = field instanceof HTMLTextAreaElement ? 'pre-wrap' : 'pre';
  copy.append(field.value.slice(0, at));
  const mark = document.createElement('span');
  // A letter, so that a caret at the start of a line is found there.
  mark.textContent = field.value.slice(at, at + 1) || '.';
  copy.append(mark);
  (field.closest('dialog') ?? document.body).append(copy);
  const box = field.getBoundingClientRect();
  // Relative to the copy: inside of a dialog that moves, `fixed` does not begin at the window.
  const from = copy.getBoundingClientRect();
  const to = mark.getBoundingClientRect();
  copy.remove();
  return {
    x: box.left + to.left - from.left - field.scrollLeft,
    y: box.top + to.top - from.top - field.scrollTop,
    height: to.height,
  };
}

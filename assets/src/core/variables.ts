/** A variable that is being typed: where its braces begin, and what stands in them so far. */
export interface OpenVariable {
  from: number;
  typed: string;
}

/** What is open at the caret: `Hello {{ na|` gives `na`, `{{ name }}|` nothing. */
export function openVariable(text: string, caret: number): OpenVariable | null {
  const match = /\{\{-?[ \t]*([\w.]*)$/.exec(text.slice(0, caret));
  return match ? { from: match.index, typed: match[1] as string } : null;
}

/** Puts a variable where one is open, or where the caret is; says where the caret goes. */
export function putVariable(
  text: string,
  caret: number,
  name: string,
): { text: string; caret: number } {
  const open = openVariable(text, caret);
  const from = open?.from ?? caret;
  const rest = text.slice(caret);
  // Braces that are closed already (or by an editor's habit) are not closed twice.
  const after = open ? rest.replace(/^[\w.]*[ \t]*\}\}/, '') : rest;
  const put = `{{${name}}}`;
  return { text: text.slice(0, from) + put + after, caret: from + put.length };
}

/** The line that a refusal names, as in “unknown variable nmae (line 3)”. */
export function lineOf(message: string | undefined): number | null {
  const match = /\bline (\d+)/i.exec(message ?? '');
  return match ? Number(match[1]) : null;
}

/** Where a line begins and ends; a line that is not there is the last one. */
export function lineRange(text: string, line: number): [number, number] {
  const lines = text.split('\n');
  const index = Math.min(Math.max(1, line), lines.length) - 1;
  const start = lines.slice(0, index).reduce((sum, one) => sum + one.length + 1, 0);
  return [start, start + (lines[index] as string).length];
}

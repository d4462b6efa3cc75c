import { tick } from 'svelte';
import { ApiError } from '../api/errors';
import { assignLead, getFieldKeys, moveLead, updateLead } from '../api/leads';
import type {
  Card,
  CustomFieldKey,
  CustomFields,
  Lead,
  LeadChanges,
  ListedLead,
} from '../api/types';
import { formatCount } from '../core/format';
import { extend, keep, nothing, toggle, type Selection } from '../core/selection';
import { splitTags } from '../core/tags';
import { revealRow } from '../core/window';
import { location } from '../state/location.svelte';
import { prefs } from '../state/prefs.svelte';
import { session } from '../state/session.svelte';
import { toasts } from '../state/toasts.svelte';
import { ListActions } from './actions.svelte';
import type { Board } from './board.svelte';
import type { Conflict } from './detail.svelte';
import { differences } from './differences';
import { LeadRows } from './rows.svelte';
import type { LeadsView } from './screen.svelte';
import { customKey, customValue, labelOf, type TableColumn } from './tablecolumns';
import { parseValue } from './values';

/** What the server takes in one action on many leads. */
const MOST_SELECTED = 1000;

/** The heading's row among the cells that can have the focus. */
export const HEAD = 'head';

export interface Cell {
  /** The lead's id, or [`HEAD`]. */
  row: string;
  column: string;
}

/** The list as a person works with it: what is selected, focused and being changed. */
export class ListView implements LeadsView {
  readonly board: LeadRows;
  readonly actions: ListActions;
  selection = $state.raw<Selection>(nothing);
  sending = $state.raw<readonly Card[] | null>(null);
  said = $state('');
  /** The cell that Tab reaches; the arrows move it. */
  active = $state.raw<Cell | null>(null);
  editing = $state.raw<Cell | null>(null);
  /** Why the value in the open field was refused. */
  refusal = $state('');
  conflict = $state.raw<Conflict | null>(null);
  fields = $state.raw<CustomFieldKey[]>([]);
  /** The element that scrolls. */
  frame: HTMLElement | null = null;
  private small = window.matchMedia('(max-width: 700px)');
  isSmall = $state(this.small.matches);
  private busy = false;

  constructor(board: Board) {
    this.board = new LeadRows(board);
    this.actions = new ListActions(this.board);
    this.small.addEventListener('change', () => (this.isSmall = this.small.matches));
  }

  /** The height of a row. */
  get row(): number {
    if (this.isSmall) return prefs.density === 'compact' ? 60 : 76;
    return prefs.density === 'compact' ? 32 : 40;
  }

  get canManage(): boolean {
    return session.can('leads:manage');
  }

  get canSend(): boolean {
    return session.can('broadcast:manage');
  }

  /** The names of custom fields, for columns; without them their keys stand there. */
  async loadFields(): Promise<void> {
    try {
      this.fields = (await getFieldKeys()).data;
    } catch {
      // The list works without.
    }
  }

  select(id: string, isRange: boolean): void {
    this.selection = isRange
      ? extend(this.selection, id, this.board.order())
      : toggle(this.selection, id);
  }

  get isAllSelected(): boolean {
    const { rows } = this.board;
    return rows.length > 0 && rows.every((row) => this.selection.ids.has(row.id));
  }

  /** All rows that are loaded, or none. */
  selectLoaded(): void {
    const ids = this.board.order().slice(0, MOST_SELECTED);
    this.selection = this.selection.ids.size > 0 ? nothing : { ids: new Set(ids), anchor: null };
  }

  /** All that the filters leave, as many as one action takes. */
  async selectMatching(): Promise<void> {
    await this.board.fill(MOST_SELECTED);
    const ids = this.board.order().slice(0, MOST_SELECTED);
    this.selection = { ids: new Set(ids), anchor: null };
    if (this.board.cursor || this.board.rows.length > ids.length) {
      toasts.show(`The first ${formatCount(ids.length)} are selected; one action takes no more.`);
    }
  }

  clear(): void {
    this.selection = nothing;
  }

  /** Forgets selected leads that somebody moved out of sight or deleted. */
  tidySelection(): void {
    const there = new Set(this.board.order());
    this.selection = keep(this.selection, (id) => there.has(id));
  }

  open(card: Card): void {
    location.goKeeping(`/leads/${card.id}`);
  }

  say(text: string): void {
    this.said = text;
  }

  /** Puts the focus on a lead's name. */
  async focus(id: string): Promise<void> {
    await this.focusCell({ row: id, column: 'name' });
  }

  /** Puts the focus on a cell, and scrolls to it first: only then it exists. */
  async focusCell(cell: Cell): Promise<void> {
    const { frame } = this;
    if (!frame) return;
    this.active = cell;
    if (cell.row !== HEAD) {
      const index = this.board.rows.findIndex((row) => row.id === cell.row);
      if (index < 0) return;
      const head = this.isSmall ? 0 : this.row;
      const room = frame.clientHeight - head;
      frame.scrollTop = revealRow(frame.scrollTop, room, this.row, index);
      if (index >= this.board.rows.length - 5) void this.board.more();
    }
    // At once where the cell is drawn: the next key is heard where the focus is by then.
    if (this.focusDrawn(cell)) return;
    await tick();
    // The scroll event redraws the window of rows in the next frame.
    await new Promise((done) => requestAnimationFrame(done));
    await tick();
    this.focusDrawn(cell);
  }

  private focusDrawn(cell: Cell): boolean {
    const { frame } = this;
    const selector = `[data-row="${CSS.escape(cell.row)}"] [data-column="${CSS.escape(cell.column)}"]`;
    const element = frame?.querySelector<HTMLElement>(selector);
    const target = this.isSmall ? element?.querySelector<HTMLElement>('a') : element;
    target?.focus({ preventScroll: true });
    element?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    return document.activeElement === target;
  }

  edit(cell: Cell): void {
    if (!this.canManage) return;
    this.refusal = '';
    this.active = cell;
    this.editing = cell;
  }

  /** Closes the field and gives the focus back to its cell. */
  leave(focusBack: boolean): void {
    const cell = this.editing;
    this.editing = null;
    this.refusal = '';
    if (cell && focusBack) void this.focusCell(cell);
  }

  /** Saves what was typed or chosen in the open field. */
  async save(lead: ListedLead, column: TableColumn, text: string, focusBack: boolean) {
    // Once at a time: Enter takes the field away, whose blur would save again.
    if (this.busy || !this.editing) return;
    const changes = changesOf(lead, column, text.trim());
    if (changes === null) return this.leave(focusBack);
    if (typeof changes === 'string') {
      this.refusal = changes;
      return;
    }
    this.busy = true;
    const isDone = await this.send(lead, column, changes);
    this.busy = false;
    if (isDone) this.leave(focusBack);
  }

  /** Sends a change of one cell; false where its field stays open with a refusal. */
  private async send(lead: ListedLead, column: TableColumn, changes: CellChange): Promise<boolean> {
    const back = undoOf(lead, column);
    try {
      this.board.place(await request(lead.id, changes, lead.version));
      const name = labelOf(lead, column);
      toasts.undoable(`${name} of ${lead.name} changed`, async () => {
        const { version } = this.board.find(lead.id) ?? lead;
        this.board.place(await request(lead.id, back, version));
      });
      return true;
    } catch (error) {
      const current = error instanceof ApiError ? error.current<Lead>() : null;
      if (current) {
        this.board.place(current);
        // A row that shows no custom fields is none the wiser when they change.
        const customFields = lead.customFields ?? current.customFields;
        const found = differences(
          { ...lead, customFields, notes: [], activities: [], merges: [] },
          current,
        );
        // Only the version is newer: a bulk action of this page, say, whose result is on the screen.
        if (found.length === 0) return await this.send(current, column, changes);
        const again = async () => void (await this.send(current, column, changes));
        this.conflict = { differences: found, again };
        return true;
      }
      const fields = error instanceof ApiError ? Object.values(error.fields) : [];
      if (fields[0]) this.refusal = fields[0];
      else toasts.error(error);
      return !fields[0];
    }
  }
}

/** A change of one cell: some fields, another stage, somebody else. */
export type CellChange =
  { fields: LeadChanges } | { stageId: string } | { assignedTo: string | null };

function request(id: string, change: CellChange, version: number): Promise<ListedLead> {
  if ('fields' in change) return updateLead(id, change.fields, version);
  if ('stageId' in change) return moveLead(id, { stageId: change.stageId }, version);
  return assignLead(id, change.assignedTo, version);
}

/** What typing a text into a cell changes; null for nothing, a sentence for what cannot be. */
export function changesOf(
  lead: ListedLead,
  column: TableColumn,
  text: string,
): CellChange | string | null {
  switch (column.kind) {
    case 'stage':
      return text === lead.stageId ? null : { stageId: text };
    case 'assignee':
      return text === (lead.assignedTo ?? '') ? null : { assignedTo: text || null };
    case 'score': {
      const score = Number(text);
      if (text === '' || !Number.isInteger(score)) return 'A whole number from 0 to 100.';
      return score === lead.baseScore ? null : { fields: { baseScore: score } };
    }
    case 'tags': {
      return text === lead.tags.join(', ') ? null : { fields: { tags: splitTags(text) } };
    }
    case 'custom': {
      const before = customValue(lead, column);
      const value = parseValue(text, before);
      if (JSON.stringify(value) === JSON.stringify(before ?? '')) return null;
      const customFields = { [customKey(column)]: value === '' ? null : value };
      const isNew = before === undefined && value !== '';
      const names = isNew ? { _displayNames: { [customKey(column)]: column.label } } : {};
      return { fields: { customFields: { ...customFields, ...names } } };
    }
    case 'text': {
      const key = column.key as 'name' | 'email' | 'phone' | 'company' | 'title';
      if (text === (lead[key] ?? '')) return null;
      if (key === 'name' && !text) return 'A lead has a name.';
      return { fields: { [key]: text || null } };
    }
    default:
      return null;
  }
}

/** A custom field as it was, with its name. */
function fieldOf(lead: ListedLead, column: TableColumn): CustomFields {
  const key = customKey(column);
  const value = customValue(lead, column) ?? null;
  return value === null
    ? { [key]: null }
    : { [key]: value, _displayNames: { [key]: labelOf(lead, column) } };
}

/** What brings a cell back to how it was. */
function undoOf(lead: ListedLead, column: TableColumn): CellChange {
  switch (column.kind) {
    case 'stage':
      return { stageId: lead.stageId };
    case 'assignee':
      return { assignedTo: lead.assignedTo };
    case 'score':
      return { fields: { baseScore: lead.baseScore } };
    case 'tags':
      return { fields: { tags: lead.tags } };
    case 'custom':
      return { fields: { customFields: fieldOf(lead, column) } };
    default: {
      const key = column.key as 'name' | 'email' | 'phone' | 'company' | 'title';
      return { fields: { [key]: lead[key] } };
    }
  }
}

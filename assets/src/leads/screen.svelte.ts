import { getContext, setContext } from 'svelte';
import type { Card, LeadEvent, Pipeline } from '../api/types';
import type { Selection } from '../core/selection';
import type { LeadActions } from './actions.svelte';
import { BoardView, provideView } from './view.svelte';
import { ListView } from './list.svelte';

/** One stage on the screen; the list knows of no cards of it. */
export interface ShownStage {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly cards: readonly Card[];
}

/** The leads that are on the screen, on the board or in the list: what can be asked of both. */
export interface ShownLeads {
  readonly pipelines: readonly Pipeline[];
  /** Empty in a list of all pipelines. */
  readonly pipelineId: string;
  readonly columns: readonly ShownStage[];
  readonly ready: boolean;
  readonly total: number;
  readonly totalIsCapped: boolean;
  /** The filters, as the server takes them. */
  query(): URLSearchParams;
  find(id: string): Card | undefined;
  columnOf(id: string): ShownStage | undefined;
  /** All that are loaded, in the order in which they are seen. */
  order(): string[];
  /** Whether a lead of this pipeline can be on the screen at all. */
  covers(card: Card): boolean;
  place(card: Card, from?: LeadEvent['from']): void;
  drop(id: string, from?: LeadEvent['from']): void;
  hold(ids: readonly string[]): () => void;
  reloadSoon(): void;
}

/** The board or the list as a person works with it. */
export interface LeadsView {
  readonly board: ShownLeads;
  readonly actions: LeadActions;
  readonly selection: Selection;
  readonly canManage: boolean;
  readonly canSend: boolean;
  sending: readonly Card[] | null;
  clear(): void;
  open(card: Card): void;
  focus(id: string): Promise<void>;
  say(text: string): void;
}

/** Both ways of showing leads, one of which is on the screen. */
export class Screen {
  readonly boardView = new BoardView();
  readonly list = new ListView(this.boardView.board);
  mode = $state<'board' | 'list'>('board');

  get view(): LeadsView {
    return this.mode === 'list' ? this.list : this.boardView;
  }
}

const KEY = Symbol('screen');

export function provideScreen(screen: Screen): Screen {
  provideView(screen.boardView);
  return setContext(KEY, screen);
}

/** Read `view` of it where it is used: which one it is changes. */
export function useScreen(): Screen {
  return getContext<Screen>(KEY);
}

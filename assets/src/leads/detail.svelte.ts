import { ApiError, explain, isStatus } from '../api/errors';
import {
  addNote,
  assignLead,
  deleteNote,
  getActivities,
  getLead,
  moveLead,
  updateLead,
} from '../api/leads';
import type {
  Activity,
  AutomationEvent,
  AutomationProgress,
  Lead,
  LeadChanges,
  LeadEvent,
  MessageEvent,
} from '../api/types';
import { getAutomationTimeline } from '../automations/api';
import { isOfAutomation } from '../automations/events';
import { undoMerge } from '../duplicates/undo';
import { live } from '../state/live.svelte';
import { location } from '../state/location.svelte';
import { toasts } from '../state/toasts.svelte';
import { differences, type Difference } from './differences';
import type { ShownLeads } from './screen.svelte';

/** A change that was refused because somebody else was faster. */
export interface Conflict {
  differences: Difference[];
  again: () => Promise<void>;
}

/** The lead in the dialog: read, changed and kept true while it is open. */
export class LeadDetail {
  lead = $state.raw<Lead | null>(null);
  activities = $state.raw<Activity[]>([]);
  /** What activities of automations say beyond the others, by the id that both have. */
  runs = $state.raw<ReadonlyMap<string, AutomationEvent>>(new Map());
  cursor = $state<string | null>(null);
  failure = $state.raw<unknown>(null);
  isGone = $state(false);
  conflict = $state.raw<Conflict | null>(null);
  private abort = new AbortController();

  constructor(
    readonly id: string,
    private readonly board: ShownLeads,
  ) {}

  async load(): Promise<void> {
    try {
      const lead = await getLead(this.id, this.abort.signal);
      this.runs = await this.readRuns(lead);
      this.show(lead);
      this.failure = null;
    } catch (error) {
      if (this.abort.signal.aborted) return;
      const into = error instanceof ApiError && error.problem.mergedInto;
      if (into) {
        toasts.show('This lead was merged into another one, which you see now.');
        location.goKeeping(`/leads/${into}`, { replace: true });
      } else if (isStatus(error, 404)) this.isGone = true;
      else this.failure = error;
    }
  }

  private async readRuns(lead: Lead): Promise<ReadonlyMap<string, AutomationEvent>> {
    if (![...lead.activities, ...this.activities].some(isOfAutomation)) return this.runs;
    try {
      const events = await getAutomationTimeline(this.id, this.abort.signal);
      return new Map(events.map((event) => [event.id, event]));
    } catch {
      // The sentences stand in the activities themselves.
      return this.runs;
    }
  }

  /** Reads again what others change; returns the function that ends it. */
  follow(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(() => void this.load(), 60);
    };
    const ends = [
      live.on<LeadEvent>('lead.*', (event, name) => {
        if (event.leadId !== this.id) return;
        // It may have gone into another one.
        if (name === 'lead.deleted') void this.load();
        else {
          this.isGone = false;
          soon();
        }
      }),
      live.on<MessageEvent>('message.*', (event) => {
        if (event.leadId === this.id) soon();
      }),
      live.on<AutomationProgress>('automation.progress', (event) => {
        if (event.leadId === this.id) soon();
      }),
      live.on('messages.changed', soon),
      live.on('leads.changed', soon),
      live.on('reset', soon),
    ];
    return () => {
      clearTimeout(timer);
      this.abort.abort();
      for (const end of ends) end();
    };
  }

  /** Older entries of the timeline. */
  async older(): Promise<void> {
    if (!this.cursor) return;
    try {
      const page = await getActivities(this.id, this.cursor);
      const known = new Set(this.activities.map((one) => one.id));
      this.activities = [...this.activities, ...page.data.filter((one) => !known.has(one.id))];
      this.cursor = page.nextCursor;
    } catch (error) {
      toasts.error(error);
    }
  }

  /**
   * Saves some fields. Returns the messages by field when the server refuses them; a conflict
   * with somebody else's change is kept in `conflict`, with a way to apply this one again.
   */
  async change(changes: LeadChanges): Promise<Record<string, string>> {
    const lead = this.lead;
    if (!lead) return {};
    try {
      this.show(await updateLead(lead.id, changes, lead.version));
      this.conflict = null;
      return {};
    } catch (error) {
      return this.refused(error, lead, async () => {
        const fields = await this.change(changes);
        const first = Object.values(fields)[0];
        if (first) toasts.show(first, { tone: 'error' });
      });
    }
  }

  async move(stageId: string): Promise<void> {
    const lead = this.lead;
    if (!lead || stageId === lead.stageId) return;
    const send = () => moveLead(lead.id, { stageId }, this.lead?.version ?? lead.version);
    const before = { stageId: lead.stageId };
    await this.attempt(send, `Moved ${lead.name}`, () =>
      moveLead(lead.id, before, this.lead?.version ?? lead.version),
    );
  }

  async assign(userId: string | null): Promise<void> {
    const lead = this.lead;
    if (!lead || userId === lead.assignedTo) return;
    const to = (id: string | null) => () =>
      assignLead(lead.id, id, this.lead?.version ?? lead.version);
    await this.attempt(to(userId), `Assigned ${lead.name}`, to(lead.assignedTo));
  }

  async undoMerge(mergeId: string): Promise<void> {
    if (await undoMerge(mergeId)) await this.load();
  }

  async addNote(value: string): Promise<string> {
    try {
      const note = await addNote(this.id, value);
      const lead = this.lead;
      if (lead && !lead.notes.some((one) => one.id === note.id)) {
        this.lead = { ...lead, notes: [note, ...lead.notes] };
      }
      void this.load();
      return '';
    } catch (error) {
      return explain(error);
    }
  }

  async removeNote(noteId: string): Promise<void> {
    const note = this.lead?.notes.find((one) => one.id === noteId);
    if (!note) return;
    try {
      await deleteNote(this.id, noteId);
      await this.load();
      toasts.undoable('Note removed', async () => {
        await addNote(this.id, note.value);
        await this.load();
      });
    } catch (error) {
      toasts.error(error);
    }
  }

  private async attempt(
    send: () => Promise<Lead>,
    text: string,
    back: () => Promise<Lead>,
  ): Promise<void> {
    const before = this.lead as Lead;
    try {
      this.show(await send());
      toasts.undoable(text, async () => this.show(await back()));
    } catch (error) {
      const retry = () => this.attempt(send, text, back);
      const fields = this.refused(error, before, retry);
      const first = Object.values(fields)[0];
      if (first) toasts.show(first, { tone: 'error' });
    }
  }

  private refused(error: unknown, mine: Lead, again: () => Promise<void>): Record<string, string> {
    const now = error instanceof ApiError ? error.current<Lead>() : null;
    if (now) {
      this.show({ ...mine, ...now });
      this.conflict = { differences: differences(mine, now), again };
      void this.load();
      return {};
    }
    if (error instanceof ApiError && error.problem.errors?.length) return error.fields;
    toasts.error(error, again);
    return {};
  }

  /** Answers to changes may leave out notes and activities: those that are known stay. */
  private show(next: Lead): void {
    const lead = this.lead;
    if (lead && next.version < lead.version) return;
    this.lead = {
      ...next,
      notes: next.notes ?? lead?.notes ?? [],
      activities: next.activities ?? lead?.activities ?? [],
      merges: next.merges ?? lead?.merges ?? [],
      customFields: next.customFields ?? lead?.customFields ?? {},
      scoring: next.scoring === undefined ? lead?.scoring : next.scoring,
    };
    if (next.activities) {
      const known = new Set(next.activities.map((one) => one.id));
      const older = this.activities.filter((one) => !known.has(one.id));
      this.activities = [...next.activities, ...older];
      const last = next.activities.at(-1);
      // The lead carries the latest fifty: with as many there may be more.
      if (older.length === 0)
        this.cursor = next.activities.length >= 50 ? (last?.id ?? null) : null;
    } else {
      void this.load();
    }
    if (this.board.find(next.id)) this.board.place(next);
  }
}

import type { LeadEvent } from '../api/types';
import { plural } from '../core/format';
import { live } from '../state/live.svelte';
import { toasts } from '../state/toasts.svelte';
import {
  dismissDuplicates,
  getDuplicates,
  recallDuplicates,
  type DuplicateBy,
  type DuplicateGroup,
} from './api';

/** So many groups are wanted before the walk through all leads rests. */
const WANTED = 20;

/** A group with what it is known by on the page. */
export interface FoundGroup extends DuplicateGroup {
  key: string;
}

/** The likely duplicates of the page: a walk through all leads that rests when enough are found. */
export class Found {
  groups = $state.raw<FoundGroup[]>([]);
  cursor = $state<string | null>(null);
  busy = $state(false);
  ready = $state(false);
  failure = $state.raw<unknown>(null);
  private by: DuplicateBy | '' = '';
  private abort = new AbortController();

  async load(by: DuplicateBy | ''): Promise<void> {
    this.by = by;
    this.groups = [];
    this.cursor = null;
    this.ready = false;
    await this.walk(null);
  }

  again = (): Promise<void> => this.load(this.by);

  async more(): Promise<void> {
    if (this.cursor && !this.busy) await this.walk(this.cursor);
  }

  /** Reads on until enough new groups are there, or all leads were looked at. */
  private async walk(from: string | null): Promise<void> {
    this.abort.abort();
    const abort = new AbortController();
    this.abort = abort;
    this.busy = true;
    this.failure = null;
    const enough = this.groups.length + WANTED;
    let cursor = from;
    try {
      do {
        const page = await getDuplicates(this.by, cursor, abort.signal);
        if (abort.signal.aborted) return;
        const keyed = page.data.map((group) => ({
          ...group,
          key: `${group.by} ${group.leads.map(({ id }) => id).join(' ')}`,
        }));
        const known = new Set(this.groups.map(({ key }) => key));
        this.groups = [...this.groups, ...keyed.filter(({ key }) => !known.has(key))];
        cursor = page.nextCursor;
      } while (cursor && this.groups.length < enough);
      this.cursor = cursor;
      this.ready = true;
    } catch (error) {
      if (!abort.signal.aborted) this.failure = error;
    } finally {
      if (this.abort === abort) this.busy = false;
    }
  }

  /** Leads that are deleted or merged leave their groups; returns what ends that. */
  follow(): () => void {
    const ends = [
      live.on<LeadEvent>('lead.deleted', ({ leadId }) => this.drop(leadId)),
      live.on('reset', () => void this.again()),
    ];
    return () => {
      for (const end of ends) end();
      this.abort.abort();
    };
  }

  private drop(leadId: string): void {
    this.groups = this.groups
      .map((group) => {
        const leads = group.leads.filter(({ id }) => id !== leadId);
        const gone = group.leads.length - leads.length;
        return gone > 0 ? { ...group, leads, total: group.total - gone } : group;
      })
      .filter(({ leads }) => leads.length > 1);
  }

  async dismiss(group: FoundGroup): Promise<void> {
    const isShared = group.total > group.leads.length && group.by !== 'name';
    const body = {
      leadIds: group.leads.map(({ id }) => id),
      ...(isShared && group.by !== 'name' ? { shared: group.by } : {}),
    };
    try {
      await dismissDuplicates(body);
      this.groups = this.groups.filter(({ key }) => key !== group.key);
      toasts.undoable(`${plural(group.leads.length, 'lead')} are no duplicates`, async () => {
        await recallDuplicates(body);
        await this.again();
      });
    } catch (error) {
      toasts.error(error, () => this.dismiss(group));
    }
  }
}

import {
  addContactNote,
  deleteContact,
  deleteContactNote,
  dismissDifference,
  getContact,
  restoreContact,
  undoContactMerge,
  updateContact,
  useDifference,
} from '../api/contacts';
import { ApiError, explain, isStatus } from '../api/errors';
import type { Contact, ContactChanges, ContactDifference, ContactEvent } from '../api/types';
import { formatList } from '../core/format';
import type { Conflict } from '../leads/detail.svelte';
import { fieldDifferences } from '../leads/differences';
import { live } from '../state/live.svelte';
import { location } from '../state/location.svelte';
import { toasts } from '../state/toasts.svelte';

const PLAIN = ['name', 'email', 'phone', 'company', 'title', 'platform'] as const;

/** The contact of the page: read, changed and kept true while it is open. */
export class ContactDetail {
  contact = $state.raw<Contact | null>(null);
  failure = $state.raw<unknown>(null);
  isGone = $state(false);
  conflict = $state.raw<Conflict | null>(null);
  private abort = new AbortController();

  constructor(readonly id: string) {}

  async load(): Promise<void> {
    try {
      this.show(await getContact(this.id, this.abort.signal));
      this.failure = null;
      this.isGone = false;
    } catch (error) {
      if (this.abort.signal.aborted) return;
      const into = error instanceof ApiError && error.problem.mergedInto;
      if (into) {
        toasts.show('This contact was merged into another one, which you see now.');
        location.go(`/contacts/${into}`, { replace: true });
      } else if (isStatus(error, 404)) this.isGone = true;
      else this.failure = error;
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
      live.on<ContactEvent>('contact.*', (event) => {
        if (event.contactId === this.id) soon();
      }),
      live.on('reset', soon),
    ];
    return () => {
      clearTimeout(timer);
      this.abort.abort();
      for (const end of ends) end();
    };
  }

  /**
   * Saves some fields. Returns the messages by field when the server refuses them; a conflict
   * with somebody else's change is kept in `conflict`, with a way to apply this one again.
   */
  async change(changes: ContactChanges): Promise<Record<string, string>> {
    const mine = this.contact;
    if (!mine) return {};
    try {
      this.show(await updateContact(mine.id, changes, mine.version));
      this.conflict = null;
      return {};
    } catch (error) {
      const again = async () => {
        const first = Object.values(await this.change(changes))[0];
        if (first) toasts.show(first, { tone: 'error' });
      };
      const now = error instanceof ApiError ? error.current<Contact>() : null;
      if (now) {
        this.conflict = { differences: fieldDifferences(PLAIN, mine, now), again };
        await this.load();
        return {};
      }
      if (error instanceof ApiError && error.problem.errors?.length) return error.fields;
      toasts.error(error, again);
      return {};
    }
  }

  async addNote(value: string): Promise<string> {
    try {
      await addContactNote(this.id, value);
      await this.load();
      return '';
    } catch (error) {
      return explain(error);
    }
  }

  async removeNote(noteId: string): Promise<void> {
    const note = this.contact?.notes.find((one) => one.id === noteId);
    if (!note) return;
    try {
      await deleteContactNote(this.id, noteId);
      await this.load();
      toasts.undoable('Note removed', async () => {
        await addContactNote(this.id, note.value);
        await this.load();
      });
    } catch (error) {
      toasts.error(error);
    }
  }

  /** Takes a differing value over; what stood there is kept among the differences. */
  async use(difference: ContactDifference): Promise<void> {
    try {
      this.show(await useDifference(this.id, difference.id));
    } catch (error) {
      toasts.error(error);
    }
  }

  async dismiss(difference: ContactDifference): Promise<void> {
    try {
      await dismissDifference(this.id, difference.id);
      await this.load();
    } catch (error) {
      toasts.error(error);
    }
  }

  /** Takes a merge back; what was changed since stays, and is told. */
  async undoMerge(mergeId: string): Promise<void> {
    try {
      const { other, kept } = await undoContactMerge(mergeId);
      await this.load();
      const names = formatList(kept.map(({ displayName }) => displayName));
      const stayed = names && ` ${names} stayed, changed since.`;
      toasts.show(`${other.name} is a contact of its own again.${stayed}`, {
        action: { label: 'Open', run: () => location.go(`/contacts/${other.id}`) },
      });
    } catch (error) {
      toasts.error(error);
    }
  }

  async remove(): Promise<void> {
    const gone = this.contact;
    if (!gone) return;
    try {
      await deleteContact(gone.id, gone.version);
      location.go('/contacts');
      toasts.undoable(`${gone.name} deleted`, async () => {
        await restoreContact(gone.id);
        location.go(`/contacts/${gone.id}`);
      });
    } catch (error) {
      const now = error instanceof ApiError ? error.current<Contact>() : null;
      if (!now) return toasts.error(error, () => this.remove());
      await this.load();
      toasts.show('Somebody changed the contact meanwhile. Look at it, then delete it again.', {
        tone: 'error',
      });
    }
  }

  private show(next: Contact): void {
    if (this.contact && next.version < this.contact.version) return;
    this.contact = next;
  }
}

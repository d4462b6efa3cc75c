import { ApiError } from '../api/errors';
import { live } from '../state/live.svelte';
import { toasts } from '../state/toasts.svelte';
import {
  actOnImport,
  changeImport,
  getImport,
  type ImportChanges,
  type ImportDetail,
  type Verb,
} from './api';

/** One import as the page shows it, kept in step with the server. */
export class ImportView {
  data = $state.raw<ImportDetail | null>(null);
  failure = $state<unknown>(null);
  /** Whether a change of this page is on its way. */
  busy = $state(false);
  private stopped = new AbortController();

  constructor(readonly id: string) {}

  load = async (): Promise<void> => {
    try {
      this.data = await getImport(this.id, this.stopped.signal);
      this.failure = null;
    } catch (error) {
      if (!this.stopped.signal.aborted) this.failure = error;
    }
  };

  /** Listens until the returned function is called. */
  follow(): () => void {
    void this.load();
    const mine = (event: { importId: string }) => {
      if (event.importId === this.id && !this.busy) void this.load();
    };
    const ends = [live.on('import.changed', mine), live.on('reset', () => void this.load())];
    return () => {
      this.stopped.abort();
      for (const end of ends) end();
    };
  }

  /** Says something of the import; answers whether the server took it. */
  async change(changes: ImportChanges): Promise<boolean> {
    const data = this.data;
    if (!data) return false;
    return this.run(() => changeImport(this.id, changes, data.version));
  }

  act = (verb: Verb): Promise<boolean> => this.run(() => actOnImport(this.id, verb));

  private async run(request: () => Promise<ImportDetail>): Promise<boolean> {
    this.busy = true;
    try {
      this.data = await request();
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) {
        toasts.show('Somebody else changed this import; here is how it stands now.');
      } else toasts.error(error);
      await this.load();
      return false;
    } finally {
      this.busy = false;
    }
  }
}

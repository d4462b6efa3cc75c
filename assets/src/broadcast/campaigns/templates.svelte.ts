import type { Template } from '../../api/types';
import { live } from '../../state/live.svelte';
import { getTemplates } from '../api';

/** The templates of the workspace, for choosing one: read again when somebody writes one. */
export class Templates {
  all = $state.raw<Template[] | null>(null);
  failure = $state.raw<unknown>(null);

  /** Reads them and keeps them true; returns the function that ends it. */
  follow(): () => void {
    const read = () => void this.load();
    read();
    const ends = [live.on('template.changed', read), live.on('reset', read)];
    return () => ends.forEach((end) => end());
  }

  private async load(): Promise<void> {
    try {
      this.all = await getTemplates();
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
  }
}

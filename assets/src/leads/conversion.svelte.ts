import { convertLead, unconvertLead } from '../api/contacts';
import type { Conversion, Platform } from '../api/types';
import { plural } from '../core/format';
import { toasts } from '../state/toasts.svelte';
import type { LeadDetail } from './detail.svelte';

/** Makes a lead a contact, and takes that back. */
export class LeadConversion {
  /** From the confirmation on, so that the button is gone at once. */
  isUnderWay = $state(false);

  constructor(private readonly detail: LeadDetail) {}

  async convert(name: string, platform: Platform | null): Promise<void> {
    if (this.isUnderWay) return;
    this.isUnderWay = true;
    try {
      const done = await convertLead(this.detail.id, platform ? { name, platform } : { name });
      await this.detail.load();
      toasts.undoable(summary(done), () => this.undo());
    } catch (error) {
      toasts.error(error, () => this.convert(name, platform));
    } finally {
      this.isUnderWay = false;
    }
  }

  async undo(): Promise<void> {
    const { text } = await unconvertLead(this.detail.id);
    await this.detail.load();
    toasts.show(text);
  }
}

/** What became of the lead, in a sentence or two. */
export function summary({ contact, created, otherContact }: Conversion): string {
  if (created) return `${contact.name} is a contact now.`;
  const parts = [`Linked to the contact ${contact.name}.`];
  const count = contact.differences.length;
  if (count > 0) parts.push(`${plural(count, 'value')} of it differ${count === 1 ? 's' : ''}.`);
  if (otherContact) parts.push(`${otherContact.name} has the same phone number.`);
  return parts.join(' ');
}

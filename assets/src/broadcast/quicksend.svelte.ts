import type { Channel } from '../api/types';

/** Who is to get a message. */
export interface Addressee {
  id: string;
  name: string;
  email: string | null;
  phone: string | null;
}

/** What was typed and not sent outlives its dialog: a slip on Escape costs nothing. */
class Draft {
  channel = $state<Channel | null>(null);
  templateId = $state('');
  subject = $state('');
  body = $state('');

  setChannel(channel: string): void {
    this.channel = channel as Channel;
    this.templateId = '';
  }

  clear(): void {
    this.channel = null;
    this.templateId = this.subject = this.body = '';
  }
}

export const draft = new Draft();

/** The channel that reaches most of them. */
export function firstChannel(leads: readonly Addressee[]): Channel {
  const emails = leads.filter((lead) => lead.email).length;
  const phones = leads.filter((lead) => lead.phone).length;
  return phones > emails ? 'sms' : 'email';
}

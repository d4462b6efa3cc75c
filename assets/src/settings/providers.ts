import type { Channel, Provider } from '../api/types';

/** One field of a provider's settings, by its key in the API; a dot leads into a nested object. */
export interface ProviderField {
  key: string;
  label: string;
  kind: 'text' | 'number' | 'secret' | 'choice' | 'long';
  hint?: string;
  placeholder?: string;
  choices?: readonly { value: string; label: string }[];
  /** What stands in the field of a new setting. */
  usual?: string;
  required?: boolean;
  /** Rarely needed, and folded away. */
  isAdvanced?: boolean;
  /** Shown only while another field has one of these values. */
  when?: { key: string; is: readonly string[] };
}

export interface ProviderForm {
  id: Provider;
  label: string;
  text: string;
  channels: readonly Channel[];
  fields: readonly ProviderField[];
  /** What the provider must be told: shown beside the callback URL. */
  callback?: string;
}

const rate = (usual: string): ProviderField => ({
  key: 'ratePerSecond',
  label: 'Messages per second',
  kind: 'number',
  hint: `At most so many are handed over in a second. Left empty: ${usual}.`,
  isAdvanced: true,
});

const baseUrl = (usual: string): ProviderField => ({
  key: 'baseUrl',
  label: 'Base URL',
  kind: 'text',
  placeholder: usual,
  hint: 'Only for a compatible service. A private host has to be allowed when Leads is started.',
  isAdvanced: true,
});

export const providers: readonly ProviderForm[] = [
  {
    id: 'sandbox',
    label: 'Sandbox',
    text: 'Messages are written and kept in the outbox, and nothing leaves this machine.',
    channels: ['email', 'sms', 'whatsapp'],
    fields: [],
  },
  {
    id: 'smtp',
    label: 'SMTP',
    text: 'Any mail server or relay. Your provider lists these under “SMTP” or “outgoing mail”.',
    channels: ['email'],
    callback:
      'Have your relay post its events here: delivered, bounced, complained and opened follow.',
    fields: [
      {
        key: 'host',
        label: 'Server',
        kind: 'text',
        placeholder: 'smtp.example.com',
        required: true,
      },
      {
        key: 'port',
        label: 'Port',
        kind: 'number',
        hint: 'Left empty: 587, and 465 with TLS.',
      },
      {
        key: 'security',
        label: 'Security',
        kind: 'choice',
        usual: 'starttls',
        choices: [
          { value: 'starttls', label: 'STARTTLS (mostly port 587)' },
          { value: 'tls', label: 'TLS (mostly port 465)' },
          { value: 'none', label: 'None (this machine only)' },
        ],
      },
      {
        key: 'username',
        label: 'User name',
        kind: 'text',
        hint: 'Empty for a server without login.',
      },
      { key: 'password', label: 'Password', kind: 'secret' },
      {
        key: 'fromAddress',
        label: 'Sender address',
        kind: 'text',
        placeholder: 'sales@example.com',
        hint: 'Its domain should allow this server by SPF and DKIM, or mail ends up as spam.',
        required: true,
      },
      { key: 'fromName', label: 'Sender name', kind: 'text', placeholder: 'Acme Sales' },
      {
        key: 'events.source',
        label: 'Events come from',
        kind: 'choice',
        usual: 'none',
        hint: 'A plain mail server reports nothing after it took the mail; these relays do.',
        choices: [
          { value: 'none', label: 'Nowhere' },
          { value: 'postmark', label: 'Postmark' },
          { value: 'sendgrid', label: 'SendGrid' },
          { value: 'ses', label: 'Amazon SES (by SNS)' },
        ],
      },
      {
        key: 'events.username',
        label: 'User name in its requests',
        kind: 'text',
        hint: 'Put it and the password into the callback URL at Postmark: https://name:password@…',
        when: { key: 'events.source', is: ['postmark'] },
      },
      {
        key: 'events.password',
        label: 'Password in its requests',
        kind: 'secret',
        when: { key: 'events.source', is: ['postmark'] },
      },
      {
        key: 'events.publicKey',
        label: 'Verification key',
        kind: 'text',
        hint: 'From Mail Settings, Event Webhook, with the signature switched on.',
        when: { key: 'events.source', is: ['sendgrid'] },
      },
      {
        key: 'events.topicArn',
        label: 'SNS topic',
        kind: 'text',
        placeholder: 'arn:aws:sns:…',
        hint: 'The only one that is heard. Its subscription is confirmed by itself.',
        when: { key: 'events.source', is: ['ses'] },
      },
      {
        key: 'events.configurationSet',
        label: 'Configuration set',
        kind: 'text',
        hint: 'The one that publishes the events to the topic.',
        when: { key: 'events.source', is: ['ses'] },
      },
      {
        key: 'caCertificate',
        label: 'Certificate of your own authority (PEM)',
        kind: 'long',
        hint: 'Only for a mail server whose certificate no public authority signed.',
        isAdvanced: true,
      },
      rate('10'),
    ],
  },
  {
    id: 'twilio',
    label: 'Twilio',
    text: 'Account SID and auth token stand on the first page of the Twilio console.',
    channels: ['sms', 'whatsapp'],
    callback:
      'Statuses come here by themselves. For STOP and START, set it as the number’s “A message comes in” webhook.',
    fields: [
      {
        key: 'accountSid',
        label: 'Account SID',
        kind: 'text',
        placeholder: 'AC…',
        required: true,
      },
      { key: 'authToken', label: 'Auth token', kind: 'secret', required: true },
      {
        key: 'from',
        label: 'Sender',
        kind: 'text',
        placeholder: '+15550100199',
        hint: 'Your Twilio number with its country code, or leave it empty and name a messaging service.',
      },
      {
        key: 'messagingServiceSid',
        label: 'Messaging service SID',
        kind: 'text',
        placeholder: 'MG…',
      },
      baseUrl('https://api.twilio.com'),
      rate('1 for SMS, 80 for WhatsApp'),
    ],
  },
  {
    id: 'meta',
    label: 'Meta',
    text: 'The WhatsApp Cloud API. The ids stand under WhatsApp, API Setup, in your app at Meta.',
    channels: ['whatsapp'],
    callback:
      'Enter it with the verify token under WhatsApp, Configuration, and subscribe to “messages” and “message_template_status_update”.',
    fields: [
      { key: 'phoneNumberId', label: 'Phone number ID', kind: 'text', required: true },
      {
        key: 'businessAccountId',
        label: 'WhatsApp business account ID',
        kind: 'text',
        hint: 'Needed to read your templates with their approval.',
      },
      {
        key: 'accessToken',
        label: 'Access token',
        kind: 'secret',
        hint: 'Of a system user: the one shown first expires after a day.',
        required: true,
      },
      {
        key: 'appSecret',
        label: 'App secret',
        kind: 'secret',
        hint: 'Under App settings, Basic. It proves that a callback comes from Meta.',
      },
      {
        key: 'verifyToken',
        label: 'Verify token',
        kind: 'secret',
        hint: 'A word of your choice; Meta repeats it once when you enter the callback URL.',
      },
      {
        key: 'apiVersion',
        label: 'API version',
        kind: 'text',
        placeholder: 'v26.0',
        isAdvanced: true,
      },
      baseUrl('https://graph.facebook.com'),
      rate('80'),
    ],
  },
];

export type Values = Record<string, string>;

export function providerOf(id: string): ProviderForm {
  return providers.find((one) => one.id === id) ?? (providers[0] as ProviderForm);
}

/** What the form shows for stored settings; secrets are not among them. */
export function valuesOf(form: ProviderForm, settings: Record<string, unknown>): Values {
  const pairs = form.fields.map((field) => {
    const stored = field.kind === 'secret' ? undefined : read(settings, field.key);
    return [field.key, stored == null ? (field.usual ?? '') : String(stored)];
  });
  return Object.fromEntries(pairs) as Values;
}

/** Whether the server has this secret. */
export function isSet(field: ProviderField, settings: Record<string, unknown>): boolean {
  return read(settings, `${field.key}Set`) === true;
}

export function isShown(field: ProviderField, values: Values): boolean {
  return !field.when || field.when.is.includes(values[field.when.key] ?? '');
}

/** The settings as the server takes them: what is empty is left out, so a stored secret stays. */
export function settingsOf(form: ProviderForm, values: Values): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const field of form.fields) {
    const text = (values[field.key] ?? '').trim();
    // Sent though it is empty, so that the server names each field that is missing.
    const isMissing = field.required && field.kind === 'text';
    if ((!text && !isMissing) || !isShown(field, values)) continue;
    const number = field.kind === 'number' ? Number(text) : NaN;
    write(settings, field.key, Number.isNaN(number) ? text : number);
  }
  return settings;
}

function read(settings: Record<string, unknown>, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], settings);
}

function write(settings: Record<string, unknown>, key: string, value: unknown): void {
  const parts = key.split('.');
  const last = parts.pop() as string;
  let at = settings;
  for (const part of parts) {
    at[part] ??= {};
    at = at[part] as Record<string, unknown>;
  }
  at[last] = value;
}

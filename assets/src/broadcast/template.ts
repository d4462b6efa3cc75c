import type {
  Channel,
  Template,
  TemplateInput,
  TemplateParameter,
  TemplateStatus,
} from '../api/types';

/** A template as a form holds it. */
export interface Draft {
  name: string;
  status: string;
  subject: string;
  body: string;
  html: string;
  language: string;
  providerName: string;
  parameters: TemplateParameter[];
}

type Part = 'subject' | 'body' | 'html' | 'language' | 'providerName' | 'parameters';

/** What a template of this channel consists of, beside name and status. */
export function fieldsOf(channel: Channel): Part[] {
  if (channel === 'email') return ['subject', 'html', 'body'];
  return channel === 'whatsapp' ? ['body', 'providerName', 'language', 'parameters'] : ['body'];
}

/** Whether a text is meant as HTML: it holds a tag. */
export function isHtml(text: string): boolean {
  return /<(\/?[a-z][a-z0-9]*|!--)[\s>/!-][^]*>|<\/?[a-z][a-z0-9]*>/i.test(text);
}

/** An e-mail that is HTML alone stands in `body` at the server, and in the HTML field here. */
export function draftOf(template: Template | null): Draft {
  const body = template?.body ?? '';
  const isBare = template?.channel === 'email' && !template.html && isHtml(body);
  return {
    name: template?.name ?? '',
    status: template?.status ?? 'draft',
    subject: template?.subject ?? '',
    body: isBare ? '' : body,
    html: isBare ? body : (template?.html ?? ''),
    language: template?.language ?? '',
    providerName: template?.providerName ?? '',
    parameters: (template?.parameters ?? []).map((one) => ({ ...one })),
  };
}

/** The parts of a form, as the server takes them; what is empty is null. */
export function partsOf(form: Draft, fields: readonly Part[]): TemplateInput {
  const isBare = fields.includes('html') && !form.body.trim();
  const whole = isBare ? { ...form, body: form.html, html: '' } : form;
  const pairs = fields.map((field) => {
    const value = whole[field];
    const isText = typeof value === 'string' && field !== 'body';
    return [field, isText && !value.trim() ? null : value];
  });
  return Object.fromEntries(pairs) as TemplateInput;
}

/** The whole form, as the server takes it. */
export function inputOf(form: Draft, fields: readonly Part[]): TemplateInput {
  return {
    name: form.name.trim(),
    status: form.status as TemplateStatus,
    ...partsOf(form, fields),
  };
}

/** Only what differs from what is saved. */
export function changesOf(form: Draft, saved: Draft, fields: readonly Part[]): TemplateInput {
  const before = inputOf(saved, fields) as Record<string, unknown>;
  const now = Object.entries(inputOf(form, fields));
  const differs = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b);
  return Object.fromEntries(now.filter(([field, value]) => differs(value, before[field])));
}

/** Where a refusal belongs in the form: an e-mail that is HTML alone was sent as `body`. */
export function errorsOf(form: Draft, fields: Record<string, string>): Record<string, string> {
  const { body, ...others } = fields;
  if (!body || form.body.trim() || !form.html.trim()) return fields;
  return { ...others, html: body };
}

/** The description of the API, as far as the reference reads it. */

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  example?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  oneOf?: Schema[];
  allOf?: Schema[];
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
  example?: unknown;
}

interface Media {
  schema?: Schema;
  example?: unknown;
}

export interface Body {
  description?: string;
  content?: Record<string, Media>;
}

export interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: Body;
  responses: Record<string, Body>;
  security?: Record<string, unknown>[];
}

export interface Description {
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

export interface Entry {
  id: string;
  method: string;
  path: string;
  operation: Operation;
}

export interface Group {
  name: string;
  about: string;
  entries: Entry[];
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** All operations by their tag, in the order of the description. */
export function groups(description: Description, search = ''): Group[] {
  const wanted = search.trim().toLowerCase();
  const all = (description.tags ?? []).map(({ name, description: about }) => ({
    name,
    about: about ?? '',
    entries: [] as Entry[],
  }));
  for (const [path, item] of Object.entries(description.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (!operation) continue;
      if (wanted && !found(wanted, method, path, operation)) continue;
      const id = `${method}-${path}`.replace(/[^\w]+/g, '-').replace(/-$/, '');
      const group = all.find((one) => one.name === operation.tags?.[0]);
      group?.entries.push({ id, method: method.toUpperCase(), path, operation });
    }
  }
  return all.filter((group) => group.entries.length > 0);
}

/** Every word must be somewhere in what is said of the operation. */
function found(wanted: string, method: string, path: string, operation: Operation): boolean {
  const { summary, description, parameters } = operation;
  const names = parameters?.map((parameter) => parameter.name) ?? [];
  const text = [method, path, summary, description, ...names].join(' ').toLowerCase();
  return wanted.split(/\s+/).every((word) => text.includes(word));
}

/** The permission that an operation needs; the server tells it at the end of the description. */
const NEEDS = /\s*Needs `([\w:]+)`\.$/;

export function permissionOf(operation: Operation): string | null {
  return NEEDS.exec(operation.description ?? '')?.[1] ?? null;
}

export interface Span {
  text: string;
  isCode: boolean;
}

/** A description without its permission: paragraphs, each of plain pieces and pieces of code. */
export function prose(text: string | undefined): Span[][] {
  return (text ?? '')
    .replace(NEEDS, '')
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) =>
      paragraph
        .replace(/\s+/g, ' ')
        .split('`')
        .map((piece, index) => ({ text: piece, isCode: index % 2 === 1 }))
        .filter((span) => span.text !== ''),
    );
}

/** Whether anybody may, without a token. */
export function isOpen(operation: Operation): boolean {
  return operation.security?.some((one) => Object.keys(one).length === 0) ?? false;
}

/** A body's first and usual form, with its media type. */
export function mediaOf(body: Body | undefined): { type: string; media: Media } | null {
  const [first] = Object.entries(body?.content ?? {});
  return first ? { type: first[0], media: first[1] } : null;
}

/** What a schema is made of: itself, the items of a list, or the one choice that is not null. */
export function parts(description: Description, schema: Schema): Record<string, Schema> {
  const { schema: own } = resolve(description, schema);
  const inner = own.items ?? own.oneOf?.find((one) => one.type !== 'null');
  const mine = properties(description, own);
  if (Object.keys(mine).length > 0 || !inner) return mine;
  return parts(description, inner);
}

/** What a reference points to, with its name. */
export function resolve(
  description: Description,
  schema: Schema,
): { name: string; schema: Schema } {
  const name = schema.$ref?.split('/').at(-1) ?? '';
  const found = name ? description.components.schemas[name] : undefined;
  return { name, schema: found ?? schema };
}

/** All of a schema's properties, those of its parts too. */
export function properties(description: Description, schema: Schema): Record<string, Schema> {
  const { schema: own } = resolve(description, schema);
  const parts = (own.allOf ?? []).map((part) => properties(description, part));
  return Object.assign({}, ...parts, own.properties ?? {}) as Record<string, Schema>;
}

/** The names of the properties that must be there. */
export function required(description: Description, schema: Schema): string[] {
  const { schema: own } = resolve(description, schema);
  const parts = (own.allOf ?? []).flatMap((part) => required(description, part));
  return [...parts, ...(own.required ?? [])];
}

/** A type in a few letters, as in `string`, `Lead[]` or `string or null`. */
export function typeName(description: Description, schema: Schema): string {
  const { name, schema: own } = resolve(description, schema);
  if (own.enum) return own.enum.map((one) => JSON.stringify(one)).join(' | ');
  const choices = own.oneOf?.map((one) => typeName(description, one));
  if (choices) return choices.join(' or ');
  const types = Array.isArray(own.type) ? own.type : [own.type ?? 'object'];
  return types
    .map((type) => {
      if (type === 'array' && own.items) return `${typeName(description, own.items)}[]`;
      if (type === 'object' && name) return name;
      return own.format ? `${type} (${own.format})` : type;
    })
    .join(' or ');
}

/** A value that fits a schema: its own example, or one made of its parts' examples. */
export function example(description: Description, schema: Schema, depth = 0): unknown {
  const { schema: own } = resolve(description, schema);
  if (own.example !== undefined) return own.example;
  if (own.examples?.length) return own.examples[0];
  if (own.enum) return own.enum[0];
  if (depth > 5) return null;
  const choice = own.oneOf?.find((one) => one.type !== 'null');
  if (choice) return example(description, choice, depth + 1);
  const parts = properties(description, own);
  if (Object.keys(parts).length > 0) {
    const made = Object.entries(parts).map(([key, part]) => [
      key,
      example(description, part, depth + 1),
    ]);
    return Object.fromEntries(made);
  }
  const type = Array.isArray(own.type) ? own.type.find((one) => one !== 'null') : own.type;
  if (type === 'array') return own.items ? [example(description, own.items, depth + 1)] : [];
  if (type === 'string')
    return own.format === 'uuid' ? ID : own.format === 'date-time' ? TIME : '…';
  if (type === 'integer' || type === 'number') return 1;
  if (type === 'boolean') return true;
  return {};
}

const ID = '0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10';
const TIME = '2026-11-24T09:00:00.000Z';

/** What a body looks like: the example that comes with it, or one made of its schema's. */
export function exampleOf(description: Description, media: Media): unknown {
  if (media.example !== undefined) return media.example;
  return media.schema ? example(description, media.schema) : {};
}

/** A command that tries an operation, to be pasted into a shell. */
export function curl(description: Description, entry: Entry, origin: string): string {
  const path = entry.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    name === 'apiKey' ? '$KEY' : name === 'token' ? '$INVITATION' : ID,
  );
  const success = Object.entries(entry.operation.responses).find(([code]) => code.startsWith('2'));
  const streams = mediaOf(success?.[1])?.type === 'text/event-stream';
  const flags = `${streams ? '-N ' : ''}${entry.method === 'GET' ? '' : `-X ${entry.method} `}`;
  const lines = [`curl ${flags}"${origin}${path}"`];
  if (!isOpen(entry.operation)) lines.push(`-H "Authorization: Bearer $TOKEN"`);
  const body = mediaOf(entry.operation.requestBody);
  if (body) {
    const text = JSON.stringify(exampleOf(description, body.media)).replaceAll("'", "'\\''");
    lines.push(`-H "Content-Type: ${body.type}"`, `-d '${text}'`);
  }
  return lines.join(' \\\n  ');
}

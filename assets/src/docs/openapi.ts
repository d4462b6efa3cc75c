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
}

interface Body {
  description?: string;
  content?: Record<string, { schema?: Schema }>;
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
      const text = `${method} ${path} ${operation.summary ?? ''}`.toLowerCase();
      if (wanted && !text.includes(wanted)) continue;
      const id = `${method}-${path}`.replace(/[^\w]+/g, '-').replace(/-$/, '');
      const group = all.find((one) => one.name === operation.tags?.[0]);
      group?.entries.push({ id, method: method.toUpperCase(), path, operation });
    }
  }
  return all.filter((group) => group.entries.length > 0);
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

/** A command that tries an operation, to be pasted into a shell. */
export function curl(description: Description, entry: Entry, origin: string): string {
  const path = entry.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    name === 'apiKey' ? '$KEY' : name === 'token' ? '$INVITATION' : ID,
  );
  const lines = [`curl ${entry.method === 'GET' ? '' : `-X ${entry.method} `}"${origin}${path}"`];
  const isOpen = entry.operation.security?.some((one) => Object.keys(one).length === 0) ?? false;
  if (!isOpen) lines.push(`-H "Authorization: Bearer $TOKEN"`);
  const schema = entry.operation.requestBody?.content?.['application/json']?.schema;
  if (schema) {
    const body = JSON.stringify(example(description, schema)).replaceAll("'", "'\\''");
    lines.push(`-H "Content-Type: application/json"`, `-d '${body}'`);
  }
  return lines.join(' \\\n  ');
}

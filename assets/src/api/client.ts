import { ApiError, NetworkError, type Problem } from './errors';

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
  query?: Query | URLSearchParams;
  body?: unknown;
  /** The version that the change was made from; the server refuses it (412) when it is stale. */
  version?: number | null;
  /** Makes a repeated POST harmless. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

interface Hooks {
  workspaceId: () => string | null;
  onUnauthorized: () => void;
}

let hooks: Hooks = { workspaceId: () => null, onUnauthorized: () => {} };

export function configureClient(next: Hooks): void {
  hooks = next;
}

/** The headers that every request carries. */
export function commonHeaders(): Record<string, string> {
  const workspace = hooks.workspaceId();
  return workspace ? { 'X-Workspace-Id': workspace } : {};
}

export async function request<T>(
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', ...commonHeaders() };
  if (options.version != null) headers['If-Match'] = `"${options.version}"`;
  if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey;
  const init: RequestInit = { method, headers };
  if (options.signal) init.signal = options.signal;
  if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(options.body);
  }
  return answered<T>(await reach(path + queryString(options.query), init));
}

/** Sends a file as it is. */
export async function send<T>(
  method: string,
  path: string,
  file: Blob,
  { type, query }: { type: string; query: Query },
): Promise<T> {
  const headers = { Accept: 'application/json', 'Content-Type': type, ...commonHeaders() };
  return answered<T>(await reach(path + queryString(query), { method, headers, body: file }));
}

async function answered<T>(response: Response): Promise<T> {
  if (response.ok) return (await read(response)) as T;
  const problem = await problemOf(response);
  if (response.status === 401 && problem.code !== 'bad_credentials') hooks.onUnauthorized();
  throw new ApiError(problem, Number(response.headers.get('Retry-After')) || null);
}

export const get = <T>(path: string, query?: RequestOptions['query'], signal?: AbortSignal) =>
  request<T>('GET', path, signal ? { query, signal } : { query });
export const post = <T>(path: string, body?: unknown, options: RequestOptions = {}) =>
  request<T>('POST', path, { ...options, body: body ?? {} });
export const patch = <T>(path: string, body: unknown, version?: number | null) =>
  request<T>('PATCH', path, { body, version });
export const del = (path: string, version?: number | null, query?: Query) =>
  request<void>('DELETE', path, { version, query });

/** Fetches a file and hands it to the browser to keep. A link alone could not say which workspace is meant. */
export async function download(
  path: string,
  query: Query | URLSearchParams,
  name: string,
): Promise<void> {
  const response = await reach(path + queryString(query), { headers: commonHeaders() });
  if (!response.ok) throw new ApiError(await problemOf(response));
  const url = URL.createObjectURL(
    await response.blob().catch(() => Promise.reject(new NetworkError())),
  );
  const link = document.createElement('a');
  link.href = url;
  // The server's name for it, which may hold the date.
  const told = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '');
  link.download = told?.[1] ?? name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new NetworkError();
  }
}

async function read(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  try {
    const text = await response.text();
    return text ? JSON.parse(text) : undefined;
  } catch {
    throw new NetworkError();
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback: Problem = {
    title: response.statusText || 'The server refused the request',
    status: response.status,
    code: `http_${response.status}`,
  };
  try {
    return { ...fallback, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return fallback;
  }
}

function queryString(query: RequestOptions['query']): string {
  if (!query) return '';
  const params = query instanceof URLSearchParams ? query : new URLSearchParams();
  if (!(query instanceof URLSearchParams)) {
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined && value !== '') params.set(name, String(value));
    }
  }
  const text = params.toString();
  return text ? `?${text}` : '';
}

/** A path with its parameters encoded: path`/v1/identity/leads/${id}`. */
export function path(strings: TemplateStringsArray, ...values: string[]): string {
  return String.raw({ raw: strings }, ...values.map(encodeURIComponent));
}

import type * as Wire from './schema';

/** application/problem+json, as every refusal of the server is; a proxy's may have less. */
export type Problem = Pick<Wire.Problem, 'title' | 'status' | 'code'> & Partial<Wire.Problem>;

/** The server answered, and refused. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly problem: Problem,
    readonly retryAfter: number | null = null,
  ) {
    super(problem.detail || problem.title);
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code;
  }

  /** Messages by field, for forms; a field named twice keeps its first message. */
  get fields(): Record<string, string> {
    const fields: Record<string, string> = {};
    for (const { field, message } of this.problem.errors ?? []) fields[field] ??= message;
    return fields;
  }

  /** The resource as it is now, when somebody else changed it first. */
  current<T>(): T | null {
    return this.status === 412 && this.problem.current ? (this.problem.current as T) : null;
  }
}

/** The server was not reached, or its answer was cut off. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';

  constructor() {
    super('The server cannot be reached. Check the connection and try again.');
  }
}

export function isStatus(error: unknown, status: number): error is ApiError {
  return error instanceof ApiError && error.status === status;
}

/** One sentence for a person. */
export function explain(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.status === 429 || error.status === 503) {
      const wait = error.retryAfter ? ` Try again in ${error.retryAfter} s.` : '';
      return `${error.message}${wait}`;
    }
    const first = error.problem.errors?.[0];
    return first ? first.message : error.message;
  }
  if (error instanceof NetworkError) return error.message;
  return 'Something went wrong on this page. Reload it and try again.';
}

/** Field messages of a refused form, and one sentence for what belongs to no field. */
export function formErrors(
  error: unknown,
  known: readonly string[],
): { fields: Record<string, string>; general: string } {
  if (!(error instanceof ApiError) || !error.problem.errors?.length) {
    return { fields: {}, general: explain(error) };
  }
  const fields: Record<string, string> = {};
  const others: string[] = [];
  for (const { field, message } of error.problem.errors) {
    if (known.includes(field)) fields[field] ??= message;
    else others.push(message);
  }
  return { fields, general: others.join(' ') };
}

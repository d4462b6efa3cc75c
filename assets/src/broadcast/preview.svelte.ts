import { formErrors } from '../api/errors';

const PAUSE = 220;

/** Something that the server works out from what is typed: asked for after a short pause. */
export class Preview<Request, Answer> {
  answer = $state.raw<Answer | null>(null);
  errors = $state.raw<Record<string, string>>({});
  general = $state('');
  busy = $state(false);
  private abort: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ask: (request: Request, signal: AbortSignal) => Promise<Answer>,
    private readonly fields: readonly string[],
  ) {}

  /** The last answer stays until the next one is there, so that nothing jumps while typing. */
  want(request: Request): void {
    this.end();
    this.busy = true;
    this.timer = setTimeout(() => void this.run(request), PAUSE);
  }

  clear(): void {
    this.end();
    this.answer = null;
    this.errors = {};
    this.general = '';
  }

  end(): void {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.busy = false;
  }

  private async run(request: Request): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    try {
      this.answer = await this.ask(request, abort.signal);
      this.errors = {};
      this.general = '';
    } catch (error) {
      if (abort.signal.aborted) return;
      const { fields, general } = formErrors(error, this.fields);
      this.errors = fields;
      this.general = general;
    }
    if (!abort.signal.aborted) this.busy = false;
  }
}

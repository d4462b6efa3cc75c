export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

/** Reads text/event-stream piece by piece; a piece may end anywhere, even between CR and LF. */
export class EventParser {
  private rest = '';
  private event = '';
  private data: string[] = [];
  lastId = '';

  constructor(private readonly emit: (event: ServerEvent) => void) {}

  push(chunk: string): void {
    const text = this.rest + chunk;
    // A CR at the very end may be the first half of CRLF: wait for what follows.
    const usable = text.endsWith('\r') ? text.slice(0, -1) : text;
    const lines = usable.split(/\r\n|\r|\n/);
    this.rest = (lines.pop() ?? '') + text.slice(usable.length);
    for (const line of lines) this.line(line);
  }

  private line(line: string): void {
    if (line === '') return this.dispatch();
    if (line.startsWith(':')) return;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.event = value;
    else if (field === 'id' && !value.includes('\0')) this.lastId = value;
  }

  private dispatch(): void {
    if (this.data.length > 0 || this.event) {
      this.emit({
        id: this.lastId,
        event: this.event || 'message',
        data: this.data.join('\n'),
      });
    }
    this.event = '';
    this.data = [];
  }
}

export type HubState = 'connecting' | 'open' | 'waiting' | 'closed';

export interface HubOptions {
  url: string;
  headers: () => Record<string, string>;
  onEvent: (event: ServerEvent) => void;
  onState: (state: HubState) => void;
  /** The server said that events were missed: everything on screen must be read again. */
  onReset: () => void;
  onUnauthorized: () => void;
  fetch?: typeof fetch;
}

const SILENCE = 40_000;
const LONGEST_PAUSE = 15_000;

/**
 * One live stream, kept open: reconnects with growing pauses and the last id, so that the server
 * replays what was missed. Own code over fetch because EventSource gives up for good on an
 * answer like 503 and cannot be told the last id again.
 */
export class EventHub {
  private abort: AbortController | null = null;
  private lastId = '';
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: HubOptions) {}

  start(): void {
    if (!this.abort) void this.connect();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.abort = null;
    this.options.onState('closed');
  }

  /** Tries at once, for instance when the machine is online again. */
  hurry(): void {
    if (!this.abort || !this.timer) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    void this.connect();
  }

  private async connect(): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    this.timer = undefined;
    this.options.onState('connecting');
    // A dead connection can look open for minutes; the heartbeat each 15 s proves that it lives.
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => abort.abort(), SILENCE);
    };
    try {
      alive();
      const headers: Record<string, string> = {
        Accept: 'text/event-stream',
        ...this.options.headers(),
      };
      if (this.lastId) headers['Last-Event-ID'] = this.lastId;
      const request = this.options.fetch ?? fetch;
      const response = await request(this.options.url, { headers, signal: abort.signal });
      if (response.status === 401) {
        this.options.onUnauthorized();
        return;
      }
      if (!response.ok || !response.body) throw new Error(`events: ${response.status}`);
      const resumed = this.failures > 0 && !this.lastId;
      this.failures = 0;
      this.options.onState('open');
      if (resumed) this.options.onReset();
      const parser = new EventParser((event) => this.receive(event));
      parser.lastId = this.lastId;
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        alive();
        parser.push(decoder.decode(value, { stream: true }));
      }
    } catch {
      // Lost, refused or silent for too long: all are answered by another try below.
    } finally {
      clearTimeout(watchdog);
    }
    if (this.abort === abort) this.again();
  }

  private receive(event: ServerEvent): void {
    if (event.id) this.lastId = event.id;
    if (event.event === 'reset') this.options.onReset();
    else this.options.onEvent(event);
  }

  private again(): void {
    this.options.onState('waiting');
    const pause = Math.min(LONGEST_PAUSE, 250 * 2 ** this.failures);
    this.failures += 1;
    // A random part keeps a hundred pages from returning in the same instant after a restart.
    const wait = pause / 2 + (Math.random() * pause) / 2;
    this.timer = setTimeout(() => void this.connect(), wait);
  }
}

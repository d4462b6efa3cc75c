import { afterEach, describe, expect, it, vi } from 'vitest';
import { EventHub, EventParser, type ServerEvent } from '../../src/core/events';

function parse(...chunks: string[]): ServerEvent[] {
  const events: ServerEvent[] = [];
  const parser = new EventParser((event) => events.push(event));
  for (const chunk of chunks) parser.push(chunk);
  return events;
}

describe('the parser', () => {
  const whole = 'id: e-1\r\nevent: lead.created\r\ndata: {"a":\r\ndata: 1}\r\n\r\n';
  const event = { id: 'e-1', event: 'lead.created', data: '{"a":\n1}' };

  it('reads a stream that is cut anywhere', () => {
    for (let at = 0; at <= whole.length; at += 1) {
      expect(parse(whole.slice(0, at), whole.slice(at))).toEqual([event]);
    }
    expect(parse(...whole)).toEqual([event]);
  });

  it('takes every kind of line end', () => {
    expect(parse(whole.replaceAll('\r\n', '\n'))).toEqual([event]);
    // A lone CR at the end may be half of CRLF: the event comes with what follows.
    expect(parse(whole.replaceAll('\r\n', '\r'), ':\r')).toEqual([event]);
  });

  it('skips comments, keeps the last id, and names events without a name', () => {
    const events = parse(': heartbeat\n\nid: 7\ndata:x\n\ndata: y\n\nnonsense\n\n');
    expect(events).toEqual([
      { id: '7', event: 'message', data: 'x' },
      { id: '7', event: 'message', data: 'y' },
    ]);
  });
});

describe('the hub', () => {
  afterEach(() => vi.useRealTimers());

  function hub(answers: (() => Response)[]) {
    const seen = { events: [] as string[], resets: 0, unauthorized: 0, lastIds: [] as unknown[] };
    const request = vi.fn(async (_url: unknown, init?: RequestInit) => {
      seen.lastIds.push((init?.headers as Record<string, string>)['Last-Event-ID']);
      const answer = answers.shift();
      return answer ? answer() : new Promise<Response>(() => {});
    });
    const one = new EventHub({
      url: '/events',
      headers: () => ({}),
      onEvent: (event) => seen.events.push(event.data),
      onState: () => {},
      onReset: () => (seen.resets += 1),
      onUnauthorized: () => (seen.unauthorized += 1),
      fetch: request as unknown as typeof fetch,
    });
    return { one, seen, request };
  }

  it('comes back with the last id after a lost connection and after 503', async () => {
    vi.useFakeTimers();
    const { one, seen } = hub([
      () => new Response('id: e-5\ndata: first\n\n'),
      () => new Response('', { status: 503 }),
      () => new Response('id: e-6\ndata: second\n\nevent: reset\ndata: {}\n\n'),
    ]);
    one.start();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(seen.events).toEqual(['first', 'second']);
    expect(seen.lastIds).toEqual([undefined, 'e-5', 'e-5', 'e-6']);
    expect(seen.resets).toBe(1);
    one.stop();
  });

  it('asks for everything anew when it has no id to go on from', async () => {
    vi.useFakeTimers();
    const { one, seen } = hub([
      () => new Response('', { status: 500 }),
      () => new Response(': here\n\n'),
    ]);
    one.start();
    await vi.advanceTimersByTimeAsync(600);
    expect(seen.resets).toBe(1);
    one.stop();
  });

  it('does not try again without a session, nor after it was stopped', async () => {
    vi.useFakeTimers();
    const { one, seen, request } = hub([() => new Response('', { status: 401 })]);
    one.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.unauthorized).toBe(1);
    expect(request).toHaveBeenCalledTimes(1);
    one.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(request).toHaveBeenCalledTimes(1);
  });
});

// Starts the real program on a free port with an empty data directory, and a browser beside it.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

const assets = resolve(import.meta.dirname, '../..');
const binary = resolve(assets, process.env.LEADS_BIN ?? '../target/debug/leads');

export const owner = {
  name: 'Ada Owner',
  email: 'ada@example.com',
  password: 'correct-horse-battery',
};

const browserFlags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The program with no account yet; `close` ends it and removes its data. */
export async function startEmpty(flags = []) {
  const data = await mkdtemp(join(tmpdir(), 'leads-e2e-'));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const args = ['serve', '--data', data, '--addr', `127.0.0.1:${port}`, ...flags];
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  await until(
    async () => (await fetch(`${base}/readyz`)).ok,
    () => output,
  );
  const code = await until(
    () => setupCode(output),
    () => output,
  );
  return {
    base,
    code,
    async close() {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** The program with its first account, the owner's. */
export async function startServer(flags = []) {
  const server = await startEmpty(flags);
  const { base, code } = server;
  const answer = await fetch(`${base}/v1/identity/setup`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ code, ...owner, workspaceName: 'Acme' }),
  });
  if (answer.status !== 201) throw new Error(`setup: ${answer.status} ${await answer.text()}`);
  const { token } = await answer.json();
  return {
    ...server,
    token,
    api: apiOf(`${base}/v1/identity`, token),
    /** The same for any other path under `/v1`. */
    call: apiOf(`${base}/v1`, token),
  };
}

export async function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: browserFlags,
  });
}

/**
 * A page that is signed in, unless a stranger opens it. Everything that must never happen on any
 * page is collected in `page.faults`: exceptions, errors on the console (a violated policy is one),
 * foreign requests.
 */
export async function openPage(browser, server, { isStranger = false, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  if (server.token && !isStranger) {
    const cookie = { name: 'leads_session', value: server.token, url: server.base };
    await context.addCookies([cookie]);
  }
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(String(error.stack)));
  page.on('console', (message) => {
    // The browser itself reports each refused request as an error; tests that provoke one expect it.
    const isRefusal = /Failed to load resource/.test(message.text());
    if (message.type() === 'error' && !isRefusal) page.faults.push(message.text());
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(server.base) && !/^(data|blob|about):/.test(url)) page.faults.push(url);
  });
  return page;
}

/** Opens the board and waits until it is there. */
export async function openBoard(page, server, path = '/leads') {
  await page.goto(server.base + path);
  await page.locator('section.column').first().waitFor();
  // The live stream must be open before somebody else changes something.
  await page.waitForTimeout(250);
}

export const stage = (page, name) => page.getByRole('list', { name, exact: true });
export const card = (page, name) => page.getByRole('link', { name, exact: true });

/** The names of a stage's cards from top to bottom. */
export async function namesIn(page, name) {
  return stage(page, name).evaluate((list) =>
    [...list.querySelectorAll('li:not(.pinned)')]
      .sort((a, b) => a.ariaPosInSet - b.ariaPosInSet)
      .map((item) => item.querySelector('a').textContent),
  );
}

/** Repeats until the answer is truthy; the text says what was seen at the end. */
export async function until(check, describe = () => '', patience = 20_000) {
  const end = Date.now() + patience;
  for (;;) {
    try {
      const answer = await check();
      if (answer) return answer;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    if (Date.now() > end) throw new Error(`waited in vain: ${await describe()}`);
    await new Promise((done) => setTimeout(done, 40));
  }
}

function setupCode(output) {
  return /setup code[^A-Z0-9]*([A-Z0-9]{4,}(?:-[A-Z0-9]+)*)/i.exec(output)?.[1];
}

function apiOf(base, token) {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(base + path, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
}

function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

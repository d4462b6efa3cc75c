// A real server of a test's own: the program, a fresh data directory, an account.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const binary = process.env.LEADS_BIN ?? join(root, 'target/debug/leads');
const account = { email: 'judge@example.com', password: 'a walk in the park' };

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Starts a server; `flags` go to `leads serve`. */
export async function start(...flags) {
  const data = mkdtempSync(join(tmpdir(), 'leads-judge-'));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const add = ['user', 'add', '--data', data, '--email', account.email, '--role', 'super_admin'];
  execFileSync(binary, [...add, '--name', 'Judge', '--password-stdin'], { input: `${account.password}\n` });
  const args = ['serve', '--data', data, '--addr', `127.0.0.1:${port}`, '--log', 'error', ...flags];
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const deadline = Date.now() + 30_000;
  while (!(await fetch(`${base}/readyz`).then((answer) => answer.ok, () => false))) {
    if (Date.now() > deadline || child.exitCode !== null) throw new Error('the server did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const json = { 'content-type': 'application/json' };
  const login = await fetch(`${base}/v1/identity/auth/login`, {
    method: 'POST', headers: json, body: JSON.stringify(account),
  });
  const { token } = await login.json();

  return {
    base,
    /** Asks as the account; fails for what is not 2xx. */
    async ask(method, path, body) {
      const answer = await fetch(base + path, {
        method,
        headers: { ...json, authorization: `Bearer ${token}` },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return text ? JSON.parse(text) : null;
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(data, { recursive: true });
    },
  };
}

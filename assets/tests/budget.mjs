// What a first visit loads, and what each page adds: measured in the files that are served.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const dist = join(import.meta.dirname, '../dist');
const FIRST = 100 * 1024;
const LAZY = 60 * 1024;

const sizeOf = (file) => {
  try {
    return statSync(join(dist, `${file}.gz`)).size;
  } catch {
    // Small files are served as they are.
    return statSync(join(dist, file)).size;
  }
};

/** The files that a script needs before it can run: its static imports, and theirs. */
function needs(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  const code = readFileSync(join(dist, file), 'utf8');
  for (const [, name] of code.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) {
    needs(`assets/${name}`, seen);
  }
  return seen;
}

const index = readFileSync(join(dist, 'index.html'), 'utf8');
const linked = [...index.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, file]) => file);
const first = new Set(linked.flatMap((file) => (file.endsWith('.js') ? [...needs(file)] : [file])));
const total = (files) => [...files].reduce((sum, file) => sum + sizeOf(file), 0);

test('the first load is at most 100 KB', () => {
  assert.ok(total(first) <= FIRST, `${total(first)} bytes: ${[...first].join(', ')}`);
});

test('each lazy page adds at most 60 KB', () => {
  const scripts = readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.js'));
  for (const name of scripts) {
    const added = [...needs(`assets/${name}`)].filter((file) => !first.has(file));
    assert.ok(total(added) <= LAZY, `${name} adds ${total(added)} bytes`);
  }
});

test('every text that is not tiny lies compressed beside itself', () => {
  for (const name of readdirSync(join(dist, 'assets'))) {
    if (!/\.(js|css)$/.test(name) || statSync(join(dist, 'assets', name)).size < 512) continue;
    assert.ok(statSync(join(dist, 'assets', `${name}.br`)).size > 0);
    assert.ok(statSync(join(dist, 'assets', `${name}.gz`)).size > 0);
  }
});

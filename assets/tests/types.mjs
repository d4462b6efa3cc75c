// The shapes that the page was written against are those that the server has.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { file, generate } from '../types.mjs';

test('schema.d.ts is what the server describes', async () => {
  const isFresh = readFileSync(file, 'utf8') === (await generate());
  assert.ok(
    isFresh,
    'src/api/schema.d.ts is stale: build the server, then `npm run types` in assets/',
  );
});

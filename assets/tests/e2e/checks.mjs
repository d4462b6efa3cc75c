// What must hold at every place of the page.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { openPage } from './harness.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The accessibility faults of what is shown. */
export async function violations(page) {
  // Colours in the middle of a transition are nobody's colours.
  await page.waitForTimeout(250);
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((one) => one.html).join(' | ')}`);
  });
}

/**
 * Tests each place (a name, and how to get there from nothing): no accessibility fault in both
 * themes, no sideways scroll at 320 pixels, and none of the faults that a page collects.
 */
export function testPlaces(places, started) {
  for (const colorScheme of ['light', 'dark']) {
    for (const [name, visit] of Object.entries(places)) {
      test(`${name}, ${colorScheme}: no accessibility fault`, async () => {
        const { browser, server } = started();
        const page = await openPage(browser, server, { colorScheme });
        await visit(page);
        assert.deepEqual(await violations(page), []);
        assert.deepEqual(page.faults, []);
        await page.context().close();
      });
    }
  }
  for (const [name, visit] of Object.entries(places)) {
    test(`${name}: no sideways scroll at 320 pixels`, async () => {
      const { browser, server } = started();
      const page = await openPage(browser, server, { viewport: { width: 320, height: 640 } });
      await visit(page);
      await page.waitForTimeout(150);
      const wide = await page.evaluate(() => {
        const over = [...document.querySelectorAll('dialog[open], .content, main')].filter(
          (element) => element.scrollWidth > element.clientWidth + 1,
        );
        const { scrollWidth } = document.documentElement;
        return { over: over.map((one) => one.className || one.tagName), page: scrollWidth };
      });
      assert.deepEqual(wide, { over: [], page: 320 });
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });
  }
}

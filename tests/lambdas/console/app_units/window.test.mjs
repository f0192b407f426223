import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  MOST_PIXELS,
  windowOf,
} from '../../../../lambdas/taskmill/console/static/app/lists/window.js';

const view = { rowHeight: 34, height: 700 };

test('of a million rows fewer than 60 are in the document, wherever it is scrolled', () => {
  for (const top of [0, 1, 34_567, 4_000_000, MOST_PIXELS - 700]) {
    const { first, last } = windowOf({ ...view, count: 1_000_000, top });
    assert.ok(last - first < 60, `${first} to ${last}`);
  }
});

test('the ends of a scaled list are its first and last row, in view', () => {
  const end = windowOf({ ...view, count: 1_000_000, top: MOST_PIXELS - 700 });

  assert.equal(windowOf({ ...view, count: 1_000_000, top: 0 }).first, 0);
  assert.equal(end.last, 999_999);
  const bottom = 1_000_000 * 34 - end.shift; // of the last row, in the element
  assert.ok(Math.abs(bottom - MOST_PIXELS) < 1, String(bottom));
});

test('a short list is not scaled', () => {
  const { scale, shift, height } = windowOf({ ...view, count: 100, top: 340 });

  assert.deepEqual([scale, shift, height], [1, 0, 3_400]);
});

test('no rows, no window', () => {
  const { first, last } = windowOf({ ...view, count: 0, top: 0 });

  assert.ok(last < first);
});

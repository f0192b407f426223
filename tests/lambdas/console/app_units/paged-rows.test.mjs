import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PagedRows } from '../../../../lambdas/taskmill/console/static/app/lists/paged-rows.js';

const settled = () => new Promise((resolve) => setTimeout(resolve));

/** A list of so many rows; says which cursors were read. */
function source(total, size = 50) {
  const asked = [];
  const read = async (cursor) => {
    asked.push(cursor);
    const from = Number(cursor ?? 0);
    const to = Math.min(from + size, total);
    const items = Array.from({ length: to - from }, (_, at) => ({ pk: 'T', sk: String(from + at) }));
    return { items, cursor: to < total ? String(to) : null };
  };
  return { rows: new PagedRows(read), asked };
}

test('a long list keeps a bounded number of rows, and reads dropped ones again', async () => {
  const { rows, asked } = source(100_000, 1_000);
  while (!rows.done) {
    await rows.more();
    rows.show(rows.count - 30, rows.count - 21);
  }

  const kept = rows.pages.filter((page) => page.rows).length;
  assert.equal(rows.count, 100_000);
  assert.ok(kept <= 5, `${kept} pages are kept`);
  assert.equal(rows.row(10), undefined);

  rows.show(5, 25);
  await settled();
  assert.equal(rows.row(10).sk, '10');
  assert.equal(asked.at(-1), null);
});

test('rows that are shown near the end bring the next page', async () => {
  const { rows } = source(200);
  await rows.more();

  rows.show(20, 45);
  await settled();

  assert.equal(rows.count, 100);
});

test('a patch replaces a row in its place, and adds none', async () => {
  const { rows } = source(50);
  await rows.more();

  rows.patch([{ pk: 'T', sk: '7', status: 'COMPLETED' }, { pk: 'T', sk: 'new' }]);

  assert.equal(rows.row(7).status, 'COMPLETED');
  assert.equal(rows.count, 50);
});

test('empty pages are skipped, but not without end', async () => {
  let reads = 0;
  const rows = new PagedRows(async () => ({ items: [], cursor: String((reads += 1)) }));

  await rows.more();
  assert.equal(reads, 10);
  assert.ok(rows.rested);

  rows.show(0, -1);
  await settled();
  assert.equal(reads, 10);
});

test('a list that cannot be read anew keeps its rows and tells the error', async () => {
  let fails = false;
  const rows = new PagedRows(async () => {
    if (fails) throw new Error('no connection');
    return { items: [{ pk: 'T', sk: '1' }], cursor: null };
  });
  await rows.more();
  fails = true;

  await rows.restart();

  assert.equal(rows.count, 1);
  assert.equal(rows.error.message, 'no connection');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasMasked, joinPath, listing, preview, valueAt } from '../../../../lambdas/taskmill/console/static/app/models/json-tree.js';
import { parse } from '../../../../lambdas/taskmill/console/static/app/models/exact-json.js';

const order = parse('{"id":9007199254740993,"lines":[{"sku":"a b","qty":2},{"sku":"c"}],"card":"***"}');

test('two levels are open at first, deeper ones are folded with a preview', () => {
  const { rows } = listing(order);
  assert.deepEqual(rows.map((row) => row.path), ['', '.id', '.lines', '.lines[0]', '.lines[1]', '.card']);
  assert.equal(rows[1].text, '9007199254740993');
  assert.equal(rows[3].text, 'sku: "a b", qty: 2');
  assert.equal(rows[3].open, false);
});

test('what is folded and unfolded by hand stays so', () => {
  const { rows } = listing(order, { folded: new Set(['.lines']), unfolded: new Set() });
  assert.deepEqual(rows.map((row) => row.path), ['', '.id', '.lines', '.card']);
  const open = listing(order, { unfolded: new Set(['.lines[0]']) });
  assert.ok(open.rows.some((row) => row.path === '.lines[0].qty'));
});

test('a search shows matching keys and values, and what leads to them', () => {
  const found = listing(order, { query: 'SKU' });
  assert.equal(found.matches, 2);
  assert.deepEqual(found.rows.filter((row) => row.match).map((row) => row.path), ['.lines[0].sku', '.lines[1].sku']);
  assert.equal(listing(order, { query: '740993' }).rows.at(-1)?.path, '.id');
  assert.equal(listing(order, { query: 'nothing' }).rows.length, 0);
});

test('a path leads back to its value, odd names included', () => {
  const odd = { 'a b': [{ 'x"y': 1, __proto__x: 2 }] };
  const path = joinPath(joinPath(joinPath('', 'a b'), 0), 'x"y');
  assert.equal(path, '["a b"][0]["x\\"y"]');
  assert.equal(valueAt(odd, path), 1);
  assert.equal(valueAt(odd, '.none.such'), undefined);
});

test('64 KB are shown first, more on demand', () => {
  const long = Array.from({ length: 20_000 }, (_, at) => `row ${at}`);
  const first = listing(long);
  assert.ok(first.more);
  assert.ok(first.rows.length < 10_000);
  const text = 'x'.repeat(100_000);
  assert.equal(listing({ text }).rows[1].text.length < 66_000, true);
  assert.equal(listing({ text }, { budget: 200_000 }).rows[1].text.length, 100_002);
});

test('a masked value is told as such', () => {
  assert.equal(listing(order).rows.at(-1)?.masked, true);
  assert.equal(hasMasked(order), true);
  assert.equal(hasMasked({ a: ['** *'] }), false);
});

test('a preview is short however long the value', () => {
  assert.ok(preview({ a: 'x'.repeat(500), b: [1] }).length <= 61);
});

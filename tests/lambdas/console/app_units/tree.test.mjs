import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idOf, mayUnfold, newTree, partsOf, rowsOf, withOpen, withPage, withTasks } from '../../../../lambdas/taskmill/console/static/app/models/tree.js';

const task = (code, more = {}) => ({ pk: 'TASK#acme', sk: `t#${code}`, type: 't', kind: 'TASK', status: 'COMPLETED', ...more });
const root = task('root', { childCount: 10_000 });

test('only the root is there until it is unfolded, then a page and how many more there are', () => {
  assert.equal(rowsOf(newTree(root)).length, 1);
  const page = Array.from({ length: 100 }, (_, at) => task(`c${at}`, { parent: idOf(root) }));
  const rows = rowsOf(withPage(newTree(root), idOf(root), page, 'next'));
  assert.equal(rows.length, 102);
  assert.deepEqual([rows[101].node, rows[101].more, rows[101].id], [null, 9_900, idOf(root)]);
});

test('a page of several levels goes below the right parents, which are folded', () => {
  const child = task('c', { parent: idOf(root), childCount: 1 });
  const grandchild = task('g', { parent: idOf(child) });
  const tree = withPage(newTree(root), idOf(root), [child, grandchild], null);
  assert.deepEqual(rowsOf(tree).map((row) => row.depth), [0, 1]);
  assert.deepEqual(rowsOf(withOpen(tree, idOf(child), true)).map((row) => row.depth), [0, 1, 2]);
});

test('the same page twice adds nothing, and newer rows are taken over in place', () => {
  const child = task('c', { parent: idOf(root), status: 'QUEUED' });
  let tree = withPage(newTree(root), idOf(root), [child], null);
  tree = withPage(tree, idOf(root), [child], null);
  tree = withTasks(tree, [{ ...child, status: 'FAILED' }, task('stranger')]);
  assert.deepEqual(rowsOf(tree).map((row) => row.node?.task.status), ['COMPLETED', 'FAILED']);
});

test('a task that started none cannot be unfolded, one with callbacks can', () => {
  const of = (more) => mayUnfold({ id: '', task: task('x', more), children: [], cursor: null, read: false, open: false });
  assert.equal(of({}), false);
  assert.equal(of({ childCount: 2 }), true);
  assert.equal(of({ callbacks: [['success', 'mail']] }), true);
  assert.equal(of({ kind: 'SFN_TASK', childCount: 12 }), false);
});

test('a circle of rows ends', () => {
  const odd = task('a', { parent: 'TASK#acme/t#a' });
  const tree = withPage(newTree(odd), idOf(odd), [odd], null);
  assert.equal(rowsOf(tree).length, 1);
});

test('an id tells its parts', () => {
  assert.deepEqual(partsOf('SFN_TASK#acme/t#c#7'), { kind: 'SFN_TASK', tenant: 'acme', type: 't', code: 'c', index: 7 });
});

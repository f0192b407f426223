import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, describeOne, gridOf, hitOf, stateOf, tally, toleranceOf } from '../../../../lambdas/taskmill/console/static/app/models/batches.js';

const batch = (index, status, completed = 0, failed = 0, cancelled = 0) => ({ index, first: index * 10, last: index * 10 + 9, status, completed, failed, cancelled });

test('5,000 batches fit into a small box, and each can be hit', () => {
  for (const width of [300, 700, 1400]) {
    const grid = gridOf(5_000, width);
    assert.ok(grid.width <= width && grid.height <= 262, JSON.stringify(grid));
    assert.ok(grid.columns * grid.rows >= 5_000);
    const last = { x: ((4_999 % grid.columns) + 0.5) * grid.cell, y: (Math.floor(4_999 / grid.columns) + 0.5) * grid.cell };
    assert.equal(hitOf(grid, 5_000, last.x, last.y), 4_999);
    assert.equal(hitOf(grid, 5_000, grid.width + 1, 1), -1);
  }
  assert.equal(gridOf(0, 300).rows, 0);
});

test('the state of a batch is that of its subtasks', () => {
  assert.deepEqual([batch(0, 'WAITING'), batch(1, 'OPEN', 3), batch(2, 'CLOSED', 10), batch(3, 'CLOSED', 8, 2),
    batch(4, 'CLOSED', 0, 10), batch(5, 'VOID', 0, 10), batch(6, 'CLOSED', 0, 0, 10)].map(stateOf),
  ['waiting', 'open', 'done', 'some', 'failed', 'void', 'cancelled']);
});

test('the grid has a text that says the same', () => {
  const all = [batch(0, 'CLOSED', 10), batch(1, 'CLOSED', 8, 2), batch(2, 'WAITING')];
  assert.equal(describe(all), '3 batches: 1 waiting, 1 completed, 1 with failures. Failures in batch 1 (2 of 10).');
  assert.equal(describeOne(all[1]), 'Batch 1: subtasks 10 to 19, with failures, 8 completed, 2 failed');
  assert.equal(tally(all).done, 1);
});

test('what is left of the tolerated failures is told as the API counts it', () => {
  assert.deepEqual(toleranceOf('10', 100, 4), { allowed: 10, left: 6, exceeded: false });
  assert.deepEqual(toleranceOf('0.57%', 1_000_000, 5_701), { allowed: 5_700, left: 0, exceeded: true });
  assert.equal(toleranceOf(null, 100, 4), null);
});

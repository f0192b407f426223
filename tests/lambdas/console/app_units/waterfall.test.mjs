import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ticks, waterfall } from '../../../../lambdas/taskmill/console/static/app/models/waterfall.js';

const at = (seconds) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
const zero = Date.UTC(2026, 0, 1);
const history = (...moves) => moves.map(([status, seconds, attempt]) => ({ status, at: at(seconds), attempt }));

test('a life is scheduled, queued, attempts with their error, and waits', () => {
  const task = {
    status: 'FAILED', run: 1, attributes: { error: { type: 'KeyError', message: "'vat'" } },
    history: history(['CREATED', 0, 0], ['SCHEDULED', 0, 0], ['QUEUED', 10, 0], ['STARTED', 12, 1], ['ERRORED', 15, 1],
      ['SCHEDULED', 15, 1], ['QUEUED', 20, 1], ['STARTED', 21, 2], ['WAITING', 22, 2], ['QUEUED', 30, 2], ['STARTED', 31, 2],
      ['FAILED', 35, 2]),
  };
  const { segments, totals, start, end } = waterfall(task, zero + 99e3);
  assert.deepEqual(segments.map(({ kind, from, to, attempt, outcome }) => [kind, (from - zero) / 1e3, (to - zero) / 1e3, attempt, outcome]), [
    ['queued', 0, 0, 0, ''], ['scheduled', 0, 10, 0, ''], ['queued', 10, 12, 0, ''], ['run', 12, 15, 1, 'failed'],
    ['retry', 15, 15, 0, ''], ['scheduled', 15, 20, 0, ''], ['queued', 20, 21, 0, ''], ['run', 21, 22, 2, 'suspended'],
    ['children', 22, 30, 0, ''], ['queued', 30, 31, 0, ''], ['run', 31, 35, 2, 'failed'],
  ]);
  assert.equal(segments.at(-1)?.error, "KeyError: 'vat'");
  assert.equal(segments[3].error, '');
  assert.deepEqual([start - zero, end - zero], [0, 35e3]);
  assert.deepEqual(totals, { total: 35e3, waiting: 19e3, running: 8e3, children: 8e3,
    waitingShare: 19 / 35, runningShare: 8 / 35, childrenShare: 8 / 35 });
});

test('what has not ended goes on to now', () => {
  const task = { status: 'STARTED', history: history(['CREATED', 0, 0], ['STARTED', 2, 1]) };
  const { segments } = waterfall(task, zero + 5e3);
  assert.deepEqual(segments.map((each) => [each.kind, each.open, each.to - zero]), [['queued', false, 2e3], ['run', true, 5e3]]);
});

test('no segment has a negative length, even if clocks of functions differ', () => {
  const task = { status: 'COMPLETED', history: history(['CREATED', 5, 0], ['STARTED', 4, 1], ['COMPLETED', 6, 1]) };
  assert.ok(waterfall(task, zero).segments.every((each) => each.to >= each.from));
});

test('a run after a retry is counted, and the time between them is neither waiting nor running', () => {
  const task = { status: 'COMPLETED', run: 2,
    history: history(['CREATED', 0, 0], ['STARTED', 1, 1], ['FAILED', 2, 1], ['CREATED', 100, 0], ['STARTED', 101, 1], ['COMPLETED', 103, 1]) };
  const { segments, totals } = waterfall(task, zero + 200e3);
  assert.deepEqual(segments.filter((each) => each.kind === 'run').map((each) => each.run), [1, 2]);
  assert.equal(totals.total, 5e3);
  assert.ok(segments.some((each) => each.kind === 'idle'));
});

test('a row of a list, without history, shows waiting and running by its times', () => {
  const task = { status: 'COMPLETED', attempts: 1, createdAt: at(0), startedAt: at(4), finishedAt: at(5) };
  assert.deepEqual(waterfall(task, zero).segments.map((each) => [each.kind, each.to - each.from, each.outcome]),
    [['queued', 4e3, ''], ['run', 1e3, 'completed']]);
});

test('a ruler has few and round ticks', () => {
  assert.deepEqual(ticks(35e3), [0, 1e4, 2e4, 3e4]);
  assert.deepEqual(ticks(0), [0]);
  assert.ok(ticks(4e10).length <= 6);
});

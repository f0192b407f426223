import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  chartsOf,
  summaryOf,
  unusualTypes,
} from '../../../../lambdas/taskmill/console/static/app/pages/overview-data.js';

const NOW = Date.parse('2026-11-28T12:30:00Z');
const HOUR = 3_600_000;

/** A bucket so many hours ago. */
function bucket(hours, type, counts) {
  const start = new Date(Math.floor(NOW / HOUR) * HOUR - hours * HOUR).toISOString();
  return { start, type, created: 0, completed: 0, failed: 0, cancelled: 0, ...counts };
}

test('hours without tasks are zero, and types are added up', () => {
  const { times, throughput } = chartsOf(
    [bucket(0, 'a', { completed: 2 }), bucket(0, 'b', { completed: 3 }), bucket(47, 'a', { failed: 1 })],
    { days: false, now: NOW },
  );
  const [, completed, failed] = throughput;

  assert.equal(times.length, 48);
  assert.equal(completed.values.at(-1), 5);
  assert.equal(completed.values.at(-2), 0);
  assert.equal(failed.values[0], 1);
});

test('latency has gaps where nothing ended', () => {
  const spread = (p95, count) => ({ wait: { p50: 1, p95, count }, run: { p50: 1, p95, count } });
  const { latency } = chartsOf([bucket(1, 'a', spread(100, 3)), bucket(1, 'b', spread(200, 1))], {
    days: false,
    now: NOW,
  });

  assert.equal(latency[1].values.at(-2), 125);
  assert.equal(latency[1].values.at(-1), null);
});

test('the summary counts what ended', () => {
  const { failed, ended } = summaryOf([bucket(0, 'a', { completed: 8, failed: 1, cancelled: 1 })]);

  assert.deepEqual([failed, ended], [1, 10]);
});

const HOURLY = { days: false, now: NOW };

/** Three quiet hours of a type, before the two that are looked at. */
const quiet = (type, failed = 1) => [2, 3, 4].map((ago) => bucket(ago, type, { completed: 100, failed }));

test('a failure rate far above the usual one is marked; few failures are not', () => {
  const now = [
    bucket(0, 'bad', { completed: 50, failed: 20 }),
    bucket(0, 'fine', { completed: 50, failed: 4 }),
    bucket(0, 'new', { failed: 20 }),
    bucket(0, 'always', { completed: 50, failed: 55 }),
  ];
  const buckets = [...quiet('bad'), ...quiet('fine'), ...quiet('always', 100), ...now];

  assert.deepEqual([...unusualTypes(buckets, HOURLY)], ['bad']);
});

test('a failure rate stays marked when the next interval has just begun, and no longer', () => {
  const buckets = [...quiet('bad'), bucket(1, 'bad', { completed: 50, failed: 20 }), bucket(0, 'bad', { completed: 1 })];
  const marked = (hours) => [...unusualTypes(buckets, { days: false, now: NOW + hours * HOUR })];

  assert.deepEqual([marked(0), marked(1)], [['bad'], []]);
});

test('of days, the running one and the last are looked at', () => {
  const of = (days, failed) => bucket(24 * days, 'bad', { completed: 100, failed });

  assert.deepEqual([...unusualTypes([of(3, 1), of(2, 1), of(1, 30)], { days: true, now: NOW })], ['bad']);
  assert.deepEqual([...unusualTypes([of(3, 1), of(2, 30), of(1, 1)], { days: true, now: NOW })], []);
});

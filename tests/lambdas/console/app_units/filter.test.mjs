import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  parseFilter,
  wantedBy,
  withTerm,
  writeFilter,
} from '../../../../lambdas/taskmill/console/static/app/filter.js';
import {
  duration,
  parseDuration,
} from '../../../../lambdas/taskmill/console/static/app/durations.js';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const wanted = (text) => wantedBy(parseFilter(text), NOW);

test('a filter becomes what the API is asked for', () => {
  assert.deepEqual(wanted('status:failed,cancelled type:invoice created:<2h 01M8'), {
    status: ['FAILED', 'CANCELLED'],
    type: 'invoice',
    createdAfter: '2026-11-28T10:00:00.000Z',
    codePrefix: '01M8',
    faults: [],
  });
});

test('older than and between days', () => {
  assert.equal(wanted('created:>1d').createdBefore, '2026-11-27T12:00:00.000Z');
  assert.equal(wanted('created:2026-11-01..2026-11-02').createdAfter, '2026-11-01T00:00:00.000Z');
  assert.equal(wanted('created:2026-11-01..2026-11-02').createdBefore, '2026-11-03T00:00:00.000Z');
  assert.equal(wanted('created:..2026-11-02').createdAfter, undefined);
});

test('what is not understood is told, and the rest holds', () => {
  const { status, type, faults } = wanted('status:broken type:invoice created:soon log.order:4711');

  assert.equal(status, undefined);
  assert.equal(type, 'invoice');
  assert.deepEqual(faults.map(({ term }) => term.field), ['status', 'created', 'log.order']);
});

test('a code needs a type', () => {
  const { codePrefix, faults } = wanted('01M8');

  assert.equal(codePrefix, undefined);
  assert.match(faults[0].why, /add type/);
});

test('values with spaces and quotes survive the address', () => {
  for (const value of ['no such order', 'say "no"', 'back\\slash and', 'a:b', '<img src=x>']) {
    const terms = [{ field: 'error', value }];
    assert.deepEqual(parseFilter(writeFilter(terms)), terms);
  }
});

test('a new term replaces that of the same field', () => {
  const terms = withTerm(parseFilter('status:failed type:a'), { field: 'status', value: 'queued' });

  assert.equal(writeFilter(terms), 'type:a status:queued');
});

test('durations carry units, and are never negative', () => {
  const shown = [-5, 0, 340, 1234, 59_400, 61_000, 3_600_000, 90 * 60_000, 100 * 3_600_000];
  assert.deepEqual(shown.map((each) => duration(each)), [
    '0 ms', '0 ms', '340 ms', '1.2 s', '59 s', '1 min 1 s', '1 h', '1 h 30 min', '4 d 4 h',
  ]);
  assert.equal(duration(undefined), '–');
  assert.deepEqual(['90s', '15min', '2h', '1.5d', 'x', '2'].map(parseDuration), [
    90_000, 900_000, 7_200_000, 129_600_000, null, null,
  ]);
});

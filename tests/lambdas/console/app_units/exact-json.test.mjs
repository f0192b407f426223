import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Num, parse, stringify } from '../../../../lambdas/taskmill/console/static/app/models/exact-json.js';

test('a number beyond 2^53 is shown and written as it is stored', () => {
  const text = '{"n":9007199254740993,"e":1e400,"p":1.0,"d":0.1,"z":-0,"list":[12345678901234567890]}';
  const value = parse(text);
  assert.equal(String(value.n), '9007199254740993');
  assert.ok(value.list[0] instanceof Num);
  assert.equal(value.d, 0.1);
  assert.equal(stringify(value), text);
});

test('digits within texts and names stay texts', () => {
  const text = '{"9007199254740993":"9007199254740993 \\" 1.0","a\\\\":"\\u0001x:5"}';
  assert.deepEqual(Object.keys(parse(text)), ['9007199254740993', 'a\\']);
  assert.equal(stringify(parse(text)), text);
});

test('what is no JSON is refused', () => {
  assert.throws(() => parse('{"a": 01}'), SyntaxError);
  assert.throws(() => parse('[1,]'), SyntaxError);
});

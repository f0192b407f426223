import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldsOf, inputOf, problemsOf, textsOf } from '../../../../lambdas/taskmill/console/static/app/models/schema-form.js';
import { parse, stringify } from '../../../../lambdas/taskmill/console/static/app/models/exact-json.js';

const SCHEMA = { // as pydantic writes it
  $defs: {
    Order: { type: 'object', required: ['id', 'lines'], title: 'Order', properties: {
      id: { type: 'integer' }, lines: { type: 'array', items: { type: 'object' } },
      kind: { default: 'a', enum: ['a', 'b'], type: 'string' } } },
  },
  type: 'object', required: ['n', 'order'],
  properties: {
    n: { type: 'integer', minimum: 1, description: 'How many.' }, order: { $ref: '#/$defs/Order' },
    flag: { default: false, type: 'boolean' }, ratio: { anyOf: [{ type: 'number' }, { type: 'null' }], default: null },
    tags: { additionalProperties: { type: 'string' }, default: {}, type: 'object' }, password: { type: 'string', format: 'password' },
  },
};

test('the fields of a model are those of its schema, within models, too', () => {
  const fields = fieldsOf(SCHEMA);
  assert.deepEqual(fields.map(({ path, kind, required, nullable }) => [path, kind, required, nullable]), [
    ['n', 'integer', true, false], ['order.id', 'integer', true, false], ['order.lines', 'json', true, false],
    ['order.kind', 'enum', false, false], ['flag', 'boolean', false, false], ['ratio', 'number', false, true],
    ['tags', 'json', false, false], ['password', 'text', false, false],
  ]);
  assert.deepEqual([fields[0].hint, fields[0].description], ['≥ 1', 'How many.']);
  assert.equal(fields[7].secret, true);
  assert.deepEqual(fields[1].group, ['order']);
});

test('texts become the input, big numbers digit by digit, and empty ones are left out', () => {
  const fields = fieldsOf(SCHEMA);
  const made = inputOf(fields, { n: '9007199254740993', 'order.id': '7', 'order.lines': '[{"a": 1.0}]', flag: 'true' });
  assert.deepEqual({ ...made.problems }, {});
  assert.equal(stringify(made.value), '{"n":9007199254740993,"order":{"id":7,"lines":[{"a":1.0}]},"flag":true}');
});

test('what is no value at all is told at its field, the rest is left to the API', () => {
  const made = inputOf(fieldsOf(SCHEMA), { n: 'many', 'order.lines': '[', 'order.id': '' });
  assert.equal(made.value.n, 'many');
  assert.match(made.problems['order.lines'], /^is no JSON/);
  assert.equal(made.problems['order.id'], 'is required');
});

test('an input fills the form it was made with', () => {
  const fields = fieldsOf(SCHEMA);
  const input = parse('{"n":12345678901234567890,"order":{"id":1,"lines":[]},"ratio":null}');
  const texts = textsOf(fields, input);
  assert.deepEqual([texts.n, texts['order.lines'], texts.ratio, texts.flag], ['12345678901234567890', '[]', '', '']);
  assert.equal(stringify(inputOf(fields, texts).value), '{"n":12345678901234567890,"order":{"id":1,"lines":[]}}');
});

test('a type without a schema, and one that takes a plain value, has one field', () => {
  assert.deepEqual(fieldsOf(null).map((each) => [each.path, each.kind]), [['', 'json']]);
  const [only] = fieldsOf({ type: 'integer' });
  assert.deepEqual([only.path, only.kind], ['', 'integer']);
  assert.equal(inputOf([only], { '': '42' }).value, 42);
  assert.equal(inputOf([only], {}).given, false);
});

test("the API's refusal stands at the field it is about", () => {
  const paths = fieldsOf(SCHEMA).map((each) => each.path);
  const message = 'input: n: Input should be a valid integer; order.lines.0.street: Input should be a valid string; order.id: Field required';
  assert.deepEqual({ ...problemsOf({ message, details: [{ message, field: 'input' }] }, paths) }, {
    n: 'Input should be a valid integer', 'order.lines': '0.street: Input should be a valid string', 'order.id': 'Field required',
  });
  assert.deepEqual({ ...problemsOf({ details: [{ message: 'too long', field: 'input.order.kind' }] }, paths) }, { 'order.kind': 'too long' });
  assert.deepEqual({ ...problemsOf({ message: 'no such tenant' }, paths) }, { '': 'no such tenant' });
});

test('a field named like a part of every object is a field like any other', () => {
  const fields = fieldsOf({ type: 'object', properties: { __proto__x: { type: 'string' }, constructor: { type: 'string' } } });
  const { value } = inputOf(fields, { constructor: 'c' });
  assert.equal(JSON.stringify(value), '{"constructor":"c"}');
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { asCli, asCurl, asPython, pythonLiteral, shellWord } from '../../../../lambdas/taskmill/console/static/app/models/snippets.js';
import { parse } from '../../../../lambdas/taskmill/console/static/app/models/exact-json.js';

const ODD = 'it\'s "$HOME" `id` \\ \n !x ünï \u0001';
const call = { tenant: 'acme', type: 'greet', input: { name: ODD, n: parse('9007199254740993') } };

test('a shell reads every text back as it is', () => {
  for (const text of [ODD, '', "''", '-x', '$(id)', 'a b', '~', 'plain']) {
    const out = execFileSync('/bin/sh', ['-c', `printf '%s.' ${shellWord(text)}`], { encoding: 'utf8' });
    assert.equal(out, `${text}.`);
  }
});

test('the CLI command carries the input unharmed', () => {
  const command = asCli(call).replace(/^taskmill/, 'printf "%s\\0"');
  const words = execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' }).split('\0').slice(0, -1);
  assert.deepEqual(words.slice(0, 4), ['--tenant', 'acme', 'submit', 'greet']);
  assert.equal(words[4], `{"name":${JSON.stringify(ODD)},"n":9007199254740993}`);
  assert.equal(asCli({ tenant: 'acme', type: 'tick', input: undefined }), 'taskmill --tenant acme submit tick');
  assert.equal(asCli({ tenant: 'acme', type: 'tick', input: null }), 'taskmill --tenant acme submit tick null');
});

test('a fan-out is a map of its elements', () => {
  const text = asCli({ kind: 'SFN_TASK', tenant: 'acme', type: 'greet', input: [1, "o'x"], toleratedFailures: '5%' });
  assert.equal(text, `printf '%s\\n' 1 '"o'"'"'x"' | taskmill --tenant acme map greet - --format jsonl --tolerate 5%`);
});

test('curl posts the body of the API', () => {
  const text = asCurl(call, 'https://x.execute-api.eu-central-1.amazonaws.com/', 'eu-central-1');
  assert.match(text, /^curl -X POST https:\/\/x\.execute-api\.eu-central-1\.amazonaws\.com\/v1\/tenants\/acme\/tasks /);
  const body = execFileSync('/bin/sh', ['-c', `printf %s ${text.slice(text.indexOf('-d ') + 3)}`], { encoding: 'utf8' });
  assert.equal(JSON.parse(body).input.name, ODD);
});

test('Python literals are those of Python', () => {
  assert.equal(pythonLiteral({ a: [true, null, 1.5, 'x'] }), '{"a": [True, None, 1.5, "x"]}');
  const long = { ...call, input: { ...call.input, more: "x".repeat(60) } };
  assert.match(asPython(long), /client\.submit\("greet", \{\n {8}"name": ".*",\n {8}"n": 9007199254740993,\n {8}"more": "x+",\n {4}\}\)/);
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fakeConnection } from './fake-server.js';
import { serve } from './scripted-server.js';

const captions = fileURLToPath(new URL('../examples/captions.js', import.meta.url));

/**
 * @param {string} address @param {string} target @param {string} input
 * @returns {Promise<{code: number, output: string, errors: string}>}
 */
function run(address, target, input) {
  const args = [captions, '--address', address, '--from', 'xx', '--to', target];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, (error, output, errors) => {
      resolve({ code: Number(error?.code ?? 0), output, errors });
    });
    child.stdin?.end(input);
  });
}

test('captions: a line for each segment', async (t) => {
  const address = await serve(t, [fakeConnection()]);
  const { code, output, errors } = await run(address, 'yy', `Hello 😀. ${'very '.repeat(100)}long`);
  assert.equal(errors, '');
  assert.equal(output, `HELLO 😀.\n${'VERY '.repeat(100)}LONG~.\n`);
  assert.equal(code, 0);
});

test('captions: an error is one sentence', async (t) => {
  const address = await serve(t, [fakeConnection()]);
  const { code, errors } = await run(address, 'qq', 'Hello.');
  assert.equal(errors, 'NOT_FOUND LANGUAGE_PAIR_NOT_SUPPORTED: it is NOT_FOUND\n');
  assert.equal(code, 1);
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadScripts } from '../conformance/scripts.js';
import { fakeConnection } from './fake-server.js';
import { serve } from './scripted-server.js';

const runner = fileURLToPath(new URL('../conformance.js', import.meta.url));
const scripts = loadScripts(new URL('../../conformance/scripts/', import.meta.url));

/**
 * @param {import('node:test').TestContext} t
 * @param {string} name of the script
 * @param {Parameters<typeof fakeConnection>} fake
 * @returns {Promise<{code: number, lines: string[]}>}
 */
async function run(t, name, ...fake) {
  const address = await serve(t, Array(20).fill(fakeConnection(...fake)));
  const args = [runner, '--address', address, '--only', name, '--timeout-ms', '2000'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, output) => {
      resolve({ code: Number(error?.code ?? 0), lines: output.trim().split('\n') });
    });
  });
}

const PASSES = [
  ['words-one-by-one', 5],
  ['chunks-inside-words', 5],
  ['flush', 5],
  ['end-of-segment', 5],
  ['emoji-and-combining-characters', 5],
  ['only-white-space', 5],
  ['resume-within-segment', 1],
  ['unknown-pair', 1],
  ['disconnect', 1],
];
for (const [name, count] of PASSES) {
  test(`the runner passes a right server: ${name}`, async (t) => {
    const { code, lines } = await run(t, String(name));
    assert.equal(lines.at(-1), `${count} passed, 0 failed`, lines.join('\n'));
    assert.equal(code, 0);
  });
}

test('the runner fails a server that counts UTF-16 units', async (t) => {
  const { code, lines } = await run(t, 'emoji-and-combining-characters', (text) => text.length);
  assert.equal(code, 1);
  assert.match(lines.join('\n'), /committed_length 16, 15 have come/);
  assert.equal(lines.at(-1), '0 passed, 5 failed');
});

test('the runner fails a server whose text is another', async (t) => {
  const { code, lines } = await run(t, 'client-segmentation');
  assert.equal(code, 1);
  assert.match(lines.join('\n'), /segments: yy: .* instead of \[ 'ONE\. TWO\. THREE~\.'/);
});

test('a script that is not there is a failure', async (t) => {
  const { code, lines } = await run(t, 'nosuch');
  assert.equal(code, 1);
  assert.deepEqual(lines, ['no script is named nosuch', '0 passed, 0 failed']);
});

test('every script says what it is for and how it ends', () => {
  assert.ok(scripts.length > 20);
  for (const { name, description, steps, expect } of scripts) {
    assert.match(description, /\.$/, name);
    assert.ok(steps.length > 0, name);
    assert.ok(expect.status.code, name);
  }
});

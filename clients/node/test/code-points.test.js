import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codePointLength, skipCodePoints } from '../src/code-points.js';

const TEXTS = ['', 'abc', '😀', 'a😀b', '👩‍👩‍👧 e\u0301', '𝒳𝒴z', '日本語'];

test('lengths are code points', () => {
  for (const text of TEXTS) assert.equal(codePointLength(text), [...text].length);
});

test('skipping never cuts a character', () => {
  for (const text of TEXTS) {
    const points = [...text];
    for (let i = 0; i <= points.length; i++) {
      assert.equal(skipCodePoints(text, i), points.slice(i).join(''));
    }
  }
});

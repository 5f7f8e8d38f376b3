// The table of cases that tests/unit/test_layout.py goes through too.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { binds, Layout, width } from '../../translator/captions/pages/layout.js';

const table = JSON.parse(readFileSync(new URL('../data/layout.json', import.meta.url), 'utf8'));

/** @param {{number: number, text: string, speaker: string, closed: boolean}} line */
const row = ({ number, text, speaker, closed }) => [number, text, speaker, closed];

test('columns of a text', () => {
  for (const [text, columns] of table.width) assert.equal(width(text), columns, text);
});

test('words that belong together', () => {
  for (const [before, after, language, wanted] of table.binds) {
    assert.equal(binds(before, after, language), wanted, `${before} ${after} ${language}`);
  }
});

for (const { name, rules, steps } of table.cases) {
  test(name, () => {
    const { clear_ms: clearMs = 0, ...others } = rules;
    const layout = new Layout({ ...others, clearMs });
    for (const { at, ...step } of steps) {
      if (step.view) {
        const { lines, draft, nextMs } = layout.view(at);
        const drafts = draft.map(({ number, text }) => [number, text]);
        assert.deepEqual({ lines: lines.map(row), draft: drafts, next_ms: nextMs }, step.view);
      } else if (step.take) assert.deepEqual(layout.takeClosed(at).map(row), step.take);
      else if (step.end_line) layout.endLine(at);
      else if (step.draft !== undefined) layout.draft(step.draft, at);
      else {
        const { commit, speaker, closed, at_once: atOnce } = step;
        layout.commit(commit, at, { speaker, closed, atOnce });
      }
    }
  });
}

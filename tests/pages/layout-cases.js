// Goes through cases given on standard input, and prints what each shows, as JSON.

import { readFileSync } from 'node:fs';
import { Layout } from '../../translator/captions/pages/layout.js';

const cases = JSON.parse(readFileSync(0, 'utf8'));
const shown = cases.map(({ rules, steps }) => {
  const { clear_ms: clearMs = 0, ...others } = rules;
  const layout = new Layout({ ...others, clearMs });
  return steps.map(({ at, commit, draft, speaker, closed }) => {
    if (commit === undefined) layout.draft(draft, at);
    else layout.commit(commit, at, { speaker, closed });
    const { lines, draft: drafts, nextMs } = layout.view(at);
    return [
      lines.map(({ number, text, closed: isClosed }) => [number, text, isClosed]),
      drafts.map(({ number, text }) => [number, text]),
      nextMs,
    ];
  });
});
process.stdout.write(JSON.stringify(shown));

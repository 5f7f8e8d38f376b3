import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Invariants } from '../conformance/invariants.js';
import { Journal } from '../conformance/journal.js';
import { TranslatorError } from '../src/index.js';

const started = {
  response: 'started',
  started: {
    sessionId: 's1',
    limits: { maxChunkLength: 100 },
    targets: [
      {
        targetLanguageCode: 'yy',
        firstSegmentId: 0,
        model: 'fake',
        policy: { name: 'final-only' },
      },
    ],
  },
};
const report = { response: 'report', report: {} };

/** @param {object} update fields that differ from a right first update */
function update(update = {}) {
  const target = {
    targetLanguageCode: 'yy',
    segmentId: 0,
    revision: 1,
    committed: 'A 😀',
    committedLength: 3,
    draft: '',
    segmentClosed: true,
    segmentSourceStart: 0,
    sourceSequence: 1,
    sourceCommittedLength: 3,
    alignments: [],
    ...update,
  };
  return { response: 'target', target };
}

/** @param {any[]} received @param {any} [end] @param {any} [config] @returns {string[]} */
function problemsOf(received, end = 'OK', config = {}) {
  const journal = new Journal();
  journal.add({ sent: { config } });
  journal.add({ sent: { source: { sequence: 1, committed: 'a 😀' } } });
  for (const response of received) journal.add({ received: response });
  journal.finish(end);
  return Invariants.problemsOf(journal);
}

const alignment = { sourceStart: 0, sourceEnd: 1, targetStart: 0, targetEnd: 1 };

test('a right stream has no problems', () => {
  assert.deepEqual(problemsOf([started, update(), report]), []);
  assert.deepEqual(
    problemsOf([started, update({ alignments: [alignment] }), report], 'OK', { alignments: true }),
    [],
  );
});

test('a resumed stream goes on where it broke off', () => {
  const state = {
    targetLanguageCode: 'yy',
    segmentId: 2,
    revision: 7,
    segmentSourceStart: 5,
    targetCommitted: 'A',
  };
  const next = { revision: 8, segmentId: 2, segmentSourceStart: 5, committed: ' 😀' };
  const resume = { resume: { sessionId: 's1', targets: [state] } };
  assert.deepEqual(problemsOf([started, update(next), report], 'OK', resume), []);
  assert.match(
    problemsOf([started, update(), report], 'OK', resume).join(),
    /revision 1 follows revision 7/,
  );
});

/** @type {[string, any[], RegExp][]} */
const WRONG = [
  ['no started', [update(), report], /target came before started/],
  ['no report', [started, update()], /OK without a report/],
  ['something after the report', [started, report, update()], /target came after the report/],
  [
    'an unknown target',
    [started, update({ targetLanguageCode: 'zz' }), report],
    /zz, which was not asked for/,
  ],
  ['a revision left out', [started, update({ revision: 2 }), report], /follows revision 0/],
  [
    'a segment left out',
    [started, update({ segmentId: 1 }), report],
    /segment 1 while it is at segment 0/,
  ],
  [
    'an update of a closed segment',
    [started, update(), update({ revision: 2 }), report],
    /segment 0 while it is at segment 1/,
  ],
  [
    'a wrong length',
    [started, update({ committedLength: 4 }), report],
    /committed_length 4, 3 have come/,
  ],
  ['a draft at the end', [started, update({ draft: 'B' }), report], /closed with a draft/],
  [
    'an open segment',
    [started, update({ segmentClosed: false }), report],
    /segment 0 of yy is open/,
  ],
  ['alignments unasked', [started, update({ alignments: [alignment] }), report], /not asked for/],
  [
    'source not sent',
    [started, update({ sourceCommittedLength: 4 }), report],
    /more source than was sent/,
  ],
  [
    'a sequence not sent',
    [started, update({ sourceSequence: 2 }), report],
    /source_sequence was not sent/,
  ],
];
for (const [name, received, problem] of WRONG) {
  test(`found: ${name}`, () => assert.match(problemsOf(received).join('\n'), problem));
}

test('found: more updates than may be unacked', () => {
  const open = update({ segmentClosed: false, committed: '', committedLength: 0 });
  const problems = problemsOf([started, open, update({ revision: 2 }), report], 'OK', {
    maxUnackedUpdates: 1,
  });
  assert.match(problems.join(), /revision 2: only 0 is acked/);
});

test('found: an error that gives no reason', () => {
  assert.match(
    problemsOf([], new TranslatorError('INTERNAL', 'x')).join(),
    /INTERNAL without ErrorInfo/,
  );
  assert.deepEqual(
    problemsOf([], new TranslatorError('INTERNAL', 'x', { reason: 'INTERNAL' })),
    [],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceLog } from '../src/source-log.js';
import { Transcript } from '../src/transcript.js';

/** @param {string[]} names @param {number} firstSegmentId */
function started(names, firstSegmentId) {
  return { targets: names.map((name) => ({ targetLanguageCode: name, firstSegmentId })) };
}

/** @param {string} targetLanguageCode @param {object} fields that differ */
function closing(targetLanguageCode, fields = {}) {
  return {
    targetLanguageCode,
    segmentId: 0,
    revision: 1,
    segmentSourceStart: 0,
    sourceCommittedLength: 2,
    committed: 'A.',
    committedLength: 2,
    segmentClosed: true,
    ...fields,
  };
}

test('a target that a resume leaves out counts its updates from one again', () => {
  const transcript = new Transcript(new SourceLog(), 10);
  transcript.begin(started(['yy', 'zz'], 0), false);
  transcript.apply(closing('yy'));
  transcript.apply(closing('zz'));
  transcript.begin(started(['yy'], 1), true);
  assert.deepEqual(
    transcript.resumedTargets().map(({ targetLanguageCode }) => targetLanguageCode),
    ['yy'],
  );
  transcript.begin(started(['yy'], 1), false);
  transcript.begin(started(['yy', 'zz'], 1), true);
  const again = { segmentId: 1, segmentSourceStart: 2 };
  assert.equal(transcript.mismatch(closing('zz', again)), '');
  assert.equal(transcript.mismatch(closing('yy', again)), 'revision 1 after 1');
});

test('a target that comes back is owed what was said before it left', () => {
  const transcript = new Transcript(new SourceLog(), 10);
  transcript.begin(started(['yy', 'zz'], 0), false);
  transcript.apply(closing('yy'));
  // The answers overtake the segment that zz waits for.
  transcript.begin(started(['yy'], 1), true);
  assert.ok(!transcript.isSettled);
  transcript.begin(started(['yy', 'zz'], 2), true);
  assert.ok(!transcript.isSettled);
  const resumed = transcript.resumedTargets();
  assert.deepEqual(
    resumed.map(({ targetLanguageCode, segmentId }) => [targetLanguageCode, segmentId]),
    [
      ['yy', 1],
      ['zz', 0],
    ],
  );
  const last = { segmentId: 2, revision: 2, segmentSourceStart: 4 };
  assert.equal(transcript.mismatch(closing('zz')), '');
  transcript.apply(closing('zz'));
  assert.equal(transcript.mismatch(closing('zz', last)), '');
  transcript.apply(closing('yy', { segmentId: 1, revision: 2, segmentSourceStart: 2 }));
  transcript.apply(closing('zz', last));
  assert.ok(transcript.isSettled);
});

test('a target begins earlier where the tail that it waited for is taken back', () => {
  const transcript = new Transcript(new SourceLog(), 10);
  transcript.begin(started(['yy'], 0), false);
  transcript.begin(started(['yy', 'zz'], 1), true);
  transcript.begin(started(['zz'], 0), true);
  assert.equal(transcript.mismatch(closing('zz')), '');
  transcript.apply(closing('zz'));
  assert.ok(transcript.isSettled);
});

test('a target is owed no end of a draft that a break made void', () => {
  const transcript = new Transcript(new SourceLog(), 10);
  transcript.begin(started(['yy', 'zz'], 0), false);
  const draft = { committed: '', committedLength: 0, sourceCommittedLength: 0 };
  transcript.apply(closing('zz', { ...draft, draft: 'A', segmentClosed: false }));
  // The new server has shown nothing of the draft, so it does not take it back either.
  transcript.resumedTargets();
  transcript.begin(started(['yy', 'zz'], 0), false);
  transcript.begin(started(['yy'], 0), true);
  transcript.begin(started(['yy', 'zz'], 2), true);
  const third = { segmentId: 2, revision: 2, segmentSourceStart: 4 };
  assert.equal(transcript.mismatch(closing('zz', third)), '');
});

test('segments have their speaker, source and media times, and only the last are kept', () => {
  const log = new SourceLog();
  const transcript = new Transcript(log, 2);
  transcript.begin(started(['yy', 'zz'], 0), false);
  log.addSource({ committed: 'a 😀. ', speaker: 'Ana' });
  log.addSource({ committed: 'b. ', speaker: 'Rui' });
  const said = { committed: 'A', committedLength: 1, sourceCommittedLength: 2 };
  const first = transcript.apply(
    closing('yy', { ...said, segmentClosed: false, startOffset: { seconds: '1', nanos: 0 } }),
  );
  const { speaker, source, startOffsetMs, endOffsetMs, closed } = first;
  assert.deepEqual([speaker, source, startOffsetMs, endOffsetMs], ['Ana', 'a ', 1000, undefined]);
  assert.equal(closed, false);
  assert.deepEqual(transcript.of('yy').segments, [first]);
  const second = transcript.apply(
    closing('yy', {
      revision: 2,
      committed: ' 😀.',
      committedLength: 4,
      sourceCommittedLength: 4,
      startOffset: { seconds: '2', nanos: 0 },
      endOffset: { seconds: '3', nanos: 0 },
    }),
  );
  assert.deepEqual([second.source, second.startOffsetMs, second.endOffsetMs], ['a 😀.', 1000, 3000]);
  const later = { segmentId: 1, revision: 3, segmentSourceStart: 4, sourceCommittedLength: 4 };
  const third = transcript.apply(closing('yy', later));
  assert.deepEqual([third.speaker, third.source, third.startOffsetMs], ['Rui', ' b. ', undefined]);
  log.addSource({ committed: 'c.' });
  transcript.apply(closing('yy', { segmentId: 2, revision: 4, segmentSourceStart: 8 }));
  assert.deepEqual(
    transcript.of('yy').segments.map(({ id }) => id),
    [1, 2],
  );
  assert.deepEqual(transcript.of('zz').segments, []);
});

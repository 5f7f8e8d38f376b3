import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  const transcript = new Transcript();
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

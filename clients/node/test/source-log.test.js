import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceLog } from '../src/source-log.js';

/** @param {SourceLog} log @param {number} covered */
const replay = (log, covered) => /** @type {any[]} */ ([...log.replay(covered)]);

test('a message that straddles what is covered is cut, with its sequence and flags', () => {
  const log = new SourceLog();
  log.addSource({ committed: 'Hé 😀. ' });
  log.addSource({ committed: '😀😀 there', endOfSegment: true, startOffsetMs: 1500, speaker: 'A' });
  log.addFlush();
  const [source, flush] = replay(log, 7);
  assert.deepEqual(source.source, {
    sequence: 2,
    committed: '😀 there',
    tentative: '',
    endOfSegment: true,
    startOffset: { seconds: 1, nanos: 500_000_000 },
    endOffset: undefined,
    speaker: 'A',
  });
  assert.deepEqual(flush, { flush: { sequence: 3 } });
});

test('what is covered is dropped, flushes and segment ends too', () => {
  const log = new SourceLog();
  log.addSource({ committed: 'One.' });
  log.addFlush();
  log.addSource({ committed: '', endOfSegment: true });
  log.addSource({ committed: ' Two' });
  log.trim(4);
  assert.deepEqual(
    replay(log, 4).map(({ source }) => source.sequence),
    [4],
  );
});

test('the tentative tail is kept until it is replaced', () => {
  const log = new SourceLog();
  log.addSource({ committed: 'One.', tentative: ' tw', endOfSegment: true });
  log.addFlush();
  log.trim(4);
  const [{ source }, ...others] = replay(log, 4);
  assert.equal(source.committed, '');
  assert.equal(source.tentative, ' tw');
  assert.equal(source.endOfSegment, false);
  assert.deepEqual(others, []);
  log.addSource({});
  assert.deepEqual(replay(log, 4), []);
});

test('revising the tentative tail adds nothing to what is sent again', () => {
  const log = new SourceLog();
  log.addSource({ committed: 'One', tentative: ' t' });
  log.addSource({ tentative: ' tw' });
  log.addFlush();
  log.addSource({ tentative: ' two' });
  const kept = replay(log, 0).map(({ source }) => source && [source.sequence, source.tentative]);
  assert.deepEqual(kept, [[1, ''], undefined, [4, ' two']]);
});

test('the first message that is sent again says who speaks', () => {
  const log = new SourceLog();
  log.addSource({ committed: 'One.', speaker: 'A' });
  log.addSource({ committed: ' Two' });
  log.addSource({ committed: ' three' });
  assert.deepEqual(
    replay(log, 4).map(({ source }) => source.speaker),
    ['A', ''],
  );
});

test('unknown fields and half characters are refused, and use up no sequence', () => {
  const log = new SourceLog();
  assert.throws(() => log.addSource(/** @type {any} */ ({ text: 'x' })), /unknown option: text/);
  assert.throws(() => log.addSource({ committed: '😀'.slice(0, 1) }), /half of a character/);
  assert.equal(log.addSource({ committed: 'x' }).sequence, 1);
});

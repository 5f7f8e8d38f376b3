import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TranslatorClient } from '../src/index.js';
import { serve } from './scripted-server.js';
import { eventsOf, streamTo } from './support.js';

/** @typedef {import('./scripted-server.js').Peer} Peer */

/**
 * A connection that takes the first sentence and part of the second, then breaks.
 *
 * @param {(peer: Peer) => unknown} breakOff
 */
const firstConnection = (breakOff) => async (/** @type {Peer} */ peer) => {
  peer.start();
  for (let i = 0; i < 3; i++) await peer.receive();
  peer.update({ revision: 1, committed: 'HI 😀.', segmentClosed: true, sourceCommittedLength: 5 });
  peer.update({ revision: 2, segmentId: 1, committed: 'HOW', segmentSourceStart: 5 });
  await breakOff(peer);
};

/** @param {any[]} requests filled with what comes */
const secondConnection = (requests) => async (/** @type {Peer} */ peer) => {
  peer.start({ targets: [{ targetLanguageCode: 'yy', firstSegmentId: 1 }] });
  requests.push(...(await peer.receiveAll()));
  peer.update({
    revision: 3,
    segmentId: 1,
    committed: ' ARE YOU?',
    committedLength: 12,
    segmentClosed: true,
  });
  peer.finish();
};

/** @type {Record<string, (peer: Peer) => unknown>} */
const breaks = {
  UNAVAILABLE: (peer) => peer.fail('UNAVAILABLE'),
  'a reset by a proxy': (peer) => peer.reset(),
  GoAway: (peer) => peer.send({ goAway: { within: { seconds: 5 } } }),
  'a wrong committed_length': (peer) =>
    peer.update({
      revision: 3,
      segmentId: 1,
      committed: ' A',
      committedLength: 9,
      segmentSourceStart: 5,
    }),
  'a missing revision': (peer) => peer.update({ revision: 4, segmentId: 1, segmentSourceStart: 5 }),
  'a segment out of order': (peer) =>
    peer.update({ revision: 3, segmentId: 2, segmentSourceStart: 5 }),
  'an end without a report': (peer) => peer.end(),
};

for (const [name, breakOff] of Object.entries(breaks)) {
  test(`${name}: the stream goes on, and nothing is lost or repeated`, async (t) => {
    /** @type {any[]} */
    const requests = [];
    const stream = await streamTo(t, [firstConnection(breakOff), secondConnection(requests)]);
    stream.send('Hi 😀');
    stream.send({ committed: '. How ', startOffsetMs: 1000, endOffsetMs: 2000, speaker: 'A' });
    const committed = [];
    const events = [];
    for await (const event of stream) {
      events.push(event.type === 'started' ? `started ${event.resumed}` : event.type);
      if (event.type !== 'update') continue;
      committed.push(event.committed);
      if (event.revision === 2) {
        stream.send({ committed: 'are you?', tentative: ' I' });
        stream.flush();
        stream.end();
      }
    }
    assert.deepEqual(events, [
      'started false',
      'update',
      'update',
      'reconnecting',
      'started true',
      'update',
      'report',
    ]);
    assert.deepEqual(committed, ['HI 😀.', 'HOW', ' ARE YOU?']);
    assert.equal(stream.transcript('yy'), 'HI 😀. HOW ARE YOU?');

    const [{ config }, cut, next, flush, ...others] = requests;
    assert.deepEqual(config.resume, {
      sessionId: 's1',
      targets: [
        {
          targetLanguageCode: 'yy',
          segmentId: 1,
          revision: 2,
          segmentSourceStart: 5,
          sourceCommitted: '',
          sourceTentative: '',
          targetCommitted: 'HOW',
        },
      ],
    });
    assert.deepEqual(
      [cut.source.sequence, cut.source.committed, cut.source.speaker],
      [2, ' How ', 'A'],
    );
    assert.deepEqual(cut.source.startOffset, { seconds: 1, nanos: 0 });
    assert.deepEqual(
      [next.source.sequence, next.source.committed, next.source.tentative],
      [3, 'are you?', ' I'],
    );
    assert.deepEqual(flush.flush, { sequence: 4 });
    assert.deepEqual(others, []);
  });
}

test('two targets: source goes again from the one that is behind', async (t) => {
  /** @type {any[]} */
  const requests = [];
  const targets = ['yy', 'zz'].map((targetLanguageCode) => ({ targetLanguageCode }));
  const stream = await streamTo(
    t,
    [
      async (peer) => {
        peer.start({ targets });
        for (let i = 0; i < 3; i++) await peer.receive();
        peer.update({
          revision: 1,
          committed: 'A.',
          segmentClosed: true,
          sourceCommittedLength: 2,
        });
        peer.update({ revision: 1, targetLanguageCode: 'zz', draft: 'A' });
        await peer.fail('UNAVAILABLE');
      },
      async (peer) => {
        peer.start({ targets });
        requests.push(...(await peer.receiveAll()));
        peer.update({
          revision: 2,
          targetLanguageCode: 'zz',
          committed: 'A.',
          segmentClosed: true,
          sourceCommittedLength: 2,
        });
        peer.update({
          revision: 2,
          targetLanguageCode: 'yy',
          segmentId: 1,
          segmentSourceStart: 2,
          committed: 'B.',
          segmentClosed: true,
        });
        peer.update({
          revision: 3,
          targetLanguageCode: 'zz',
          segmentId: 1,
          segmentSourceStart: 2,
          committed: 'B.',
          segmentClosed: true,
        });
        peer.finish();
      },
    ],
    { targets: ['yy', 'zz'] },
  );
  stream.send('a.');
  stream.send(' b.');
  stream.end();
  await eventsOf(stream);
  assert.deepEqual([stream.transcript('yy'), stream.transcript('zz')], ['A. B.', 'A. B.']);
  const [{ config }, first, second] = requests;
  const state = (
    /** @type {any} */ { targetLanguageCode, segmentId, revision, segmentSourceStart },
  ) => [targetLanguageCode, segmentId, revision, segmentSourceStart];
  assert.deepEqual(config.resume.targets.map(state), [
    ['yy', 1, 1, 2],
    ['zz', 0, 1, 0],
  ]);
  assert.deepEqual([first.source.committed, second.source.committed], ['a.', ' b.']);
});

test('a target that joined late holds back the source it still needs', async (t) => {
  /** @type {any[]} */
  const requests = [];
  const targets = ['yy', 'zz'].map((targetLanguageCode) => ({
    targetLanguageCode,
    firstSegmentId: 1,
  }));
  const stream = await streamTo(t, [
    async (peer) => {
      peer.start();
      for (let i = 0; i < 4; i++) await peer.receive();
      peer.start({ targets });
      peer.update({ revision: 1, committed: 'A.', segmentClosed: true, sourceCommittedLength: 2 });
      peer.update({
        revision: 2,
        segmentId: 1,
        segmentSourceStart: 2,
        committed: 'B.',
        segmentClosed: true,
        sourceCommittedLength: 3,
      });
      await peer.fail('UNAVAILABLE');
    },
    async (peer) => {
      peer.start({ targets });
      requests.push(...(await peer.receiveAll()));
      peer.update({
        revision: 1,
        targetLanguageCode: 'zz',
        segmentId: 1,
        segmentSourceStart: 2,
        committed: 'B.',
        segmentClosed: true,
      });
      peer.finish();
    },
  ]);
  stream.send('a.');
  stream.reconfigure({ targets: ['yy', 'zz'] });
  stream.send(' b.');
  stream.end();
  await eventsOf(stream);
  assert.deepEqual([stream.transcript('yy'), stream.transcript('zz')], ['A. B.', 'B.']);
  const [{ config }, source, ...others] = requests;
  assert.deepEqual(config.targetLanguageCodes, ['yy', 'zz']);
  assert.deepEqual(
    config.resume.targets.map((/** @type {any} */ { segmentId }) => segmentId),
    [2, 1],
  );
  assert.equal(source.source.committed, ' b.');
  assert.deepEqual(others, []);
});

test('a target that joins late joins in the same place after a break', async (t) => {
  /** @type {any[]} */
  const requests = [];
  const targets = [{ targetLanguageCode: 'yy' }, { targetLanguageCode: 'zz', firstSegmentId: 1 }];
  const stream = await streamTo(t, [
    async (peer) => {
      peer.start();
      for (let i = 0; i < 4; i++) await peer.receive();
      peer.update({ revision: 1, draft: 'A' });
      peer.start({ targets });
      await peer.fail('UNAVAILABLE');
    },
    async (peer) => {
      // Broken again before the config is answered.
      peer.start();
      await peer.receiveAll();
      await peer.fail('UNAVAILABLE');
    },
    async (peer) => {
      peer.start();
      requests.push(...(await peer.receiveAll()));
      peer.start({ targets });
      const first = { committed: 'A.', segmentClosed: true, sourceCommittedLength: 2 };
      const second = { committed: 'B.', segmentId: 1, segmentSourceStart: 2, segmentClosed: true };
      peer.update({ ...first, revision: 2 });
      peer.update({ ...second, revision: 3 });
      peer.update({ ...second, revision: 1, targetLanguageCode: 'zz' });
      peer.finish();
    },
  ]);
  stream.send('a');
  stream.reconfigure({ targets: ['yy', 'zz'] });
  stream.send('. b.');
  stream.end();
  await eventsOf(stream);
  assert.deepEqual([stream.transcript('yy'), stream.transcript('zz')], ['A. B.', 'B.']);
  const kinds = requests.map(
    ({ request, config }) => config?.targetLanguageCodes.join() ?? request,
  );
  assert.deepEqual(kinds, ['yy', 'source', 'yy,zz', 'source']);
});

test('a target that leaves is resumed until its segment closes', async (t) => {
  /** @type {any[]} */
  const requests = [];
  const both = ['yy', 'zz'].map((targetLanguageCode) => ({ targetLanguageCode }));
  const left = { targets: [{ targetLanguageCode: 'yy', firstSegmentId: 1 }] };
  const stream = await streamTo(
    t,
    [
      async (peer) => {
        peer.start({ targets: both });
        for (let i = 0; i < 3; i++) await peer.receive();
        peer.update({ revision: 1, draft: 'A' });
        peer.update({ revision: 1, targetLanguageCode: 'zz', draft: 'A' });
        peer.start(left);
        await peer.fail('UNAVAILABLE');
      },
      async (peer) => {
        peer.start({ targets: both });
        requests.push(...(await peer.receiveAll()));
        peer.start(left);
        for (const targetLanguageCode of ['yy', 'zz']) {
          peer.update({
            revision: 2,
            targetLanguageCode,
            committed: 'A.',
            segmentClosed: true,
            sourceCommittedLength: 2,
          });
        }
        peer.finish();
      },
    ],
    { targets: ['yy', 'zz'] },
  );
  stream.send('a');
  stream.reconfigure({ targets: ['yy'] });
  stream.send('.');
  stream.end();
  await eventsOf(stream);
  assert.deepEqual([stream.transcript('yy'), stream.transcript('zz')], ['A.', 'A.']);
  const kinds = requests.map(
    ({ request, config }) => config?.targetLanguageCodes.join() ?? request,
  );
  assert.deepEqual(kinds, ['yy,zz', 'source', 'yy', 'source']);
});

test('a language that was detected is detected again after a break', async (t) => {
  /** @type {any[]} */
  const configs = [];
  const both = ['yy', 'zz'].map((targetLanguageCode) => ({ targetLanguageCode }));
  const stream = await streamTo(
    t,
    [
      async (peer) => {
        configs.push((await peer.receive()).config);
        peer.start();
        await peer.receive();
        await peer.fail('UNAVAILABLE');
      },
      async (peer) => {
        configs.push((await peer.receive()).config);
        peer.start();
        await peer.receive();
        await peer.receive();
        // Another language answers no config, the same one does.
        peer.start({ detectedLanguageCode: 'xx' });
        peer.start({ detectedLanguageCode: 'zz' });
        peer.start({ detectedLanguageCode: 'zz', targets: both });
        await peer.fail('UNAVAILABLE');
      },
      async (peer) => {
        configs.push((await peer.receive()).config);
        peer.start({ targets: both });
        await peer.finish();
      },
    ],
    { source: 'und', possibleSources: ['xx', 'zz'] },
  );
  stream.send('a');
  stream.reconfigure({ targets: ['yy', 'zz'] });
  stream.end();
  const events = await eventsOf(stream);
  const languages = events
    .filter(({ type }) => type === 'started')
    .map(({ detectedLanguage }) => detectedLanguage);
  assert.deepEqual(languages, ['', '', 'xx', 'zz', 'zz', '']);
  assert.deepEqual(
    configs.map(({ sourceLanguageCode }) => sourceLanguageCode),
    ['und', 'und', 'und'],
  );
  assert.deepEqual(configs[2].possibleSourceLanguageCodes, ['xx', 'zz']);
  assert.deepEqual(configs[2].targetLanguageCodes, ['yy', 'zz']);
});

test('a silent server counts as gone', async (t) => {
  const limits = { heartbeatInterval: { nanos: 20e6 } };
  const stream = await streamTo(t, [(peer) => peer.start({ limits }), (peer) => peer.finish()]);
  const events = await eventsOf(stream);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['started', 'reconnecting', 'report'],
  );
  assert.match(events[1].cause.message, /no message for 60 ms/);
});

test('another stream on the connection that went silent goes on', async (t) => {
  const limits = { heartbeatInterval: { nanos: 50e6 } };
  /** @type {Peer[]} */
  const patient = [];
  const connections = [
    (/** @type {Peer} */ peer) => {
      peer.start();
      patient.push(peer);
    },
    (/** @type {Peer} */ peer) => peer.start({ limits }),
    (/** @type {Peer} */ peer) => peer.finish(),
  ];
  const client = new TranslatorClient(await serve(t, connections));
  t.after(() => client.close());
  const other = client.stream({ source: 'xx', targets: ['yy'] });
  const events = other[Symbol.asyncIterator]();
  assert.equal((await events.next()).value?.type, 'started');
  const silent = client.stream({ source: 'xx', targets: ['yy'] });
  const types = (await eventsOf(silent)).map(({ type }) => type);
  assert.deepEqual(types, ['started', 'reconnecting', 'report']);
  patient[0].finish();
  assert.equal((await events.next()).value?.type, 'report');
});

test('a draining server is asked again, after the time it names', async (t) => {
  const drained = { reason: 'DRAINING', retryDelay: { nanos: 30e6 } };
  const full = { reason: 'OVERLOADED', retryDelay: { nanos: 30e6 } };
  const stream = await streamTo(t, [
    (peer) => {
      peer.start();
      return peer.fail('UNAVAILABLE');
    },
    (peer) => peer.fail('UNAVAILABLE', drained),
    (peer) => peer.fail('RESOURCE_EXHAUSTED', full),
    (peer) => peer.finish(),
  ]);
  const events = await eventsOf(stream);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['started', 'reconnecting', 'reconnecting', 'reconnecting', 'report'],
  );
  const attempts = events.filter(({ type }) => type === 'reconnecting');
  assert.deepEqual(
    attempts.map(({ attempt, cause }) => [attempt, cause.reason]),
    [
      [1, ''],
      [2, 'DRAINING'],
      [3, 'OVERLOADED'],
    ],
  );
  // No sooner than the server said, and not all clients at once.
  for (const { waitMs } of attempts.slice(1)) assert.ok(waitMs > 30, `after ${waitMs} ms`);
});

test('the stream is lost when nobody answers in time', async (t) => {
  const stream = await streamTo(
    t,
    [
      (peer) => {
        peer.start();
        return peer.fail('UNAVAILABLE');
      },
      ...Array(20).fill((/** @type {Peer} */ peer) => peer.fail('UNAVAILABLE')),
    ],
    { resumeTimeoutMs: 500 },
  );
  await assert.rejects(eventsOf(stream), {
    code: 'UNAVAILABLE',
    reason: 'CONNECTION_LOST',
    message: /^no stream to 127\.0\.0\.1:\d+ within 500 ms: it is UNAVAILABLE$/,
  });
});

test('a server that keeps losing text is given up', async (t) => {
  const broken = (/** @type {Peer} */ peer) => {
    peer.start();
    peer.update({ revision: 7 });
  };
  const stream = await streamTo(t, Array(4).fill(broken));
  await assert.rejects(eventsOf(stream), {
    code: 'DATA_LOSS',
    reason: 'CONNECTION_LOST',
    message: /revision 7 after 0/,
  });
});

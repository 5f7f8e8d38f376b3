import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsOf, streamTo } from './support.js';
import { statusMessage } from './scripted-server.js';

test('a stream from config to report', async (t) => {
  /** @type {any[]} */
  let requests = [];
  const stream = await streamTo(
    t,
    [
      async (peer) => {
        peer.start();
        requests = await peer.receiveAll();
        peer.update({ revision: 1, draft: 'OLÁ', endOffset: { seconds: 1, nanos: 5e8 } });
        peer.update({ revision: 2, committed: 'OLÁ 😀', draft: ' W' });
        peer.update({
          revision: 3,
          committed: '.',
          committedLength: 6,
          segmentClosed: true,
          sourceCommittedLength: 8,
        });
        peer.update({ revision: 4, segmentId: 1, committed: 'SIM', segmentSourceStart: 8 });
        peer.send({ heartbeat: { sourceSequence: 3 } });
        peer.finish();
      },
    ],
    {
      policy: { name: 'wait-k', parameters: { k: 3 } },
      heartbeatIntervalMs: 2500,
      segmentation: 'client',
      glossary: { a: '' },
      glossaries: ['shop'],
    },
  );
  assert.equal(stream.send('Hello '), 1);
  assert.equal(stream.send({ tentative: 'wor', endOffsetMs: 250 }), 2);
  assert.equal(stream.flush(), 3);
  stream.end();
  assert.throws(() => stream.send('late'), /has been ended/);

  const events = await eventsOf(stream);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['started', 'update', 'update', 'update', 'update', 'heartbeat', 'report'],
  );
  const [started, first, second, third] = events;
  assert.equal(started.sessionId, 's1');
  assert.equal(started.resumed, false);
  assert.equal(started.limits.maxChunkLength, 100);
  assert.equal(first.endOffsetMs, 1500);
  assert.deepEqual([first.text, first.draft], ['', 'OLÁ']);
  assert.deepEqual([second.text, second.draft], ['OLÁ 😀', ' W']);
  assert.deepEqual([third.text, third.draft, third.closed], ['OLÁ 😀.', '', true]);
  assert.equal(stream.transcript('yy'), 'OLÁ 😀. SIM');
  assert.equal(stream.transcript('yy', ''), 'OLÁ 😀.SIM');
  assert.deepEqual(
    stream.segments('yy').map(({ id, closed, sourceStart }) => [id, closed, sourceStart]),
    [
      [0, true, 0],
      [1, false, 8],
    ],
  );

  const [{ config }, source, tentative, flush] = requests;
  assert.equal(config.sourceLanguageCode, 'xx');
  assert.deepEqual(config.targetLanguageCodes, ['yy']);
  assert.deepEqual(config.policy.named, { name: 'wait-k', parameters: { k: 3 } });
  assert.deepEqual(config.heartbeatInterval, { seconds: 2, nanos: 5e8 });
  assert.equal(config.segmentation, 'SEGMENTATION_CLIENT');
  assert.deepEqual(config.glossary, [{ sourceTerm: 'a', targetTerm: '' }]);
  assert.deepEqual(config.glossaries, ['shop']);
  assert.equal(config.resume, null);
  assert.equal(source.source.committed, 'Hello ');
  assert.equal(tentative.source.tentative, 'wor');
  assert.equal(flush.flush.sequence, 3);
});

test('presets, policies by name, and options nobody knows', async (t) => {
  /** @type {any[]} */
  const policies = [];
  const note = async (/** @type {import('./scripted-server.js').Peer} */ peer) => {
    policies.push((await peer.receive()).config.policy);
    peer.finish();
  };
  const preset = await streamTo(t, [note], { policy: 'high-quality' });
  await eventsOf(preset);
  const named = await streamTo(t, [note], { policy: 'final-only' });
  await eventsOf(named);
  assert.equal(policies[0].latency, 'LATENCY_HIGH_QUALITY');
  assert.equal(policies[1].named.name, 'final-only');
  await assert.rejects(streamTo(t, [], { polcy: 'low' }), /unknown option: polcy/);
  await assert.rejects(streamTo(t, [], { segmentation: 'manual' }), /automatic, client/);
});

test('updates are acked when the server is told to wait for acks', async (t) => {
  /** @type {any[]} */
  const acks = [];
  const stream = await streamTo(
    t,
    [
      async (peer) => {
        await peer.receive();
        peer.start();
        for (const revision of [1, 2]) {
          peer.update({ revision, draft: 'A' });
          acks.push((await peer.receive()).ack);
        }
        await peer.receive();
        peer.update({ revision: 3, draft: 'A' });
        peer.finish();
      },
    ],
    { maxUnackedUpdates: 1 },
  );
  for await (const event of stream) {
    // Nothing can be acked after the half-close.
    if (event.type === 'update' && event.revision === 2) stream.end();
  }
  assert.deepEqual(acks, [
    { targetLanguageCode: 'yy', revision: 1 },
    { targetLanguageCode: 'yy', revision: 2 },
  ]);
});

test('a reconfiguration is answered by started, one that is refused by a warning', async (t) => {
  /** @type {any[]} */
  const configs = [];
  const refusal = statusMessage('FAILED_PRECONDITION', {
    reason: 'CONFIG_IGNORED_MODEL_NOT_FOUND',
    metadata: { models: 'fake' },
  });
  const stream = await streamTo(t, [
    async (peer) => {
      peer.start();
      configs.push(...(await peer.receiveAll()));
      peer.send({ warning: refusal });
      const targets = ['yy', 'zz'].map((targetLanguageCode) => ({ targetLanguageCode }));
      peer.start({ targets });
      peer.update({ revision: 1, targetLanguageCode: 'zz', committed: 'Z' });
      peer.finish();
    },
  ]);
  stream.reconfigure({ model: 'nosuch' });
  stream.reconfigure({ model: '', targets: ['yy', 'zz'] });
  stream.end();
  const [, warning, started] = await eventsOf(stream);
  assert.equal(warning.error.code, 'FAILED_PRECONDITION');
  assert.equal(warning.error.reason, 'CONFIG_IGNORED_MODEL_NOT_FOUND');
  assert.deepEqual(warning.error.metadata, { models: 'fake' });
  assert.equal(started.type, 'started');
  assert.equal(stream.transcript('zz'), 'Z');
  assert.deepEqual(configs[2].config.targetLanguageCodes, ['yy', 'zz']);
});

test('cancel ends the reading without an error', async (t) => {
  const stream = await streamTo(t, [(peer) => peer.start()]);
  const events = [];
  for await (const event of stream) {
    events.push(event.type);
    setTimeout(() => stream.cancel(), 10);
  }
  assert.deepEqual(events, ['started']);
});

test('leaving the loop cancels the call', async (t) => {
  const cancelled = new Promise((resolve) => {
    streamTo(t, [
      async (peer) => {
        peer.start();
        await peer.receiveAll();
        resolve('cancelled');
      },
    ]).then(async (stream) => {
      for await (const _ of stream) break;
    });
  });
  assert.equal(await cancelled, 'cancelled');
});

test('drained waits while the server does not read', async (t) => {
  /** @type {(value?: unknown) => void} */
  let read = () => {};
  const isRead = new Promise((resolve) => {
    read = resolve;
  });
  const stream = await streamTo(t, [
    async (peer) => {
      peer.start();
      await isRead;
      await peer.receiveAll();
      peer.finish();
    },
  ]);
  const events = eventsOf(stream);
  let isDrained = false;
  await stream.drained();
  for (let i = 0; i < 100; i++) stream.send('x'.repeat(32_768));
  const drained = stream.drained().then(() => {
    isDrained = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(isDrained, false);
  read();
  await drained;
  stream.end();
  assert.equal((await events).at(-1).type, 'report');
});

test('a reconfiguration may change the source', async (t) => {
  /** @type {any[]} */
  const requests = [];
  const stream = await streamTo(t, [
    async (peer) => {
      peer.start();
      requests.push(...(await peer.receiveAll()));
      peer.start();
      peer.finish();
    },
  ]);
  stream.reconfigure({ source: 'zz' });
  assert.throws(() => stream.reconfigure(/** @type {any} */ ({ targets: 'yy' })), TypeError);
  stream.end();
  await eventsOf(stream);
  assert.deepEqual(
    requests.map(({ config }) => [config.sourceLanguageCode, config.targetLanguageCodes]),
    [
      ['xx', ['yy']],
      ['zz', ['yy']],
    ],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import grpc from '@grpc/grpc-js';
import { tlsCredentials, TranslatorClient, TranslatorError } from '../src/index.js';
import { serve, statusMessage, statusMetadata } from './scripted-server.js';
import { eventsOf, streamTo } from './support.js';

/**
 * @param {import('node:test').TestContext} t
 * @param {Record<string, Function>} unary
 * @param {object} [options]
 */
async function clientOf(t, unary, options) {
  const client = new TranslatorClient(await serve(t, [], unary), options);
  t.after(() => client.close());
  return client;
}

test('translate: one translation for each text, a bad one fails alone', async (t) => {
  /** @type {any} */
  let seen;
  const translate = (/** @type {any} */ call, /** @type {any} */ callback) => {
    seen = call;
    callback(null, {
      translations: [
        { text: 'OLÁ', model: 'fake', alternatives: ['OI'] },
        { status: statusMessage('INVALID_ARGUMENT', { reason: 'INVALID_REQUEST' }) },
      ],
    });
  };
  const client = await clientOf(t, { translate }, { metadata: { authorization: 'Bearer x' } });
  const [good, bad] = await client.translate(['hello', ''], {
    source: 'en',
    target: 'pt',
    timeoutMs: 5000,
  });
  assert.deepEqual([good.text, good.error, good.alternatives], ['OLÁ', undefined, ['OI']]);
  assert.ok(bad.error instanceof TranslatorError);
  assert.equal(bad.error.reason, 'INVALID_REQUEST');
  assert.deepEqual(seen.request.texts, ['hello', '']);
  assert.deepEqual(seen.metadata.get('authorization'), ['Bearer x']);
});

test('half of a certificate is refused', () => {
  assert.throws(() => tlsCredentials({ cert: Buffer.from('x') }), /cert and key/);
  assert.throws(() => tlsCredentials({ key: Buffer.from('x') }), /cert and key/);
});

test('listModels reads all pages', async (t) => {
  const listModels = (/** @type {any} */ call, /** @type {any} */ callback) => {
    const isLast = call.request.pageToken === 'two';
    const pairs = [{ sourceLanguageCode: 'xx', targetLanguageCode: 'yy' }];
    callback(null, {
      models: [{ name: isLast ? 'b' : 'a', pairs }],
      nextPageToken: isLast ? '' : 'two',
      policies: [{ name: 'wait-k', parameters: [{ name: 'k', defaultValue: 3 }] }],
    });
  };
  const { models, policies } = await (await clientOf(t, { listModels })).listModels();
  assert.deepEqual(
    models.map(({ name }) => name),
    ['a', 'b'],
  );
  assert.deepEqual(models[0].pairs, [{ source: 'xx', target: 'yy' }]);
  assert.equal(policies[0].parameters[0].defaultValue, 3);
});

test('a status is read with all its details', async (t) => {
  const details = {
    reason: 'INVALID_REQUEST',
    metadata: { pairs: 'xx-yy' },
    fieldViolations: [{ field: 'policy', description: 'unknown' }],
    retryDelay: { seconds: 1, nanos: 5e8 },
  };
  const stream = await streamTo(t, [(peer) => peer.fail('INVALID_ARGUMENT', details)]);
  await assert.rejects(eventsOf(stream), {
    name: 'TranslatorError',
    code: 'INVALID_ARGUMENT',
    message: 'it is INVALID_ARGUMENT',
    reason: 'INVALID_REQUEST',
    metadata: { pairs: 'xx-yy' },
    fieldViolations: [{ field: 'policy', description: 'unknown' }],
    retryAfterMs: 1500,
  });
});

test('a status whose details are damaged keeps its code', async (t) => {
  const listModels = (/** @type {any} */ _call, /** @type {any} */ callback) => {
    const metadata = statusMetadata('NOT_FOUND', {});
    metadata.set('grpc-status-details-bin', Buffer.from([0x1a, 0xff]));
    callback({ code: grpc.status.NOT_FOUND, details: 'no', metadata });
  };
  const client = await clientOf(t, { listModels });
  await assert.rejects(client.listModels(), { code: 'NOT_FOUND', message: 'no', reason: '' });
});

test('a stream to nobody fails at once', async (t) => {
  const client = new TranslatorClient('127.0.0.1:1');
  t.after(() => client.close());
  await assert.rejects(eventsOf(client.stream({ source: 'xx', targets: ['yy'] })), {
    code: 'UNAVAILABLE',
    message: /ECONNREFUSED 127\.0\.0\.1:1/,
  });
  await assert.rejects(client.translate(['a'], { source: 'xx', target: 'yy' }), {
    code: 'UNAVAILABLE',
    message: /^127\.0\.0\.1:1 could not be reached: .*ECONNREFUSED/,
  });
});

test('attempts to reach nobody are told, and the error names the address and the reason', async (t) => {
  const client = new TranslatorClient('127.0.0.1:1');
  t.after(() => client.close());
  const stream = client.stream({ source: 'xx', targets: ['yy'], connectTimeoutMs: 500 });
  /** @type {any[]} */
  const events = [];
  const reading = async () => {
    for await (const event of stream) events.push(event);
  };
  await assert.rejects(reading(), {
    code: 'UNAVAILABLE',
    reason: 'CONNECTION_LOST',
    message: /^no stream to 127\.0\.0\.1:1 within 500 ms: .*ECONNREFUSED/,
  });
  assert.ok(events.length > 1);
  assert.deepEqual(events[0], {
    type: 'connecting',
    address: '127.0.0.1:1',
    attempt: 1,
    cause: undefined,
    waitMs: 0,
  });
  assert.match(events[1].cause.message, /ECONNREFUSED/);
});

test('what was sent before a server answers is sent to the one that does', async (t) => {
  /** @type {any[]} */
  const requests = [];
  const stream = await streamTo(
    t,
    [
      (peer) => peer.fail('UNAVAILABLE'),
      async (peer) => {
        peer.start();
        requests.push(...(await peer.receiveAll()));
        peer.finish();
      },
    ],
    { connectTimeoutMs: 5000 },
  );
  stream.send('a ');
  stream.send('b.');
  stream.end();
  const events = await eventsOf(stream);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['connecting', 'connecting', 'started', 'report'],
  );
  assert.deepEqual(
    requests.map(({ source }) => source?.committed),
    [undefined, 'a ', 'b.'],
  );
});

test('a string where a list belongs is an error that says so', async (t) => {
  const client = new TranslatorClient('127.0.0.1:1');
  t.after(() => client.close());
  /** @type {any} */
  const loose = client;
  assert.throws(() => loose.stream({ source: 'xx', targets: 'yy' }), {
    name: 'TypeError',
    message: 'targets: an array of strings is needed, not string; write targets: […] around a single one',
  });
  assert.throws(() => loose.stream({ source: 'xx', targets: ['yy', 7] }), {
    message: 'targets[1]: a string is needed, not number',
  });
  assert.throws(() => loose.stream({ source: 'xx' }), {
    message: 'targets: an array of strings is needed, not undefined',
  });
  for (const texts of [undefined, 7, { text: 'a' }, [['a']]]) {
    await assert.rejects(loose.translate(texts, { source: 'xx', target: 'yy' }), TypeError);
  }
});

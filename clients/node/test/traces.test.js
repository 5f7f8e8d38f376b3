import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TranslatorClient } from '../src/index.js';
import { serve } from './scripted-server.js';
import { eventsOf } from './support.js';

/** @typedef {import('./scripted-server.js').Peer} Peer */

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`;

/**
 * A client, and what comes in the header of its calls.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} [options] of the client
 */
async function listening(t, options = {}) {
  /** @type {any[]} */
  const came = [];
  const once = (/** @type {(peer: Peer) => unknown} */ then) => async (/** @type {Peer} */ peer) => {
    came.push(...peer.header('traceparent'), '|');
    peer.start();
    await peer.receive();
    await then(peer);
  };
  const finish = async (/** @type {Peer} */ peer) => {
    await peer.receiveAll();
    peer.finish();
  };
  const translate = (/** @type {any} */ call, /** @type {any} */ answer) => {
    came.push(...call.metadata.get('traceparent'), '|');
    answer(null, { translations: [] });
  };
  const connections = [once((peer) => peer.fail('UNAVAILABLE')), once(finish), once(finish)];
  const client = new TranslatorClient(await serve(t, connections, { translate }), options);
  t.after(() => client.close());
  return { client, came };
}

/** @param {TranslatorClient} client @param {object} [options] */
async function spoken(client, options = {}) {
  const stream = client.stream({ source: 'xx', targets: ['yy'], ...options });
  stream.end();
  await eventsOf(stream);
}

test('a stream and its resumption are in the trace that it is given', async (t) => {
  const { client, came } = await listening(t);
  await spoken(client, { traceparent: TRACEPARENT });
  assert.deepEqual(came, [TRACEPARENT, '|', TRACEPARENT, '|']);
});

test('a call has its own trace, or that of its client, or none', async (t) => {
  const { client, came } = await listening(t, { traceparent: TRACEPARENT });
  const other = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-00`;
  await client.translate('a', { source: 'xx', target: 'yy' });
  await client.translate('a', { source: 'xx', target: 'yy', traceparent: other });
  await client.translate('a', { source: 'xx', target: 'yy', traceparent: '' });
  assert.deepEqual(came, [TRACEPARENT, '|', other, '|', '|']);
});

test('without the option nothing is sent', async (t) => {
  const { client, came } = await listening(t);
  await client.translate('a', { source: 'xx', target: 'yy' });
  assert.deepEqual(came, ['|']);
});

test('"current" is the trace that OpenTelemetry is in when the call begins', async (t) => {
  const { client, came } = await listening(t, { traceparent: 'current' });
  await client.translate('a', { source: 'xx', target: 'yy' });
  const inside = trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE, spanId: SPAN, traceFlags: 1 });
  const manager = /** @type {any} */ ({ active: () => inside, disable: () => {} });
  context.setGlobalContextManager(manager);
  t.after(() => context.disable());
  await spoken(client);
  assert.deepEqual(came, ['|', TRACEPARENT, '|', TRACEPARENT, '|']);
});

for (const wrong of ['yes', TRACEPARENT.toUpperCase(), `${TRACEPARENT}\n`, `ff${TRACEPARENT.slice(2)}`]) {
  test(`${JSON.stringify(wrong)} is refused`, () => {
    const refused = { name: 'TypeError', message: /^traceparent: is / };
    assert.throws(() => new TranslatorClient('localhost:1', { traceparent: wrong }), refused);
    const client = new TranslatorClient('localhost:1');
    const options = { source: 'xx', targets: ['yy'], traceparent: wrong };
    assert.throws(() => client.stream(options), refused);
    client.close();
  });
}

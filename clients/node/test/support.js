import { TranslatorClient } from '../src/index.js';
import { serve } from './scripted-server.js';

/**
 * A stream from xx to yy, to a server that does what is written down.
 *
 * @param {import('node:test').TestContext} test
 * @param {((peer: import('./scripted-server.js').Peer) => unknown)[]} connections
 * @param {object} [options] of the stream
 */
export async function streamTo(test, connections, options = {}) {
  const client = new TranslatorClient(await serve(test, connections));
  test.after(() => client.close());
  return client.stream({ source: 'xx', targets: ['yy'], ...options });
}

/**
 * @param {import('../src/index.js').TranslationStream} stream
 * @returns {Promise<any[]>} all events
 */
export async function eventsOf(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { TranslatorClient, TranslatorError } from '../src/index.js';
import { Peer, serve, statusMessage } from './scripted-server.js';

/** One batch, seen from the server. */
class BatchPeer extends Peer {
  /** @type {any[]} */
  items = [];
  /** @type {any[]} */
  #unread = [];
  /** @type {any} */
  config;

  /** @param {{items?: number, codePoints?: number}} [credit] @param {object} [limits] */
  async begin({ items = 100, codePoints = 10_000 } = {}, limits = {}) {
    this.config = (await this.receive())?.config;
    const all = { maxItems: 100, maxLength: 10_000, maxItemLength: 1_000, ...limits };
    this.send({ started: { batchId: 'b1', limits: all } });
    this.credit(items, codePoints);
  }

  /** @param {number} items @param {number} codePoints */
  credit(items, codePoints) {
    this.send({ credit: { items, codePoints } });
  }

  /** @param {number} [number] of items; by default all up to the half-close */
  async take(number = Infinity) {
    const taken = [];
    while (taken.length < number) {
      if (!this.#unread.length) {
        const request = await this.receive();
        if (!request) break;
        this.#unread.push(...(request.items?.items ?? [request.item]));
      }
      taken.push(this.#unread.shift());
    }
    this.items.push(...taken);
    return taken;
  }

  /** @param {any} item @param {object} [fields] that differ */
  answer(item, fields = {}) {
    const translation = { text: item.text.toUpperCase(), model: 'fake', fingerprint: 'f' };
    this.send({ result: { id: item.id, translation, origin: 'ORIGIN_ENGINE', ...fields } });
  }

  report() {
    this.send({ report: {} });
    this.end();
  }

  async translateAll() {
    await this.begin();
    for (const item of await this.take()) this.answer(item);
    this.report();
  }
}

/**
 * @param {import('node:test').TestContext} t
 * @param {((peer: BatchPeer) => unknown)[]} scripts for each call; the last for all further ones
 */
async function clientOf(t, scripts) {
  /** @type {BatchPeer[]} */
  const peers = [];
  const batchTranslate = (/** @type {any} */ call) => {
    const peer = new BatchPeer(call);
    peers.push(peer);
    scripts[Math.min(peers.length, scripts.length) - 1](peer);
  };
  const client = new TranslatorClient(await serve(t, [], { batchTranslate }));
  t.after(() => client.close());
  return { client, peers };
}

const PAIR = { source: 'xx', target: 'yy' };

/** @param {AsyncIterable<import('../src/index.js').BatchResult>} batch */
async function all(batch) {
  const results = [];
  for await (const result of batch) results.push(result);
  return results.sort((a, b) => a.index - b.index);
}

const translateAll = (/** @type {BatchPeer} */ peer) => peer.translateAll();

test('each item gets its result, with what the server says of it', async (t) => {
  const { client, peers } = await clientOf(t, [
    async (peer) => {
      await peer.begin();
      const [first, second] = await peer.take();
      const details = { reason: 'TOO_LONG', metadata: { length: '4' } };
      peer.answer(second, { status: statusMessage('OUT_OF_RANGE', details), tooLong: true });
      peer.answer(first, { origin: 'ORIGIN_CACHE' });
      peer.report();
    },
  ]);
  const items = ['a.', { text: 'long', id: 'mine', maxLength: 3 }];
  const batch = client.batch(items, { ...PAIR, glossary: { a: 'b' }, mimeType: 'text/html' });
  const [first, second] = await all(batch);
  assert.deepEqual([first.text, first.origin, first.error], ['A.', 'cache', undefined]);
  assert.deepEqual([first.model, first.fingerprint, first.tooLong], ['fake', 'f', false]);
  assert.equal(first.item.text, 'a.');
  assert.deepEqual([second.text, second.item.id, second.tooLong], ['LONG', 'mine', true]);
  assert.ok(second.error instanceof TranslatorError);
  assert.deepEqual([second.error.reason, second.error.metadata], ['TOO_LONG', { length: '4' }]);
  const { items: number, failed, origins } = batch.report;
  assert.deepEqual([number, failed, origins], [2, 1, { cache: 1, engine: 1 }]);
  const { config } = peers[0];
  assert.equal(config.sourceLanguageCode, 'xx');
  assert.equal(config.mimeType, 'text/html');
  assert.deepEqual(config.glossary, [{ sourceTerm: 'a', targetTerm: 'b' }]);
  assert.deepEqual(
    peers[0].items.map(({ maxLength }) => maxLength),
    [0, 3],
  );
});

test('items go together as far as there is credit, and results may come so', async (t) => {
  /** @type {any[]} */
  const requests = [];
  const { client, peers } = await clientOf(t, [
    async (peer) => {
      await peer.begin({ items: 20, codePoints: 60 });
      for (let left = 30; left > 0; ) {
        const request = await peer.receive();
        requests.push(request);
        const { items } = request.items ?? { items: [request.item] };
        left -= items.length;
        const results = items.map((/** @type {any} */ { id, text }) => ({
          id,
          translation: { text: text.toUpperCase() },
        }));
        peer.send({ results: { results } });
        peer.credit(items.length, 2 * items.length);
      }
      peer.report();
    },
  ]);
  const texts = Array.from({ length: 30 }, () => 'a.');
  const results = await all(client.batch(texts, PAIR));
  assert.deepEqual(
    results.map(({ text }) => text),
    texts.map((text) => text.toUpperCase()),
  );
  assert.equal(peers[0].config.bundledResults, true);
  // The first waits for credit alone.
  assert.equal(requests[1].items.items.length, 19);
  assert.ok(requests.length < 10);
});

test('nothing is sent without credit, and text counts in code points', async (t) => {
  /** @type {string[]} */
  const seen = [];
  const { client } = await clientOf(t, [
    async (peer) => {
      await peer.begin({ items: 1, codePoints: 1 });
      const reading = peer.take(1).then(([item]) => {
        seen.push(item.text);
        return item;
      });
      await sleep(50);
      assert.deepEqual(seen, []);
      peer.credit(0, 1);
      peer.answer(await reading);
      const further = peer.take();
      peer.credit(1, 100);
      for (const item of await further) peer.answer(item);
      peer.report();
    },
  ]);
  const results = await all(client.batch(['😀.', 'b.'], PAIR));
  assert.deepEqual(
    results.map(({ text }) => text),
    ['😀.', 'B.'],
  );
});

test('after a break only what has no result is sent again', async (t) => {
  const texts = Array.from({ length: 10 }, (_, n) => `number ${n}.`);
  const { client, peers } = await clientOf(t, [
    async (peer) => {
      await peer.begin();
      const items = await peer.take();
      for (const [n, item] of items.entries()) if (n % 2 === 0) peer.answer(item);
      peer.fail('UNAVAILABLE');
    },
    translateAll,
  ]);
  /** @type {any[]} */
  const attempts = [];
  const options = { ...PAIR, onConnecting: (/** @type {any} */ attempt) => attempts.push(attempt) };
  const results = await all(client.batch(texts, options));
  assert.deepEqual(
    results.map(({ text }) => text),
    texts.map((text) => text.toUpperCase()),
  );
  assert.deepEqual(
    peers[1].items.map(({ text }) => text),
    texts.filter((_, n) => n % 2),
  );
  assert.deepEqual(
    attempts.map(({ attempt, cause }) => [attempt, cause?.code]),
    [
      [1, undefined],
      [1, 'UNAVAILABLE'],
    ],
  );
});

test('a server that drains gets no more items and is read to its end', async (t) => {
  const { client, peers } = await clientOf(t, [
    async (peer) => {
      await peer.begin({ items: 2 });
      const [first, second] = await peer.take(2);
      peer.send({ goAway: { within: { seconds: 5, nanos: 0 } } });
      peer.credit(100, 1000);
      peer.answer(first);
      await sleep(30);
      peer.answer(second);
      peer.fail('UNAVAILABLE', { reason: 'DRAINING', retryDelay: { seconds: 0, nanos: 1e7 } });
    },
    translateAll,
  ]);
  const results = await all(client.batch(['a.', 'b.', 'c.', 'd.'], PAIR));
  assert.equal(results.map(({ text }) => text).join(''), 'A.B.C.D.');
  assert.deepEqual(
    peers.map(({ items }) => items.map(({ text }) => text)),
    [
      ['a.', 'b.'],
      ['c.', 'd.'],
    ],
  );
});

test('an end without a report, and one with a report too early, are breaks', async (t) => {
  const { client, peers } = await clientOf(t, [
    async (peer) => {
      await peer.begin();
      await peer.take();
      peer.end();
    },
    async (peer) => {
      await peer.begin();
      await peer.take();
      peer.report();
    },
    translateAll,
  ]);
  assert.equal((await all(client.batch(['a.'], PAIR)))[0].text, 'A.');
  assert.equal(peers.length, 3);
});

test('a silent server is left', async (t) => {
  const { client } = await clientOf(t, [
    (peer) => peer.begin({}, { heartbeatInterval: { seconds: 0, nanos: 5e7 } }),
    translateAll,
  ]);
  assert.equal((await all(client.batch(['a.'], PAIR)))[0].text, 'A.');
});

test('a full server is asked again, for a limited time', async (t) => {
  const full = async (/** @type {BatchPeer} */ peer) => {
    await peer.receive();
    const retryDelay = { seconds: 0, nanos: 5e7 };
    await peer.fail('RESOURCE_EXHAUSTED', { reason: 'OVERLOADED', retryDelay });
  };
  const { client } = await clientOf(t, [full, full, translateAll]);
  assert.equal((await all(client.batch(['a.'], PAIR)))[0].text, 'A.');
  const never = await clientOf(t, [full]);
  await assert.rejects(all(never.client.batch(['a.'], { ...PAIR, resumeTimeoutMs: 300 })), {
    reason: 'CONNECTION_LOST',
    message: /^no batch to .* within 300 ms/,
  });
});

test('an error of the server is raised', async (t) => {
  const { client } = await clientOf(t, [
    async (peer) => {
      await peer.receive();
      peer.fail('NOT_FOUND', { reason: 'LANGUAGE_PAIR_NOT_SUPPORTED' });
    },
  ]);
  await assert.rejects(all(client.batch(['a.'], PAIR)), { reason: 'LANGUAGE_PAIR_NOT_SUPPORTED' });
});

test('items that cannot be sent fail alone, however many', async (t) => {
  const { client } = await clientOf(t, [translateAll]);
  const texts = ['x'.repeat(1001), 'half \ud800 a character', 'b.'];
  const results = await all(client.batch(texts, PAIR));
  assert.deepEqual(
    results.map(({ text, error }) => [text, error?.fieldViolations[0].field]),
    [
      ['', 'item.text'],
      ['', 'item.text'],
      ['B.', undefined],
    ],
  );
  assert.equal(results[0].tooLong, false);
  assert.deepEqual(results[0].terms, []);
  const many = client.batch(Array(500).fill('x'.repeat(1001)), PAIR);
  assert.equal((await all(many)).length, 500);
});

test('an endless input is read as far as the server takes it, and closed', async (t) => {
  let read = 0;
  let isClosed = false;
  async function* endless() {
    try {
      for (;;) yield `number ${read++}.`;
    } finally {
      isClosed = true;
    }
  }
  const { client } = await clientOf(t, [
    async (peer) => {
      await peer.begin({ items: 5 });
      for (let item; ([item] = await peer.take(1)), item; ) {
        peer.answer(item);
        peer.credit(1, 20);
      }
    },
  ]);
  let got = 0;
  for await (const { index, text } of client.batch(endless(), PAIR)) {
    assert.equal(text, `NUMBER ${index}.`);
    assert.ok(read - ++got <= 8, `${read} read, ${got} got`);
    if (got === 200) break;
  }
  await sleep(20);
  assert.ok(isClosed);
});

test('what the input raises is raised, and what is no item is an error', async (t) => {
  const { client } = await clientOf(t, [translateAll]);
  const damaged = function* () {
    yield 'a.';
    throw new RangeError('damaged');
  };
  await assert.rejects(all(client.batch(damaged(), PAIR)), RangeError);
  /** @type {any} */
  const loose = client;
  const expected = { message: 'items[1]: a string or {text: …} is needed, not number' };
  await assert.rejects(all(loose.batch(['a.', 7], PAIR)), expected);
  await assert.rejects(all(loose.batch([{ text: 'a', size: 1 }], PAIR)), /unknown option: size/);
  await assert.rejects(all(loose.batch([{ text: 'a', maxLength: -1 }], PAIR)), TypeError);
  assert.throws(() => loose.batch('a.', PAIR), TypeError);
  assert.throws(() => loose.batch(undefined, PAIR), TypeError);
  assert.throws(() => loose.batch(['a.'], { ...PAIR, size: 1 }), /unknown option: size/);
});

test('a batch can be given up', async (t) => {
  const { client } = await clientOf(t, [(peer) => peer.begin()]);
  const batch = client.batch(['a.'], PAIR);
  setTimeout(() => batch.cancel(), 30);
  assert.deepEqual(await all(batch), []);
});

test('an item that breaks every call is found and given up', async (t) => {
  const { client, peers } = await clientOf(t, [
    async (peer) => {
      await peer.begin();
      for (let item; ([item] = await peer.take(1)), item; ) {
        if (item.text === 'bomb') return peer.fail('UNAVAILABLE');
        if (peers.length > 3) peer.answer(item);
      }
      peer.report();
    },
  ]);
  const results = await all(client.batch(['a.', 'bomb', 'b.'], PAIR));
  assert.deepEqual(
    results.map(({ text }) => text),
    ['A.', '', 'B.'],
  );
  assert.match(results[1].error?.message ?? '', /6 times/);
});

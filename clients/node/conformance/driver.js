// Drives this client for the conformance runner; ../../conformance/README.md has the protocol.
//
//   python -m clients.conformance --driver "node clients/node/conformance/driver.js"

import { createInterface } from 'node:readline';
import { TranslatorClient } from '../src/index.js';

/** @typedef {import('../src/index.js').TranslationStream} TranslationStream */

/** @type {Map<string, {client: TranslatorClient, stream: TranslationStream}>} */
const streams = new Map();

/** @param {object} line */
function say(line) {
  process.stdout.write(`${JSON.stringify(line, (_, value) => plain(value))}\n`);
}

/** @param {any} value @returns {any} what JSON has for it: of an error its facts */
function plain(value) {
  if (!(value instanceof Error)) return value;
  const { name, ...facts } = /** @type {any} */ (value);
  return { code: '', ...facts, message: value.message };
}

/** @param {string} id @param {TranslationStream} stream */
async function read(id, stream) {
  try {
    for await (const { type, ...fields } of stream) say({ id, event: type, ...fields });
    say({ id, event: 'end' });
  } catch (error) {
    say({ id, event: 'error', error });
  }
}

/** @param {string} id */
function streamOf(id) {
  const open = streams.get(id);
  if (!open) throw new Error(`no stream ${id}`);
  return open;
}

/** @param {string} address @param {(client: TranslatorClient) => Promise<any>} call */
async function once(address, call) {
  const client = new TranslatorClient(address);
  try {
    return await call(client);
  } finally {
    client.close();
  }
}

/** What each command does, and what it answers. @type {Record<string, (line: any) => any>} */
const COMMANDS = {
  open({ id, address, metadata, options }) {
    const client = new TranslatorClient(address, { metadata });
    const stream = client.stream(options);
    streams.set(id, { client, stream });
    read(id, stream);
  },
  send: ({ id, source }) => void streamOf(id).stream.send(source),
  flush: ({ id }) => void streamOf(id).stream.flush(),
  reconfigure: ({ id, options }) => streamOf(id).stream.reconfigure(options),
  end: ({ id }) => streamOf(id).stream.end(),
  state({ id, target }) {
    const { stream } = streamOf(id);
    const segments = stream.segments(target).map(({ text }) => text);
    return { transcript: stream.transcript(target, '\n'), draft: stream.draft(target), segments };
  },
  close({ id }) {
    const { client, stream } = streamOf(id);
    streams.delete(id);
    stream.cancel();
    client.close();
  },
  translate: ({ address, texts, options }) =>
    once(address, async (client) => ({ translations: await client.translate(texts, options) })),
  batch: ({ address, items, options }) =>
    once(address, async (client) => {
      const batch = client.batch(items, options);
      const results = [];
      for await (const result of batch) results.push(result);
      results.sort((a, b) => a.index - b.index);
      return { results, report: batch.report };
    }),
  subscribe: ({ address, room, languages }) =>
    once(address, async (client) => {
      const reader = client.subscribe(room, { languages });
      const updates = [];
      for await (const event of reader) if (event.type === 'caption') updates.push(event.committed);
      const captions = Object.fromEntries(
        languages.map((/** @type {string} */ each) => [each, reader.captions(each)]),
      );
      return { updates, captions };
    }),
  publish: ({ address, room, say: all, ...options }) =>
    once(address, async (client) => {
      const speaker = client.publish(room, options);
      await speaker.opened();
      for (const said of all) speaker.send(said);
      await speaker.end();
      return { position: speaker.position, done: speaker.done };
    }),
  createRoom: ({ address, room, ...options }) =>
    once(address, async (client) => ({ links: await client.createRoom(room, options) })),
  roomStatus: ({ address, room }) =>
    once(address, async (client) => ({ status: await client.roomStatus(room) })),
  switchSink: ({ address, room, sinkId, on }) =>
    once(address, async (client) => ({ sink: await client.switchSink(room, sinkId, on) })),
  listModels: ({ address }) => once(address, (client) => client.listModels()),
};

/** @param {string} line */
async function answer(line) {
  const { id, command, ...others } = JSON.parse(line);
  if (!(command in COMMANDS)) return say({ id, unknown: command });
  try {
    say({ id, answer: command, ...(await COMMANDS[command]({ id, ...others })) });
  } catch (error) {
    say({ id, answer: command, error });
  }
}

createInterface({ input: process.stdin }).on('line', answer);

// Outages: what a server of the runner's own does to several clients; ../../conformance/README.md
// says what they mean.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import { TranslatorClient } from '../src/index.js';
import { messageType, TranslatorService } from '../src/service.js';
import { CuttingProxy } from './cutting-proxy.js';
import { msFromJson, refuseUnknown, requestFromJson } from './scripts.js';

/**
 * @typedef {object} Outage
 * @property {string} name
 * @property {string} description
 * @property {number} clients
 * @property {any[]} streams
 * @property {any} expect
 */

// Of the client that makes a call.
const CLIENT = 'conformance-client';

/** @param {URL} folder @returns {Outage[]} ordered by name */
export function loadOutages(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.sort().map((file) => {
    const outage = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
    refuseUnknown(outage, ['name', 'description', 'clients', 'streams', 'expect'], file);
    refuseUnknown(outage.expect, ['segments', 'pauses'], `${file}, expect`);
    for (const stream of outage.streams) {
      refuseUnknown(stream, ['say', 'fail', 'silent'], `${file}, a stream`);
    }
    return outage;
  });
}

/** @param {Outage} outage @returns {Promise<string[]>} what is wrong */
export async function runOutage(outage) {
  const server = new OutageServer(outage);
  const address = await server.listen();
  try {
    const texts = await Promise.all(
      Array.from({ length: outage.clients }, () => speak(address, server)),
    );
    const expected = JSON.stringify(outage.expect.segments.yy);
    const wrong = texts.filter((text) => text !== expected);
    return [...wrong.map((text) => `${text} instead of ${expected}`), ...server.problems()];
  } finally {
    server.stop();
  }
}

/** @param {string} address @param {OutageServer} server */
async function speak(address, server) {
  const proxy = new CuttingProxy(address);
  const metadata = { [CLIENT]: String(server.addClient(proxy)) };
  const client = new TranslatorClient(await proxy.listen(), { metadata });
  try {
    const stream = client.stream({ source: 'xx', targets: ['yy'] });
    stream.send('Hello.');
    stream.end();
    let last = '';
    for await (const event of stream) last = event.type;
    if (last !== 'report') return `the last event is ${last}`;
    return JSON.stringify(stream.segments('yy').map(({ text }) => text));
  } finally {
    client.close();
    proxy.close();
  }
}

class OutageServer {
  #outage;
  #server = new grpc.Server();
  /** @type {{proxy: CuttingProxy, begun: number[], broken: number[]}[]} */
  #clients = [];

  /** @param {Outage} outage */
  constructor(outage) {
    this.#outage = outage;
    this.#server.addService(TranslatorService.service, {
      streamingTranslate: (/** @type {any} */ call) => this.#play(call),
    });
  }

  /** @returns {Promise<string>} address */
  async listen() {
    const credentials = grpc.ServerCredentials.createInsecure();
    const port = await new Promise((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    return `127.0.0.1:${port}`;
  }

  stop() {
    this.#server.forceShutdown();
  }

  /** @param {CuttingProxy} proxy that it connects through @returns {number} its number */
  addClient(proxy) {
    return this.#clients.push({ proxy, begun: [], broken: [] }) - 1;
  }

  /** @param {any} call */
  async #play(call) {
    call.on('error', () => {});
    call.resume();
    const client = this.#clients[Number(call.metadata.get(CLIENT)[0])];
    const { streams } = this.#outage;
    const stream = streams[Math.min(client.begun.length, streams.length - 1)];
    client.begun.push(performance.now());
    for (const message of stream.say ?? []) call.write(requestFromJson(message));
    // A status may overtake what was written before it.
    if (stream.say) await sleep(50);
    if (stream.silent) {
      client.proxy.silence();
      client.broken.push(performance.now());
    } else if (stream.fail) {
      client.broken.push(performance.now());
      call.emit('error', statusOf(stream.fail));
    } else {
      call.end();
    }
  }

  /** @returns {string[]} what is wrong with the clients' pauses */
  problems() {
    return (this.#outage.expect.pauses ?? []).flatMap((/** @type {any} */ expected) => {
      const { before, atLeast = '0s', spread = '0s' } = expected;
      const pauses = this.#clients
        .map(({ begun, broken }) => begun[before - 1] - broken[before - 2])
        .sort((a, b) => a - b);
      const problems = [];
      if (!(pauses[0] >= msFromJson(atLeast))) {
        problems.push(`stream ${before} came after ${pauses[0]} ms, before ${atLeast}`);
      }
      const [early, late] = [0.25, 0.75].map((part) => pauses[Math.floor(pauses.length * part)]);
      if (!(late - early >= msFromJson(spread))) {
        problems.push(`stream ${before}: half of the clients came within ${late - early} ms`);
      }
      return problems;
    });
  }
}

/** @param {{code: keyof typeof grpc.status, reason?: string, retryDelay?: string}} fail */
function statusOf({ code, reason, retryDelay }) {
  const any = (/** @type {string} */ name, /** @type {object} */ message) => ({
    type_url: `type.googleapis.com/${name}`,
    value: messageType(name).serialize(message),
  });
  const details = [];
  if (reason) details.push(any('google.rpc.ErrorInfo', { reason, domain: 'translator' }));
  if (retryDelay) details.push(any('google.rpc.RetryInfo', requestFromJson({ retryDelay })));
  const status = { code: grpc.status[code], message: code, details };
  const metadata = new grpc.Metadata();
  const bytes = messageType('google.rpc.Status').serialize(status);
  if (details.length) metadata.set('grpc-status-details-bin', bytes);
  return { code: status.code, details: code, metadata };
}

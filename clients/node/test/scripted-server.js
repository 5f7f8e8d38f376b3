// A server in this process that does what a test writes down for each connection.

import { setTimeout as sleep } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import { codePointLength } from '../src/code-points.js';
import { messageType, TranslatorService } from '../src/service.js';

/**
 * @typedef {object} Details of a status
 * @property {string} [reason]
 * @property {object} [metadata]
 * @property {object[]} [fieldViolations]
 * @property {object} [retryDelay]
 */

/** One connection, seen from the server. */
export class Peer {
  #call;
  #requests;

  /** @param {any} call grpc-js server duplex call */
  constructor(call) {
    this.#call = call;
    // Reading to the half-close must leave the call open for writing.
    this.#requests = call.iterator({ destroyOnReturn: false });
    call.on('error', () => {});
  }

  /** @param {string} name @returns {(string | Buffer)[]} what the client sent under that name */
  header(name) {
    return this.#call.metadata.get(name);
  }

  /** @returns {Promise<any>} the next request; undefined after the half-close or a cancellation */
  async receive() {
    try {
      return (await this.#requests.next()).value;
    } catch {
      return undefined;
    }
  }

  /** @returns {Promise<any[]>} requests up to the half-close */
  async receiveAll() {
    const requests = [];
    for (let request; (request = await this.receive());) requests.push(request);
    return requests;
  }

  /** @param {object} response */
  send(response) {
    this.#call.write(response);
  }

  /** @param {object} [started] fields that differ */
  start(started = {}) {
    const targets = [
      { targetLanguageCode: 'yy', model: 'fake', policy: { name: 'local-agreement' } },
    ];
    this.send({
      started: { sessionId: 's1', targets, limits: { maxChunkLength: 100 }, ...started },
    });
  }

  /** @param {object} update fields of a TargetUpdate that differ */
  update(update) {
    const whole = { targetLanguageCode: 'yy', segmentId: 0, committed: '', ...update };
    this.send({ target: { committedLength: codePointLength(whole.committed), ...whole } });
  }

  /** The report, and OK. */
  finish() {
    this.send({ report: { sourceWords: 1, targets: [{ targetLanguageCode: 'yy' }] } });
    this.#call.end();
  }

  /** End with OK. */
  end() {
    this.#call.end();
  }

  /** Break off as a proxy does whose server was killed: by resetting the stream. */
  async reset() {
    await sleep(20);
    this.#call.emit('error', {
      code: grpc.status.INTERNAL,
      details: 'Received RST_STREAM with code 2 (Internal server error)',
    });
  }

  /** @param {keyof typeof grpc.status} code @param {Details} [details] */
  async fail(code, details) {
    // What was written has to be on its way first: a status may overtake it.
    await sleep(20);
    this.#call.emit('error', {
      code: grpc.status[code],
      details: `it is ${code}`,
      metadata: details && statusMetadata(code, details),
    });
  }
}

/**
 * @param {keyof typeof grpc.status} code
 * @param {Details} details
 */
export function statusMetadata(code, details) {
  const metadata = new grpc.Metadata();
  const status = messageType('google.rpc.Status');
  metadata.set('grpc-status-details-bin', status.serialize(statusMessage(code, details)));
  return metadata;
}

/**
 * @param {keyof typeof grpc.status} code
 * @param {Details} details
 */
export function statusMessage(code, { reason, metadata = {}, fieldViolations, retryDelay }) {
  const any = (/** @type {string} */ name, /** @type {object} */ message) => ({
    type_url: `type.googleapis.com/${name}`,
    value: messageType(name).serialize(message),
  });
  const details = [any('google.rpc.ErrorInfo', { reason, domain: 'translator', metadata })];
  if (fieldViolations) details.push(any('google.rpc.BadRequest', { fieldViolations }));
  if (retryDelay) details.push(any('google.rpc.RetryInfo', { retryDelay }));
  return { code: grpc.status[code], message: `it is ${code}`, details };
}

/**
 * @param {import('node:test').TestContext} test whose end stops the server
 * @param {((peer: Peer) => unknown)[]} connections what to do on each streaming call, in order
 * @param {Record<string, Function>} [unary] handlers of the other calls
 * @returns {Promise<string>} address
 */
export async function serve(test, connections, unary = {}) {
  const server = new grpc.Server();
  const left = [...connections];
  /** @param {any} call */
  const streamingTranslate = (call) => {
    const connection = left.shift();
    if (connection) connection(new Peer(call));
    else call.emit('error', { code: grpc.status.INTERNAL, details: 'one connection too many' });
  };
  server.addService(TranslatorService.service, { streamingTranslate, ...unary });
  const credentials = grpc.ServerCredentials.createInsecure();
  const port = await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  test.after(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}

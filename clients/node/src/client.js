import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import { TranslationBatch } from './batch.js';
import { captionFrom, linkFrom, sinkFrom, statusFrom } from './captions.js';
import { errorFromCall, TranslatorError } from './errors.js';
import { Link } from './link.js';
import { CaptionPublication } from './publication.js';
import { translateMessage } from './requests.js';
import { TranslationStream } from './stream.js';
import { CaptionSubscription } from './subscription.js';
import { tracedMetadata } from './traces.js';
import { translationFrom } from './translations.js';

const DEFAULT_RESUME_TIMEOUT_MS = 60_000;
// About a day of speech.
const DEFAULT_HISTORY = 10_000;
// grpc-js would wait up to two minutes between attempts to connect, while streams wait for a
// connection with pauses of their own.
const DEFAULT_CHANNEL_OPTIONS = {
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 1_000,
};

/**
 * @typedef {import('./translations.js').Translation} Translation
 *
 * @typedef {object} Model
 * @property {string} name
 * @property {{source: string, target: string}[]} pairs
 * @property {string} family
 * @property {boolean} supportsAlignment
 * @property {boolean} supportsMultipleTargets
 * @property {string} device
 * @property {string} license
 * @property {string} origin
 * @property {boolean} loaded
 * @property {number} memoryBytes
 * @property {string} fingerprint what decides its translations, as a digest; "" when unknown
 * @property {string} unwritableCharacters of those that shops and captions use
 *
 * @typedef {object} Policy
 * @property {string} name
 * @property {string} description
 * @property {PolicyParameter[]} parameters
 *
 * @typedef {object} PolicyParameter
 * @property {string} name
 * @property {string} description
 * @property {number} defaultValue
 * @property {number} minimum
 * @property {number} maximum
 */

/** A translation server; holds one channel for all its streams. */
export class TranslatorClient {
  #link;
  #metadata = new grpc.Metadata();
  #traceparent;

  /**
   * @param {string} address host:port, or any target that gRPC resolves
   * @param {object} [options]
   * @param {import('@grpc/grpc-js').ChannelCredentials} [options.credentials] see tlsCredentials;
   *   default: no TLS
   * @param {Record<string, string>} [options.metadata] sent with every call, for example
   *   {authorization: "Bearer …"}
   * @param {import('@grpc/grpc-js').ChannelOptions} [options.channelOptions]
   * @param {string} [options.traceparent] the trace that its calls belong to (W3C Trace Context), for
   *   the server's spans; "current" takes it from OpenTelemetry when a call is made, if
   *   `@opentelemetry/api` is installed; default: none
   */
  constructor(
    address,
    { credentials, metadata = {}, channelOptions = {}, traceparent = '' } = {},
  ) {
    this.#link = new Link(address, credentials ?? grpc.credentials.createInsecure(), {
      ...DEFAULT_CHANNEL_OPTIONS,
      ...channelOptions,
    });
    for (const [name, value] of Object.entries(metadata)) this.#metadata.set(name, value);
    this.#traceparent = traceparent;
    // A mistake is one from the beginning.
    tracedMetadata(this.#metadata, traceparent);
  }

  /**
   * Open a live stream.
   *
   * @param {import('./requests.js').StreamOptions & {resumeTimeoutMs?: number,
   *   connectTimeoutMs?: number, history?: number, traceparent?: string}} options resumeTimeoutMs: how long to try to go on after a break;
   *   default: 60,000. connectTimeoutMs: how long to try to open the stream while nobody answers;
   *   each attempt is told by a connecting event; default: 0, it fails at once. history: how many closed
   *   segments of each target segments() and transcript() keep; default: 10,000. traceparent: the trace that the
   *   stream belongs to, also when it is resumed, or "current"; default: as the client has it
   * @returns {TranslationStream}
   */
  stream({
    resumeTimeoutMs = DEFAULT_RESUME_TIMEOUT_MS,
    connectTimeoutMs = 0,
    history = DEFAULT_HISTORY,
    traceparent = this.#traceparent,
    ...options
  }) {
    return new TranslationStream(this.#link, options, {
      metadata: tracedMetadata(this.#metadata, traceparent),
      resumeTimeoutMs,
      connectTimeoutMs,
      history,
    });
  }

  /**
   * Translate short texts at once.
   *
   * @param {string | readonly string[]} texts
   * @param {import('./requests.js').TranslateOptions & {traceparent?: string}} options traceparent:
   *   as in stream()
   * @returns {Promise<Translation[]>} one for each text, in order
   */
  async translate(texts, { timeoutMs, traceparent, ...options }) {
    const request = translateMessage(typeof texts === 'string' ? [texts] : texts, options);
    const response = await this.#unary('translate', request, timeoutMs, traceparent);
    return response.translations.map(translationFrom);
  }

  /**
   * Translate many texts, however many; iterate over it for their results. The server translates
   * them behind whatever somebody waits for. Each item gets one result, in any order. Input is read
   * as far as the server takes it, so it may be endless.
   *
   * @param {import('./batch.js').Items} items strings or `{text, id, maxLength, mimeType}`s; any
   *   iterable, asynchronous or not
   * @param {import('./requests.js').BatchOptions & {resumeTimeoutMs?: number, onConnecting?:
   *   (attempt: import('./batch.js').Attempt) => void, traceparent?: string}} options
   *   resumeTimeoutMs: how long to try to go on after a break, or to begin; default: 60,000.
   *   onConnecting: told of each attempt. traceparent: as in stream()
   * @returns {TranslationBatch}
   */
  batch(
    items,
    {
      resumeTimeoutMs = DEFAULT_RESUME_TIMEOUT_MS,
      onConnecting,
      traceparent = this.#traceparent,
      ...options
    },
  ) {
    const { iterator, asyncIterator } = Symbol;
    const isIterable = typeof items === 'object' && (iterator in items || asyncIterator in items);
    if (!items || !isIterable) {
      throw new TypeError(`items: an iterable of items is needed, not ${typeof items}`);
    }
    const metadata = tracedMetadata(this.#metadata, traceparent);
    const connection = { metadata, resumeTimeoutMs, onConnecting };
    return new TranslationBatch(this.#link, items, options, connection);
  }

  /**
   * Read the captions of a room. The client's address is a gateway's (`--grpc-port`).
   *
   * @param {string | import('./captions.js').CaptionsLink} link that lets read, as `translator
   *   captions` prints it; or the room and the key that are in it
   * @param {{languages: string[], resumeTimeoutMs?: number, history?: number}} options languages: to
   *   read; "original" for what was said; at most 4. resumeTimeoutMs: how long to try to go on after
   *   a break, or to begin; default: 60,000. history: closed captions of each language that are
   *   kept; default: 10,000
   * @returns {CaptionSubscription}
   */
  subscribe(
    link,
    { languages, resumeTimeoutMs = DEFAULT_RESUME_TIMEOUT_MS, history = DEFAULT_HISTORY },
  ) {
    const connection = { metadata: this.#metadata, resumeTimeoutMs, history };
    return new CaptionSubscription(this.#link, linkFrom(link), languages, connection);
  }

  /**
   * Speak in a room. The client's address is a gateway's.
   *
   * @param {string | import('./captions.js').CaptionsLink} link that lets speak
   * @param {{language: string, speaker?: string, publisherId?: string, resumeTimeoutMs?: number,
   *   onEvent?: (event: import('./captions.js').PublicationEvent) => void}} options language: that is
   *   spoken. publisherId: names the source across programs; default: made at random.
   *   resumeTimeoutMs: as for subscribe. onEvent: told whatever the gateway tells
   * @returns {CaptionPublication}
   */
  publish(link, { speaker = '', resumeTimeoutMs = DEFAULT_RESUME_TIMEOUT_MS, ...options }) {
    const connection = { metadata: this.#metadata, resumeTimeoutMs };
    return new CaptionPublication(this.#link, linkFrom(link), { speaker, ...options, ...connection });
  }

  /**
   * @param {string | import('./captions.js').CaptionsLink} link to a room
   * @param {string} language
   * @param {{timeoutMs?: number}} [options] default: 60,000
   * @returns {Promise<import('./captions.js').Caption[]>} the closed captions that are still kept
   */
  async captions(link, language, { timeoutMs } = {}) {
    const asked = { languageCode: language };
    const { segments } = await this.#ofRoom('getTranscript', link, asked, timeoutMs);
    return segments.map(captionFrom);
  }

  /**
   * Make a room of captions. The client's address is a gateway's.
   *
   * @param {string | import('./captions.js').CaptionsLink} link that lets make rooms, which
   *   `translator captions --grpc-port` prints as `rooms`
   * @param {{title?: string, pinned?: string[], timeoutMs?: number}} [options] title: what the room
   *   is called on its pages. pinned: languages that are translated whether anybody reads them or
   *   not. timeoutMs: default: 60,000
   * @returns {Promise<import('./captions.js').RoomLinks>}
   */
  async createRoom(link, { title = '', pinned = [], timeoutMs } = {}) {
    return this.#ofRoom('createRoom', link, { title, pinnedLanguageCodes: pinned }, timeoutMs);
  }

  /**
   * @param {string | import('./captions.js').CaptionsLink} link that lets operate a room
   * @param {{timeoutMs?: number}} [options] default: 60,000
   * @returns {Promise<import('./captions.js').RoomStatus>} how the room does
   */
  async roomStatus(link, { timeoutMs } = {}) {
    return statusFrom(await this.#ofRoom('getRoom', link, {}, timeoutMs));
  }

  /**
   * Switch a destination of a room off, or on again: it is sent what is committed from then on.
   *
   * @param {string | import('./captions.js').CaptionsLink} link that lets operate the room
   * @param {number} sinkId as roomStatus has it
   * @param {boolean} on
   * @param {{timeoutMs?: number}} [options] default: 60,000
   * @returns {Promise<import('./captions.js').RoomSink>} how it does
   */
  async switchSink(link, sinkId, on, { timeoutMs } = {}) {
    return sinkFrom(await this.#ofRoom('switchSink', link, { sinkId, on }, timeoutMs));
  }

  /**
   * @param {string} method of a gateway
   * @param {string | import('./captions.js').CaptionsLink} link @param {object} asked
   * @param {number} [timeoutMs]
   * @returns {Promise<any>}
   */
  async #ofRoom(method, link, asked, timeoutMs = 60_000) {
    const { roomId, key } = linkFrom(link);
    const metadata = this.#metadata.clone();
    metadata.set('authorization', `Bearer ${key}`);
    const { captions } = this.#link;
    const call = promisify(captions[method]).bind(captions);
    try {
      return await call({ roomId, ...asked }, metadata, { deadline: Date.now() + timeoutMs });
    } catch (error) {
      throw this.#named(errorFromCall(error));
    }
  }

  /**
   * @param {{timeoutMs?: number}} [options] timeoutMs: for each page; default: none
   * @returns {Promise<{models: Model[], policies: Policy[]}>} all there are
   */
  async listModels({ timeoutMs } = {}) {
    const models = [];
    let page = { nextPageToken: '', policies: [] };
    do {
      const request = { pageToken: page.nextPageToken };
      page = await this.#unary('listModels', request, timeoutMs);
      models.push(.../** @type {any} */ (page).models.map(modelFrom));
    } while (page.nextPageToken);
    return { models, policies: page.policies };
  }

  /**
   * Whether the server takes calls; false while it drains. It needs no key.
   *
   * @param {{timeoutMs?: number}} [options] timeoutMs: default: 10,000
   * @returns {Promise<boolean>}
   */
  async isServing({ timeoutMs = 10_000 } = {}) {
    try {
      return await this.#link.isServing(this.#metadata, timeoutMs);
    } catch (error) {
      throw this.#named(errorFromCall(error));
    }
  }

  /** Close the channel. Streams that are open break. */
  close() {
    this.#link.close();
  }

  /**
   * @param {string} method @param {object} request @param {number} [timeoutMs]
   * @param {string} [traceparent]
   * @returns {Promise<any>}
   */
  async #unary(method, request, timeoutMs, traceparent = this.#traceparent) {
    const metadata = tracedMetadata(this.#metadata, traceparent);
    const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
    try {
      const { service } = this.#link;
      const call = promisify(service[method]).bind(service);
      return await call(request, metadata, options);
    } catch (error) {
      throw this.#named(errorFromCall(error));
    }
  }

  /** @param {TranslatorError} error @returns {TranslatorError} one that names the address */
  #named(error) {
    if (error.code !== 'UNAVAILABLE' || error.reason) return error;
    const message = `${this.#link.address} could not be reached: ${error.message}`;
    return new TranslatorError(error.code, message, { cause: error });
  }
}

/** @param {any} model Model @returns {Model} */
function modelFrom({ pairs, ...others }) {
  return {
    ...others,
    pairs: pairs.map((/** @type {any} */ pair) => ({
      source: pair.sourceLanguageCode,
      target: pair.targetLanguageCode,
    })),
  };
}

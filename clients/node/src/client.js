import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import { errorFromCall, errorFromStatus, TranslatorError } from './errors.js';
import { Link } from './link.js';
import { translateMessage } from './requests.js';
import { TranslationStream } from './stream.js';

const DEFAULT_RESUME_TIMEOUT_MS = 60_000;
// grpc-js would wait up to two minutes between attempts to connect, while streams wait for a
// connection with pauses of their own.
const DEFAULT_CHANNEL_OPTIONS = {
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2_000,
};

/**
 * @typedef {object} Translation
 * @property {string} text empty when there is an error
 * @property {import('./errors.js').TranslatorError | undefined} error what went wrong with this
 *   text alone
 * @property {string} model
 * @property {string} detectedLanguage empty when the request named the source
 * @property {string[]} alternatives the most probable first
 * @property {import('./events.js').Alignment[]} alignments in code points
 * @property {QualityIssue[]} qualityIssues what of the text the translation lacks
 * @property {AppliedTerm[]} terms what became of each glossary entry
 *
 * @typedef {object} QualityIssue
 * @property {string} kind "KIND_NUMBER", "KIND_CURRENCY" or "KIND_LENGTH"
 * @property {number} sourceStart in code points
 * @property {number} sourceEnd
 *
 * @typedef {object} AppliedTerm
 * @property {number} entry which entry of its glossary, from 0
 * @property {string} how "HOW_ALREADY", "HOW_FORCED", "HOW_MASKED" or "HOW_FAILED"
 * @property {number} sourceStart in code points
 * @property {number} sourceEnd
 * @property {number} targetStart
 * @property {number} targetEnd
 * @property {string} glossary the name of the server's glossary; empty for the request's own
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

  /**
   * @param {string} address host:port, or any target that gRPC resolves
   * @param {object} [options]
   * @param {import('@grpc/grpc-js').ChannelCredentials} [options.credentials] default: no TLS
   * @param {Record<string, string>} [options.metadata] sent with every call, for example
   *   {authorization: "Bearer …"}
   * @param {import('@grpc/grpc-js').ChannelOptions} [options.channelOptions]
   */
  constructor(address, { credentials, metadata = {}, channelOptions = {} } = {}) {
    this.#link = new Link(address, credentials ?? grpc.credentials.createInsecure(), {
      ...DEFAULT_CHANNEL_OPTIONS,
      ...channelOptions,
    });
    for (const [name, value] of Object.entries(metadata)) this.#metadata.set(name, value);
  }

  /**
   * Open a live stream.
   *
   * @param {import('./requests.js').StreamOptions & {resumeTimeoutMs?: number,
   *   connectTimeoutMs?: number}} options resumeTimeoutMs: how long to try to go on after a break;
   *   default: 60,000. connectTimeoutMs: how long to try to open the stream while nobody answers;
   *   each attempt is told by a connecting event; default: 0, it fails at once
   * @returns {TranslationStream}
   */
  stream({ resumeTimeoutMs = DEFAULT_RESUME_TIMEOUT_MS, connectTimeoutMs = 0, ...options }) {
    return new TranslationStream(this.#link, options, {
      metadata: this.#metadata,
      resumeTimeoutMs,
      connectTimeoutMs,
    });
  }

  /**
   * Translate short texts at once.
   *
   * @param {string | readonly string[]} texts
   * @param {import('./requests.js').TranslateOptions} options
   * @returns {Promise<Translation[]>} one for each text, in order
   */
  async translate(texts, { timeoutMs, ...options }) {
    const request = translateMessage(typeof texts === 'string' ? [texts] : texts, options);
    const response = await this.#unary('translate', request, timeoutMs);
    return response.translations.map(
      (/** @type {any} */ { status, detectedLanguageCode, ...translation }) => ({
        ...translation,
        error: status?.code ? errorFromStatus(status) : undefined,
        detectedLanguage: detectedLanguageCode,
      }),
    );
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

  /** Close the channel. Streams that are open break. */
  close() {
    this.#link.close();
  }

  /**
   * @param {string} method @param {object} request @param {number} [timeoutMs]
   * @returns {Promise<any>}
   */
  async #unary(method, request, timeoutMs) {
    const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
    try {
      const { service } = this.#link;
      const call = promisify(service[method]).bind(service);
      return await call(request, this.#metadata, options);
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

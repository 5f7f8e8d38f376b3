import { promisify } from 'node:util';
import { CaptionsService, TranslatorService } from './service.js';

const HEALTH = '/grpc.health.v1.Health/Check';
// A HealthCheckResponse whose status is SERVING.
const SERVING = Buffer.of(8, 1);
// Channels with the same options share a connection, but for those that have this.
const OWN_CONNECTION = { 'grpc.use_local_subchannel_pool': 1 };

/** The channel to a server, and a fresh one when it went silent. */
export class Link {
  #credentials;
  #options;

  /**
   * @param {string} address
   * @param {import('@grpc/grpc-js').ChannelCredentials} credentials
   * @param {import('@grpc/grpc-js').ChannelOptions} options
   */
  constructor(address, credentials, options) {
    this.address = address;
    this.#credentials = credentials;
    this.#options = options;
    this.service = new TranslatorService(address, credentials, options);
    /** The same for a gateway of captions. */
    this.captions = new CaptionsService(address, credentials, options);
  }

  /**
   * Replace the channel of a call that went silent, unless that has been done since. A connection
   * that is gone without a word looks alive: whatever is sent on it waits for an answer in vain.
   *
   * @param {any} service that the call was made with
   */
  renew(service) {
    if (service !== this.service) return;
    const options = { ...this.#options, ...OWN_CONNECTION };
    this.service = new TranslatorService(this.address, this.#credentials, options);
    // Other calls on it go on until they end.
    service.close();
  }

  /**
   * The same for a call to a gateway of captions.
   *
   * @param {any} captions that the call was made with
   */
  renewCaptions(captions) {
    if (captions !== this.captions) return;
    const options = { ...this.#options, ...OWN_CONNECTION };
    this.captions = new CaptionsService(this.address, this.#credentials, options);
    captions.close();
  }

  /**
   * @param {any} metadata @param {number} timeoutMs
   * @returns {Promise<boolean>} what the server's health service says of all of it
   */
  async isServing(metadata, timeoutMs) {
    const { service } = this;
    // Its messages are not worth a package: an empty request, and an answer of one number.
    const check = promisify(service.makeUnaryRequest).bind(service);
    const bytes = (/** @type {any} */ each) => each;
    const deadline = Date.now() + timeoutMs;
    const answer = await check(HEALTH, bytes, bytes, Buffer.of(), metadata, { deadline });
    return SERVING.equals(/** @type {any} */ (answer));
  }

  close() {
    this.service.close();
    this.captions.close();
  }
}

import { errorFromCall, TranslatorError } from './errors.js';

// Node fires a timer at once when it is set for longer.
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Reads one call's responses; a call that stays silent too long counts as broken. */
export class CallReader {
  #call;
  #responses;
  /** Whether the call was given up as it said nothing for too long. */
  isSilent = false;

  /**
   * @param {any} call grpc-js duplex call
   * @param {number} maxSilenceMs longest wait for a response
   */
  constructor(call, maxSilenceMs) {
    this.#call = call;
    this.maxSilenceMs = maxSilenceMs;
    this.#responses = call[Symbol.asyncIterator]();
  }

  /**
   * @returns {Promise<any>} the next response; undefined when the server has ended with OK
   * @throws {TranslatorError} the call's status, UNAVAILABLE after too long a silence
   */
  async next() {
    const timer = setTimeout(() => this.#stopWaiting(), Math.min(this.maxSilenceMs, MAX_TIMER_MS));
    try {
      const { value } = await this.#responses.next();
      return value;
    } catch (error) {
      throw this.isSilent
        ? new TranslatorError('UNAVAILABLE', `no message for ${this.maxSilenceMs} ms`)
        : errorFromCall(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #stopWaiting() {
    this.isSilent = true;
    this.#call.cancel();
  }
}

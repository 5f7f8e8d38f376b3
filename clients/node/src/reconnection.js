import { setTimeout as sleep } from 'node:timers/promises';
import { TranslatorError } from './errors.js';

const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

/** When to try again after a break: at once, then with growing pauses, for a limited time. */
export class Reconnection {
  #service;
  #timeoutMs;
  #signal;
  #attempts = 0;
  #since = 0;

  /**
   * @param {any} service grpc-js client
   * @param {number} timeoutMs how long to try
   * @param {AbortSignal} signal ends the waiting
   */
  constructor(service, timeoutMs, signal) {
    this.#service = service;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  /** The connection works. */
  succeeded() {
    this.#attempts = 0;
  }

  /**
   * Wait until it is worth trying again.
   *
   * @param {TranslatorError} cause what broke the stream
   * @throws {TranslatorError} CONNECTION_LOST when the time is up
   */
  async wait(cause) {
    if (this.#attempts === 0) this.#since = Date.now();
    const deadline = this.#since + this.#timeoutMs;
    const pause = Math.max(cause.retryAfterMs ?? 0, this.#pauseMs());
    this.#attempts++;
    if (Date.now() + pause > deadline) throw this.#lost(cause);
    await sleep(pause, undefined, { signal: this.#signal });
    await this.#untilReady(deadline, cause);
  }

  /** Random, so that the sessions of a server that went away do not come back all at once. */
  #pauseMs() {
    if (this.#attempts === 0) return 0;
    const most = Math.min(MIN_PAUSE_MS * 2 ** this.#attempts, MAX_PAUSE_MS);
    return most * (0.5 + Math.random() / 2);
  }

  /** @param {number} deadline @param {TranslatorError} cause @returns {Promise<void>} */
  #untilReady(deadline, cause) {
    return new Promise((resolve, reject) => {
      const stop = () => reject(this.#signal.reason);
      if (this.#signal.aborted) stop();
      this.#signal.addEventListener('abort', stop, { once: true });
      this.#service.waitForReady(deadline, (/** @type {Error | undefined} */ error) => {
        this.#signal.removeEventListener('abort', stop);
        if (error) reject(this.#lost(cause));
        else resolve();
      });
    });
  }

  /** @param {TranslatorError} cause */
  #lost(cause) {
    const message = `not resumed within ${this.#timeoutMs} ms after the stream broke: ${cause.message}`;
    return new TranslatorError('UNAVAILABLE', message, { reason: 'CONNECTION_LOST', cause });
  }
}

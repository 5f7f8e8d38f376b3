import { setTimeout as sleep } from 'node:timers/promises';
import { TranslatorError } from './errors.js';

const BASE_MS = 50;
const MOST_MS = 2_500;

/**
 * For rooms of captions: who reads along, or is read, goes on soon after a gateway is back. It is
 * for programs, which are few.
 */
export const CAPTIONS_MOST_MS = 500;

/**
 * @param {TranslatorError} error of a call
 * @param {boolean} waitsForRoom whether a server without room is asked again
 * @returns {TranslatorError} to try again for; any other error is thrown
 */
export function retryable(error, waitsForRoom) {
  // A server that is stopped hard ends its calls with CANCELLED.
  if (error.code === 'UNAVAILABLE' || error.code === 'CANCELLED') return error;
  if (waitsForRoom && error.retryAfterMs !== undefined) return error;
  throw error;
}

/**
 * When to try again: at once, then after growing pauses that are random in part, for
 * a limited time. The n-th attempt after the first comes after between a and 2a, where a is
 * 50 × 2ⁿ ms and 2,500 ms at most. Where the server says when to try again, no attempt comes
 * sooner, and each a random time later, up to as long again and 2,500 ms at most: the clients of a
 * server that went away must not come back all at once.
 */
export class Reconnection {
  #address;
  #signal;
  #attempts = 0;
  #since = 0;
  #waitMs = 0;
  #what;
  #mostMs;

  /**
   * @param {string} address of the server
   * @param {AbortSignal} signal ends the waiting
   * @param {string} [what] is to be opened, for the error
   * @param {number} [mostMs] in place of those 2,500 ms
   */
  constructor(address, signal, what = 'stream', mostMs = MOST_MS) {
    this.#mostMs = mostMs;
    this.#address = address;
    this.#signal = signal;
    this.#what = what;
  }

  /** The connection works. */
  succeeded() {
    this.#attempts = 0;
  }

  /**
   * Plan the next attempt.
   *
   * @param {number} timeoutMs how long to try since the first one
   * @param {TranslatorError} [cause] what broke the stream, or why the last attempt failed
   * @returns {{attempt: number, waitMs: number}} which it is, from 1 on, and when it is made
   * @throws {TranslatorError} CONNECTION_LOST when the time is up
   */
  plan(timeoutMs, cause) {
    const now = Date.now();
    if (this.#attempts === 0) this.#since = now;
    const ownMs = this.#attempts && Math.min(BASE_MS * 2 ** this.#attempts, this.#mostMs);
    const leastMs = Math.max(cause?.retryAfterMs ?? 0, ownMs);
    if (cause && now + leastMs > this.#since + timeoutMs) throw this.#lost(timeoutMs, cause);
    this.#waitMs = leastMs + Math.min(leastMs, this.#mostMs) * Math.random();
    this.#attempts++;
    return { attempt: this.#attempts, waitMs: this.#waitMs };
  }

  /** Wait for the attempt that was planned. */
  async wait() {
    await sleep(this.#waitMs, undefined, { signal: this.#signal });
  }

  /** @param {number} timeoutMs @param {TranslatorError} cause */
  #lost(timeoutMs, cause) {
    const message = `no ${this.#what} to ${this.#address} within ${timeoutMs} ms: ${cause.message}`;
    return new TranslatorError('UNAVAILABLE', message, { reason: 'CONNECTION_LOST', cause });
  }
}

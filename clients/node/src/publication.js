import { randomBytes } from 'node:crypto';
import { CallReader } from './call-reader.js';
import { farewellError, replyFrom } from './captions.js';
import { TranslatorError } from './errors.js';
import { reconnectingEvent } from './events.js';
import { KeptSource } from './kept-source.js';
import { CAPTIONS_MOST_MS, Reconnection, retryable } from './reconnection.js';

/** @typedef {import('./captions.js').PublicationEvent} PublicationEvent */

// A gateway says something every 15 s.
const MAX_SILENCE_MS = 40_000;
// Beyond so many code points that may have to be said again, drained() waits.
const MAX_KEPT = 100_000;

/**
 * A speaker of a room. What was said is kept until it has become captions. If the connection breaks,
 * or the gateway starts anew, it is said again from where the gateway is, so no word is lost or
 * doubled. All of this goes on by itself; nothing has to be read.
 */
export class CaptionPublication {
  /** How many read along. */
  numViewers = 0;
  /** What is wrong at the moment, as a sentence. */
  problem = '';
  #link;
  #room;
  #metadata;
  #id;
  #source;
  #abort = new AbortController();
  #reconnection;
  #resumeTimeoutMs;
  #onEvent;
  #isEnding = false;
  #hasOpened = false;
  #isReady = false;
  /** @type {TranslatorError | undefined} */
  #failure;
  /** @type {any} */
  #call;
  /** @type {(() => void)[]} */
  #waiting = [];
  #running;

  /**
   * @param {import('./link.js').Link} link
   * @param {import('./captions.js').CaptionsLink} room
   * @param {{language: string, speaker: string, publisherId?: string, metadata: any,
   *   resumeTimeoutMs: number, onEvent?: (event: PublicationEvent) => void}} options
   */
  constructor(link, room, options) {
    this.#link = link;
    this.#room = room;
    this.#metadata = options.metadata.clone();
    this.#metadata.set('authorization', `Bearer ${room.key}`);
    this.#id = options.publisherId ?? randomBytes(12).toString('hex');
    this.#source = new KeptSource(options.language, options.speaker);
    this.#resumeTimeoutMs = options.resumeTimeoutMs;
    this.#onEvent = options.onEvent;
    const { signal } = this.#abort;
    this.#reconnection = new Reconnection(link.address, signal, 'publication', CAPTIONS_MOST_MS);
    this.#running = this.#run();
  }

  /** Code points said so far. */
  get position() {
    return this.#source.position;
  }

  /** Code points of it that have become captions in all languages. */
  get done() {
    return this.#source.done;
  }

  /** Wait until the room listens. */
  async opened() {
    await this.#until(() => this.#hasOpened);
  }

  /**
   * Say something.
   *
   * @param {string | import('./kept-source.js').Said} said a string: committed
   */
  send(said) {
    this.#checkOpen();
    this.#write(this.#source.say(typeof said === 'string' ? { committed: said } : said));
  }

  /**
   * Speak another language, or have another name, from the next text on.
   *
   * @param {{language?: string, speaker?: string}} settings
   */
  change(settings) {
    this.#checkOpen();
    this.#write(this.#source.change(settings));
  }

  /** Wait while too much of what was said has not become captions. */
  async drained() {
    await this.#until(() => this.#source.numKept <= MAX_KEPT);
  }

  /** Say that nothing comes any more, and wait until all has become captions. */
  async end() {
    this.#checkOpen();
    this.#isEnding = true;
    if (this.#isReady) this.#call.end();
    await this.#running;
    if (this.#failure) throw this.#failure;
    if (!this.#source.isDone && !this.#abort.signal.aborted) {
      throw new TranslatorError('UNAVAILABLE', 'the call ended before all had become captions');
    }
  }

  /** Leave the room at once. What was said goes on to become captions. */
  cancel() {
    this.#abort.abort();
    this.#call?.cancel();
    this.#wake();
  }

  /** @param {any[]} requests */
  #write(requests) {
    if (this.#isReady) for (const each of requests) this.#call.write(each);
  }

  async #run() {
    /** @type {TranslatorError | undefined} */
    let cause;
    try {
      for (;;) {
        const plan = this.#reconnection.plan(this.#resumeTimeoutMs, cause);
        if (cause && this.#hasOpened) {
          this.#onEvent?.(reconnectingEvent(this.#link.address, cause, plan));
        }
        await this.#reconnection.wait();
        cause = await this.#speak();
        if (!cause) return;
      }
    } catch (/** @type {any} */ error) {
      if (!this.#abort.signal.aborted) this.#failure = error;
    } finally {
      this.#isReady = false;
      this.#call?.cancel();
      this.#wake();
    }
  }

  /** One call. @returns {Promise<TranslatorError | undefined>} why to call again */
  async #speak() {
    const { captions } = this.#link;
    const call = (this.#call = captions.publish(this.#metadata));
    // The reader raises it; without a listener node would end the process.
    call.on('error', () => {});
    call.write(this.#source.opening(this.#id, this.#room.roomId, this.#room.key));
    const reader = new CallReader(call, MAX_SILENCE_MS);
    try {
      for (let response; (response = await reader.next()); ) this.#take(response);
      if (this.#isEnding && this.#isReady) return undefined;
      return new TranslatorError('UNAVAILABLE', 'the gateway ended the call');
    } catch (/** @type {any} */ error) {
      return retryable(error, this.#hasOpened);
    } finally {
      this.#isReady = false;
      if (reader.isSilent) this.#link.renewCaptions(captions);
      call.cancel();
    }
  }

  /** @param {any} response */
  #take(response) {
    if (response.bye) throw farewellError(response.bye);
    if (!response.opened && !response.progress && !response.problem) return;
    const event = replyFrom(response);
    if (event.type === 'opened') {
      this.#reconnection.succeeded();
      this.#hasOpened = this.#isReady = true;
      this.#write(this.#source.replay());
      if (this.#isEnding) this.#call.end();
    } else if (event.type === 'progress') {
      this.#source.acknowledge(event.position);
      this.numViewers = event.numViewers;
    } else this.problem = event.reason === 'RECOVERED' ? '' : event.message;
    this.#onEvent?.(event);
    this.#wake();
  }

  #wake() {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** @param {() => boolean} met */
  async #until(met) {
    while (!met() && !this.#failure && !this.#abort.signal.aborted) {
      await new Promise((resolve) => this.#waiting.push(() => resolve(undefined)));
    }
    if (this.#failure) throw this.#failure;
  }

  #checkOpen() {
    if (this.#failure) throw this.#failure;
    if (this.#isEnding || this.#abort.signal.aborted) throw new Error('the publication has ended');
  }
}

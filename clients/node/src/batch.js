import { BatchState } from './batch-state.js';
import { CallReader } from './call-reader.js';
import { TranslatorError } from './errors.js';
import { Reconnection, retryable } from './reconnection.js';
import { batchConfigMessage, checkedItem } from './requests.js';

/**
 * @typedef {import('./requests.js').BatchItem} BatchItem
 * @typedef {import('./requests.js').BatchOptions} BatchOptions
 * @typedef {import('./translations.js').BatchResult} BatchResult
 * @typedef {AsyncIterable<string | BatchItem> | Iterable<string | BatchItem>} Items
 *
 * @typedef {object} Attempt the server is about to be called
 * @property {string} address of the server, as the client was given it
 * @property {number} attempt 1, 2, … since the batch last worked
 * @property {TranslatorError} [cause] why; none for the first
 * @property {number} waitMs the attempt is made after so long
 */

/**
 * The results of a batch, in the order in which they come; read them with `for await`. Reading is
 * what reads the input, as far as the server takes it. If the connection breaks or the server
 * drains, items without a result are sent again; one with a result never is.
 *
 * @implements {AsyncIterable<BatchResult>}
 */
export class TranslationBatch {
  #link;
  #metadata;
  #config;
  #items;
  #state = new BatchState();
  #abort = new AbortController();
  #reconnection;
  #resumeTimeoutMs;
  #onConnecting;
  /** @type {any} */
  #call;
  /** What the call was made with. @type {any} */
  #service;
  #isHalfClosed = false;
  /** The next sending. @type {NodeJS.Immediate | undefined} */
  #sending;
  /** Of the input. @type {{error: unknown} | undefined} */
  #failure;
  /** What the reader has got. @type {{response?: any, error?: any} | undefined} */
  #got;
  /** Ends the wait of the reading side, and that of the input. */
  #wake = () => {};
  #wakeInput = () => {};
  #results;

  /**
   * @param {import('./link.js').Link} link
   * @param {Items} items
   * @param {BatchOptions} options
   * @param {{metadata: any, resumeTimeoutMs: number, onConnecting?: (attempt: Attempt) => void}}
   *   connection
   */
  constructor(link, items, options, { metadata, resumeTimeoutMs, onConnecting }) {
    this.#link = link;
    this.#items = items;
    this.#config = batchConfigMessage(options);
    this.#metadata = metadata;
    this.#resumeTimeoutMs = resumeTimeoutMs;
    this.#onConnecting = onConnecting;
    this.#reconnection = new Reconnection(link.address, this.#abort.signal, 'batch');
    this.#results = this.#receive();
  }

  /**
   * What has been done so far; after the last result, the figures of the whole batch.
   *
   * @returns {import('./batch-state.js').BatchReport}
   */
  get report() {
    const { report } = this.#state;
    return { ...report, origins: { ...report.origins } };
  }

  /** Give the batch up; reading ends. */
  cancel() {
    this.#abort.abort();
    this.#call?.cancel();
    this.#wake();
    this.#wakeInput();
  }

  /** @returns {AsyncGenerator<BatchResult, void, void>} */
  [Symbol.asyncIterator]() {
    return this.#results;
  }

  /** Read the input, as far as it can be sent. */
  async #feed() {
    let index = 0;
    try {
      for await (const item of this.#items) {
        this.#state.add(checkedItem(item, index++));
        // With those that come without a wait.
        this.#sending ??= setImmediate(() => this.#send());
        while (!this.#state.wantsInput && !this.#abort.signal.aborted) {
          await new Promise((resolve) => {
            this.#wakeInput = () => resolve(undefined);
          });
        }
        if (this.#abort.signal.aborted) return;
      }
      this.#state.isInputOver = true;
      this.#send();
    } catch (error) {
      this.#failure = { error };
      this.#wake();
    }
  }

  /** Send what the credit allows. */
  #send() {
    clearImmediate(this.#sending);
    this.#sending = undefined;
    const call = this.#call;
    if (call) {
      for (const request of this.#state.due()) call.write(request);
      if (this.#state.isAllSent && !this.#state.isLeaving && !this.#isHalfClosed) {
        this.#isHalfClosed = true;
        call.end();
      }
    }
    // There may be results, of items that cannot be sent.
    this.#wake();
    if (this.#state.wantsInput) this.#wakeInput();
  }

  #connect() {
    this.#service = this.#link.service;
    const call = this.#service.batchTranslate(this.#metadata);
    // The reader raises it; without a listener node would end the process.
    call.on('error', () => {});
    this.#state.restart();
    this.#isHalfClosed = false;
    this.#got = undefined;
    this.#call = call;
    call.write({ config: this.#config });
  }

  /** @returns {AsyncGenerator<BatchResult, void, void>} */
  async *#receive() {
    /** @type {TranslatorError | undefined} */
    let cause;
    this.#feed();
    try {
      for (;;) {
        const plan = this.#reconnection.plan(this.#resumeTimeoutMs, cause);
        this.#onConnecting?.({ address: this.#link.address, cause, ...plan });
        await this.#reconnection.wait();
        this.#connect();
        cause = yield* this.#receiveFrom(this.#call);
        if (!cause || this.#abort.signal.aborted) return;
        this.#call.cancel();
        this.#call = undefined;
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    } finally {
      this.cancel();
    }
  }

  /**
   * @param {any} call
   * @returns {AsyncGenerator<BatchResult, TranslatorError | undefined, void>} why to call again;
   *   undefined at the end
   */
  async *#receiveFrom(call) {
    const state = this.#state;
    const reader = new CallReader(call, this.#resumeTimeoutMs);
    let isStarted = false;
    let isReading = false;
    for (;;) {
      for (let result; !this.#abort.signal.aborted && (result = state.results.shift()); ) {
        yield result;
        this.#wakeInput();
      }
      if (this.#abort.signal.aborted) return undefined;
      if (this.#failure) throw this.#failure.error;
      if (!this.#got) {
        if (!isReading) {
          isReading = true;
          reader.next().then(
            (response) => this.#arrived({ response }),
            (error) => this.#arrived({ error }),
          );
        }
        await new Promise((resolve) => {
          this.#wake = () => resolve(undefined);
        });
        continue;
      }
      const { response, error } = this.#got;
      this.#got = undefined;
      isReading = false;
      if (error || response === undefined) {
        if (state.isFinished) return undefined;
        if (reader.isSilent) this.#link.renew(this.#service);
        // All places may be taken for a while.
        return retryable(error ?? ended(), !isStarted);
      }
      try {
        state.receive(response);
      } catch (/** @type {any} */ lost) {
        return lost;
      }
      if (!isStarted) {
        if (!response.started) return ended();
        isStarted = true;
        reader.maxSilenceMs = state.maxSilenceMs ?? Infinity;
      }
      this.#reconnection.succeeded();
      this.#send();
    }
  }

  /** @param {{response?: any, error?: any}} got */
  #arrived(got) {
    this.#got = got;
    this.#wake();
  }
}

function ended() {
  return new TranslatorError('UNAVAILABLE', 'the call ended without a report');
}

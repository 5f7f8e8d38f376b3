import { setTimeout as sleep } from 'node:timers/promises';
import { CallReader } from './call-reader.js';
import { errorFromCall, TranslatorError } from './errors.js';
import {
  connectingEvent,
  heartbeatEvent,
  reconnectingEvent,
  reportEvent,
  startedEvent,
  updateEvent,
  warningEvent,
} from './events.js';
import { Reconnection, retryable } from './reconnection.js';
import { configMessage } from './requests.js';
import { SourceLog } from './source-log.js';
import { Transcript } from './transcript.js';

/**
 * @typedef {import('./events.js').StreamEvent} StreamEvent
 * @typedef {import('./requests.js').SourceUpdate} SourceUpdate
 * @typedef {import('./requests.js').StreamOptions} StreamOptions
 * @typedef {import('./target-text.js').Segment} Segment
 */

// A server that keeps its heartbeats is never silent for this many intervals.
const MAX_SILENT_HEARTBEATS = 3;
// How long a server may take to say that it takes calls, and the longest pause between questions.
const KNOCK_TIMEOUT_MS = 2_000;
const MAX_KNOCK_WAIT_MS = 2_500;
// Says that a stream may move to another server.
const MOVE = Symbol('move');
// Mismatches in a row after which the fault is not the connection's.
const MAX_MISMATCHES = 3;
// Begins the reason of the warning that answers a reconfiguration which is not valid.
const CONFIG_IGNORED = 'CONFIG_IGNORED_';
// A source language that the server is to detect.
const UNDETERMINED = 'und';

/**
 * One live stream. Send source at any time; read events with `for await`. Reading is what moves the
 * stream: updates are checked, acked and, after a break, the stream is resumed while someone reads.
 *
 * @implements {AsyncIterable<StreamEvent>}
 */
export class TranslationStream {
  #link;
  #metadata;
  /** The config in force. @type {StreamOptions} */
  #options;
  #log = new SourceLog();
  #transcript;
  #abort = new AbortController();
  #reconnection;
  #resumeTimeoutMs;
  #connectTimeoutMs;
  #sessionId = '';
  #isEnded = false;
  #hasReport = false;
  #mismatches = 0;
  /** Language of the source, as the server has said it; "" until it has. */
  #language = '';
  /** Configs that this connection has been sent and not answered. */
  #unanswered = /** @type {import('./source-log.js').ConfigEntry[]} */ ([]);
  /** @type {any} */
  #call;
  /** What the call was made with. @type {any} */
  #service;
  #events;

  /**
   * @param {import('./link.js').Link} link
   * @param {StreamOptions} options
   * @param {{metadata: any, resumeTimeoutMs: number, connectTimeoutMs: number, history: number}}
   *   connection
   */
  constructor(link, options, { metadata, resumeTimeoutMs, connectTimeoutMs, history }) {
    this.#transcript = new Transcript(this.#log, history);
    this.#link = link;
    this.#metadata = metadata;
    this.#options = options;
    this.#resumeTimeoutMs = resumeTimeoutMs;
    this.#connectTimeoutMs = connectTimeoutMs;
    this.#reconnection = new Reconnection(link.address, this.#abort.signal);
    this.#connect();
    this.#events = this.#receive();
  }

  /** Names the session in the server's logs; "" before the started event. */
  get sessionId() {
    return this.#sessionId;
  }

  /**
   * @param {string | SourceUpdate} source more source (a string: committed), or a revision of its
   *   tentative tail
   * @returns {number} its sequence
   */
  send(source) {
    this.#refuseAfterEnd();
    const message = this.#log.addSource(
      typeof source === 'string' ? { committed: source } : source,
    );
    this.#trim();
    this.#call.write({ source: message });
    return message.sequence;
  }

  /** Have all committed source translated and committed. @returns {number} its sequence */
  flush() {
    this.#refuseAfterEnd();
    const flush = this.#log.addFlush();
    this.#trim();
    this.#call.write({ flush });
    return flush.sequence;
  }

  /**
   * Change options from the next segment on. The answer is a started event, or a warning, after
   * which the former options stay in force.
   *
   * @param {Partial<StreamOptions>} changes
   */
  reconfigure(changes) {
    this.#refuseAfterEnd();
    const former = this.#unanswered.at(-1)?.options ?? this.#options;
    const options = { ...former, ...changes };
    const config = configMessage(options);
    this.#unanswered.push(this.#log.addConfig(options));
    this.#call.write({ config });
  }

  /** No more source comes: the server commits everything, sends its report and ends. */
  end() {
    this.#isEnded = true;
    this.#call.end();
  }

  /** Give the stream up; reading ends. */
  cancel() {
    this.#abort.abort();
    this.#call.cancel();
  }

  /** Wait while more is waiting to be sent than the connection takes. */
  async drained() {
    const call = this.#call;
    if (!call.writableNeedDrain) return;
    await new Promise((resolve) => {
      for (const event of ['drain', 'status', 'close']) call.once(event, resolve);
    });
  }

  /**
   * @param {string} target
   * @returns {Segment[]} the last segments that have committed text, in order, with speaker, source
   *   and media times
   */
  segments(target) {
    return this.#transcript.of(target).segments;
  }

  /**
   * @param {string} target
   * @param {string} [separator] put between segments where neither brings white space
   * @returns {string} the committed text of these segments
   */
  transcript(target, separator = ' ') {
    let transcript = '';
    for (const { text } of this.segments(target)) {
      const needsSeparator = /\S$/u.test(transcript) && /^\S/u.test(text);
      transcript += needsSeparator ? separator + text : text;
    }
    return transcript;
  }

  /** @param {string} target @returns {string} the open segment's draft */
  draft(target) {
    return this.#transcript.of(target).draft;
  }

  /** @returns {AsyncGenerator<StreamEvent, void, void>} */
  [Symbol.asyncIterator]() {
    return this.#events;
  }

  #refuseAfterEnd() {
    if (this.#isEnded) throw new Error('the stream has been ended');
  }

  #connect() {
    this.#service = this.#link.service;
    const call = this.#service.streamingTranslate(this.#metadata);
    // The reader raises it; without a listener node would end the process.
    call.on('error', () => {});
    this.#unanswered = [];
    if (this.#sessionId) {
      const resumed = this.#transcript.resumedTargets();
      const targets = resumed.map(({ targetLanguageCode }) => targetLanguageCode);
      const resume = { sessionId: this.#sessionId, targets: resumed };
      call.write({ config: { ...configMessage({ ...this.#options, targets }), resume } });
    } else {
      call.write({ config: configMessage(this.#options) });
    }
    const covered = this.#sessionId ? this.#transcript.covered : 0;
    for (const request of this.#log.replay(covered)) {
      if ('config' in request) {
        request.config.accepted = false;
        this.#unanswered.push(request.config);
        call.write({ config: configMessage(request.config.options) });
      } else {
        call.write(request);
      }
    }
    if (this.#isEnded) call.end();
    this.#call = call;
  }

  /** @returns {AsyncGenerator<StreamEvent, void, void>} */
  async *#receive() {
    try {
      if (this.#connectTimeoutMs) yield this.#planned();
      for (;;) {
        const broken = yield* this.#receiveFrom(this.#call);
        if (!broken || this.#abort.signal.aborted) return;
        this.#call.cancel();
        yield this.#planned(broken);
        await this.#reconnection.wait();
        this.#connect();
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    } finally {
      this.cancel();
    }
  }

  /**
   * Plan the next attempt.
   *
   * @param {TranslatorError} [cause] why there has to be one; none for the first
   * @returns {StreamEvent} that tells of it
   */
  #planned(cause) {
    const timeoutMs = this.#sessionId ? this.#resumeTimeoutMs : this.#connectTimeoutMs;
    const plan = this.#reconnection.plan(timeoutMs, cause);
    const { address } = this.#link;
    return this.#sessionId && cause
      ? reconnectingEvent(address, cause, plan)
      : connectingEvent(address, cause, plan);
  }

  /**
   * @param {any} call
   * @returns {AsyncGenerator<StreamEvent, TranslatorError | undefined, void>} why to resume;
   *   undefined at the end
   */
  async *#receiveFrom(call) {
    const isResumed = this.#sessionId !== '';
    const openTimeoutMs = isResumed ? 0 : this.#connectTimeoutMs;
    const reader = new CallReader(call, openTimeoutMs || this.#resumeTimeoutMs);
    let isStarted = false;
    /** @type {Promise<any> | undefined} */
    let elsewhere;
    for (;;) {
      let response;
      try {
        const next = reader.next();
        response = await (elsewhere ? Promise.race([next, elsewhere]) : next);
        if (response === MOVE) {
          next.catch(() => {});
          return new TranslatorError('UNAVAILABLE', 'the server drains', { reason: 'DRAINING' });
        }
      } catch (error) {
        // The report is the last there is: nothing is missing.
        if (this.#hasReport) return undefined;
        if (reader.isSilent) this.#link.renew(this.#service);
        return this.#resumable(error, isResumed, isStarted);
      }
      if (response === undefined) {
        return this.#hasReport ? undefined : this.#lost('the server ended without a report');
      }
      if (isStarted && response.response !== 'goAway') this.#reconnection.succeeded();
      switch (response.response) {
        case 'started': {
          const event = startedEvent(response.started, isResumed && !isStarted);
          this.#begin(response.started, isStarted);
          isStarted = true;
          const { heartbeatIntervalMs } = event.limits;
          reader.maxSilenceMs = (heartbeatIntervalMs || Infinity) * MAX_SILENT_HEARTBEATS;
          yield event;
          break;
        }
        case 'target': {
          const mismatch = this.#transcript.mismatch(response.target);
          if (mismatch) return this.#lost(mismatch);
          yield this.#apply(response.target);
          break;
        }
        case 'heartbeat':
          yield heartbeatEvent(response.heartbeat);
          break;
        case 'warning': {
          const event = warningEvent(response.warning);
          this.#warn(event.error);
          yield event;
          break;
        }
        case 'report':
          this.#hasReport = true;
          yield reportEvent(response.report);
          break;
        case 'goAway':
          // It goes on until another server takes calls: there may be none.
          elsewhere ??= this.#elsewhere(call);
          break;
        default:
        // A later server may say more than this client knows.
      }
    }
  }

  /**
   * @param {any} call that is to move
   * @returns {Promise<any>} MOVE once a server takes calls; the one that drains says that it does
   *   not
   */
  async #elsewhere(call) {
    for (let waitMs = 0; call === this.#call && !this.#hasReport; ) {
      await sleep(waitMs * (1 + Math.random()), undefined, { ref: false });
      waitMs = Math.min(Math.max(2 * waitMs, 100), MAX_KNOCK_WAIT_MS);
      try {
        if (await this.#link.isServing(this.#metadata, KNOCK_TIMEOUT_MS)) return MOVE;
      } catch (error) {
        // Whoever answers something else has no health service, and may take calls.
        const { code } = errorFromCall(error);
        if (!['UNAVAILABLE', 'CANCELLED', 'DEADLINE_EXCEEDED'].includes(code)) return MOVE;
      }
    }
    return new Promise(() => {});
  }

  /**
   * @param {any} started SessionStarted
   * @param {boolean} isAnswer whether this connection has had one before
   */
  #begin(started, isAnswer) {
    const wasOpen = this.#sessionId !== '';
    this.#sessionId = started.sessionId;
    const source = started.detectedLanguageCode;
    // One that names another language answers no config.
    const isNews = source !== '' && source !== this.#language;
    const entry = isAnswer && !isNews ? this.#unanswered.shift() : undefined;
    if (entry) {
      entry.accepted = true;
      this.#options = entry.options;
    }
    const isOpen = this.#options.source.toLowerCase() === UNDETERMINED;
    this.#language = isOpen ? source : this.#options.source;
    this.#transcript.begin(started, isAnswer);
    if (!wasOpen) this.#reconnection.succeeded();
    this.#trim();
  }

  /** @param {TranslatorError} warning */
  #warn({ reason }) {
    const entry = reason.startsWith(CONFIG_IGNORED) ? this.#unanswered.shift() : undefined;
    if (entry) this.#log.remove(entry);
  }

  /** @param {any} target TargetUpdate without a mismatch */
  #apply(target) {
    const segment = this.#transcript.apply(target);
    const { targetLanguageCode, revision } = target;
    // After the half-close nothing can be sent, and the server does not wait for it.
    if (this.#options.maxUnackedUpdates && !this.#call.writableEnded) {
      this.#call.write({ ack: { targetLanguageCode, revision } });
    }
    if (target.segmentClosed) {
      this.#mismatches = 0;
      this.#trim();
    }
    return updateEvent(target, segment);
  }

  #trim() {
    if (this.#transcript.isSettled) this.#log.removeAccepted();
    this.#log.trim(this.#transcript.covered);
  }

  /** @param {string} what shows that something was lost @returns {TranslatorError} to resume for */
  #lost(what) {
    const error = new TranslatorError('DATA_LOSS', what, { reason: 'CONNECTION_LOST' });
    if (++this.#mismatches > MAX_MISMATCHES) throw error;
    return error;
  }

  /**
   * @param {any} error
   * @param {boolean} isResumed whether the connection resumes an earlier one
   * @param {boolean} isStarted whether the server has answered on it
   * @returns {TranslatorError} to try again for; any other error is thrown
   */
  #resumable(error, isResumed, isStarted) {
    const mayConnect = error.code === 'UNAVAILABLE' && this.#connectTimeoutMs;
    if (!isResumed && !isStarted && !mayConnect) throw error;
    // Other replicas may be full for a moment when one has gone away.
    return retryable(error, isResumed && !isStarted);
  }
}

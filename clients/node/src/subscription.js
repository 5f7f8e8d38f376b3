import { CallReader } from './call-reader.js';
import { CaptionLog, CaptionsMismatch, Place } from './caption-log.js';
import { farewellError } from './captions.js';
import { TranslatorError } from './errors.js';
import { reconnectingEvent } from './events.js';
import { CAPTIONS_MOST_MS, Reconnection, retryable } from './reconnection.js';

/** @typedef {import('./captions.js').SubscriptionEvent} SubscriptionEvent */

// A gateway says something every 15 s.
const MAX_SILENCE_MS = 40_000;

/**
 * The captions of a room; read them with `for await`. If the connection breaks, or the gateway goes
 * away, it goes on after the last event that came.
 *
 * @implements {AsyncIterable<SubscriptionEvent>}
 */
export class CaptionSubscription {
  #link;
  #room;
  #languages;
  #metadata;
  #log;
  #place = new Place();
  /** Languages of which everything up to that place has come. @type {Set<string>} */
  #had = new Set();
  #abort = new AbortController();
  #reconnection;
  #resumeTimeoutMs;
  #hasWorked = false;
  #hasMismatched = false;
  #isChanging = false;
  /** @type {any} */
  #call;
  #events;

  /**
   * @param {import('./link.js').Link} link
   * @param {import('./captions.js').CaptionsLink} room
   * @param {string[]} languages
   * @param {{metadata: any, resumeTimeoutMs: number, history: number}} connection
   */
  constructor(link, room, languages, { metadata, resumeTimeoutMs, history }) {
    this.#link = link;
    this.#room = room;
    this.#languages = checkedLanguages(languages);
    this.#metadata = metadata.clone();
    this.#metadata.set('authorization', `Bearer ${room.key}`);
    this.#resumeTimeoutMs = resumeTimeoutMs;
    this.#log = new CaptionLog(history);
    const { signal } = this.#abort;
    this.#reconnection = new Reconnection(link.address, signal, 'captions', CAPTIONS_MOST_MS);
    this.#events = this.#receive();
  }

  /** The room, as it was told last. */
  get room() {
    return this.#log.room;
  }

  /** The languages that are read. */
  get languages() {
    return [...this.#languages];
  }

  /**
   * @param {string} language
   * @returns {import('./captions.js').Caption[]} the captions so far, those that are open last
   */
  captions(language) {
    return this.#log.captions(language);
  }

  /**
   * @param {string} language
   * @param {string} [separator]
   * @returns {string} the committed text, a caption each
   */
  transcript(language, separator = '\n') {
    return this.captions(language)
      .map(({ text }) => text.trim())
      .join(separator);
  }

  /** @param {string} language @returns {string} what is being said, and may still change */
  draft(language) {
    return this.#log.draft(language);
  }

  /**
   * Read other languages. Those that are read already go on without a gap.
   *
   * @param {string[]} languages
   */
  change(languages) {
    this.#languages = checkedLanguages(languages);
    this.#isChanging = true;
    this.#call?.cancel();
  }

  /** End it; reading ends. */
  cancel() {
    this.#abort.abort();
    this.#call?.cancel();
  }

  /** @returns {AsyncGenerator<SubscriptionEvent, void, void>} */
  [Symbol.asyncIterator]() {
    return this.#events;
  }

  #request() {
    const had = this.#languages.filter((each) => this.#had.has(each));
    const goesOn = this.#place.after && had.length;
    this.#had = new Set(had);
    return {
      roomId: this.#room.roomId,
      languageCodes: this.#languages,
      after: goesOn ? this.#place.after : '',
      addedLanguageCodes: goesOn ? this.#languages.filter((each) => !this.#had.has(each)) : [],
    };
  }

  /** @returns {AsyncGenerator<SubscriptionEvent, void, void>} */
  async *#receive() {
    /** @type {TranslatorError | undefined} */
    let cause;
    try {
      for (;;) {
        const plan = this.#reconnection.plan(this.#resumeTimeoutMs, cause);
        if (cause && this.#hasWorked) yield reconnectingEvent(this.#link.address, cause, plan);
        await this.#reconnection.wait();
        this.#isChanging = false;
        const { captions } = this.#link;
        this.#call = captions.subscribe(this.#request(), this.#metadata);
        // The reader raises it; without a listener node would end the process.
        this.#call.on('error', () => {});
        const reader = new CallReader(this.#call, MAX_SILENCE_MS);
        const end = yield* this.#receiveFrom(reader, [...this.#languages]);
        if (end === 'over' || this.#abort.signal.aborted) return;
        if (reader.isSilent) this.#link.renewCaptions(captions);
        this.#call.cancel();
        cause = end === 'changing' ? undefined : end;
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    } finally {
      this.cancel();
    }
  }

  /**
   * @param {CallReader} reader @param {string[]} asked
   * @returns {AsyncGenerator<SubscriptionEvent, TranslatorError | 'changing' | 'over', void>}
   */
  async *#receiveFrom(reader, asked) {
    for (;;) {
      let response;
      try {
        response = await reader.next();
      } catch (/** @type {any} */ error) {
        return this.#isChanging ? 'changing' : retryable(error, this.#hasWorked);
      }
      if (!response) return lost('the captions ended without a farewell');
      this.#hasWorked = true;
      this.#reconnection.succeeded();
      const { event } = response;
      if (!event) continue;
      if (event.bye?.reason === 'ROOM_CLOSED') return 'over';
      if (event.bye) return retryable(farewellError(event.bye), false);
      try {
        this.#place.apply(event);
      } catch (/** @type {any} */ error) {
        if (!(error instanceof CaptionsMismatch) || this.#hasMismatched) throw error;
        this.#hasMismatched = true;
        this.#place.forget();
        this.#had.clear();
        return lost(`the captions do not continue: ${error.message}`);
      }
      if (event.snapshot) {
        this.#hasMismatched = false;
        for (const each of asked) this.#had.add(each);
      }
      yield* this.#log.apply(event);
      if (this.#isChanging) return 'changing';
    }
  }

}

/** @param {string} message */
function lost(message) {
  return new TranslatorError('UNAVAILABLE', message);
}

/** @param {string[]} languages */
function checkedLanguages(languages) {
  if (!Array.isArray(languages) || !languages.length) {
    throw new TypeError('languages: an array of at least one language is needed');
  }
  return [...languages];
}

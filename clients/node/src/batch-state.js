// What a batch has sent and received: which items are due, and what the credit allows.

import { codePointLength } from './code-points.js';
import { msFromDuration } from './duration.js';
import { TranslatorError } from './errors.js';
import { batchItemMessage, hasHalfCharacters } from './requests.js';
import { batchResult } from './translations.js';

/**
 * @typedef {import('./requests.js').BatchItem} BatchItem
 * @typedef {import('./translations.js').BatchResult} BatchResult
 *
 * @typedef {object} Pending an item without a result
 * @property {number} index
 * @property {BatchItem} item
 * @property {number} length code points of its text
 * @property {number} breaks calls that broke before it had one
 *
 * @typedef {object} BatchReport what a batch has done so far
 * @property {number} items items that have a result
 * @property {number} failed those with an error
 * @property {number} sourceWords words of the texts that were translated, split at white space
 * @property {number} targetWords words of their translations
 * @property {Record<string, number>} origins how many came from where
 */

// A server that keeps its heartbeats is never silent for as many intervals.
const MAX_SILENT_HEARTBEATS = 3;
// An item whose calls broke so often is sent alone: perhaps it is what breaks them.
const TRIED_TOGETHER = 3;
const MOST_BREAKS = 6;
// Results of items that are not sent, before more input is read.
const MAX_READY = 100;
// Items that go in one message, and code points of their texts: far from what a message may have.
const MAX_BUNDLE = 64;
const MAX_BUNDLE_LENGTH = 30_000;
// With these there is a translation nevertheless.
const NOT_KEPT = ['TOO_LONG', 'TERM_NOT_KEPT', 'MARKUP_NOT_KEPT'];

/** The state of a batch over all its calls. It knows no connection. */
export class BatchState {
  /** Whether there are no more items. */
  isInputOver = false;
  /** Whether all items have their results, and the server has reported. */
  isFinished = false;
  /** Whether the server of the present call is going away. */
  isLeaving = false;
  /** Those that have not been taken yet, in order. @type {BatchResult[]} */
  results = [];
  /** @type {BatchReport} */
  report = { items: 0, failed: 0, sourceWords: 0, targetWords: 0, origins: {} };
  /** @type {Pending[]} */
  #waiting = [];
  #waitingLength = 0;
  /** By their names on the wire. @type {Map<string, Pending>} */
  #sent = new Map();
  #isSuspectSent = false;
  #numItems = 0;
  /** @type {any} */
  #limits;
  #credit = { items: 0, codePoints: 0 };

  /** Whether the next item of the input is to be read. */
  get wantsInput() {
    const { items, codePoints } = this.#credit;
    const num = this.#waiting.length;
    if (this.results.length >= MAX_READY) return false;
    if (!num) return true;
    const isShort = this.#waitingLength < Math.min(MAX_BUNDLE_LENGTH, codePoints);
    return isShort && num < Math.min(MAX_BUNDLE, items);
  }

  /** Whether the call may be half-closed. */
  get isAllSent() {
    return this.isInputOver && !this.#waiting.length;
  }

  /** Longest silence before the server counts as gone; undefined: no heartbeats. */
  get maxSilenceMs() {
    const intervalMs = msFromDuration(this.#limits?.heartbeatInterval ?? null);
    return intervalMs ? MAX_SILENT_HEARTBEATS * intervalMs : undefined;
  }

  /** @param {BatchItem} item the next item of the input */
  add(item) {
    const length = codePointLength(item.text);
    this.#waiting.push({ index: this.#numItems++, item, length, breaks: 0 });
    this.#waitingLength += length;
  }

  /** Another call begins: what has no result is due again, in order. */
  restart() {
    /** @type {Pending[]} */
    const again = [];
    for (const pending of [...this.#sent.values()].sort((a, b) => a.index - b.index)) {
      // Where the server said that it goes away, that is why.
      if (!this.isLeaving) pending.breaks++;
      if (pending.breaks < MOST_BREAKS) again.push(pending);
      else {
        const told = `it was sent ${pending.breaks} times, and the connection broke each time`;
        const details = { reason: 'CONNECTION_LOST' };
        this.#refuse(pending, new TranslatorError('UNAVAILABLE', told, details));
      }
    }
    this.#waiting.unshift(...again);
    for (const { length } of again) this.#waitingLength += length;
    this.#sent.clear();
    this.#isSuspectSent = false;
    this.#limits = undefined;
    this.#credit = { items: 0, codePoints: 0 };
    this.isLeaving = false;
  }

  /** @returns {Generator<object, void, void>} the items that may be sent now, several together */
  *due() {
    /** @type {object[]} */
    let items = [];
    let length = 0;
    for (const { message, length: added } of this.#due()) {
      items.push(message);
      length += added;
      if (items.length >= MAX_BUNDLE || length >= MAX_BUNDLE_LENGTH) {
        yield bundled(items);
        items = [];
        length = 0;
      }
    }
    if (items.length) yield bundled(items);
  }

  /** @returns {Generator<{message: object, length: number}, void, void>} */
  *#due() {
    while (this.#waiting.length && this.#limits && !this.isLeaving) {
      const [pending] = this.#waiting;
      const isSuspect = pending.breaks >= TRIED_TOGETHER;
      if (this.#sent.size && (isSuspect || this.#isSuspectSent)) return;
      const error = this.#fault(pending);
      if (!error && (this.#credit.items < 1 || this.#credit.codePoints < pending.length)) return;
      this.#waiting.shift();
      this.#waitingLength -= pending.length;
      if (error) {
        this.#refuse(pending, error);
        continue;
      }
      this.#credit.items--;
      this.#credit.codePoints -= pending.length;
      const id = String(pending.index);
      this.#sent.set(id, pending);
      this.#isSuspectSent = isSuspect;
      yield { message: batchItemMessage(pending.item, id), length: pending.length };
    }
  }

  /**
   * @param {any} response BatchTranslateResponse
   * @throws {TranslatorError} it says that it is through, but items have no result
   */
  receive({ started, result, results, credit, goAway, report }) {
    if (started) this.#limits = started.limits;
    else if (credit) {
      this.#credit.items += credit.items;
      this.#credit.codePoints += credit.codePoints;
    } else if (result) this.#receive(result);
    else if (results) {
      for (const each of results.results) this.#receive(each);
    } else if (goAway) this.isLeaving = true;
    else if (report) {
      if (this.#sent.size || !this.isAllSent) {
        throw new TranslatorError('UNAVAILABLE', 'the server reports, but items have no result');
      }
      this.isFinished = true;
    }
  }

  /** @param {any} result BatchResult */
  #receive(result) {
    const pending = this.#sent.get(result.id);
    // One that comes twice is told once.
    if (!pending) return;
    this.#sent.delete(result.id);
    this.#isSuspectSent = false;
    this.#take(batchResult(pending.item, pending.index, result));
  }

  /** @param {Pending} pending @returns {TranslatorError | undefined} why it cannot be sent */
  #fault({ item, length }) {
    const most = this.#limits.maxItemLength;
    if (hasHalfCharacters(item.text)) return invalid('item.text', 'holds half of a character');
    if (length > most) {
      return invalid('item.text', `has ${length} code points; at most ${most} are allowed`);
    }
    return undefined;
  }

  /** @param {Pending} pending @param {TranslatorError} error */
  #refuse({ item, index }, error) {
    this.#take(batchResult(item, index, {}, error));
  }

  /** @param {BatchResult} result */
  #take(result) {
    const { report } = this;
    report.items++;
    if (result.error) report.failed++;
    if (!result.error || NOT_KEPT.includes(result.error.reason)) {
      report.origins[result.origin] = (report.origins[result.origin] ?? 0) + 1;
      report.sourceWords += countWords(result.item.text);
      report.targetWords += countWords(result.text);
    }
    this.results.push(result);
  }
}

/** @param {object[]} items @returns {object} BatchTranslateRequest */
function bundled(items) {
  return items.length > 1 ? { items: { items } } : { item: items[0] };
}

/** @param {string} field @param {string} description */
function invalid(field, description) {
  const fieldViolations = [{ field, description }];
  const details = { reason: 'INVALID_REQUEST', fieldViolations };
  return new TranslatorError('INVALID_ARGUMENT', `${field}: ${description}`, details);
}

/** @param {string} text */
function countWords(text) {
  return text.split(/\s+/u).filter(Boolean).length;
}

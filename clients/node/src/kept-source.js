// What a speaker has said and may have to say again.

import { codePointLength, skipCodePoints } from './code-points.js';
import { durationFromMs } from './duration.js';

// A gateway takes 8,192 code points in one message.
const MAX_LENGTH = 4_000;

/**
 * @typedef {object} Said
 * @property {string} [committed] appended to the source for good, with its spaces
 * @property {string} [tentative] replaces the tentative tail, which follows it
 * @property {boolean} [endOfSegment] whether the segment ends after it
 * @property {number} [startOffsetMs] media time at which committed begins
 * @property {number} [endOffsetMs] media time at which it ends
 */

export class KeptSource {
  /** Code points said so far. */
  position = 0;
  /** Code points of it that need not be said again. */
  done = 0;
  #settings;
  /** What holds at the first text that is kept. */
  #first;
  /** @type {{start: number, end: number, request: any}[]} */
  #kept = [];
  #tentative = '';

  /** @param {string} languageCode @param {string} speaker */
  constructor(languageCode, speaker) {
    this.#settings = { languageCode, speaker };
    this.#first = this.#settings;
  }

  /** Code points that may have to be said again. */
  get numKept() {
    return this.position - (this.#kept[0]?.start ?? this.position);
  }

  /** Whether all has become captions; white space does not. */
  get isDone() {
    return this.#kept.every(({ start, request }) => {
      const text = request.source?.committed ?? '';
      return !skipCodePoints(text, Math.max(0, this.done - start)).trim();
    });
  }

  /** @param {Said} said @returns {any[]} what to send */
  say({ committed = '', tentative = '', endOfSegment = false, startOffsetMs, endOffsetMs }) {
    if (codePointLength(tentative) > MAX_LENGTH) {
      throw new RangeError(`tentative: at most ${MAX_LENGTH} code points`);
    }
    const points = [...committed];
    const requests = [];
    for (let cut = 0; cut === 0 || cut < points.length; cut += MAX_LENGTH) {
      const text = points.slice(cut, cut + MAX_LENGTH);
      const isLast = cut + MAX_LENGTH >= points.length;
      const source = {
        position: this.position,
        committed: text.join(''),
        endOfSegment: endOfSegment && isLast,
        startOffset: cut === 0 ? durationFromMs(startOffsetMs) : undefined,
        endOffset: isLast ? durationFromMs(endOffsetMs) : undefined,
      };
      // The tail that may still change is not kept with it: it comes last.
      if (text.length || endOfSegment) this.#keep({ source }, text.length);
      requests.push({ source: { ...source, tentative: isLast ? tentative : '' } });
    }
    this.#tentative = tentative;
    return requests;
  }

  /** @param {{language?: string, speaker?: string}} settings @returns {any[]} what to send */
  change({ language = '', speaker = '' }) {
    const before = this.#settings;
    const settings = {
      languageCode: language || before.languageCode,
      speaker: speaker || before.speaker,
    };
    if (settings.languageCode === before.languageCode && settings.speaker === before.speaker) {
      return [];
    }
    this.#settings = settings;
    if (this.#kept.length) this.#keep({ settings }, 0);
    else this.#first = settings;
    return [{ settings }];
  }

  /** @param {string} publisherId @param {string} roomId @param {string} key */
  opening(publisherId, roomId, key) {
    const position = this.#kept[0]?.start ?? this.position;
    return { opening: { key, roomId, publisherId, settings: this.#first, position } };
  }

  /** @returns {any[]} what follows it; what the gateway has already, it skips */
  replay() {
    const requests = this.#kept.map(({ request }) => request);
    if (this.#tentative) {
      requests.push({ source: { position: this.position, tentative: this.#tentative } });
    }
    return requests;
  }

  /** Forget what has become captions. @param {number} position */
  acknowledge(position) {
    this.done = Math.max(this.done, position);
    while (this.#kept.length && this.#kept[0].end <= this.done) {
      const request = this.#kept.shift()?.request;
      if (request.settings) this.#first = request.settings;
    }
  }

  /** @param {any} request @param {number} length */
  #keep(request, length) {
    const start = this.position;
    this.position += length;
    this.#kept.push({ start, end: this.position, request });
  }
}

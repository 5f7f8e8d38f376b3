import { codePointLength, skipCodePoints } from './code-points.js';
import { sourceMessage } from './requests.js';

/**
 * @typedef {import('./requests.js').SourceMessage} SourceMessage
 * @typedef {import('./requests.js').StreamOptions} StreamOptions
 *
 * @typedef {object} SourceEntry
 * @property {'source'} kind
 * @property {number} start code points of committed source before it
 * @property {number} end code points of committed source after it
 * @property {string} speaker who speaks, even where the message leaves it open
 * @property {SourceMessage} message
 *
 * @typedef {{kind: 'flush', end: number, message: {sequence: number}}} FlushEntry
 *
 * @typedef {{source: SourceMessage} | {flush: {sequence: number}} | {config: ConfigEntry}} Replayed
 *
 * @typedef {object} ConfigEntry
 * @property {'config'} kind
 * @property {StreamOptions} options
 * @property {boolean} accepted whether this connection's server has answered that it is in force
 */

/** What was sent and may have to be sent again: all that some target has not yet closed. */
export class SourceLog {
  /** @type {(SourceEntry | FlushEntry | ConfigEntry)[]} */
  #entries = [];
  #sequence = 0;
  #length = 0;
  #speaker = '';
  /** The last source update while its tentative tail stands. @type {SourceEntry | undefined} */
  #tail;

  /** @param {import('./requests.js').SourceUpdate} update @returns {SourceMessage} */
  addSource(update) {
    const message = sourceMessage(update, this.#sequence + 1);
    this.#sequence++;
    const start = this.#length;
    this.#length += codePointLength(message.committed);
    this.#speaker = message.speaker || this.#speaker;
    /** @type {SourceEntry} */
    const entry = { kind: 'source', start, end: this.#length, speaker: this.#speaker, message };
    this.#dropTail();
    this.#entries.push(entry);
    this.#tail = message.tentative ? entry : undefined;
    return message;
  }

  /** @returns {{sequence: number}} Flush */
  addFlush() {
    const message = { sequence: ++this.#sequence };
    this.#entries.push({ kind: 'flush', end: this.#length, message });
    return message;
  }

  /** @param {StreamOptions} options @returns {ConfigEntry} */
  addConfig(options) {
    /** @type {ConfigEntry} */
    const entry = { kind: 'config', options, accepted: false };
    this.#entries.push(entry);
    return entry;
  }

  /** @param {ConfigEntry} entry that the server has refused */
  remove(entry) {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  /** Drop the configs that are in force: a new connection begins with them. */
  removeAccepted() {
    this.#entries = this.#entries.filter((entry) => entry.kind !== 'config' || !entry.accepted);
  }

  /** Drop what is done with. @param {number} covered code points of source that no target needs */
  trim(covered) {
    const needed = this.#entries.findIndex((entry) => !this.#isDone(entry, covered));
    this.#entries.splice(0, needed < 0 ? this.#entries.length : needed);
  }

  /**
   * @param {number} start code points of committed source before it
   * @param {number} end
   * @returns {string} the committed source between, as far as it is still here
   */
  text(start, end) {
    return this.#between(start, end).map((part) => part.text).join('');
  }

  /**
   * @param {number} start
   * @param {number} [end]
   * @returns {string} who says the first words between whose speaker is named
   */
  speaker(start, end = Infinity) {
    const named = this.#between(start, end).find(({ text, speaker }) => speaker && text.trim());
    return named?.speaker ?? '';
  }

  /** @param {number} start @param {number} end @returns {{text: string, speaker: string}[]} */
  #between(start, end) {
    // The ends only grow, and what is asked for is mostly at the end of the log.
    let first = this.#entries.length;
    while (first > 0 && !isBefore(this.#entries[first - 1], start)) first -= 1;
    const parts = [];
    for (const entry of this.#entries.slice(first)) {
      if (entry.kind !== 'source') continue;
      if (entry.start >= end) break;
      const { committed } = entry.message;
      const whole = entry.start >= start && entry.end <= end;
      const text = whole
        ? committed
        : [...committed].slice(Math.max(0, start - entry.start), end - entry.start).join('');
      parts.push({ text, speaker: entry.speaker });
    }
    return parts;
  }

  /**
   * What a new connection has to be sent after its first config.
   *
   * @param {number} covered code points of source that no target needs
   * @returns {Generator<Replayed>}
   */
  *replay(covered) {
    let isFirst = true;
    for (const entry of this.#entries) {
      if (entry.kind === 'config') yield { config: entry };
      else if (this.#isDone(entry, covered)) continue;
      else if (entry.kind === 'flush') yield { flush: entry.message };
      else {
        const source = rest(entry, covered);
        // The new connection does not know who spoke before.
        yield { source: isFirst ? { ...source, speaker: entry.speaker } : source };
        isFirst = false;
      }
    }
  }

  /** The tentative tail is replaced; a message that brought nothing else need not be kept. */
  #dropTail() {
    const tail = this.#tail;
    if (!tail) return;
    const { committed, endOfSegment, speaker } = tail.message;
    // A copy: the message itself may still wait to be sent.
    const kept = { ...tail, message: { ...tail.message, tentative: '' } };
    const replacement = committed || endOfSegment || speaker ? [kept] : [];
    this.#entries.splice(this.#entries.lastIndexOf(tail), 1, ...replacement);
    this.#tail = undefined;
  }

  /** @param {SourceEntry | FlushEntry | ConfigEntry} entry @param {number} covered */
  #isDone(entry, covered) {
    return entry.kind !== 'config' && entry.end <= covered && entry !== this.#tail;
  }
}

/** @param {SourceEntry | FlushEntry | ConfigEntry} entry @param {number} start */
function isBefore(entry, start) {
  return entry.kind === 'source' && entry.end <= start;
}

/**
 * @param {SourceEntry} entry
 * @param {number} covered
 * @returns {SourceMessage} without the source that is covered
 */
function rest({ start, end, message }, covered) {
  if (start >= covered && end > covered) return message;
  const committed = skipCodePoints(message.committed, covered - start);
  // A segment end that is covered has been honoured; only the tentative tail still stands.
  return committed ? { ...message, committed } : { ...message, committed, endOfSegment: false };
}

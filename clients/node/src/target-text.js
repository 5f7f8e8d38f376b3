import { codePointLength } from './code-points.js';
import { msFromDuration } from './duration.js';

/** @typedef {import('./source-log.js').SourceLog} SourceLog */

/**
 * @typedef {object} Segment
 * @property {number} id
 * @property {string} text committed target text
 * @property {boolean} closed
 * @property {string} speaker who speaks, as send named them; "" if it did not
 * @property {string} source that text covers; the whole of the segment's once it is closed
 * @property {number | undefined} startOffsetMs media time at which the source of text begins
 * @property {number | undefined} endOffsetMs
 * @property {number | undefined} sourceStart code points of committed source before it; undefined
 *   before the first update of a target that joined late
 */

/** The text of one target: its updates put together, and checked one by one. */
export class TargetText {
  /** Revision of the last update applied. */
  revision = 0;
  /** Whether an update of the open segment has come. */
  isOpen = false;
  /** The open segment's committed text. */
  committed = '';
  /** The open segment's draft. */
  draft = '';
  /**
   * Configs that leave it out: the first segment of each, and the first in which it is back. The
   * answer to a config may come before the last updates of earlier segments.
   *
   * @type {{left: number, back: number | undefined}[]}
   */
  absences = [];
  #committedLength = 0;
  /** @type {number | undefined} */
  #startOffsetMs;
  /** @type {number | undefined} */
  #endOffsetMs;
  /** The segment of the last update. @type {Segment | undefined} */
  #segment;
  /** @type {Segment[]} */
  #closed = [];
  #history;

  /**
   * @param {number} segmentId the first segment
   * @param {number | undefined} sourceStart where it starts, when that is known
   * @param {number} history how many closed segments are kept
   */
  constructor(segmentId, sourceStart, history) {
    this.segmentId = segmentId;
    this.sourceStart = sourceStart;
    this.#history = history;
  }

  /**
   * @param {number} segmentId the next segment that comes, not begun yet
   * @param {number} [sourceStart] where it starts, when that is known
   */
  skipTo(segmentId, sourceStart) {
    this.segmentId = segmentId;
    this.sourceStart = sourceStart;
  }

  /** Whether updates from before a config that leaves it out are still to come. */
  get owes() {
    return this.isOpen || this.segmentId < (this.absences[0]?.left ?? 0);
  }

  /** @param {number} segmentId the first segment of a config that leaves it out */
  leave(segmentId) {
    this.absences.push({ left: segmentId, back: undefined });
  }

  /**
   * @param {number} segmentId the first segment of a config that brings it, for the first time or
   *   again; what was said before it was left out may still come
   * @param {number} [sourceStart] where it starts, when that is known
   */
  join(segmentId, sourceStart) {
    const last = this.absences.at(-1);
    if (this.owes) {
      if (last) last.back = segmentId;
      return;
    }
    this.absences = [];
    this.skipTo(segmentId, sourceStart);
  }

  /** Go on behind the segments in which it was left out. @returns {boolean} whether there are any */
  skipAbsence() {
    const [absence] = this.absences;
    if (absence?.back === undefined || this.segmentId < absence.left) return false;
    this.absences.shift();
    if (absence.back > this.segmentId) this.skipTo(absence.back, undefined);
    return true;
  }

  /** Closed segments, and the open one once there is text in it. @returns {Segment[]} */
  get segments() {
    return this.committed && this.#segment ? [...this.#closed, this.#segment] : [...this.#closed];
  }

  /**
   * @param {any} update TargetUpdate
   * @returns {string} what shows that something was lost; "" when nothing was. An update with a
   *   mismatch changes nothing.
   */
  mismatch(update) {
    const length = this.#committedLength + codePointLength(update.committed);
    if (update.revision !== this.revision + 1) {
      return `revision ${update.revision} after ${this.revision}`;
    }
    if (update.segmentId !== this.segmentId) {
      return `segment ${update.segmentId} while ${this.segmentId} is open`;
    }
    if (update.committedLength !== length) {
      return `committed_length ${update.committedLength} where ${length} have come`;
    }
    return '';
  }

  /**
   * @param {any} update TargetUpdate without a mismatch
   * @param {SourceLog} source what was sent
   * @returns {Segment} its segment after it
   */
  apply(update, source) {
    this.revision = update.revision;
    this.isOpen = true;
    this.sourceStart = update.segmentSourceStart;
    this.committed += update.committed;
    this.#committedLength = update.committedLength;
    this.draft = update.draft;
    const { startOffset, endOffset, segmentSourceStart: start, sourceCommittedLength } = update;
    this.#startOffsetMs = extreme(Math.min, this.#startOffsetMs, msFromDuration(startOffset));
    this.#endOffsetMs = extreme(Math.max, this.#endOffsetMs, msFromDuration(endOffset));
    const end = start + sourceCommittedLength;
    const segment = {
      id: update.segmentId,
      text: this.committed,
      closed: update.segmentClosed,
      speaker: source.speaker(start, update.segmentClosed ? end : Infinity),
      source: source.text(start, end),
      startOffsetMs: this.#startOffsetMs,
      endOffsetMs: this.#endOffsetMs,
      sourceStart: start,
    };
    this.#segment = segment;
    if (update.segmentClosed) this.#close(segment, update);
    return segment;
  }

  /** @param {Segment} segment @param {any} update TargetUpdate */
  #close(segment, { segmentId, segmentSourceStart, sourceCommittedLength }) {
    // Of one without either there was a draft alone, which was taken back.
    if (segment.text || segment.source) this.#closed.push(segment);
    if (this.#closed.length > this.#history) this.#closed.shift();
    this.#startOffsetMs = this.#endOffsetMs = undefined;
    this.segmentId = segmentId + 1;
    // Until the next segment's first update says otherwise.
    this.sourceStart = segmentSourceStart + sourceCommittedLength;
    this.isOpen = false;
    this.committed = '';
    this.draft = '';
    this.#committedLength = 0;
  }
}

/**
 * @param {(...values: number[]) => number} choose
 * @param {(number | undefined)[]} values
 * @returns {number | undefined} of those that are known
 */
function extreme(choose, ...values) {
  const known = values.filter((value) => value !== undefined);
  return known.length ? choose(...known) : undefined;
}

import { codePointLength } from './code-points.js';

/**
 * @typedef {object} Segment
 * @property {number} id
 * @property {string} text committed target text
 * @property {boolean} closed
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
  #committedLength = 0;
  /** @type {Segment[]} */
  #closed = [];

  /**
   * @param {number} segmentId the first segment
   * @param {number} [sourceStart] where it starts, when that is known
   */
  constructor(segmentId, sourceStart) {
    this.segmentId = segmentId;
    this.sourceStart = sourceStart;
  }

  /**
   * @param {number} segmentId the next segment that comes, not begun yet
   * @param {number} [sourceStart] where it starts, when that is known
   */
  skipTo(segmentId, sourceStart) {
    this.segmentId = segmentId;
    this.sourceStart = sourceStart;
  }

  /** Closed segments, and the open one once there is text in it. @returns {Segment[]} */
  get segments() {
    if (!this.committed) return [...this.#closed];
    const { segmentId: id, committed: text, sourceStart } = this;
    return [...this.#closed, { id, text, closed: false, sourceStart }];
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

  /** @param {any} update TargetUpdate without a mismatch */
  apply(update) {
    this.revision = update.revision;
    this.isOpen = true;
    this.sourceStart = update.segmentSourceStart;
    this.committed += update.committed;
    this.#committedLength = update.committedLength;
    this.draft = update.draft;
    if (update.segmentClosed) this.#close(update);
  }

  /** @param {any} update TargetUpdate */
  #close({ segmentId, segmentSourceStart, sourceCommittedLength }) {
    this.#closed.push({
      id: segmentId,
      text: this.committed,
      closed: true,
      sourceStart: segmentSourceStart,
    });
    this.segmentId = segmentId + 1;
    // Until the next segment's first update says otherwise.
    this.sourceStart = segmentSourceStart + sourceCommittedLength;
    this.isOpen = false;
    this.committed = '';
    this.draft = '';
    this.#committedLength = 0;
  }
}

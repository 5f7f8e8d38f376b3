import { TargetText } from './target-text.js';

/** What has come of all targets, and from where on each needs source. */
export class Transcript {
  /** @type {Map<string, TargetText>} */
  #targets = new Map();
  /** Targets of the config in force. @type {Set<string>} */
  #inForce = new Set();
  /** Code points of source before each segment that some target still needs. */
  #segmentStarts = new Map([[0, 0]]);
  #source;
  #history;

  /**
   * @param {import('./source-log.js').SourceLog} source what was sent
   * @param {number} history how many closed segments are kept of each target
   */
  constructor(source, history) {
    this.#source = source;
    this.#history = history;
  }

  /**
   * @param {{targets: any[]}} started SessionStarted
   * @param {boolean} isAnswer whether it answers a reconfiguration, not the opening of a connection
   */
  begin({ targets }, isAnswer) {
    const before = this.#inForce;
    this.#inForce = new Set(targets.map(({ targetLanguageCode }) => targetLanguageCode));
    const beginsWith = Math.min(...targets.map(({ firstSegmentId }) => firstSegmentId));
    if (isAnswer) {
      for (const target of before) {
        if (!this.#inForce.has(target)) this.of(target).leave(beginsWith);
      }
    } else {
      // A new connection knows nothing of the drafts of the one before, and answers configs anew.
      for (const text of this.#targets.values()) Object.assign(text, { draft: '', absences: [] });
    }
    for (const { targetLanguageCode: target, firstSegmentId } of targets) {
      const text = this.#targets.get(target);
      // Where a tentative tail is taken back that the config before had to wait for, a target which
      // that one brought begins with the same segment after all.
      const isEarlier = text?.sourceStart === undefined && firstSegmentId < (text?.segmentId ?? 0);
      if (!text) {
        const start = this.#startOf(firstSegmentId);
        this.#targets.set(target, new TargetText(firstSegmentId, start, this.#history));
      } else if (isAnswer ? !before.has(target) || isEarlier : text.sourceStart === undefined) {
        text.join(firstSegmentId, this.#startOf(firstSegmentId));
      }
    }
  }

  /**
   * @param {any} update TargetUpdate
   * @returns {string} what shows that something was lost; "" when nothing was
   */
  mismatch(update) {
    const text = this.#targets.get(update.targetLanguageCode);
    return text ? text.mismatch(update) : `no target ${update.targetLanguageCode}`;
  }

  /**
   * @param {any} update TargetUpdate without a mismatch
   * @returns {import('./target-text.js').Segment} its segment after it
   */
  apply(update) {
    const text = this.of(update.targetLanguageCode);
    const segment = text.apply(update, this.#source);
    this.#segmentStarts.set(update.segmentId, update.segmentSourceStart);
    if (update.segmentClosed) {
      this.#closed(text);
      while (text.skipAbsence());
    }
    return segment;
  }

  /** @param {string} target @returns {TargetText} */
  of(target) {
    const text = this.#targets.get(target);
    if (!text) throw new RangeError(`no target ${target}`);
    return text;
  }

  /**
   * Whether a new connection can begin with the config in force. Not while a target that it leaves
   * out has a segment open, or while it is not known where one begins that it brings: then a new
   * connection begins with the other targets and is sent the config in its place.
   */
  get isSettled() {
    const isBack = [...this.#inForce].every((target) => this.of(target).absences.length === 0);
    return (
      isBack && this.#leaving.length === 0 && this.#resumable().length === this.#inForce.size
    );
  }

  /** Targets that a new config leaves out while they are owed a segment. @returns {string[]} */
  get #leaving() {
    const targets = [...this.#targets.keys()];
    return targets.filter((target) => !this.#inForce.has(target) && this.of(target).owes);
  }

  /** Code points of committed source that no target needs any more. @returns {number} */
  get covered() {
    const starts = this.#resumable().map((target) => this.of(target).sourceStart ?? 0);
    return starts.length ? Math.min(...starts) : this.#latestStart()[1];
  }

  /**
   * ResumedTargets; their source is sent again, from `covered` on.
   *
   * @returns {{targetLanguageCode: string, segmentId: number}[]}
   */
  resumedTargets() {
    // A new server does not know of a draft, and so owes no end of what was nothing else.
    for (const text of this.#targets.values()) text.isOpen &&= text.committed !== '';
    if (this.#resumable().length === 0) {
      for (const target of this.#inForce) this.of(target).skipTo(...this.#latestStart());
    }
    const resumable = this.#resumable();
    for (const [target, text] of this.#targets) {
      // A server that is not told of it counts its updates from 1.
      if (!resumable.includes(target)) text.revision = 0;
    }
    return resumable.map((target) => {
      const { segmentId, revision, sourceStart, committed } = this.of(target);
      return {
        targetLanguageCode: target,
        segmentId,
        revision,
        segmentSourceStart: sourceStart,
        targetCommitted: committed,
      };
    });
  }

  /**
   * Targets that can be resumed. Where one begins that joined late is not known until another comes
   * there; until then it needs no source that the others do not.
   */
  #resumable() {
    return [...this.#inForce, ...this.#leaving].filter((target) => {
      const text = this.of(target);
      text.sourceStart ??= this.#startOf(text.segmentId);
      return text.sourceStart !== undefined;
    });
  }

  /** @param {number} segmentId */
  #startOf(segmentId) {
    return this.#segmentStarts.get(segmentId);
  }

  /** @returns {[number, number]} the latest segment whose start is known, and its start */
  #latestStart() {
    return [...this.#segmentStarts].reduce((one, other) => (other[0] > one[0] ? other : one));
  }

  /** @param {TargetText} text that has just closed a segment */
  #closed(text) {
    if (!this.#segmentStarts.has(text.segmentId)) {
      this.#segmentStarts.set(text.segmentId, /** @type {number} */ (text.sourceStart));
    }
    const ids = this.#resumable().map((target) => this.of(target).segmentId);
    for (const id of this.#segmentStarts.keys()) {
      if (id < Math.min(...ids, text.segmentId)) this.#segmentStarts.delete(id);
    }
  }
}

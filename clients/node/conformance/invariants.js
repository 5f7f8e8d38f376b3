import { codePointLength } from '../src/code-points.js';

/**
 * @typedef {object} TargetState
 * @property {number} revision of the last update
 * @property {number} acked
 * @property {number} segmentId the open segment, or the next
 * @property {number} length code points of its committed text
 * @property {boolean} isOpen whether an update of it has come
 * @property {number} sourceLength code points of its source that are covered
 * @property {number} sourceEnd least start of the next segment
 * @property {number} sequence last source update that an update reflected
 */

/** Checks what holds for every stream, whatever its script; one instance for each stream. */
export class Invariants {
  /** What was found to be wrong. @type {string[]} */
  problems = [];
  /** @type {any} */
  #config;
  #sourceLength = 0;
  #sequence = 0;
  #isHalfClosed = false;
  #isStarted = false;
  #hasReport = false;
  /** @type {Map<string, TargetState>} */
  #targets = new Map();
  /** @type {Map<number, number>} */
  #segmentStarts = new Map();

  /** @param {import('./journal.js').Journal} journal @returns {string[]} what is wrong with it */
  static problemsOf(journal) {
    const invariants = new Invariants();
    for (const entry of journal.entries) {
      if ('sent' in entry) invariants.#sent(entry.sent);
      else if ('received' in entry) invariants.#received(entry.received);
      else invariants.#isHalfClosed = true;
    }
    invariants.#ended(journal);
    return invariants.problems;
  }

  /** @param {boolean} holds @param {string} otherwise */
  #check(holds, otherwise) {
    if (!holds) this.problems.push(otherwise);
  }

  /** @param {any} request */
  #sent({ config, source, flush, ack }) {
    if (config) {
      this.#config ??= config;
      if (this.#config === config) this.#resume(config.resume?.targets ?? []);
    }
    if (source) this.#sourceLength += codePointLength(source.committed ?? '');
    this.#sequence = Math.max(this.#sequence, (source ?? flush)?.sequence ?? 0);
    const target = ack && this.#targets.get(ack.targetLanguageCode);
    if (target) target.acked = ack.revision;
  }

  /** @param {any[]} targets ResumedTargets */
  #resume(targets) {
    const starts = targets.map(({ segmentSourceStart = 0 }) => segmentSourceStart);
    const ends = targets
      .filter(({ sourceCommitted }) => sourceCommitted)
      .map(
        ({ segmentSourceStart: start = 0, sourceCommitted }) =>
          start + codePointLength(sourceCommitted),
      );
    this.#sourceLength = Math.max(starts.length ? Math.min(...starts) : 0, ...ends);
    for (const { targetLanguageCode, ...state } of targets) {
      this.#targets.set(targetLanguageCode, newTarget(state));
    }
  }

  /** @param {any} response */
  #received({ response: kind, started, target }) {
    this.#check(kind === 'started' || this.#isStarted, `${kind} came before started`);
    this.#check(!this.#hasReport, `${kind} came after the report`);
    if (kind === 'started') this.#begin(started);
    if (kind === 'target') this.#update(target);
    if (kind === 'report') this.#hasReport = true;
  }

  /** @param {any} started */
  #begin(started) {
    this.#isStarted = true;
    this.#check(started.sessionId !== '', 'started has no session_id');
    this.#check(started.limits?.maxChunkLength > 0, 'started has no limits');
    for (const { targetLanguageCode, firstSegmentId, model, policy } of started.targets) {
      this.#check(
        (model !== '') === Boolean(policy?.name),
        `started of ${targetLanguageCode}: a model without a policy, or the other way round`,
      );
      if (!this.#targets.has(targetLanguageCode)) {
        this.#targets.set(targetLanguageCode, newTarget({ segmentId: firstSegmentId }));
      }
    }
  }

  /** @param {any} update */
  #update(update) {
    const name = update.targetLanguageCode;
    const at = `${name}, revision ${update.revision}`;
    const target = this.#targets.get(name);
    if (!target) return this.#check(false, `update of ${name}, which was not asked for`);
    this.#check(
      update.revision === target.revision + 1,
      `${at} follows revision ${target.revision}`,
    );
    this.#check(
      update.segmentId === target.segmentId,
      `${at}: segment ${update.segmentId} while it is at segment ${target.segmentId}`,
    );
    this.#checkTexts(update, target, at);
    this.#checkSource(update, target, at);
    this.#checkAcks(update, target, at);
    target.revision = update.revision;
    target.sequence = update.sourceSequence;
    target.length += codePointLength(update.committed);
    target.isOpen = !update.segmentClosed;
    target.sourceLength = update.sourceCommittedLength;
    if (update.segmentClosed) {
      target.segmentId = update.segmentId + 1;
      target.length = 0;
      target.sourceLength = 0;
      target.sourceEnd = update.segmentSourceStart + update.sourceCommittedLength;
    }
  }

  /** @param {any} update @param {TargetState} target @param {string} at */
  #checkTexts({ committed, committedLength, draft, segmentClosed, alignments }, target, at) {
    const length = target.length + codePointLength(committed);
    this.#check(
      committedLength === length,
      `${at}: committed_length ${committedLength}, ${length} have come`,
    );
    this.#check(!segmentClosed || draft === '', `${at}: closed with a draft`);
    this.#check(
      this.#config.alignments || alignments.length === 0,
      `${at}: alignments, not asked for`,
    );
    for (const { targetStart, targetEnd } of alignments) {
      this.#check(
        target.length <= targetStart && targetStart < targetEnd && targetEnd <= length,
        `${at}: alignment of ${targetStart}–${targetEnd}, committed is ${target.length}–${length}`,
      );
    }
  }

  /** @param {any} update @param {TargetState} target @param {string} at */
  #checkSource(update, target, at) {
    const { segmentId, segmentSourceStart: start, sourceCommittedLength: length } = update;
    const known = this.#segmentStarts.get(segmentId) ?? start;
    this.#segmentStarts.set(segmentId, start);
    this.#check(start === known, `${at}: segment ${segmentId} starts at ${start}, it was ${known}`);
    this.#check(start >= target.sourceEnd, `${at}: begins at ${start}, before ${target.sourceEnd}`);
    this.#check(
      length >= target.sourceLength,
      `${at}: source_committed_length goes back to ${length}`,
    );
    this.#check(start + length <= this.#sourceLength, `${at}: covers more source than was sent`);
    this.#check(update.sourceSequence >= target.sequence, `${at}: source_sequence goes back`);
    this.#check(update.sourceSequence <= this.#sequence, `${at}: source_sequence was not sent`);
    for (const { sourceStart, sourceEnd } of update.alignments) {
      this.#check(
        sourceStart < sourceEnd && start + sourceEnd <= this.#sourceLength,
        `${at}: alignment from ${sourceStart}–${sourceEnd} of a shorter source`,
      );
    }
  }

  /** @param {any} update @param {TargetState} target @param {string} at */
  #checkAcks({ revision }, target, at) {
    const most = this.#config.maxUnackedUpdates;
    if (!most || this.#isHalfClosed) return;
    this.#check(revision - target.acked <= most, `${at}: only ${target.acked} is acked`);
  }

  /** @param {import('./journal.js').Journal} journal */
  #ended({ end, code }) {
    if (end === 'OK') {
      this.#check(this.#hasReport, 'OK without a report');
      for (const [name, { isOpen, segmentId }] of this.#targets) {
        this.#check(!isOpen, `OK while segment ${segmentId} of ${name} is open`);
      }
    } else if (typeof end === 'object' && code !== 'CANCELLED') {
      this.#check(!this.#hasReport, `${code} after the report`);
      this.#check(end.reason !== '', `${code} without ErrorInfo`);
    }
  }
}

/** @param {any} resumed ResumedTarget @returns {TargetState} */
function newTarget({ segmentId = 0, revision = 0, segmentSourceStart = 0, targetCommitted = '' }) {
  return {
    revision,
    acked: revision,
    segmentId,
    length: codePointLength(targetCommitted),
    isOpen: targetCommitted !== '',
    sourceLength: 0,
    sourceEnd: segmentSourceStart,
    sequence: 0,
  };
}

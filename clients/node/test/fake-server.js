import { codePointLength, skipCodePoints } from '../src/code-points.js';

const SENTENCE_END = /[.!?]\s+(?=\S)/u;

/**
 * A connection as `translator serve --fake-model` would serve it with the policy final-only: just
 * enough to try the conformance runner on.
 *
 * @param {(text: string) => number} [lengthOf] how it measures text
 * @returns {(peer: import('./scripted-server.js').Peer) => Promise<void>}
 */
export function fakeConnection(lengthOf = codePointLength) {
  return async (peer) => {
    const { config } = await peer.receive();
    const [target] = config.targetLanguageCodes;
    if (target !== 'yy') {
      const metadata = { pairs: 'xx-yy, xx-zz' };
      return peer.fail('NOT_FOUND', { reason: 'LANGUAGE_PAIR_NOT_SUPPORTED', metadata });
    }
    const resumed = config.resume?.targets[0] ?? {};
    const policy = { name: 'final-only' };
    const firstSegmentId = resumed.segmentId;
    const targets = [{ targetLanguageCode: target, model: 'fake', policy, firstSegmentId }];
    peer.start({ sessionId: config.resume?.sessionId ?? 'fake', targets });
    const segments = new Segments(peer, resumed, lengthOf);
    for (let request; (request = await peer.receive());) segments.take(request);
    segments.close();
    segments.report();
  };
}

class Segments {
  #text = '';
  #sequence = 0;
  #counts = { sourceWords: 0, sourceUpdates: 0, segments: 0 };
  #peer;
  #state;
  #lengthOf;

  /**
   * @param {import('./scripted-server.js').Peer} peer
   * @param {any} resumed ResumedTarget
   * @param {(text: string) => number} lengthOf
   */
  constructor(
    peer,
    { segmentId = 0, revision = 0, segmentSourceStart = 0, targetCommitted = '' },
    lengthOf,
  ) {
    this.#peer = peer;
    this.#state = { segmentId, revision, segmentSourceStart, targetCommitted };
    this.#lengthOf = lengthOf;
  }

  /** @param {any} request */
  take({ source, flush }) {
    this.#sequence = (source ?? flush).sequence;
    if (flush) return this.close();
    this.#counts.sourceUpdates++;
    this.#counts.sourceWords += source.committed.split(/\s+/).filter(Boolean).length;
    this.#text += source.committed;
    for (let end; (end = this.#text.match(SENTENCE_END));)
      this.close((end.index ?? 0) + end[0].length);
    if (source.endOfSegment) this.close();
  }

  close(end = this.#text.length) {
    const source = this.#text.slice(0, end);
    if (!source.trim()) return;
    this.#text = this.#text.slice(end);
    const state = this.#state;
    const translation = fakeTranslation(source);
    this.#peer.update({
      segmentId: state.segmentId++,
      revision: ++state.revision,
      committed: skipCodePoints(translation, codePointLength(state.targetCommitted)),
      committedLength: this.#lengthOf(translation),
      segmentClosed: true,
      segmentSourceStart: state.segmentSourceStart,
      sourceCommittedLength: codePointLength(source),
      sourceSequence: this.#sequence,
    });
    state.segmentSourceStart += codePointLength(source);
    state.targetCommitted = '';
    this.#counts.segments++;
  }

  report() {
    const targets = [{ targetLanguageCode: 'yy', targetWords: this.#counts.sourceWords }];
    this.#peer.send({ report: { ...this.#counts, targets } });
    this.#peer.end();
  }
}

/** @param {string} source */
function fakeTranslation(source) {
  const upper = source.trim().toUpperCase();
  return /[.!?]$/.test(upper) ? upper : `${upper}~.`;
}

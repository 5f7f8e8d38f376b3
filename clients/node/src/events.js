// Messages of the server, as the events that callers read.

import { msFromDuration } from './duration.js';
import { errorFromStatus } from './errors.js';

/**
 * @typedef {object} ConnectingEvent the server is about to be called for the first time, or once
 *   more as it did not answer; comes only with the option connectTimeoutMs
 * @property {'connecting'} type
 * @property {string} address of the server, as the client was given it
 * @property {number} attempt 1, 2, …
 * @property {import('./errors.js').TranslatorError} [cause] why the attempt before failed
 * @property {number} waitMs the attempt is made after so long
 *
 * @typedef {object} ReconnectingEvent the stream broke off and is about to be resumed; comes once
 *   for each attempt, and a started event when it has been
 * @property {'reconnecting'} type
 * @property {string} address of the server, as the client was given it
 * @property {number} attempt 1, 2, … since the stream last worked
 * @property {import('./errors.js').TranslatorError} cause what broke the stream, or why the attempt
 *   before failed
 * @property {number} waitMs the attempt is made after so long
 *
 * @typedef {object} StartedEvent the session is open
 * @property {'started'} type
 * @property {boolean} resumed whether the stream broke before and goes on with this; the drafts
 *   shown until then are void
 * @property {string} sessionId
 * @property {StartedTarget[]} targets
 * @property {Limits} limits
 * @property {string} detectedLanguage of the source where it was left open ("und"); "" until it is
 *   detected, when a further started event comes
 *
 * @typedef {object} StartedTarget
 * @property {string} target
 * @property {string} model empty until the source's language is detected
 * @property {{name: string, parameters: Record<string, number>} | null} policy null until then
 * @property {number} firstSegmentId
 *
 * @typedef {object} Limits
 * @property {number} maxChunkLength code points of committed and tentative text in one send
 * @property {number} maxSegmentWords
 * @property {number} maxSegmentLength code points
 * @property {number} maxTargets
 * @property {number | undefined} heartbeatIntervalMs 0: no heartbeats
 *
 * @typedef {object} UpdateEvent new text in one target language
 * @property {'update'} type
 * @property {string} target
 * @property {number} segmentId
 * @property {number} revision
 * @property {string} committed appended to the segment's committed text
 * @property {string} draft replaces the segment's former draft
 * @property {string} text the segment's committed text so far; a reader sees text + draft
 * @property {boolean} closed whether this is the segment's last update
 * @property {number} sourceSequence the last send or flush that this reflects
 * @property {number} sourceStart code points of committed source before this segment
 * @property {number} sourceLength code points of the segment's source that text covers
 * @property {Alignment[]} alignments in code points
 * @property {number | undefined} startOffsetMs media time of the text in committed
 * @property {number | undefined} endOffsetMs
 * @property {{queueMs?: number, encodeMs?: number, decodeMs?: number}} timing
 * @property {string} speaker who speaks in this segment, as send named them
 * @property {string} source the segment's source that text covers; the whole of it once closed
 * @property {number | undefined} segmentStartOffsetMs media time at which the source of text begins
 * @property {number | undefined} segmentEndOffsetMs
 *
 * @typedef {object} Alignment a range of the target and the range of the source it comes from
 * @property {number} sourceStart
 * @property {number} sourceEnd the code point after the range
 * @property {number} targetStart
 * @property {number} targetEnd the code point after the range
 *
 * @typedef {{type: 'heartbeat', sourceSequence: number}} HeartbeatEvent the stream is alive
 * @typedef {{type: 'warning', error: import('./errors.js').TranslatorError}} WarningEvent something
 *   was ignored or could not be honoured; the session goes on
 *
 * @typedef {object} ReportEvent always last. After a resume it tells of the last connection only.
 * @property {'report'} type
 * @property {number} sourceWords
 * @property {number} sourceUpdates
 * @property {number} segments
 * @property {number | undefined} durationMs
 * @property {TargetReport[]} targets
 *
 * @typedef {object} TargetReport
 * @property {string} target
 * @property {number} updates
 * @property {number} updatesSuperseded
 * @property {number} targetWords
 * @property {number} normalizedErasure
 * @property {number} meanLagWords
 * @property {number} meanLagMs
 * @property {number} requests
 * @property {number} decoderStepsRun
 * @property {number} decoderStepsSaved
 *
 * @typedef {ConnectingEvent | ReconnectingEvent | StartedEvent | UpdateEvent | HeartbeatEvent
 *   | WarningEvent | ReportEvent} StreamEvent
 */

/**
 * @param {string} address
 * @param {import('./errors.js').TranslatorError | undefined} cause
 * @param {{attempt: number, waitMs: number}} plan
 * @returns {ConnectingEvent}
 */
export function connectingEvent(address, cause, { attempt, waitMs }) {
  return { type: 'connecting', address, attempt, cause, waitMs };
}

/**
 * @param {string} address
 * @param {import('./errors.js').TranslatorError} cause
 * @param {{attempt: number, waitMs: number}} plan
 * @returns {ReconnectingEvent}
 */
export function reconnectingEvent(address, cause, { attempt, waitMs }) {
  return { type: 'reconnecting', address, attempt, cause, waitMs };
}

/** @param {any} message SessionStarted @param {boolean} resumed @returns {StartedEvent} */
export function startedEvent({ sessionId, targets, limits, detectedLanguageCode }, resumed) {
  const { heartbeatInterval, ...others } = limits ?? { heartbeatInterval: null };
  return {
    type: 'started',
    resumed,
    sessionId,
    targets: targets.map(named),
    limits: { ...others, heartbeatIntervalMs: msFromDuration(heartbeatInterval) },
    detectedLanguage: detectedLanguageCode,
  };
}

/**
 * @param {any} message TargetUpdate
 * @param {import('./target-text.js').Segment} segment its segment after it
 * @returns {UpdateEvent}
 */
export function updateEvent(message, segment) {
  return {
    type: 'update',
    target: message.targetLanguageCode,
    segmentId: message.segmentId,
    revision: message.revision,
    committed: message.committed,
    draft: message.draft,
    text: segment.text,
    closed: message.segmentClosed,
    sourceSequence: message.sourceSequence,
    sourceStart: message.segmentSourceStart,
    sourceLength: message.sourceCommittedLength,
    alignments: message.alignments,
    startOffsetMs: msFromDuration(message.startOffset),
    endOffsetMs: msFromDuration(message.endOffset),
    timing: {
      queueMs: msFromDuration(message.timing?.queue),
      encodeMs: msFromDuration(message.timing?.encode),
      decodeMs: msFromDuration(message.timing?.decode),
    },
    speaker: segment.speaker,
    source: segment.source,
    segmentStartOffsetMs: segment.startOffsetMs,
    segmentEndOffsetMs: segment.endOffsetMs,
  };
}

/** @param {any} message Heartbeat @returns {HeartbeatEvent} */
export function heartbeatEvent({ sourceSequence }) {
  return { type: 'heartbeat', sourceSequence };
}

/** @param {any} message google.rpc.Status @returns {WarningEvent} */
export function warningEvent(message) {
  return { type: 'warning', error: errorFromStatus(message) };
}

/** @param {any} message SessionReport @returns {ReportEvent} */
export function reportEvent({ duration, targets, ...others }) {
  return {
    type: 'report',
    ...others,
    durationMs: msFromDuration(duration),
    targets: targets.map(named),
  };
}

/** @param {any} message whose target is named by its language code */
function named({ targetLanguageCode, ...others }) {
  return { target: targetLanguageCode, ...others };
}

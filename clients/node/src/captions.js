// What a room of captions tells, as the events that callers read; and the links to rooms.

import { msFromDuration } from './duration.js';
import { TranslatorError } from './errors.js';

const ROOM = /\/[rso]\/([A-Za-z0-9_-]+)(?:\/overlay)?\/?$/;
const ALL_ROOMS = /\/captions\/v1\/rooms\/?$/;

/**
 * @typedef {object} CaptionsLink which room, and the key to it
 * @property {string} roomId "*" for all rooms, where rooms are made
 * @property {string} key
 *
 * @typedef {object} RoomLinks a new room, and the links to it
 * @property {string} roomId the room's unguessable name
 * @property {string} speakUrl for whoever speaks
 * @property {string} viewUrl for whoever reads
 * @property {string} operateUrl for whoever runs the room: may speak and read too
 *
 * @typedef {object} RoomSink how one destination does
 * @property {number} sinkId names it for switchSink, for as long as the room lives
 * @property {string} kind what it is, such as obs or zoom
 * @property {string} language that it is sent
 * @property {boolean} on whether it is sent captions
 * @property {number} numSent messages that have arrived
 * @property {string} problem what is wrong at the moment, or why it is off
 *
 * @typedef {object} RoomStatus how a room does
 * @property {Omit<RoomEvent, 'type'>} room what everybody may know
 * @property {string} epoch
 * @property {number} numViewers
 * @property {number} numSegments that are kept
 * @property {{language: string, numViewers: number, pinned: boolean, translated: boolean,
 *   numMissing: number}[]} languages each that somebody reads, speaks or has pinned
 * @property {{speaker: string, language: string, connected: boolean, problem: string}[]} publishers
 * @property {RoomSink[]} sinks where captions are sent besides
 *
 * @typedef {object} Caption what is said between two sentence ends, in one language
 * @property {number} segmentId 1, 2, … in the order in which segments began; within one epoch
 * @property {string} key names the segment across epochs
 * @property {string} language of the text; "original" where that was asked for
 * @property {string} sourceLanguage that was spoken
 * @property {string} speaker "" if nobody said
 * @property {string} text committed text so far
 * @property {boolean} closed whether this is all of it
 * @property {number | undefined} startOffsetMs media time of the speaker at which it begins
 * @property {number | undefined} endOffsetMs media time at which the text ends
 * @property {number | undefined} beginTimeMs when the gateway heard the first of it, since 1970
 *
 * @typedef {object} CaptionEvent a caption has grown, or is closed
 * @property {'caption'} type
 * @property {Caption} caption as it is now
 * @property {string} committed what was appended to its text, with its leading space
 *
 * @typedef {object} DraftText what follows the committed text of a segment for now
 * @property {number} segmentId
 * @property {string} key
 * @property {string} sourceLanguage
 * @property {string} speaker
 * @property {string} text
 *
 * @typedef {object} DraftEvent all drafts of a language; they replace those before
 * @property {'draft'} type
 * @property {string} language
 * @property {DraftText[]} texts one for each segment that has a draft
 *
 * @typedef {object} RoomEvent the room, as everybody may know it
 * @property {'room'} type
 * @property {string} roomId
 * @property {string} title
 * @property {{language: string, spoken: boolean, translated: boolean}[]} languages
 * @property {number} numSpeakers
 * @property {boolean} recorded
 * @property {number | undefined} retentionMs how long text is kept for late readers
 *
 * @typedef {CaptionEvent | DraftEvent | RoomEvent | import('./events.js').ConnectingEvent
 *   | import('./events.js').ReconnectingEvent} SubscriptionEvent
 *
 * @typedef {object} OpenedEvent the room listens
 * @property {'opened'} type
 * @property {string} epoch
 * @property {number} position code points of the source that the gateway has
 * @property {string[]} languages that can be spoken
 * @property {string} title
 *
 * @typedef {object} ProgressEvent how far the source has become captions
 * @property {'progress'} type
 * @property {number} position code points of it that are captions in all languages
 * @property {number} numViewers
 *
 * @typedef {object} ProblemEvent something went wrong, or was ignored; RECOVERED when it is over
 * @property {'problem'} type
 * @property {string} reason
 * @property {string} message
 *
 * @typedef {OpenedEvent | ProgressEvent | ProblemEvent
 *   | import('./events.js').ReconnectingEvent} PublicationEvent
 */

/**
 * @param {string | CaptionsLink} link as `translator captions` prints it: https://…/r/ROOM#key=…
 * @returns {CaptionsLink}
 * @throws {TypeError} it is none
 */
export function linkFrom(link) {
  if (typeof link === 'object' && link?.roomId) return { roomId: link.roomId, key: link.key };
  try {
    const url = new URL(String(link));
    const roomId = ALL_ROOMS.test(url.pathname) ? '*' : ROOM.exec(url.pathname)?.[1];
    const key = new URLSearchParams(url.hash.slice(1)).get('key');
    if (roomId && key) return { roomId, key };
  } catch {
    // No address at all.
  }
  throw new TypeError('not a link to a room, such as https://…/r/ROOM#key=…');
}

/** @param {any} message Segment, or CommittedText without a begin_time @returns {Caption} */
export function captionFrom(message) {
  const { beginTime } = message;
  return {
    segmentId: message.segmentId,
    key: message.key,
    language: message.languageCode,
    sourceLanguage: message.sourceLanguageCode,
    speaker: message.speaker,
    text: message.text,
    closed: message.closed,
    startOffsetMs: msFromDuration(message.startOffset),
    endOffsetMs: msFromDuration(message.endOffset),
    beginTimeMs: beginTime ? msFromDuration(beginTime) : undefined,
  };
}

/** @param {any} message Draft @returns {DraftEvent} */
export function draftFrom({ languageCode, texts }) {
  return {
    type: 'draft',
    language: languageCode,
    texts: texts.map((/** @type {any} */ { sourceLanguageCode, ...others }) => ({
      sourceLanguage: sourceLanguageCode,
      ...others,
    })),
  };
}

/** @param {any} message Room @returns {RoomEvent} */
export function roomFrom(message) {
  return { type: 'room', ...roomFacts(message) };
}

/** @param {any} message Room @returns {Omit<RoomEvent, 'type'>} */
function roomFacts({ languages, retention, ...others }) {
  return {
    ...others,
    languages: languages.map(withLanguage),
    retentionMs: msFromDuration(retention),
  };
}

/** @param {any} message GetRoomResponse @returns {RoomStatus} */
export function statusFrom({ status }) {
  const { room, languages, publishers, sinks, ...others } = status;
  return {
    ...others,
    room: roomFacts(room),
    languages: languages.map(withLanguage),
    publishers: publishers.map(withLanguage),
    sinks: sinks.map(withLanguage),
  };
}

/** @param {any} message SwitchSinkResponse @returns {RoomSink} */
export function sinkFrom({ sink }) {
  return withLanguage(sink);
}

/** @param {any} message @returns {any} with the name that callers know */
function withLanguage({ languageCode, ...others }) {
  return { language: languageCode, ...others };
}

/** @param {any} message Bye @returns {TranslatorError} after one that is UNAVAILABLE a call may go on */
export function farewellError({ reason, retryAfter }) {
  if (reason === 'REPLACED') {
    return new TranslatorError('ABORTED', 'the same publisher has another connection', { reason });
  }
  if (reason === 'EXPIRED') {
    return new TranslatorError('PERMISSION_DENIED', 'the link has expired', { reason });
  }
  const retryAfterMs = msFromDuration(retryAfter) ?? 0;
  return new TranslatorError('UNAVAILABLE', 'the gateway ends', { reason, retryAfterMs });
}

/** @param {any} message PublishResponse @returns {OpenedEvent | ProgressEvent | ProblemEvent} */
export function replyFrom(message) {
  if (message.opened) {
    const { languageCodes, ...others } = message.opened;
    return { type: 'opened', ...others, languages: languageCodes };
  }
  if (message.progress) return { type: 'progress', ...message.progress };
  return { type: 'problem', ...message.problem };
}

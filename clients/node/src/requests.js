// What callers write, as messages. An option that is not known is an error, not ignored.

import { durationFromMs } from './duration.js';

/**
 * @typedef {Record<string, string>} Glossary source terms to target terms; an empty target term
 *   keeps the source term
 *
 * @typedef {'low' | 'balanced' | 'high-quality'} Latency
 *
 * @typedef {object} NamedPolicy
 * @property {string} name for example "local-agreement"
 * @property {Record<string, number>} [parameters]
 *
 * @typedef {object} StreamOptions
 * @property {string} source language of the source, BCP-47; "und" to have it detected
 * @property {readonly string[]} targets languages to translate into; at least one
 * @property {string} [model] default: the best for each pair
 * @property {Latency | (string & {}) | NamedPolicy} [policy] a preset, or a policy by its name;
 *   default: "balanced"
 * @property {boolean} [drafts] whether to send text that may still change; default: true
 * @property {number} [minUpdateIntervalMs] least time between two updates of a target; default: 0
 * @property {Glossary} [glossary] default: none
 * @property {string[]} [glossaries] names of glossaries that the server has; `glossary` goes before
 *   them; default: none
 * @property {'automatic' | 'client'} [segmentation] who decides where a segment ends; default:
 *   "automatic"
 * @property {boolean} [alignments] whether updates say where their text comes from; default: false
 * @property {number} [heartbeatIntervalMs] longest silence of the server; default: the server's
 *   setting; 0: no heartbeats
 * @property {number} [maxUnackedUpdates] most updates of a target on their way without an ack; the
 *   stream acks by itself; default: 0, no acks
 * @property {string[]} [possibleSources] languages that a source may be in whose language is
 *   detected; default: all that the server translates from, and the targets
 * @property {Rests} [rests] what the server does when the source falls silent, and when
 *
 * @typedef {object} Rests times without new source; default: the server's; 0: never
 * @property {number} [draftMs] until the open segment is shown whole as a draft
 * @property {number} [sentenceMs] until a sentence with its end mark is closed, and so committed
 * @property {number} [segmentMs] until source without an end mark is
 *
 * @typedef {object} SourceUpdate
 * @property {string} [committed] appended to the source for good, spaces included; default: ""
 * @property {string} [tentative] replaces the former tentative tail; default: "", which clears it
 * @property {boolean} [endOfSegment] whether the open segment ends after this committed text
 * @property {number} [startOffsetMs] media time at which the committed text begins
 * @property {number} [endOffsetMs] media time at which the committed text ends
 * @property {string} [speaker] default: the same as before
 *
 * @typedef {object} TranslateOptions
 * @property {string} source language of the texts, BCP-47; "und" to have it detected, for each by
 *   itself
 * @property {string} target language to translate into, BCP-47
 * @property {string} [model] default: the best for the pair
 * @property {string} [mimeType] "text/plain", the default, "text/html" or "text/markdown"
 * @property {Glossary} [glossary] default: none
 * @property {string[]} [glossaries] names of glossaries that the server has; `glossary` goes before
 *   them; default: none
 * @property {boolean} [alignments] default: false
 * @property {number} [numAlternatives] most further translations of each text; default: 0
 * @property {string[]} [possibleSources] as in `StreamOptions`
 * @property {boolean} [preserveLines] whether line breaks, tabs and runs of spaces end what is
 *   translated together, and stay as they are; default: true
 * @property {string[]} [markup] template syntaxes in the texts, which are kept; default: none
 * @property {number} [timeoutMs] default: none
 *
 * @typedef {object} BatchItem a text to translate
 * @property {string} text
 * @property {string} [id] the caller's name for it, for any purpose of theirs
 * @property {number} [maxLength] longest translation that fits, in code points; default: any. The
 *   result of one that is longer has an error with the reason "TOO_LONG", and the translation
 * @property {string} [mimeType] default: the batch's
 *
 * @typedef {object} BatchOptions
 * @property {string} source language of the texts, BCP-47; "und" to have it detected, for each by
 *   itself
 * @property {string} target language to translate into, BCP-47
 * @property {string} [model] default: the best for the pair
 * @property {string} [mimeType] of items that do not say theirs: "text/plain", the default, or
 *   "text/html" or "text/markdown"
 * @property {Glossary} [glossary] default: none
 * @property {string[]} [glossaries] names of glossaries that the server has; `glossary` goes before
 *   them; default: none
 * @property {boolean} [alignments] default: false
 * @property {number} [numAlternatives] most further translations of each text; default: 0
 * @property {string[]} [possibleSources] as in `StreamOptions`
 * @property {boolean} [preserveLines] as in `TranslateOptions`
 * @property {string[]} [markup] template syntaxes in the texts, which are kept; default: none
 * @property {number} [heartbeatIntervalMs] longest silence of the server; default: the server's
 *   setting; 0: any. After three times as long the batch goes on over another connection
 */

/** @type {Record<string, string>} */
const LATENCIES = { low: 'LOW', balanced: 'BALANCED', 'high-quality': 'HIGH_QUALITY' };
/** @type {Record<string, string>} */
const SEGMENTATIONS = { automatic: 'SEGMENTATION_AUTOMATIC', client: 'SEGMENTATION_CLIENT' };

/** @param {StreamOptions} options @returns {object} StreamingConfig */
export function configMessage(options) {
  const {
    source,
    targets,
    policy,
    minUpdateIntervalMs,
    glossary = {},
    glossaries,
    segmentation = 'automatic',
    heartbeatIntervalMs,
    model,
    drafts = true,
    alignments,
    maxUnackedUpdates,
    possibleSources,
    rests,
    ...unknown
  } = options;
  refuseUnknown(unknown);
  refuseOther('targets', targets);
  if (glossaries !== undefined) refuseOther('glossaries', glossaries);
  if (!(segmentation in SEGMENTATIONS)) {
    throw new TypeError(`segmentation: one of ${Object.keys(SEGMENTATIONS).join(', ')}`);
  }
  return {
    sourceLanguageCode: source,
    targetLanguageCodes: targets,
    model,
    policy: policyMessage(policy),
    disableDrafts: !drafts,
    minUpdateInterval: durationFromMs(minUpdateIntervalMs),
    glossary: glossaryEntries(glossary),
    glossaries,
    segmentation: SEGMENTATIONS[segmentation],
    alignments,
    heartbeatInterval: durationFromMs(heartbeatIntervalMs),
    maxUnackedUpdates,
    possibleSourceLanguageCodes: possibleSources,
    rests: restsMessage(rests),
  };
}

/** @param {StreamOptions['rests']} rests */
function restsMessage(rests) {
  if (rests === undefined) return undefined;
  const { draftMs, sentenceMs, segmentMs, ...unknown } = rests;
  refuseUnknown(unknown);
  return {
    draft: durationFromMs(draftMs),
    sentence: durationFromMs(sentenceMs),
    segment: durationFromMs(segmentMs),
  };
}

/** @param {StreamOptions['policy']} policy */
function policyMessage(policy) {
  if (policy === undefined) return undefined;
  if (typeof policy === 'string') {
    const latency = LATENCIES[policy];
    return latency ? { latency: `LATENCY_${latency}` } : { named: { name: policy } };
  }
  const { name, parameters = {}, ...unknown } = policy;
  refuseUnknown(unknown);
  return { named: { name, parameters } };
}

/** @param {Glossary} glossary */
function glossaryEntries(glossary) {
  return Object.entries(glossary).map(([sourceTerm, targetTerm]) => ({ sourceTerm, targetTerm }));
}

/** @param {SourceUpdate} update @param {number} sequence @returns {SourceMessage} */
export function sourceMessage(update, sequence) {
  const {
    committed = '',
    tentative = '',
    endOfSegment = false,
    startOffsetMs,
    endOffsetMs,
    speaker = '',
    ...unknown
  } = update;
  refuseUnknown(unknown);
  refuseHalfCharacters('committed', committed);
  refuseHalfCharacters('tentative', tentative);
  const startOffset = durationFromMs(startOffsetMs);
  const endOffset = durationFromMs(endOffsetMs);
  return { sequence, committed, tentative, endOfSegment, startOffset, endOffset, speaker };
}

/**
 * @typedef {object} SourceMessage a SourceUpdate as it goes on the wire
 * @property {number} sequence
 * @property {string} committed
 * @property {string} tentative
 * @property {boolean} endOfSegment
 * @property {{seconds: number, nanos: number}} [startOffset]
 * @property {{seconds: number, nanos: number}} [endOffset]
 * @property {string} speaker
 */

/** @param {readonly string[]} texts @param {TranslateOptions} options @returns {object} */
export function translateMessage(texts, options) {
  refuseOther('texts', texts);
  return { texts, ...textFields(options) };
}

/** @param {BatchOptions} options @returns {object} BatchConfig */
export function batchConfigMessage(options) {
  const { heartbeatIntervalMs, ...own } = options;
  const heartbeatInterval = durationFromMs(heartbeatIntervalMs);
  return { ...textFields(own), heartbeatInterval, bundledResults: true };
}

/**
 * What a request and a batch of whole texts have in common.
 *
 * @param {Omit<TranslateOptions, 'timeoutMs'>} options
 */
function textFields(options) {
  const {
    source,
    target,
    model,
    mimeType,
    glossary = {},
    glossaries,
    alignments,
    numAlternatives,
    possibleSources,
    preserveLines,
    markup,
    ...unknown
  } = options;
  refuseUnknown(unknown);
  if (glossaries !== undefined) refuseOther('glossaries', glossaries);
  return {
    sourceLanguageCode: source,
    targetLanguageCode: target,
    model,
    mimeType,
    glossary: glossaryEntries(glossary),
    glossaries,
    alignments,
    numAlternatives,
    possibleSourceLanguageCodes: possibleSources,
    preserveLines,
    markup,
  };
}

/** @param {BatchItem} item @param {string} id @returns {object} BatchItem */
export function batchItemMessage({ text, maxLength, mimeType }, id) {
  return { id, text, maxLength, mimeType };
}

/**
 * @param {unknown} value an item of the input, the index-th
 * @param {number} index
 * @returns {BatchItem}
 */
export function checkedItem(value, index) {
  const item = /** @type {any} */ (typeof value === 'string' ? { text: value } : value);
  if (typeof item?.text !== 'string') {
    const what = typeName(value);
    throw new TypeError(`items[${index}]: a string or {text: …} is needed, not ${what}`);
  }
  const { text: _, id: __, maxLength = 0, mimeType: ___, ...unknown } = item;
  refuseUnknown(unknown);
  if (!Number.isInteger(maxLength) || maxLength < 0 || maxLength >= 2 ** 32) {
    throw new TypeError(`items[${index}].maxLength: a whole number from 0 on is needed`);
  }
  return item;
}

/** @param {object} unknown */
function refuseUnknown(unknown) {
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw new TypeError(`unknown option: ${name}`);
}

/**
 * The message names the argument and the type, not the value, which may be a user's text.
 *
 * @param {string} name
 * @param {unknown} value what has to be an array of strings
 */
function refuseOther(name, value) {
  if (!Array.isArray(value)) {
    const hint = typeof value === 'string' ? `; write ${name}: […] around a single one` : '';
    throw new TypeError(`${name}: an array of strings is needed, not ${typeName(value)}${hint}`);
  }
  const index = value.findIndex((item) => typeof item !== 'string');
  if (index >= 0) {
    throw new TypeError(`${name}[${index}]: a string is needed, not ${typeName(value[index])}`);
  }
}

/** @param {unknown} value */
function typeName(value) {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}

/**
 * Text cut between the two units of a character cannot be sent as UTF-8, and would end the stream.
 *
 * @param {string} name @param {string} text
 */
function refuseHalfCharacters(name, text) {
  if (hasHalfCharacters(text)) throw new TypeError(`${name}: holds half of a character`);
}

/** @param {string} text */
export function hasHalfCharacters(text) {
  return /\p{Surrogate}/u.test(text);
}

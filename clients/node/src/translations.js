// Translations of the server, as callers read them.

import { errorFromStatus } from './errors.js';

/**
 * @typedef {object} Translation
 * @property {string} text empty when there is an error
 * @property {import('./errors.js').TranslatorError | undefined} error what went wrong with this
 *   text alone
 * @property {string} model
 * @property {string} fingerprint of the model: what decides its translations, as a digest
 * @property {string} detectedLanguage empty when the request named the source
 * @property {string[]} alternatives the most probable first
 * @property {import('./events.js').Alignment[]} alignments in code points
 * @property {QualityIssue[]} qualityIssues what of the text the translation lacks
 * @property {AppliedTerm[]} terms what became of each glossary entry
 *
 * @typedef {object} QualityIssue
 * @property {string} kind "KIND_NUMBER", "KIND_CURRENCY", "KIND_LENGTH" or "KIND_MARKUP"
 * @property {number} sourceStart in code points
 * @property {number} sourceEnd
 *
 * @typedef {object} AppliedTerm
 * @property {number} entry which entry of its glossary, from 0
 * @property {string} how "HOW_ALREADY", "HOW_FORCED", "HOW_MASKED" or "HOW_FAILED"
 * @property {number} sourceStart in code points
 * @property {number} sourceEnd
 * @property {number} targetStart
 * @property {number} targetEnd
 * @property {string} glossary the name of the server's glossary; empty for the request's own
 *
 * @typedef {object} ItemResult
 * @property {import('./requests.js').BatchItem} item the item
 * @property {number} index its place in the input, from 0
 * @property {string} origin where the translation comes from: "engine", "cache", "memory", or
 *   "source" where there was nothing to translate; "" if there is none
 * @property {boolean} tooLong whether it is longer than the item's maxLength
 *
 * @typedef {Translation & ItemResult} BatchResult what became of an item. With an error of the
 *   reason "TOO_LONG" or "TERM_NOT_KEPT" there is a text nevertheless, with "MARKUP_NOT_KEPT" it is
 *   the item's own
 */

/** @param {any} message Translation @returns {Translation} */
export function translationFrom({ status, detectedLanguageCode, ...translation }) {
  return {
    ...translation,
    error: status?.code ? errorFromStatus(status) : undefined,
    detectedLanguage: detectedLanguageCode,
  };
}

const NOTHING = {
  text: '',
  model: '',
  fingerprint: '',
  detectedLanguageCode: '',
  alternatives: [],
  alignments: [],
  qualityIssues: [],
  terms: [],
};

/**
 * @param {import('./requests.js').BatchItem} item
 * @param {number} index
 * @param {any} message BatchResult
 * @param {import('./errors.js').TranslatorError} [refusal] why the item was not sent
 * @returns {BatchResult}
 */
export function batchResult(item, index, { translation, status, origin, tooLong }, refusal) {
  const name = (origin ?? '').replace('ORIGIN_', '').toLowerCase();
  return {
    item,
    index,
    ...translationFrom(translation ?? NOTHING),
    error: refusal ?? (status?.code ? errorFromStatus(status) : undefined),
    origin: name === 'unspecified' ? '' : name,
    tooLong: tooLong ?? false,
  };
}

// Reads conformance scripts; ../../conformance/README.md says what they mean.

import { readdirSync, readFileSync } from 'node:fs';
import { durationFromMs } from '../src/duration.js';

/**
 * @typedef {object} Script
 * @property {string} name
 * @property {string} description
 * @property {boolean} [library] whether a client library's public API can play it
 * @property {any[]} steps
 * @property {any} expect
 */

const SCRIPT_KEYS = ['name', 'description', 'library', 'steps', 'expect'];
const STEP_KINDS = ['send', 'sendChunk', 'await', 'halfClose', 'disconnect'];
const EXPECT_KEYS = [
  'status',
  'kinds',
  'started',
  'warnings',
  'segments',
  'sources',
  'updates',
  'drafts',
  'alignments',
  'mediaTimes',
  'report',
];
const DURATION_FIELDS = new Set([
  'minUpdateInterval',
  'heartbeatInterval',
  'draft',
  'sentence',
  'segment',
  'startOffset',
  'endOffset',
  'retryDelay',
]);

/** @param {URL} folder @returns {Script[]} ordered by name */
export function loadScripts(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.sort().map((file) => {
    const script = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
    refuseUnknown(script, SCRIPT_KEYS, file);
    refuseUnknown(script.expect, EXPECT_KEYS, `${file}, expect`);
    for (const step of script.steps) refuseUnknown(step, STEP_KINDS, `${file}, a step`);
    if (`${script.name}.json` !== file) throw new Error(`${file}: its name is ${script.name}`);
    return script;
  });
}

/**
 * @param {any} value of a request in proto3 JSON
 * @returns {any} the same for proto-loader, which does not know how JSON writes a Duration
 */
export function requestFromJson(value) {
  if (Array.isArray(value)) return value.map(requestFromJson);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, field]) => [
    key,
    DURATION_FIELDS.has(key) ? durationFromMs(msFromJson(field)) : requestFromJson(field),
  ]);
  return Object.fromEntries(entries);
}

/** @param {string} duration for example "1.5s" @returns {number} */
export function msFromJson(duration) {
  if (!/^\d+(\.\d+)?s$/.test(duration)) throw new Error(`not a Duration: ${duration}`);
  return Number.parseFloat(duration) * 1000;
}

/** @param {object} object @param {string[]} allowed @param {string} where */
export function refuseUnknown(object, allowed, where) {
  const unknown = Object.keys(object).filter((key) => !allowed.includes(key));
  if (unknown.length) throw new Error(`${where}: unknown ${unknown.join(', ')}`);
}

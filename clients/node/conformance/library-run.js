import { TranslatorClient } from '../src/index.js';
import { isMet, isShown } from './conditions.js';
import { Journal } from './journal.js';
import { msFromJson } from './scripts.js';

/** @typedef {import('./scripts.js').Script} Script */

/**
 * Play a script through the library's public API.
 *
 * @param {string} address
 * @param {Script} script one with "library": true
 * @param {number} timeoutMs for each await, and for the end
 * @param {(numUpdates: number) => void} [onUpdate] told how many updates have come
 * @returns {Promise<string[]>} what is wrong with the transcript
 */
export async function runLibrary(address, script, timeoutMs, onUpdate = () => {}) {
  const client = new TranslatorClient(address);
  const [{ send: first }, ...steps] = script.steps;
  const stream = client.stream(optionsFromJson(first.config));
  const journal = new Journal();
  const reading = read(stream, journal, onUpdate);
  try {
    for (const step of steps) await play(step, stream, journal, timeoutMs);
    await journal.until(() => journal.end !== undefined, 'the end of the stream', timeoutMs);
    await reading;
    return problems(script, stream, journal);
  } finally {
    stream.cancel();
    client.close();
  }
}

/**
 * @param {import('../src/index.js').TranslationStream} stream
 * @param {Journal} journal
 * @param {(numUpdates: number) => void} onUpdate
 */
async function read(stream, journal, onUpdate) {
  let numUpdates = 0;
  try {
    for await (const event of stream) {
      journal.add({ received: messageOf(event) });
      if (event.type === 'update') onUpdate(++numUpdates);
    }
    journal.finish('OK');
  } catch (error) {
    journal.finish(/** @type {any} */ (error));
  }
}

/** @param {any} event @returns {any} as far as the conditions look at it */
function messageOf(event) {
  if (event.type !== 'update') return { response: event.type, [event.type]: event };
  const { target: targetLanguageCode, segmentId, closed: segmentClosed } = event;
  return { response: 'target', target: { targetLanguageCode, segmentId, segmentClosed } };
}

/**
 * @param {any} step
 * @param {import('../src/index.js').TranslationStream} stream
 * @param {Journal} journal
 * @param {number} timeoutMs
 */
async function play(step, stream, journal, timeoutMs) {
  if (step.halfClose) stream.end();
  else if (step.send?.config) stream.reconfigure(optionsFromJson(step.send.config));
  else if (step.send?.flush) stream.flush();
  else if (step.send?.source) stream.send(updateFromJson(step.send.source));
  else if (step.await) {
    const { shown } = step.await;
    const isDone = () =>
      shown ? isShown(shown, textOf(stream, shown)) : isMet(step.await, journal);
    await journal.until(isDone, JSON.stringify(step.await), timeoutMs);
  } else throw new Error(`not for libraries: ${Object.keys(step)}`);
}

/**
 * @param {import('../src/index.js').TranslationStream} stream
 * @param {{target: string, segmentId: number}} segment
 * @returns {string} what is shown of it
 */
function textOf(stream, { target, segmentId }) {
  if (!stream.sessionId) return '';
  const segment = stream.segments(target).find(({ id }) => id === segmentId);
  return segment?.closed ? segment.text : (segment?.text ?? '') + stream.draft(target);
}

/**
 * @param {Script} script
 * @param {import('../src/index.js').TranslationStream} stream
 * @param {Journal} journal
 */
function problems({ expect }, stream, { end, received }) {
  if (end !== 'OK')
    return [`ended with ${typeof end === 'object' ? `${end.code}: ${end.message}` : end}`];
  const found = received.at(-1).response === 'report' ? [] : ['the last event is not the report'];
  for (const [target, texts] of Object.entries(expect.segments)) {
    const given = stream.segments(target).map(({ text }) => text);
    if (JSON.stringify(given) !== JSON.stringify(texts)) {
      found.push(`${target}: ${JSON.stringify(given)} instead of ${JSON.stringify(texts)}`);
    }
  }
  return found;
}

/**
 * @param {any} config StreamingConfig in proto3 JSON
 * @returns {import('../src/index.js').StreamOptions}
 */
function optionsFromJson(config) {
  const {
    sourceLanguageCode,
    targetLanguageCodes,
    policy,
    disableDrafts,
    segmentation,
    ...others
  } = config;
  const { heartbeatInterval, alignments, maxUnackedUpdates, rests, ...unknown } = others;
  if (Object.keys(unknown).length) throw new Error(`not for libraries: ${Object.keys(unknown)}`);
  return {
    source: sourceLanguageCode,
    targets: targetLanguageCodes,
    policy:
      policy?.named ?? policy?.latency.replace('LATENCY_', '').toLowerCase().replace('_', '-'),
    drafts: !disableDrafts,
    segmentation: segmentation === 'SEGMENTATION_CLIENT' ? 'client' : 'automatic',
    heartbeatIntervalMs: heartbeatInterval && msFromJson(heartbeatInterval),
    alignments,
    maxUnackedUpdates,
    rests: rests && {
      draftMs: msFromJson(rests.draft),
      sentenceMs: msFromJson(rests.sentence),
      segmentMs: msFromJson(rests.segment),
    },
  };
}

/**
 * @param {any} source SourceUpdate in proto3 JSON
 * @returns {import('../src/index.js').SourceUpdate}
 */
function updateFromJson({ sequence: _, startOffset, endOffset, ...others }) {
  return {
    ...others,
    startOffsetMs: startOffset && msFromJson(startOffset),
    endOffsetMs: endOffset && msFromJson(endOffset),
  };
}

import { inspect, isDeepStrictEqual } from 'node:util';
import { skipCodePoints } from '../src/code-points.js';
import { msFromDuration } from '../src/duration.js';
import { errorFromStatus } from '../src/errors.js';
import { msFromJson } from './scripts.js';

/** @typedef {import('./journal.js').Journal} Journal */

/**
 * @param {import('./scripts.js').Script} script
 * @param {Journal} journal
 * @returns {string[]} which expectations are not met
 */
export function disappointments(script, journal) {
  return Object.entries({ warnings: [], ...script.expect }).flatMap(([name, expected]) =>
    CHECKS[name](expected, journal).map((problem) => `${name}: ${problem}`),
  );
}

/** @type {Record<string, (expected: any, journal: Journal) => string[]>} */
const CHECKS = {
  status(expected, { end, code }) {
    if (expected.code !== code) {
      return [
        `${code} (${typeof end === 'object' ? end.message : ''}) instead of ${expected.code}`,
      ];
    }
    return typeof end === 'object' ? errorProblems(expected, end) : [];
  },

  kinds(expected, journal) {
    const kinds = journal.received
      .map(({ response }) => response)
      .filter((kind) => kind !== 'heartbeat');
    const pattern = expected
      .map((/** @type {string} */ item) => item.replace(/^\w+/, '(?:$& )'))
      .join('');
    const isMatch = new RegExp(`^${pattern}$`).test(kinds.map((kind) => `${kind} `).join(''));
    return isMatch ? [] : [`${kinds.join(' ')} instead of ${expected.join(' ')}`];
  },

  started: (expected, journal) => matches(expected, messages(journal, 'started')),

  warnings(expected, journal) {
    if (expected === 'any') return [];
    const errors = messages(journal, 'warning').map(errorFromStatus);
    return matches(
      expected,
      errors.map(({ code, reason }) => ({ code, reason })),
    );
  },

  segments: (expected, journal) => sameForTargets(expected, (target) => texts(journal, target)),

  sources: (expected, journal) => sameForTargets(expected, (target) => sources(journal, target)),

  updates: (expected, journal) =>
    sameForTargets(expected, (target) => journal.updatesOf(target).length),

  drafts(expected, journal) {
    const drafts = messages(journal, 'target').filter(({ draft }) => draft !== '');
    return expected === 'none' && drafts.length ? [`${drafts.length} updates have one`] : [];
  },

  alignments(expected, journal) {
    const all = messages(journal, 'target').flatMap((update) => alignedTexts(update, journal));
    if (expected === 'some' && all.length === 0) return ['none came'];
    const wrong = all.filter(([source, target]) => source.toUpperCase() !== target);
    return wrong.map(([source, target]) => `${target} does not come from ${source}`);
  },

  mediaTimes(expected, journal) {
    return Object.entries(expected).flatMap(([target, times]) =>
      isDeepStrictEqual(mediaTimes(journal, target), times.map(mediaTimeFromJson))
        ? []
        : [`${target}: ${inspect(mediaTimes(journal, target))}`],
    );
  },

  report: (expected, journal) => matches([expected], messages(journal, 'report')),
};

/** @param {any} expected @param {import('../src/errors.js').TranslatorError} error */
function errorProblems(
  { reason, mentions = [], violates },
  { reason: given, metadata, fieldViolations },
) {
  const problems = reason && reason !== given ? [`reason ${given} instead of ${reason}`] : [];
  for (const text of mentions) {
    const isThere = Object.values(metadata).some((value) => value.includes(text));
    if (!isThere) problems.push(`no metadata mentions ${text}`);
  }
  const fields = fieldViolations.map(({ field }) => field);
  if (violates && !fields.some((field) => field.includes(violates))) {
    problems.push(`no violation of ${violates}, but of ${fields.join(', ') || 'nothing'}`);
  }
  return problems;
}

/** @param {Journal} journal @param {string} kind @returns {any[]} */
function messages(journal, kind) {
  return journal.received
    .filter(({ response }) => response === kind)
    .map((message) => message[kind]);
}

/** @param {any} expected @param {any} given @returns {string[]} */
function matches(expected, given) {
  return isPartOf(expected, given)
    ? []
    : [`${inspect(given, { depth: 6 })} instead of ${inspect(expected)}`];
}

/**
 * Whether everything that is expected is there: objects may hold more, lists may not.
 *
 * @param {any} expected @param {any} given @returns {boolean}
 */
function isPartOf(expected, given) {
  if (Array.isArray(expected)) {
    return (
      expected.length === given?.length && expected.every((item, i) => isPartOf(item, given[i]))
    );
  }
  if (typeof expected === 'object') {
    return Object.entries(expected).every(([key, value]) => isPartOf(value, given?.[key]));
  }
  return expected === given;
}

/** @param {Record<string, any>} expected @param {(target: string) => any} given */
function sameForTargets(expected, given) {
  return Object.entries(expected).flatMap(([target, value]) =>
    isDeepStrictEqual(value, given(target))
      ? []
      : [`${target}: ${inspect(given(target))} instead of ${inspect(value)}`],
  );
}

/** @param {Journal} journal @param {string} target @returns {any[][]} updates by segment */
function bySegment(journal, target) {
  const segments = new Map();
  for (const update of journal.updatesOf(target)) {
    segments.set(update.segmentId, [...(segments.get(update.segmentId) ?? []), update]);
  }
  return [...segments.values()];
}

/** @param {Journal} journal @param {string} target @returns {string[]} */
function texts(journal, target) {
  const segments = bySegment(journal, target).map((updates) =>
    updates.map(({ committed }) => committed).join(''),
  );
  const resumed = resumedTargets(journal).find(
    ({ targetLanguageCode }) => targetLanguageCode === target,
  );
  if (resumed && segments.length) segments[0] = (resumed.targetCommitted ?? '') + segments[0];
  return segments;
}

/** @param {Journal} journal @returns {any[]} */
function resumedTargets(journal) {
  const first = journal.entries.find((entry) => 'sent' in entry);
  return (first && 'sent' in first && first.sent.config?.resume?.targets) || [];
}

/**
 * @param {Journal} journal
 * @returns {{text: string, start: number}} all committed source, and code points before it
 */
function allSource(journal) {
  const sent = journal.entries.flatMap((entry) =>
    'sent' in entry ? (entry.sent.source ?? []) : [],
  );
  const resumed = resumedTargets(journal);
  const starts = resumed.map(({ segmentSourceStart = 0 }) => segmentSourceStart);
  const given = resumed[0]?.sourceCommitted ?? '';
  const text = given + sent.map(({ committed = '' }) => committed).join('');
  return { text, start: starts.length ? Math.min(...starts) : 0 };
}

/** @param {Journal} journal @param {number} from code points @param {number} to */
function sourceRange(journal, from, to) {
  const { text, start } = allSource(journal);
  return [...skipCodePoints(text, from - start)].slice(0, to - from).join('');
}

/** @param {Journal} journal @param {string} target @returns {string[]} */
function sources(journal, target) {
  const closed = journal.updatesOf(target).filter(({ segmentClosed }) => segmentClosed);
  return closed.map(({ segmentSourceStart: start, sourceCommittedLength: length }) =>
    sourceRange(journal, start, start + length).trim(),
  );
}

/** @param {any} update @param {Journal} journal @returns {[string, string][]} */
function alignedTexts(update, journal) {
  const { committed, committedLength, segmentSourceStart, alignments } = update;
  const points = [...committed];
  const before = committedLength - points.length;
  return alignments.map((/** @type {any} */ { sourceStart, sourceEnd, targetStart, targetEnd }) => [
    sourceRange(journal, segmentSourceStart + sourceStart, segmentSourceStart + sourceEnd),
    points.slice(targetStart - before, targetEnd - before).join(''),
  ]);
}

/** @param {any} json */
function mediaTimeFromJson({ startOffset, endOffset }) {
  return [msFromJson(startOffset), msFromJson(endOffset)];
}

/** @param {Journal} journal @param {string} target @returns {number[][]} of each segment, in ms */
function mediaTimes(journal, target) {
  const times = (/** @type {any[]} */ durations) =>
    durations.flatMap((time) => msFromDuration(time) ?? []);
  return bySegment(journal, target).map((updates) => [
    Math.min(...times(updates.map(({ startOffset }) => startOffset))),
    Math.max(...times(updates.map(({ endOffset }) => endOffset))),
  ]);
}

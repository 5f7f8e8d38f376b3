// What an await step waits for, judged from a journal.

/**
 * @param {any} step the value of an await step
 * @param {import('./journal.js').Journal} journal
 * @returns {boolean}
 */
export function isMet(step, journal) {
  const [kind] = Object.keys(step);
  switch (kind) {
    case 'message': {
      const { kind: wanted, count } = step.message;
      return journal.received.filter(({ response }) => response === wanted).length >= count;
    }
    case 'segmentClosed': {
      const { target, segmentId } = step.segmentClosed;
      const updates = journal.updatesOf(target);
      return updates.some((update) => update.segmentClosed && update.segmentId === segmentId);
    }
    case 'shown': {
      const { target, segmentId } = step.shown;
      const updates = journal.updatesOf(target).filter((update) => update.segmentId === segmentId);
      const committed = updates.map((update) => update.committed).join('');
      return updates.length > 0 && isShown(step.shown, committed + updates.at(-1).draft);
    }
    default:
      throw new Error(`unknown condition: ${kind}`);
  }
}

/** @param {{text: string}} expected @param {string} shown the segment's committed text and draft */
export function isShown({ text }, shown) {
  return text === '' ? shown === '' : shown.startsWith(text);
}

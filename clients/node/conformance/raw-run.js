import { setTimeout as sleep } from 'node:timers/promises';
import { errorFromCall } from '../src/errors.js';
import { isMet } from './conditions.js';
import { Journal } from './journal.js';
import { requestFromJson } from './scripts.js';

/**
 * Play a script at the level of messages.
 *
 * @param {any} service grpc-js client
 * @param {import('./scripts.js').Script} script
 * @param {number} timeoutMs for each await, and for the end
 * @returns {Promise<Journal>}
 */
export async function runRaw(service, script, timeoutMs) {
  const journal = new Journal();
  const call = service.streamingTranslate();
  call.on('data', (/** @type {any} */ received) => journal.add({ received }));
  call.on('error', (/** @type {any} */ error) => journal.finish(errorFromCall(error)));
  call.on('end', () => {
    // An error is told right after the end.
    setImmediate(() => journal.end ?? journal.finish('OK'));
  });
  try {
    for (const step of script.steps) {
      if (journal.end) break;
      await play(step, call, journal, timeoutMs);
    }
    await journal.until(() => journal.end !== undefined, 'the end of the stream', timeoutMs);
  } finally {
    call.cancel();
  }
  return journal;
}

/** @param {any} step @param {any} call @param {Journal} journal @param {number} timeoutMs */
async function play(step, call, journal, timeoutMs) {
  const send = (/** @type {any} */ request) => {
    journal.add({ sent: request });
    call.write(request);
  };
  if (step.send) send(requestFromJson(step.send));
  else if (step.sendChunk) send(chunkOfLength(step.sendChunk, journal));
  else if (step.await) {
    await journal.until(() => isMet(step.await, journal), JSON.stringify(step.await), timeoutMs);
  } else if (step.halfClose) {
    journal.add({ halfClosed: true });
    call.end();
  } else if (step.disconnect) {
    call.cancel();
  }
  // Let what has come be read, as it would be from a client that sends as it reads.
  await sleep(0);
}

/** @param {{sequence: number, text: string, beyondLimit: number}} step @param {Journal} journal */
function chunkOfLength({ sequence, text, beyondLimit }, journal) {
  const { started } = journal.received.find(({ response }) => response === 'started');
  return {
    source: { sequence, committed: text.repeat(started.limits.maxChunkLength + beyondLimit) },
  };
}

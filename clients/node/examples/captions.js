// Translate what comes on standard input as it comes: committed text plain, the draft dim.
//
//   node examples/captions.js --address localhost:50051 --from en --to pt

import { parseArgs } from 'node:util';
import { TranslatorClient } from '../src/index.js';

const { values } = parseArgs({
  options: {
    address: { type: 'string', default: 'localhost:50051' },
    from: { type: 'string', default: 'en' },
    to: { type: 'string', default: 'pt' },
  },
});

const client = new TranslatorClient(values.address);
const stream = client.stream({ source: values.from, targets: [values.to] });
const isTerminal = process.stdout.isTTY;

async function sendInput() {
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) {
    // Whole characters, and well below what a server takes at once.
    for (const piece of chunk.match(/.{1,200}/gsu)) {
      stream.send(piece);
      await stream.drained();
    }
  }
  stream.end();
}

let column = 0;

/** @param {import('../src/index.js').UpdateEvent} update */
function show({ committed, draft, closed }) {
  const { columns = 80 } = process.stdout;
  if (isTerminal) process.stdout.write('\x1b[K');
  process.stdout.write(closed ? `${committed}\n` : committed);
  column = closed ? 0 : (column + committed.length) % columns;
  // As much of the draft as the line takes: it is written over by what comes next.
  const shown = isTerminal ? draft.slice(0, columns - column - 1) : '';
  if (shown) process.stdout.write(`\x1b[2m${shown}\x1b[22m\x1b[${shown.length}D`);
}

sendInput().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  stream.cancel();
});
try {
  for await (const event of stream) {
    if (event.type === 'update') show(event);
    if (event.type === 'warning') process.stderr.write(`${event.error.message}\n`);
  }
} catch (/** @type {any} */ error) {
  process.stderr.write(`${error.code} ${error.reason}: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  client.close();
  process.stdin.destroy();
}

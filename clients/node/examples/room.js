// Read a room of captions, or speak in it: a program at a gateway's --grpc-port.
//
//   translator captions --grpc-port 50052                     # prints the links
//   node examples/room.js read localhost:50052 LINK pt
//   node examples/room.js speak localhost:50052 LINK en < words.txt

import { createInterface } from 'node:readline';
import { TranslatorClient } from '../src/index.js';

const [action, address, link, language] = process.argv.slice(2);
const client = new TranslatorClient(address);

/** Print each caption when it is closed. */
async function read() {
  for await (const event of client.subscribe(link, { languages: [language] })) {
    if (event.type === 'caption' && event.caption.closed) {
      console.log(`${event.caption.speaker || '–'}: ${event.caption.text.trim()}`);
    } else if (event.type === 'reconnecting') console.error(event.cause.message);
  }
}

/** Say what comes on standard input; each line ends a segment. */
async function speak() {
  const publication = client.publish(link, { language });
  await publication.opened();
  for await (const line of createInterface({ input: process.stdin })) {
    publication.send({ committed: `${line} `, endOfSegment: true });
    await publication.drained();
  }
  await publication.end();
}

try {
  await (action === 'speak' ? speak() : read());
} catch (/** @type {any} */ error) {
  process.stderr.write(`${error.code} ${error.reason}: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  client.close();
}

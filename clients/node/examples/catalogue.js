// Translate what a shop has: terms of its own, a page, a page with template syntax.
//
//   node examples/catalogue.js --address localhost:50051 --from en --to pt

import { parseArgs } from 'node:util';
import { TranslatorClient } from '../src/index.js';

const { values } = parseArgs({
  options: {
    address: { type: 'string', default: 'localhost:50051' },
    from: { type: 'string', default: 'en' },
    to: { type: 'string', default: 'pt' },
  },
});

// "cart" is to be "cesta", and the brand is not translated.
const glossary = { cart: 'cesta', 'Blue Door': '' };
const texts = [
  'Your cart is empty.',
  'Blue Door ships {count} items to info@shop.example for £5.',
];
const page = '<p class="note">Add the <b>red</b> chair to your cart.</p><code>x = 1</code>';
const template = '<p>Hello, {{ customer.name }}!{% if new %} Welcome.{% endif %}</p>';

const client = new TranslatorClient(values.address);
const options = { source: values.from, target: values.to };
try {
  for (const translation of await client.translate(texts, { ...options, glossary })) {
    console.log(translation.error?.message ?? translation.text);
    for (const { entry, how } of translation.terms) console.log(`  entry ${entry}: ${how}`);
    for (const { kind } of translation.qualityIssues) console.log(`  missing: ${kind}`);
  }
  const html = { ...options, mimeType: 'text/html' };
  const [{ text: translatedPage }] = await client.translate(page, { ...html, glossary });
  console.log(translatedPage);
  const markup = ['liquid'];
  const [{ text: translatedTemplate }] = await client.translate(template, { ...html, markup });
  console.log(translatedTemplate);
} catch (/** @type {any} */ error) {
  process.stderr.write(`${error.code} ${error.reason}: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  client.close();
}

// deepl-node, with all that the front serves.
import { readFileSync, writeFileSync } from 'node:fs';
import { DeepLClient, GlossaryEntries } from 'deepl-node';

const [url, folder] = process.argv.slice(2);
const client = new DeepLClient('any-key', { serverUrl: url });
const entries = (object) => new GlossaryEntries({ entries: object });
const name = (promise) => promise.then(() => 'fulfilled', (error) => error.constructor.name);
const texts = (results) => [results].flat().map(({ text }) => text);
const found = {};

found.one = await client.translateText('Good morning to all of you.', null, 'pt-BR');
found.many = texts(await client.translateText(['One.', 'Two.'], 'en', 'pt-PT'));
found.xml = texts(await client.translateText('One <x id="7"></x> two.', 'en', 'pt-BR', { tagHandling: 'xml' }));
found.html = texts(
  await client.translateText('One <b>two</b> three.', 'en', 'pt-BR', { tagHandling: 'html', ignoreTags: ['b'] }),
);
found.sources = (await client.getSourceLanguages()).map(({ code }) => code);
found.targets = (await client.getTargetLanguages()).map(({ code }) => code);
found.usage = (await client.getUsage()).character.count;
found.refused = await name(client.translateText('Hi.', 'en', 'fr'));

const glossary = await client.createGlossary('mine', 'en', 'pt', entries({ house: 'Casa' }));
found.glossary = [glossary.entryCount, (await client.getGlossaryEntries(glossary)).entries()];
found.termed = texts(await client.translateText('The house.', 'en', 'pt-BR', { glossary }));
await client.deleteGlossary(glossary);
found.gone = await name(client.getGlossary(glossary.glossaryId));

const multi = await client.createMultilingualGlossary('several', [
  { sourceLangCode: 'en', targetLangCode: 'pt', entries: entries({ dog: 'Cão' }) },
  { sourceLangCode: 'pt', targetLangCode: 'en', entries: entries({ casa: 'Home' }) },
]);
await client.replaceMultilingualGlossaryDictionary(multi, {
  sourceLangCode: 'en', targetLangCode: 'pt', entries: entries({ cat: 'Gato' }),
});
const read = await client.getMultilingualGlossaryDictionaryEntries(multi, 'en', 'pt');
found.several = [(await client.listMultilingualGlossaries()).length, read.entries.entries()];
await client.deleteMultilingualGlossary(multi);

writeFileSync(`${folder}/note.txt`, 'Good morning.\n');
await client.translateDocument(`${folder}/note.txt`, `${folder}/note.pt.txt`, 'en', 'pt-BR');
found.document = readFileSync(`${folder}/note.pt.txt`, 'utf8');
console.log(JSON.stringify(found));

// Both generations of Azure's client, each with the version of the protocol that it speaks.
import { default as createClient, isUnexpected } from '@azure-rest/ai-translation-text';
import { default as createClientV3, isUnexpected as isUnexpectedV3 } from 'azure-translation-v1';

const url = process.argv[2];
// Each writes into what it is given.
const insecure = () => ({ allowInsecureConnection: true });
const found = {};

const now = createClient(url, { key: 'any' }, insecure());
const inputs = [
  { text: 'Good morning to all of you.', targets: [{ language: 'pt' }, { language: 'de' }] },
  { text: '<p>One <b>two</b>.</p>', language: 'en', textType: 'Html', targets: [{ language: 'pt' }] },
];
const answer = await now.path('/translate').post({ body: { inputs } });
found.now = isUnexpected(answer) ? answer.body : answer.body.value;
const languages = await now.path('/languages').get({ queryParameters: { scope: 'translation' } });
found.languages = Object.keys(languages.body.translation);
const to = (language) => ({ body: { inputs: [{ text: 'Hi.', language: 'en', targets: [{ language }] }] } });
const refused = await now.path('/translate').post(to('fr'));
found.refused = [refused.status, isUnexpected(refused), refused.body.error.code];

const v3 = createClientV3(url, { key: 'any', region: 'here' }, insecure());
const old = await v3.path('/translate').post({
  body: [{ text: 'One.' }, { text: 'Two.' }],
  queryParameters: { to: 'pt', from: 'en', includeAlignment: true },
});
found.v3 = old.body;
const wrong = await v3.path('/translate').post({ body: [{ text: 'One.' }], queryParameters: { to: 'pt', from: 'xx' } });
found.refusedV3 = [wrong.status, isUnexpectedV3(wrong), wrong.body.error.code];
console.log(JSON.stringify(found));

// The clients of OpenAI and Ollama, which ask for a chat.
import OpenAI from 'openai';
import { Ollama } from 'ollama';

const url = process.argv[2];
const messages = [{ role: 'user', content: 'Good morning. Good night.' }];
const found = {};

const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
const whole = await openai.chat.completions.create({ model: 'en-pt', messages });
found.whole = whole.choices[0].message.content;
found.pieces = [];
for await (const chunk of await openai.chat.completions.create({ model: 'en-pt', messages, stream: true })) {
  found.pieces.push(chunk.choices[0].delta.content ?? '');
}
found.refused = await openai.chat.completions
  .create({ model: 'gpt-4', messages })
  .catch((error) => [error.constructor.name, error.code]);

const ollama = new Ollama({ host: url });
found.ollama = (await ollama.chat({ model: 'en-pt', messages })).message.content;
found.lines = [];
for await (const part of await ollama.generate({ model: 'en-pt', prompt: 'Good night.', stream: true })) {
  found.lines.push(part.response);
}
found.models = (await ollama.list()).models.map(({ model }) => model);
console.log(JSON.stringify(found));

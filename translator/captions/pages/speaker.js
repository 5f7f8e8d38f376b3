import { Feed } from './feed.js';
import { Lines } from './lines.js';
import { Recogniser, isThere } from './recogniser.js';
import { address, key, nameOf } from './room.js';
import { Settings } from './settings.js';
import { Source } from './source.js';
import { ORIGINAL, Transcript } from './transcript.js';

const $ = (id) => document.getElementById(id);

const settings = new Settings('speaker', { name: '', language: navigator.language.split('-')[0] || 'en' });
const source = new Source({ languageCode: settings.get('language'), speaker: settings.get('name') });
const problems = new Map(); // where → sentence

function problem(where, text) {
  if (text) problems.set(where, text);
  else problems.delete(where);
  $('notice').hidden = problems.size === 0;
  $('notice').textContent = [...problems.values()].join(' ');
}

// The connection

source.addEventListener('state', ({ detail: { state, why } }) => {
  $('state').dataset.state = state;
  const names = { live: 'Connected', connecting: 'Connecting', refused: 'Not connected', stopped: 'Not connected' };
  $('state').textContent = names[state];
  problem('link', why);
});
source.addEventListener('opened', ({ detail }) => {
  $('title').textContent = detail.title || 'Speak to the room';
  offer(detail.languageCodes ?? []);
});
source.addEventListener('viewers', ({ detail }) => {
  $('readers').textContent = detail === 1 ? '1 reads along' : `${detail} read along`;
});
source.addEventListener('problem', ({ detail }) => problem('server', detail));

function offer(codes) {
  const own = settings.get('language');
  const all = [...new Set([...codes, own])].sort();
  $('language').replaceChildren(
    ...all.map((code) => {
      const option = document.createElement('option');
      option.value = code;
      option.textContent = codes.includes(code) ? nameOf(code) : `${nameOf(code)} (not translated)`;
      option.lang = code;
      return option;
    }),
  );
  $('language').value = own;
}

$('name').value = settings.get('name');
$('name').onchange = ({ target }) => {
  settings.set('name', target.value.trim());
  source.change({ speaker: settings.get('name') });
};
$('language').onchange = ({ target }) => {
  settings.set('language', target.value);
  source.change({ languageCode: target.value });
  if (recogniser.isOn) {
    recogniser.stop();
    recogniser.addEventListener('end', () => recogniser.start(settings.get('language')), { once: true });
  }
};

// Typing

const text = $('text');

// A sentence that ends inside what is typed goes out; the rest is shown as a draft.
function typed() {
  const ended = /^[\s\S]*[.!?…。！？][)"'”’»\]]*\s/u.exec(text.value);
  const committed = ended ? ended[0] : '';
  if (committed) text.value = text.value.slice(committed.length);
  source.say(committed.replace(/\s+/g, ' '), text.value.replace(/\s+/g, ' '));
}

function send() {
  const rest = text.value.trim().replace(/\s+/g, ' ');
  text.value = '';
  if (rest) source.say(`${rest} `, '', true);
  else source.say('', '');
  text.focus();
}

text.oninput = (event) => {
  if (!event.isComposing) typed();
};
text.onkeydown = (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
};
$('send').onclick = send;

// Speaking

const recogniser = new Recogniser();
const mic = $('mic');

function showMic() {
  mic.setAttribute('aria-pressed', String(recogniser.isOn));
  mic.textContent = recogniser.isOn ? 'Listening – stop' : 'Start to speak';
}

if (!isThere()) {
  mic.disabled = true;
  $('mic-says').textContent = 'This browser does not recognise speech. Chrome, Edge and Safari do; or type.';
}
mic.onclick = () => {
  problem('mic', '');
  if (recogniser.isOn) recogniser.stop();
  else recogniser.start(settings.get('language'));
  showMic();
};
recogniser.addEventListener('said', ({ detail }) => source.say(detail.committed, detail.tentative));
recogniser.addEventListener('problem', ({ detail }) => {
  problem('mic', detail);
  showMic();
});
recogniser.addEventListener('end', showMic);

// What the room sees

const transcript = new Transcript();
const echo = new Lines($('echo'), () => ({ languages: [ORIGINAL], drafts: true, sentences: false, speakers: true }));
const feed = new Feed(() => transcript.after);
feed.addEventListener('caption', ({ detail }) => {
  const result = transcript.apply(detail);
  if (result.isLost) {
    transcript.after = '';
    feed.start([ORIGINAL]);
    return;
  }
  echo.show(result.changed, result.removed, transcript.lines);
  $('echo-box').scrollTop = $('echo-box').scrollHeight;
});

// The link for viewers

async function invite() {
  const answer = await fetch(address('/qr.svg'), { headers: { authorization: `Bearer ${key}` } });
  if (!answer.ok) return;
  $('view-url').value = answer.headers.get('x-view-url') ?? '';
  $('view-link').hidden = !$('view-url').value;
  $('qr').src = `data:image/svg+xml;base64,${btoa(await answer.text())}`;
  $('qr').hidden = false;
}

$('copy-view').onclick = async ({ target }) => {
  $('view-url').select();
  try {
    await navigator.clipboard.writeText($('view-url').value);
    target.textContent = 'Copied';
    setTimeout(() => (target.textContent = 'Copy'), 1500);
  } catch {
    // It is selected: Ctrl-C copies it.
  }
};

offer([]);
if (!key) problem('link', 'This address lacks its key. Open the whole link.');
else {
  source.start();
  feed.start([ORIGINAL]);
  invite();
}

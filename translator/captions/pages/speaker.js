import { Feed } from './feed.js';
import { Lines } from './lines.js';
import { Microphone, isThere as canRecord } from './microphone.js';
import { Recogniser, isThere as canRecognise } from './recogniser.js';
import { address, key, nameOf } from './room.js';
import { Settings } from './settings.js';
import { Source } from './source.js';
import { ORIGINAL, Transcript } from './transcript.js';

const $ = (id) => document.getElementById(id);

const settings = new Settings('speaker', {
  name: '',
  language: navigator.language.split('-')[0] || 'en',
  hearer: 'browser',
});
const source = new Source({ languageCode: settings.get('language'), speaker: settings.get('name') });
const problems = new Map(); // where → sentence

function problem(where, text) {
  if (text) problems.set(where, text);
  else problems.delete(where);
  $('notice').hidden = problems.size === 0;
  $('notice').textContent = [...problems.values()].join(' ');
}

// The connection

let speechLanguages = []; // that the gateway recognises

function watch(connection) {
  connection.addEventListener('state', ({ detail: { state, why } }) => {
    if (state === 'stopped') return;
    $('state').dataset.state = state;
    const names = { live: 'Connected', connecting: 'Connecting', refused: 'Not connected' };
    $('state').textContent = names[state];
    problem('link', why);
  });
  connection.addEventListener('opened', ({ detail }) => {
    $('title').textContent = detail.title || 'Speak to the room';
    speechLanguages = detail.speechLanguageCodes ?? [];
    offer(detail.languageCodes ?? []);
    showMic();
  });
  connection.addEventListener('viewers', ({ detail }) => {
    $('readers').textContent = detail === 1 ? '1 reads along' : `${detail} read along`;
  });
  connection.addEventListener('problem', ({ detail }) => problem('server', detail));
  connection.addEventListener('late', ({ detail }) => problem('late', detail));
}

watch(source);

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
  change({ speaker: settings.get('name') });
};
$('language').onchange = ({ target }) => {
  settings.set('language', target.value);
  change({ languageCode: target.value });
  if (microphone.isOn && hearer() !== 'gateway') microphone.stop();
  showMic();
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
const microphone = new Microphone();
const mic = $('mic');
let voice = null; // what is spoken, on its way to the gateway

const SAYS = {
  browser: 'This browser turns speech into text. Its maker may do that on a server of theirs.',
  gateway: 'The gateway turns speech into text. The sound is not kept, and goes nowhere else.',
  nobody: 'This browser does not recognise speech. Chrome, Edge and Safari do; or type.',
  language: 'Nothing here recognises speech in this language. Choose another one, or type.',
};

function change(news) {
  source.change(news);
  voice?.change(news);
}

// Who recognises: what was chosen if it can, else what can.
function hearer() {
  const isKnown = speechLanguages.includes(settings.get('language').split('-')[0]);
  const can = { browser: canRecognise(), gateway: canRecord() && isKnown };
  const chosen = settings.get('hearer');
  if (can[chosen]) return chosen;
  return ['browser', 'gateway'].find((each) => can[each]) ?? (speechLanguages.length ? 'language' : 'nobody');
}

function showMic() {
  const isOn = recogniser.isOn || microphone.isOn;
  const who = hearer();
  mic.setAttribute('aria-pressed', String(isOn));
  mic.textContent = isOn ? 'Listening – stop' : 'Start to speak';
  mic.disabled = !isOn && !['browser', 'gateway'].includes(who);
  $('mic-says').textContent = SAYS[who];
  $('hearer-field').hidden = !(canRecognise() && canRecord() && speechLanguages.length);
  $('hearer').value = who === 'gateway' ? who : 'browser';
  $('hearer').disabled = isOn;
  $('level-field').hidden = !microphone.isOn;
}

mic.onclick = () => {
  problem('mic', '');
  if (recogniser.isOn) recogniser.stop();
  else if (microphone.isOn) microphone.stop();
  else if (hearer() === 'browser') recogniser.start(settings.get('language'));
  else microphone.start();
  showMic();
};
$('hearer').onchange = ({ target }) => {
  settings.set('hearer', target.value);
  showMic();
};

microphone.addEventListener('audio', ({ detail: { samples, peak } }) => {
  $('level').value = peak;
  if (!voice) {
    voice = new Source(source.settings);
    watch(voice);
    // One who speaks is one speaker in the room.
    source.rest();
    voice.start();
  }
  voice.hear(samples);
});
microphone.addEventListener('end', () => {
  $('level').value = 0;
  voice?.end();
  voice = null;
  source.start();
  showMic();
});
microphone.addEventListener('problem', ({ detail }) => problem('mic', detail));
microphone.addEventListener('hint', ({ detail }) => ($('mic-hint').textContent = detail));
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
showMic();
if (!key) problem('link', 'This address lacks its key. Open the whole link.');
else {
  source.start();
  feed.start([ORIGINAL]);
  invite();
}

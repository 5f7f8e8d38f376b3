import { Feed } from './feed.js';
import { Lines } from './lines.js';
import { ask, key, nameOf } from './room.js';
import { Settings } from './settings.js';
import { ORIGINAL, Transcript } from './transcript.js';

const $ = (id) => document.getElementById(id);

const settings = new Settings('viewer', {
  language: '',
  original: false,
  size: 100,
  font: 'sans',
  theme: 'auto',
  rows: 0,
  pace: 'words',
  delay: 0,
  drafts: true,
  speakers: true,
  aloud: false,
});

let transcript = new Transcript();
let isPaused = false;
let isAtEnd = true;
const waiting = []; // events that a pause or a delay holds back: [at, event]

const language = () => settings.get('language') || ORIGINAL;

function languages() {
  const first = language();
  return settings.get('original') && first !== ORIGINAL ? [first, ORIGINAL] : [first];
}

const lines = new Lines($('lines'), () => ({
  languages: languages(),
  drafts: settings.get('drafts'),
  sentences: settings.get('pace') === 'sentences',
  speakers: settings.get('speakers'),
}));

const feed = new Feed(() => transcript.after);

// What comes in

feed.addEventListener('caption', ({ detail }) => {
  // An id that a held-back event has is known only once it is shown.
  const delay = settings.get('delay') * 1000;
  if (detail.snapshot || detail.room || (!delay && !isPaused && !waiting.length)) take(detail);
  else {
    waiting.push([performance.now() + delay, detail]);
    if (!isPaused) setTimeout(drain, delay + 5);
  }
});

function drain() {
  if (isPaused) return;
  while (waiting.length && waiting[0][0] <= performance.now()) take(waiting.shift()[1]);
}

function take(event) {
  if (event.snapshot) waiting.length = 0;
  const result = transcript.apply(event);
  if (result.isLost) {
    transcript.after = '';
    feed.start(languages());
    return;
  }
  if (event.room) showRoom();
  if (result.isSnapshot && settings.get('rows') === 0) fetchEarlier();
  show(result);
}

function show({ changed, removed }) {
  if (!changed.size && !removed.length) return;
  lines.show(changed, removed, transcript.lines);
  $('empty').hidden = $('lines').childElementCount > 0;
  if (isAtEnd) toEnd();
  if (settings.get('aloud')) for (const line of changed) readAloud(line);
}

// Older segments, page by page. They never change, so a cache has them.
async function fetchEarlier() {
  const of = transcript;
  const wanted = languages();
  for (let page = of.page - 1; page >= of.firstPage; page -= 1) {
    for (const each of wanted) {
      try {
        const path = `/segments/${of.epochName}/${encodeURIComponent(each)}/${page}`;
        const body = await ask(path, { key });
        if (of !== transcript) return;
        show(of.add(body.segments ?? []));
      } catch {
        return;
      }
    }
  }
}

// Reading

const scroll = $('scroll');

function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
}

scroll.addEventListener('scroll', () => {
  const left = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight;
  isAtEnd = left < 80;
  showToLive();
});
new ResizeObserver(() => isAtEnd && toEnd()).observe(scroll);

function showToLive() {
  $('to-live').hidden = isAtEnd && !isPaused;
}

function pause(on) {
  isPaused = on;
  $('pause').setAttribute('aria-pressed', String(on));
  $('pause').textContent = on ? 'Go on' : 'Pause';
  if (!on) {
    for (const held of waiting) held[0] = 0;
    drain();
  }
  showToLive();
}

$('pause').onclick = () => pause(!isPaused);
$('to-live').onclick = () => {
  isAtEnd = true;
  pause(false);
  toEnd();
};

const spoken = new Set();

function readAloud(line) {
  const first = languages()[0];
  if (!line.isClosed(first) || spoken.has(line) || !('speechSynthesis' in window)) return;
  spoken.add(line);
  const speech = new SpeechSynthesisUtterance(line.text(first));
  speech.lang = first === ORIGINAL ? line.sourceLanguage : first;
  speechSynthesis.speak(speech);
}

// What is shown of the room

function showRoom() {
  const { title, languages: offered = [], retention, recorded } = transcript.room;
  $('title').textContent = title || 'Live captions';
  document.title = title ? `${title} – live captions` : 'Live captions';
  const keeps = Math.round(Number.parseFloat(retention ?? '0') / 60);
  $('retention').textContent = recorded
    ? 'What is said here is recorded.'
    : `Nothing is recorded. The text is kept in memory for ${keeps} minutes, for those who come late.`;
  const select = $('language');
  const codes = [ORIGINAL, ...offered.map((each) => each.languageCode)];
  if (!codes.includes(language())) codes.push(language());
  const known = [...select.options].map((option) => option.value);
  if (codes.join() !== known.join()) {
    select.replaceChildren(
      ...codes.map((code) => {
        const option = document.createElement('option');
        option.value = code;
        option.lang = code === ORIGINAL ? 'en' : code;
        option.textContent = code === ORIGINAL ? 'As spoken' : nameOf(code);
        return option;
      }),
    );
  }
  select.value = language();
}

feed.addEventListener('state', ({ detail: { state, why } }) => {
  $('state').dataset.state = state;
  $('state').textContent = { live: 'Live', connecting: 'Connecting', refused: 'Not connected' }[state];
  $('notice').hidden = state !== 'refused';
  $('notice').textContent = why;
  if (state === 'refused') $('empty').hidden = true;
});

// Settings

function restart() {
  transcript = Object.assign(new Transcript(), { room: transcript.room });
  waiting.length = 0;
  lines.clear();
  $('empty').hidden = false;
  isAtEnd = true;
  feed.start(languages());
}

function redraw() {
  lines.clear();
  lines.show(new Set(transcript.lines), [], transcript.lines);
  $('empty').hidden = $('lines').childElementCount > 0;
  if (isAtEnd) toEnd();
}

function apply() {
  const root = document.documentElement;
  const theme = settings.get('theme');
  if (theme === 'auto') delete root.dataset.theme;
  else root.dataset.theme = theme;
  root.dataset.font = settings.get('font');
  root.style.setProperty('--scale', String(Math.min(400, Math.max(40, settings.get('size'))) / 100));
  document.body.dataset.pair = String(languages().length > 1);
  const rows = settings.get('rows');
  document.body.dataset.rows = String(rows > 0);
  root.style.setProperty('--rows', String(rows));
  root.style.setProperty('--row', getComputedStyle($('lines')).fontSize);
  if (isAtEnd) toEnd();
}

const after = {
  language: restart,
  original: restart,
  drafts: redraw,
  pace: redraw,
  speakers: redraw,
  aloud: () => window.speechSynthesis?.cancel(),
};

for (const name of ['language', 'original', 'size', 'font', 'theme', 'rows', 'pace', 'delay', 'drafts', 'speakers', 'aloud']) {
  const control = $(name);
  const isCheck = control.type === 'checkbox';
  if (isCheck) control.checked = settings.get(name);
  else control.value = String(settings.get(name));
  control.oninput = () => {
    const value = isCheck ? control.checked : control.value;
    settings.set(name, name === 'language' && value === ORIGINAL ? '' : value);
    apply();
    after[name]?.();
  };
}
addEventListener('resize', apply);

const dialog = $('settings');
$('open-settings').onclick = () => dialog.showModal();
$('close-settings').onclick = () => dialog.close();
dialog.onclick = (event) => {
  // A handler that returned false would undo the click.
  if (event.target === dialog) dialog.close();
};

// Taking it along

function asText() {
  const first = languages()[0];
  let speaker = '';
  const rows = [];
  for (const line of transcript.lines) {
    const text = line.text(first);
    if (!text) continue;
    if (line.speaker !== speaker) rows.push('', line.speaker && `${line.speaker}:`);
    speaker = line.speaker;
    rows.push(text);
  }
  return `${rows.join('\n').replace(/\n{3,}/g, '\n\n').trim()}\n`;
}

function told(button, text) {
  const before = button.textContent;
  button.textContent = text;
  setTimeout(() => (button.textContent = before), 1500);
}

$('copy').onclick = async ({ target }) => {
  try {
    await navigator.clipboard.writeText(asText());
    told(target, 'Copied');
  } catch {
    told(target, 'The browser does not let us copy');
  }
};
$('download').onclick = () => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([asText()], { type: 'text/plain' }));
  link.download = `captions.${language()}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};

// A first visit gets the browser's language, if the room has it.
async function chooseLanguage() {
  if (settings.get('language')) return;
  try {
    const events = await ask('/poll', { key, language: ORIGINAL });
    const offered = (events.find((event) => event.room)?.room.languages ?? []).map((each) => each.languageCode);
    const spokenNow = events.find((event) => event.room)?.room.languages?.filter((each) => each.spoken) ?? [];
    for (const wanted of navigator.languages) {
      const found =
        offered.find((code) => code === wanted) ?? offered.find((code) => code.split('-')[0] === wanted.split('-')[0]);
      if (!found) continue;
      // What is spoken anyway needs no choice.
      if (!spokenNow.some((each) => each.languageCode === found) && spokenNow.length) settings.set('language', found);
      return;
    }
  } catch {
    // The feed says what is wrong.
  }
}

apply();
if (!key) {
  $('notice').hidden = false;
  $('notice').textContent = 'This address lacks its key. Open the whole link, or scan the code again.';
} else {
  await chooseLanguage();
  apply();
  feed.start(languages());
}

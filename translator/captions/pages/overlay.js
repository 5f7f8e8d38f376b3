// A fixed box for OBS, vMix and the like; everything is set in the address. It keeps its text while
// the gateway is away, and clears after some seconds without any.

import { Feed } from './feed.js';
import { Lines } from './lines.js';
import { ORIGINAL, Transcript } from './transcript.js';

const query = new URLSearchParams(location.search);

function number(name, value, least, most) {
  const given = Number(query.get(name) ?? Number.NaN);
  return Number.isFinite(given) ? Math.min(most, Math.max(least, given)) : value;
}

function choice(name, values) {
  return values.includes(query.get(name)) ? query.get(name) : values[0];
}

// A colour as CSS has it, checked by the browser: rgb(0 0 0 / 0.7), #fff, white.
function colour(name, value) {
  const given = query.get(name) ?? '';
  return CSS.supports('color', given) ? given : value;
}

const language = query.get('language') || ORIGINAL;
const languages = query.get('original') === '1' && language !== ORIGINAL ? [language, ORIGINAL] : [language];
const clearMs = number('clear', 5, 0, 3600) * 1000;

const root = document.documentElement;
root.style.setProperty('--rows', String(number('rows', 2, 1, 12)));
root.style.setProperty('--columns', String(number('columns', 42, 10, 120)));
root.style.setProperty('--size', `${number('size', 5, 1, 30)}vh`);
root.style.setProperty('--box', colour('box', 'rgb(0 0 0 / 0.78)'));
root.style.setProperty('--text', colour('text', '#ffffff'));
if (query.get('shadow') === '1') root.style.setProperty('--shadow', '0 0 .12em #000, 0 .06em .14em #000');
root.dataset.font = choice('font', ['sans', 'serif', 'mono', 'round']);
document.getElementById('stage').dataset.place = choice('place', ['bottom', 'top', 'middle']);

const box = document.getElementById('box');
const transcript = new Transcript();
const lines = new Lines(document.getElementById('lines'), () => ({
  languages,
  drafts: query.get('drafts') !== '0',
  sentences: query.get('pace') === 'sentences',
  speakers: query.get('speakers') === '1',
}));
const feed = new Feed(() => transcript.after);
let clearing = 0;

// What has scrolled out of the box is not kept.
function forget() {
  const shown = document.getElementById('lines');
  if (shown.childElementCount < 40) return;
  const old = transcript.lines.splice(0, transcript.lines.length - 20);
  lines.show(new Set(), old, transcript.lines);
}

feed.addEventListener('caption', ({ detail }) => {
  const isFirst = transcript.lines.length === 0;
  const result = transcript.apply(detail);
  if (result.isLost) {
    transcript.after = '';
    feed.start(languages);
    return;
  }
  // Who switches the overlay on wants what is said from now on.
  const open = (line) => languages.some((each) => !line.isClosed(each));
  const changed = detail.snapshot && isFirst ? new Set([...result.changed].filter(open)) : result.changed;
  if (!changed.size && !result.removed.length) return;
  lines.show(changed, result.removed, transcript.lines);
  forget();
  if (detail.snapshot && isFirst && !changed.size) return;
  box.classList.remove('clear');
  clearTimeout(clearing);
  if (clearMs) {
    clearing = setTimeout(() => {
      box.classList.add('clear');
      clearing = setTimeout(() => lines.clear(), 500);
    }, clearMs);
  }
});

feed.start(languages);

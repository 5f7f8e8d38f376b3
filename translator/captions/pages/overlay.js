// A fixed box for OBS, vMix and the like; everything is set in the address. It keeps its text while
// the gateway is away, and clears after some seconds without any.

import { Feed } from './feed.js';
import { Layout } from './layout.js';
import { ORIGINAL, Transcript } from './transcript.js';

const LETTER_EM = 0.56; // of an average letter, as captions.css has it

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
// Words of a burst wait for three seconds at most, and are to be read before the box clears.
const clearing = number('clear', 5, 0, 3600);
const clearMs = clearing && Math.max(4, clearing) * 1000;

const root = document.documentElement;
root.style.setProperty('--rows', String(number('rows', 2, 1, 12)));
root.style.setProperty('--size', `${number('size', 5, 1, 30)}vh`);
root.style.setProperty('--box', colour('box', 'rgb(0 0 0 / 0.78)'));
root.style.setProperty('--text', colour('text', '#ffffff'));
if (query.get('shadow') === '1') root.style.setProperty('--shadow', '0 0 .12em #000, 0 .06em .14em #000');
root.dataset.font = choice('font', ['sans', 'serif', 'mono', 'round']);
document.getElementById('stage').dataset.place = choice('place', ['bottom', 'top', 'middle']);

// What fits: the box is as wide as so many letters, and a small screen has fewer.
const fontPx = (innerHeight * number('size', 5, 1, 30)) / 100;
const fitting = Math.floor((innerWidth * 0.92) / (fontPx * LETTER_EM) - 1.2 / LETTER_EM);
const columns = Math.max(8, Math.min(number('columns', 42, 10, 120), fitting));
root.style.setProperty('--columns', String(columns));

const box = document.getElementById('box');
const transcript = new Transcript();
const feed = new Feed(() => transcript.after);
const sentences = query.get('pace') === 'sentences';
const speakers = query.get('speakers') === '1';

// One language's lines: placed for good, at the pace of a reader.
class Strip {
  #language;
  #layout;
  #rows;
  #shown = new Map(); // key of a segment → how much of it the layout has
  #elements = new Map(); // number of a line → element
  #timer = 0;
  isEmpty = true;

  constructor(code, isSecond) {
    this.#language = code;
    this.#layout = new Layout({
      columns,
      lines: number('rows', 2, 1, 12),
      language: code === ORIGINAL ? '' : code,
      clearMs,
      blocks: sentences,
    });
    this.#rows = document.createElement('div');
    this.#rows.className = isSecond ? 'rows second' : 'rows';
    this.#rows.dir = 'auto';
    if (code !== ORIGINAL) this.#rows.lang = code;
    document.getElementById('lines').append(this.#rows);
  }

  // What is new in these lines, and the draft of all of them.
  take(changed, isFirst) {
    const now = performance.now();
    for (const line of [...changed].sort((one, other) => (one.isAfter(other) ? 1 : -1))) {
      const closed = line.isClosed(this.#language);
      if (sentences && !closed) continue;
      const text = line.text(this.#language);
      const shown = this.#shown.get(line.key) ?? 0;
      this.#shown.set(line.key, Math.max(shown, text.length));
      // Who switches the overlay on wants what is said from now on.
      if ((isFirst && closed) || (text.length <= shown && !closed)) continue;
      const added = text.slice(shown);
      const speaker = speakers && line.speaker ? line.speaker : line.key.split(':')[0];
      this.#layout.commit(added, now, { speaker, closed, atOnce: isFirst });
    }
    if (query.get('drafts') !== '0' && !sentences) {
      const drafts = transcript.lines.slice(-8).map((line) => line.draft(this.#language).trim());
      const said = transcript.lines.at(-1)?.text(this.#language);
      const draft = drafts.filter(Boolean).join(' ');
      this.#layout.draft(draft && said && !/^[\p{P}]/u.test(draft) ? ` ${draft}` : draft, now);
    }
    while (this.#shown.size > 64) this.#shown.delete(this.#shown.keys().next().value);
    this.show();
  }

  show() {
    clearTimeout(this.#timer);
    const now = Math.ceil(performance.now());
    const { lines, draft, nextMs } = this.#layout.view(now);
    const texts = new Map(lines.map((line) => [line.number, { ...line, draft: '' }]));
    for (const each of draft) {
      const known = texts.get(each.number) ?? { number: each.number, text: '', speaker: '' };
      texts.set(each.number, { ...known, draft: each.text });
    }
    for (const [which, element] of this.#elements) {
      if (!texts.has(which)) {
        element.remove();
        this.#elements.delete(which);
      }
    }
    let speaker = '';
    for (const { number: which, text, draft: rest, speaker: who } of texts.values()) {
      const row = this.#row(which);
      const name = speakers && who && who !== speaker && !/^[0-9a-zA-Z_]{8,64}$/.test(who) ? who : '';
      speaker = who || speaker;
      row.children[0].textContent = name && `${name}: `;
      const said = row.children[1];
      if (text.startsWith(said.textContent)) said.append(text.slice(said.textContent.length));
      else said.textContent = text;
      row.children[2].textContent = rest;
    }
    this.isEmpty = texts.size === 0;
    box.classList.toggle('clear', strips.every((strip) => strip.isEmpty));
    if (nextMs !== null) this.#timer = setTimeout(() => this.show(), Math.max(1, nextMs - now));
  }

  #row(which) {
    let row = this.#elements.get(which);
    if (!row) {
      row = document.createElement('div');
      row.className = 'row';
      for (const kind of ['name', 'said', 'draft']) {
        const part = document.createElement('span');
        part.className = kind;
        if (kind === 'draft') part.setAttribute('aria-hidden', 'true');
        row.append(part);
      }
      this.#elements.set(which, row);
      this.#rows.append(row);
    }
    return row;
  }
}

const strips = [];
for (const [index, code] of languages.entries()) strips.push(new Strip(code, index > 0));

feed.addEventListener('caption', ({ detail }) => {
  const isFirst = Boolean(detail.snapshot) && !transcript.epochName;
  const result = transcript.apply(detail);
  if (result.isLost) {
    transcript.after = '';
    feed.start(languages);
    return;
  }
  if (!result.changed.size && !result.removed.length) return;
  for (const strip of strips) strip.take(result.changed, isFirst);
  if (transcript.lines.length > 80) transcript.lines.splice(0, transcript.lines.length - 40);
});

feed.start(languages);

// Two boxes: what is written in the first is translated in the second while it is written.

const $ = (id) => document.getElementById(id);
const MAX_LENGTH = 10_000;
const DETECT = 'Detect the language';
const WHY = new Map([
  [4403, 'This address may not connect here. Open the page by its own address.'],
  [4503, 'Too many people are here at the moment. The page tries again.'],
]);

// What was chosen, kept by the browser where it keeps anything.
const kept = {
  get(name, otherwise) {
    try {
      return localStorage.getItem(`try.${name}`) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(`try.${name}`, value);
    } catch {
      // It holds until the page is left.
    }
  },
};

const RTL = new Set(['ar', 'arc', 'ckb', 'dv', 'fa', 'he', 'ks', 'ps', 'sd', 'syr', 'ug', 'ur', 'yi']);
const directionOf = (code) => (RTL.has(code.split('-')[0].toLowerCase()) ? 'rtl' : 'ltr');
const names = new Intl.DisplayNames([navigator.language, 'en'], { type: 'language' });
function nameOf(code) {
  try {
    const name = names.of(code) ?? code;
    return name.charAt(0).toLocaleUpperCase() + name.slice(1);
  } catch {
    return code;
  }
}

let key = kept.get('key', '');
let languages = []; // as /languages has them
let detected = ''; // the language that the text is in
let lines = []; // { text, draft } for each line of the text
let chosen = new Map(); // what was picked instead: line and part → text
const problems = new Map(); // where → sentence

function problem(where, text = '') {
  if (text) problems.set(where, text);
  else problems.delete(where);
  $('notice').hidden = problems.size === 0;
  $('notice').textContent = [...problems.values()].join(' ');
}

// The API

async function ask(path, body) {
  const headers = key ? { authorization: `Bearer ${key}` } : {};
  if (body && !(body instanceof FormData)) headers['content-type'] = 'application/json';
  const answer = await fetch(path, {
    method: body ? 'POST' : 'GET',
    headers,
    body: body instanceof FormData ? body : body && JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 403) askForKey();
  if (!answer.ok) throw new Error(said.error ?? `The server answered ${answer.status}.`);
  return said;
}

function askForKey() {
  if (!$('key-form').hidden) return;
  $('key-form').hidden = false;
  $('key').focus();
}

$('key-form').onsubmit = (event) => {
  event.preventDefault();
  key = $('key').value.trim();
  kept.set('key', key);
  $('key-form').hidden = true;
  problem('live');
  connection.restart();
};

// Languages

function option(code, name) {
  const made = document.createElement('option');
  made.value = code;
  made.textContent = name;
  return made;
}

function offerTargets(wanted) {
  const source = $('source').value === 'auto' ? detected : $('source').value;
  const from = languages.find((each) => each.code === source);
  const codes = from ? from.targets.filter((code) => code !== source) : [...new Set(languages.flatMap((each) => each.targets))];
  $('target').replaceChildren(...codes.sort().map((code) => option(code, nameOf(code))));
  $('target').value = codes.includes(wanted) ? wanted : codes[0];
}

async function load() {
  languages = await ask('/languages');
  const source = kept.get('source', 'auto');
  $('source').replaceChildren(option('auto', DETECT), ...languages.map(({ code }) => option(code, nameOf(code))));
  $('source').value = languages.some(({ code }) => code === source) ? source : 'auto';
  const own = navigator.language.split('-')[0];
  const first = languages.flatMap(({ targets }) => targets).find((code) => code !== 'en') ?? 'en';
  offerTargets(kept.get('target', own === 'en' ? first : own));
}

function change({ isPair = false } = {}) {
  if (isPair) {
    kept.set('source', $('source').value);
    kept.set('target', $('target').value);
    chosen.clear();
  }
  const length = [...$('text').value].length;
  $('count').textContent = `${length.toLocaleString()} / ${MAX_LENGTH.toLocaleString()}`;
  $('out').lang = $('target').value;
  $('out').dir = directionOf($('target').value);
  $('text').dir = $('source').value === 'auto' ? 'auto' : directionOf($('source').value);
  hideMenu();
  connection.send();
}

$('source').onchange = () => {
  detected = '';
  offerTargets($('target').value);
  change({ isPair: true });
};
$('target').onchange = () => change({ isPair: true });
$('text').oninput = () => change();
$('clear').onclick = () => {
  $('text').value = '';
  change();
  $('text').focus();
};
$('swap').onclick = () => {
  const source = $('source').value === 'auto' ? detected || 'en' : $('source').value;
  const target = $('target').value;
  if (!languages.some(({ code }) => code === target)) return;
  const text = shownText();
  $('source').value = target;
  offerTargets(source);
  if (text) $('text').value = text;
  change({ isPair: true });
};

// The live connection

const connection = {
  socket: null,
  attempt: 0,
  timer: 0,
  again: 0,
  open() {
    clearTimeout(this.timer);
    const url = new URL('/live', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.onopen = () => {
      this.attempt = 0;
      state('live', 'Connected');
      problem('connection');
      lines = [];
      this.send();
    };
    socket.onmessage = ({ data }) => take(JSON.parse(data));
    socket.onclose = ({ code }) => {
      if (socket !== this.socket) return;
      state('connecting', 'Connecting');
      if (WHY.has(code)) problem('connection', WHY.get(code));
      const wait = Math.min(5_000, 250 * 2 ** this.attempt) * (0.5 + Math.random());
      this.attempt += 1;
      this.timer = setTimeout(() => this.open(), wait);
    };
  },
  send() {
    if (this.socket?.readyState !== WebSocket.OPEN || !$('target').value) return;
    this.socket.send(
      JSON.stringify({ key, text: $('text').value.slice(0, MAX_LENGTH), source: $('source').value, target: $('target').value }),
    );
  },
  // With another key.
  restart() {
    const old = this.socket;
    this.socket = null;
    old?.close();
    this.open();
  },
};

function state(kind, name) {
  $('state').dataset.state = kind;
  $('state').textContent = name;
}

function take(message) {
  if (message.problem) {
    const isKey = ['UNAUTHENTICATED', 'KEY_EXPIRED', 'PERMISSION_DENIED'].includes(message.reason);
    if (isKey) askForKey();
    if (!isKey || key) problem('live', message.problem.charAt(0).toUpperCase() + message.problem.slice(1) + '.');
    // What was too much, or away, may be over.
    clearTimeout(connection.again);
    if (!isKey) connection.again = setTimeout(() => connection.send(), 4_000);
    return;
  }
  problem('live');
  lines.length = message.count;
  for (const [number, text, draft] of message.lines) {
    lines[number] = { text, draft };
    for (const place of chosen.keys()) if (place.startsWith(`${number}:`)) chosen.delete(place);
    draw(number);
  }
  while ($('out').childElementCount > message.count) $('out').lastChild.remove();
  $('out').setAttribute('aria-busy', String(!message.settled));
  const isKnown = $('text').value.trim() !== '';
  if ($('source').value === 'auto' && isKnown && detected !== message.source) {
    detected = message.source;
    // Nobody wants a text in its own language.
    if (detected === $('target').value) {
      offerTargets('');
      change({ isPair: true });
      return;
    }
  }
  $('source').options[0].textContent = isKnown ? `Detected: ${nameOf(message.source)}` : DETECT;
  $('tip').textContent = message.settled && shownText().trim() ? 'Click a sentence for other translations.' : '';
}

// The translation

const sentences = new Intl.Segmenter('en', { granularity: 'sentence' });
const partsOf = (text) => [...sentences.segment(text)].map(({ segment }) => segment);

function draw(number) {
  const { text, draft } = lines[number];
  while ($('out').childElementCount <= number) $('out').append(Object.assign(document.createElement('p'), { className: 'line' }));
  const line = $('out').children[number];
  line.classList.toggle('draft', draft);
  if (draft || !text.trim()) {
    line.textContent = text;
    return;
  }
  line.replaceChildren(
    ...partsOf(text).map((part, place) => {
      const span = document.createElement('span');
      span.className = 'part';
      span.textContent = chosen.get(`${number}:${place}`) ?? part;
      span.tabIndex = 0;
      span.setAttribute('role', 'button');
      span.setAttribute('aria-haspopup', 'dialog');
      span.onclick = () => others(span, number, place);
      span.onkeydown = (event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        others(span, number, place);
      };
      return span;
    }),
  );
}

const shownText = () => [...$('out').children].map((line) => line.textContent).join('\n');

$('copy').onclick = async ({ target }) => {
  try {
    await navigator.clipboard.writeText(shownText());
    target.textContent = 'Copied';
    setTimeout(() => (target.textContent = 'Copy'), 1500);
  } catch {
    getSelection().selectAllChildren($('out'));
  }
};

// Other translations of a sentence

let opened = null;

function hideMenu() {
  $('menu').hidden = true;
  opened?.removeAttribute('aria-expanded');
  opened = null;
}

// The sentence that a part of the translation comes from; without one, the whole line.
function sourceOf(number, place) {
  const line = $('text').value.split('\n')[number] ?? '';
  const sources = partsOf(line);
  return sources.length === partsOf(lines[number].text).length ? sources[place] : line;
}

function openMenu(span, ...children) {
  opened = span;
  span.setAttribute('aria-expanded', 'true');
  const menu = $('menu');
  menu.replaceChildren(...children);
  menu.hidden = false;
  const at = span.getClientRects()[0];
  const left = Math.max(12, Math.min(at.left, innerWidth - menu.offsetWidth - 12));
  menu.style.left = `${left + scrollX}px`;
  menu.style.top = `${at.bottom + scrollY + 4}px`;
}

const paragraph = (text) => Object.assign(document.createElement('p'), { textContent: text });

async function others(span, number, place) {
  hideMenu();
  openMenu(span, paragraph('…'));
  const q = sourceOf(number, place).trim();
  const isWhole = q === ($('text').value.split('\n')[number] ?? '').trim();
  const source = $('source').value === 'auto' ? detected : $('source').value;
  try {
    const answer = await ask('/translate', { q, source, target: $('target').value, alternatives: 4 });
    if (opened !== span) return;
    const shown = isWhole ? $('out').children[number].textContent : span.textContent;
    const found = [...new Set([answer.translatedText, ...answer.alternatives])].filter((each) => each.trim() && each.trim() !== shown.trim());
    const buttons = found.map((text) => {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: text });
      button.onclick = () => {
        if (isWhole) {
          lines[number] = { text, draft: false };
          draw(number);
        } else {
          chosen.set(`${number}:${place}`, text + (/\s*$/u.exec(span.textContent)?.[0] ?? ''));
          span.textContent = chosen.get(`${number}:${place}`);
        }
        hideMenu();
        $('out').focus();
      };
      return button;
    });
    openMenu(span, ...(buttons.length ? buttons : [paragraph('There is no other.')]));
    $('menu').querySelector('button')?.focus({ preventScroll: true });
  } catch (error) {
    if (opened === span) openMenu(span, paragraph(error.message));
  }
}

addEventListener('click', ({ target }) => {
  if (!$('menu').contains(target) && !target.closest?.('.part')) hideMenu();
});
addEventListener('keydown', ({ key: pressed }) => {
  if (pressed !== 'Escape' || $('menu').hidden) return;
  opened?.focus();
  hideMenu();
});

// Files

async function translateFile(file) {
  const item = document.createElement('li');
  const name = Object.assign(document.createElement('span'), { className: 'name', textContent: file.name });
  const said = Object.assign(document.createElement('span'), { className: 'fine', textContent: 'Translating …' });
  said.setAttribute('role', 'status');
  item.append(name, said);
  $('files').hidden = false;
  $('files').prepend(item);
  const form = new FormData();
  form.append('source', $('source').value);
  form.append('target', $('target').value);
  form.append('file', file);
  try {
    const { translatedFileUrl } = await ask('/translate_file', form);
    const link = document.createElement('a');
    link.href = new URL(translatedFileUrl).pathname;
    link.download = decodeURIComponent(link.href.split('/').pop());
    link.textContent = `Save ${link.download}`;
    said.replaceWith(link);
  } catch (error) {
    said.className = 'problem';
    said.textContent = error.message;
  }
}

$('choose').onclick = () => $('file').click();
$('file').onchange = ({ target }) => {
  for (const file of target.files) translateFile(file);
  target.value = '';
};

let depth = 0;
const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
addEventListener('dragenter', (event) => {
  if (hasFiles(event)) $('drop').hidden = (depth += 1) === 0;
});
addEventListener('dragleave', (event) => {
  if (hasFiles(event)) $('drop').hidden = (depth -= 1) <= 0;
});
addEventListener('dragover', (event) => {
  if (hasFiles(event)) event.preventDefault();
});
addEventListener('drop', (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  depth = 0;
  $('drop').hidden = true;
  for (const file of event.dataTransfer.files) translateFile(file);
});

// Colours

function showTheme(theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
$('theme').value = kept.get('theme', 'auto');
showTheme($('theme').value);
$('theme').onchange = ({ target }) => {
  kept.set('theme', target.value);
  showTheme(target.value);
};

// Languages are there as soon as a server is.
async function begin() {
  try {
    await load();
    if (!languages.length) throw new Error('No server answers yet. The page tries again.');
    problem('languages');
  } catch (error) {
    problem('languages', error.message);
    setTimeout(begin, 1500);
    return;
  }
  change();
  if (!connection.socket) connection.open();
}
begin();

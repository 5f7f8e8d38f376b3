import { address, ask, key, nameOf } from './room.js';

const $ = (id) => document.getElementById(id);
const POLL_MS = 2_000;

function row(...cells) {
  const element = document.createElement('tr');
  for (const [index, text] of cells.entries()) {
    const cell = document.createElement(index ? 'td' : 'th');
    if (!index) cell.scope = 'row';
    if (typeof text === 'number') cell.className = 'number';
    cell.textContent = String(text);
    element.append(cell);
  }
  return element;
}

function standing(language, spoken) {
  if (language.languageCode === 'original') return 'as it is spoken';
  const parts = [];
  if (spoken.has(language.languageCode)) parts.push('spoken');
  if (language.translated) parts.push('translated live');
  if (language.pinned) parts.push('pinned');
  if (language.numMissing) parts.push(`${language.numMissing} earlier sentences to come`);
  return parts.join(', ') || 'waits for a speaker';
}

function show({ status }) {
  const room = status.room ?? {};
  $('title').textContent = room.title || 'The room';
  document.title = `${room.title || 'The room'} – captions`;
  $('viewers').textContent = String(status.numViewers ?? 0);
  $('speakers').textContent = String(room.numSpeakers ?? 0);
  $('segments').textContent = String(status.numSegments ?? 0);
  const minutes = Math.round(Number.parseFloat(room.retention ?? '0') / 60);
  $('retention').textContent = room.recorded
    ? 'What is said is recorded.'
    : `Nothing is recorded. Text is kept in memory for ${minutes} minutes at most.`;
  const publishers = status.publishers ?? [];
  const spoken = new Set(publishers.map((each) => each.languageCode));
  $('languages').replaceChildren(
    ...(status.languages ?? []).map((each) =>
      row(
        each.languageCode === 'original' ? 'Original' : nameOf(each.languageCode, 'en'),
        each.numViewers ?? 0,
        standing(each, spoken),
      ),
    ),
  );
  $('publishers').replaceChildren(
    ...publishers.map((each) => {
      const how = each.problem || (each.connected ? 'connected' : 'away; may come back');
      const element = row(each.speaker || 'No name', nameOf(each.languageCode, 'en'), how);
      element.lastChild.classList.toggle('problem', Boolean(each.problem));
      return element;
    }),
  );
  const sinks = status.sinks ?? [];
  $('sinks-card').hidden = !sinks.length;
  sinks.forEach(showDestination);
  if (!publishers.length) $('publishers').replaceChildren(row('Nobody at the moment', '', ''));
}

const KINDS = new Map([
  ['file', 'Text file'],
  ['obs', 'OBS'],
  ['recording', 'Recording'],
  ['teams', 'Teams'],
  ['vmix', 'vMix'],
  ['webhook', 'Webhook'],
  ['youtube', 'YouTube Live'],
  ['zoom', 'Zoom'],
]);

// An entry stays where it is: its button keeps the focus of whoever uses the keyboard.
const entries = new Map();

function entry() {
  const item = document.createElement('li');
  const [what, name, facts, how] = ['p', 'strong', 'span', 'p'].map((tag) => document.createElement(tag));
  const button = document.createElement('button');
  button.type = 'button';
  how.className = 'how';
  what.append(name, facts);
  item.append(what, how, button);
  $('sinks').append(item);
  return { name, facts, how, button };
}

function showDestination(sink) {
  const { sinkId, kind, languageCode, on = false, numSent = 0, problem = '' } = sink;
  const language = languageCode === 'original' ? 'Original' : nameOf(languageCode, 'en');
  if (!entries.has(sinkId)) entries.set(sinkId, entry());
  const { name, facts, how, button } = entries.get(sinkId);
  const works = problem ? `Tries again: ${problem}` : numSent ? 'Works' : 'Nothing sent yet';
  name.textContent = KINDS.get(kind) ?? kind;
  facts.textContent = ` ${language}, ${numSent} sent`;
  how.textContent = on ? works : problem.replace(/^./u, (first) => first.toUpperCase());
  how.classList.toggle('problem', Boolean(problem));
  button.textContent = on ? 'Switch off' : 'Switch on';
  button.setAttribute('aria-label', `${button.textContent}: ${name.textContent}, ${language}`);
  button.onclick = async () => {
    button.onclick = null;
    try {
      showDestination((await ask(`/sinks/${sinkId}`, {}, { on: !on })).sink);
    } catch (error) {
      showDestination(sink);
      how.textContent = `This did not work: ${error.message}`;
    }
  };
}

function state(name, text, why = '') {
  $('state').dataset.state = name;
  $('state').textContent = text;
  $('notice').hidden = !why;
  $('notice').textContent = why;
}

async function poll() {
  try {
    show(await ask(''));
    state('live', 'Live');
  } catch (error) {
    const isNetwork = error instanceof TypeError;
    state('connecting', 'Not connected', isNetwork ? 'The gateway cannot be reached.' : error.message);
  }
  setTimeout(poll, POLL_MS);
}

async function links() {
  const { speakUrl, viewUrl } = await ask('/links');
  $('speak-url').value = speakUrl;
  $('view-url').value = viewUrl;
  const overlay = new URL(viewUrl);
  overlay.pathname += '/overlay';
  $('overlay-url').value = overlay.href;
  const answer = await fetch(address('/qr.svg'), { headers: { authorization: `Bearer ${key}` } });
  $('qr').src = `data:image/svg+xml;base64,${btoa(await answer.text())}`;
  $('qr').hidden = false;
}

for (const button of document.querySelectorAll('[data-copy]')) {
  button.onclick = async () => {
    $(button.dataset.copy).select();
    try {
      await navigator.clipboard.writeText($(button.dataset.copy).value);
      button.textContent = 'Copied';
      setTimeout(() => (button.textContent = 'Copy'), 1500);
    } catch {
      // It is selected: Ctrl-C copies it.
    }
  };
}

if (!key) state('refused', 'Not connected', 'This address lacks its key. Open the whole link.');
else {
  poll();
  links().catch(() => {});
}

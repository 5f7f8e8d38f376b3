// What a speaker says, on its way to the gateway. It keeps what the gateway has not made captions
// of, so a broken connection, or a gateway that starts anew, costs no word.

import { address, key, room } from './room.js';

const codePoints = (text) => [...text].length;

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const WHY = new Map([
  [4403, 'This link does not let you speak, or has expired. Ask for a new one.'],
  [4503, 'The room takes no more speakers at the moment.'],
  [4409, 'This page has been opened a second time; the other one speaks now.'],
]);

export class Source extends EventTarget {
  #socket = null;
  #kept = []; // { position, text, ends }
  #position = 0; // code points said so far
  #tentative = '';
  #attempt = 0;
  #timer = 0;
  #isWanted = false;
  #id = newId();

  constructor(settings) {
    super();
    this.settings = settings; // { languageCode, speaker }
    addEventListener('online', () => this.#isWanted && !this.#isOpen && this.#open());
  }

  // Code points that are said and not yet acknowledged.
  get numKept() {
    return this.#kept.reduce((sum, each) => sum + codePoints(each.text), 0);
  }

  get #isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN && this.#socket.isReady;
  }

  start() {
    this.#isWanted = true;
    this.#open();
  }

  stop() {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
  }

  change(settings) {
    this.settings = { ...this.settings, ...settings };
    if (this.#isOpen) this.#send({ settings: this.settings });
  }

  // Says something for good, with the guess that follows it.
  say(committed, tentative = '', endOfSegment = false) {
    if (!committed && !endOfSegment && tentative === this.#tentative) return;
    this.#tentative = tentative;
    const entry = { position: this.#position, text: committed, ends: endOfSegment };
    if (committed || endOfSegment) {
      this.#kept.push(entry);
      this.#position += codePoints(committed);
    }
    if (this.#isOpen) this.#source(entry);
  }

  #source(entry) {
    this.#send({
      source: {
        position: String(entry.position),
        committed: entry.text,
        tentative: this.#tentative,
        endOfSegment: entry.ends,
      },
    });
  }

  #send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #tell(state, why = '') {
    this.dispatchEvent(new CustomEvent('state', { detail: { state, why } }));
  }

  #open() {
    clearTimeout(this.#timer);
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
    this.#tell('connecting');
    const socket = new WebSocket(address('/publish', {}, { socket: true }), 'translator.captions.v1.json');
    this.#socket = socket;
    socket.onopen = () =>
      this.#send({
        opening: {
          key,
          roomId: room,
          publisherId: this.#id,
          settings: this.settings,
          position: String(this.#kept[0]?.position ?? this.#position),
        },
      });
    socket.onmessage = ({ data }) => this.#take(socket, JSON.parse(data));
    socket.onclose = ({ code }) => {
      if (socket !== this.#socket || !this.#isWanted) return this.#tell('stopped');
      if (WHY.has(code)) {
        this.#isWanted = code === 4503;
        this.#tell('refused', WHY.get(code));
        if (code !== 4503) return undefined;
      } else this.#tell('connecting');
      const wait = Math.min(5_000, 250 * 2 ** this.#attempt) * (0.5 + Math.random());
      this.#attempt += 1;
      this.#timer = setTimeout(() => this.#open(), wait);
      return undefined;
    };
  }

  #take(socket, message) {
    const { opened, progress, problem } = message;
    if (opened) {
      socket.isReady = true;
      this.#attempt = 0;
      const position = Number(opened.position ?? 0);
      this.#tell('live');
      this.dispatchEvent(new CustomEvent('opened', { detail: opened }));
      this.#forget(position, false);
      for (const entry of this.#kept) this.#source(entry);
      if (this.#tentative && !this.#kept.length) {
        this.#source({ position: this.#position, text: '', ends: false });
      }
    }
    if (progress) {
      this.#forget(Number(progress.position ?? 0), true);
      this.dispatchEvent(new CustomEvent('viewers', { detail: progress.numViewers ?? 0 }));
    }
    if (problem) this.dispatchEvent(new CustomEvent('problem', { detail: problem.message ?? '' }));
  }

  // Drops what the gateway has made captions of. What it has only heard stays: it may start anew.
  #forget(position, isDone) {
    if (!isDone) return;
    while (this.#kept.length) {
      const [first] = this.#kept;
      if (first.position + codePoints(first.text) > position) return;
      if (!first.text && first.position >= position) return;
      this.#kept.shift();
    }
  }
}

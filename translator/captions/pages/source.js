// What a speaker says, on its way to the gateway. It keeps what the gateway has not made captions
// of, so a broken connection, or a gateway that starts anew, costs no word. Speech is kept for
// half a minute; what is older by then is lost, and told.

import { address, key, room } from './room.js';

const codePoints = (text) => [...text].length;

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const RATE = 16_000;
const KEPT_SAMPLES = 30 * RATE;
// What waits in the socket, in bytes; beyond it the gateway reads more slowly than is spoken.
const MAX_UNSENT = 128 * 1024;
const LATE_SAMPLES = 3 * RATE;

function base64(samples) {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  return btoa(String.fromCharCode(...bytes));
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
  #isResting = false;
  #isEnding = false;
  #audio = []; // { position, samples }
  #numHeard = 0; // samples said so far
  #numSent = 0; // samples sent to the gateway, those that need not be sent included
  #done = 0; // code points that the gateway has made captions of
  #lost = 0; // samples
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
    this.#isResting = false;
    this.#open();
  }

  // Gives up its place in the room until there is something to say.
  rest() {
    if (this.#kept.length || this.#tentative) return;
    this.#isResting = true;
    this.stop();
  }

  // Ends when all speech is sent; the gateway recognises what is left.
  end() {
    this.#isEnding = true;
    this.#sendAudio();
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
    if (this.#isResting) this.start();
    else if (this.#isOpen) this.#source(entry);
  }

  // Says something as sound: an Int16Array at 16 kHz.
  hear(samples) {
    this.#audio.push({ position: this.#numHeard, samples });
    this.#numHeard += samples.length;
    while (this.#numHeard - this.#audio[0].position > KEPT_SAMPLES) {
      const { position, samples: first } = this.#audio.shift();
      if (position >= this.#numSent) this.#lost += first.length;
    }
    this.#sendAudio();
  }

  #sendAudio() {
    const isOpen = this.#isOpen;
    for (const { position, samples } of isOpen ? this.#audio : []) {
      if (position < this.#numSent) continue;
      if (this.#socket.bufferedAmount > MAX_UNSENT) break;
      this.#send({ audio: { position: String(position), samples: base64(samples) } });
      this.#numSent = position + samples.length;
    }
    const numWaiting = this.#numHeard - this.#numSent;
    if (this.#isEnding && isOpen && !numWaiting) this.stop();
    this.#tellLate(numWaiting, isOpen);
  }

  #tellLate(numWaiting, isOpen) {
    const seconds = Math.round(this.#lost / RATE);
    let text = '';
    if (seconds) text = `${seconds} s of what you said got lost. Say it again.`;
    else if (numWaiting > LATE_SAMPLES && isOpen) text = 'The gateway does not keep up with what you say.';
    else if (numWaiting > LATE_SAMPLES) text = 'The connection is interrupted. What you say is kept for half a minute.';
    if (!numWaiting) this.#lost = 0;
    if (text !== this.late) this.dispatchEvent(new CustomEvent('late', { detail: (this.late = text) }));
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
          position: String(this.#kept[0]?.position ?? Math.max(this.#position, this.#done)),
        },
      });
    socket.onmessage = ({ data }) => this.#take(socket, JSON.parse(data));
    socket.onclose = ({ code }) => {
      if (socket !== this.#socket || this.#isResting) return undefined;
      if (!this.#isWanted) return this.#tell('stopped');
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
      this.#numSent = Number(opened.audioPosition ?? 0);
      this.#sendAudio();
      for (const entry of this.#kept) this.#source(entry);
      if (this.#tentative && !this.#kept.length) {
        this.#source({ position: this.#position, text: '', ends: false });
      }
    }
    if (progress) {
      this.#done = Number(progress.position ?? 0);
      this.#forget(this.#done);
      this.#forgetAudio(Number(progress.audioPosition ?? 0));
      this.#sendAudio();
      this.dispatchEvent(new CustomEvent('viewers', { detail: progress.numViewers ?? 0 }));
    }
    if (problem) this.dispatchEvent(new CustomEvent('problem', { detail: problem.message ?? '' }));
  }

  // Drops what the gateway has made captions of. What it has only heard stays: it may start anew.
  #forget(position) {
    while (this.#kept.length) {
      const [first] = this.#kept;
      if (first.position + codePoints(first.text) > position) return;
      if (!first.text && first.position >= position) return;
      this.#kept.shift();
    }
  }

  #forgetAudio(position) {
    while (this.#audio.length && this.#audio[0].position + this.#audio[0].samples.length <= position) {
      this.#audio.shift();
    }
  }
}

// Keeps a viewer connected: an event stream first, then a WebSocket, then asking every two seconds.

import { address, key } from './room.js';

const SILENT_MS = 40_000; // the gateway says something every 15 s
const POLL_MS = 2_000;
const WAYS = ['events', 'socket', 'poll'];
const FATAL = new Map([
  [403, 'This link is not valid, or has expired. Ask for a new one.'],
  [400, 'The gateway does not understand this page.'],
]);

export class Feed extends EventTarget {
  #languages = [];
  #after = () => '';
  #way = 0;
  #attempt = 0;
  #hasSpoken = false; // whether anything came by this connection
  #close = () => {};
  #timer = 0;
  #watch = 0;
  #generation = 0;

  constructor(after) {
    super();
    this.#after = after;
    // A phone that wakes up does not wait for a timer; a network that is back neither.
    addEventListener('online', () => this.#retry(0));
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && this.state !== 'live') this.#retry(0);
    });
  }

  state = 'connecting';

  start(languages) {
    this.#languages = languages;
    this.#retry(0);
  }

  #set(state, why = '') {
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', { detail: { state, why } }));
  }

  #query() {
    return { key, language: this.#languages, after: this.#after() };
  }

  #retry(waitMs) {
    this.#generation += 1;
    this.#close();
    clearTimeout(this.#timer);
    clearTimeout(this.#watch);
    if (this.state === 'refused') return;
    this.#timer = setTimeout(() => this.#open(), waitMs);
  }

  // The connection broke, or never was: another attempt, later each time, partly at random.
  #broken(least = 0) {
    if (this.state !== 'connecting') this.#set('connecting');
    const wait = Math.min(5_000, 250 * 2 ** this.#attempt) * (0.5 + Math.random());
    this.#attempt += 1;
    this.#retry(Math.max(least, wait));
  }

  // Where the gateway answers, but a way to it never brings anything, a proxy holds it back.
  async #failed() {
    const generation = this.#generation;
    const answers = await this.#ask();
    if (generation !== this.#generation || this.state === 'refused') return;
    if (answers && !this.#hasSpoken) {
      this.#way = (this.#way + 1) % WAYS.length;
      this.#retry(0);
    } else this.#broken();
  }

  #alive() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#broken(), SILENT_MS);
  }

  #take(text) {
    const event = JSON.parse(text);
    this.#hasSpoken = true;
    this.#alive();
    this.#attempt = 0;
    if (this.state !== 'live') this.#set('live');
    if (event.bye) this.#broken(Number.parseFloat(event.bye.retryAfter ?? '0') * 1000);
    else if (Object.keys(event).length) {
      this.dispatchEvent(new CustomEvent('caption', { detail: event }));
    }
  }

  #open() {
    const generation = this.#generation;
    const current = (then) => (argument) => generation === this.#generation && then(argument);
    this.#alive();
    this.#hasSpoken = false;
    if (WAYS[this.#way] === 'events') this.#openEvents(current);
    else if (WAYS[this.#way] === 'socket') this.#openSocket(current);
    else this.#openPoll(current);
  }

  #openEvents(current) {
    const source = new EventSource(address('/events', this.#query()));
    this.#close = () => source.close();
    source.onmessage = current((message) => this.#take(message.data));
    source.addEventListener('beat', current(() => this.#alive()));
    source.onerror = current(() => {
      source.close();
      this.#failed();
    });
  }

  #openSocket(current) {
    const url = address('/events', this.#query(), { socket: true });
    const socket = new WebSocket(url, 'translator.captions.v1.json');
    this.#close = () => socket.close();
    socket.onmessage = current((message) => this.#take(message.data));
    socket.onclose = current((event) => {
      const why = FATAL.get(event.code - 4000);
      if (why) this.#set('refused', why);
      else this.#failed();
    });
  }

  #openPoll(current) {
    const stop = new AbortController();
    this.#close = () => stop.abort();
    const poll = async () => {
      try {
        const answer = await fetch(address('/poll', this.#query()), { signal: stop.signal });
        if (FATAL.has(answer.status)) return this.#set('refused', FATAL.get(answer.status));
        if (!answer.ok) throw new Error(String(answer.status));
        const events = await answer.json();
        current(() => {
          for (const event of events) this.#take(JSON.stringify(event));
          this.#timer = setTimeout(current(poll), POLL_MS);
        })();
      } catch {
        current(() => this.#broken())();
      }
      return undefined;
    };
    poll();
  }

  // Whether the gateway answers. An event stream does not say why it failed; asking does.
  async #ask() {
    try {
      const answer = await fetch(address('/poll', { ...this.#query(), after: '' }));
      if (FATAL.has(answer.status)) this.#set('refused', FATAL.get(answer.status));
      return answer.ok;
    } catch {
      return false;
    }
  }
}

// The microphone, for the gateway's recogniser: frames of 100 ms, and what is wrong in plain words.

const WHY = new Map([
  ['NotAllowedError', 'The browser does not let this page use the microphone. Allow it beside the address, then start again.'],
  ['SecurityError', 'The browser does not let this page use the microphone.'],
  ['NotFoundError', 'There is no microphone. Plug one in, then start again.'],
  ['NotReadableError', 'The microphone cannot be opened. Another program may be using it.'],
  ['AbortError', 'The microphone cannot be opened. Another program may be using it.'],
]);
// Browsers give a page the microphone only where nobody can listen in.
const INSECURE = 'This page needs https to use the microphone, or the machine on which the gateway runs.';
const GONE = 'The microphone is gone. Plug it in, then start again.';
const SILENT = 'The microphone gives no sound at all. Is it muted?';
const LOUD = 'The microphone is too loud, and its sound is cut off. Turn it down, or move away from it.';
const SILENT_FRAMES = 50;
const LOUD_FRAMES = 5; // of the last 30

export const isThere = () => Boolean(window.AudioWorkletNode);

export class Microphone extends EventTarget {
  #stream = null;
  #context = null;
  #isWanted = false;
  #numSilent = 0;
  #loud = [];
  #hint = '';

  get isOn() {
    return this.#isWanted;
  }

  // Asks for the microphone. Whoever speaks may say no.
  async start() {
    this.#isWanted = true;
    try {
      if (!navigator.mediaDevices) throw new Error(INSECURE);
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      });
      this.#stream = stream;
      if (!this.#isWanted) return this.stop();
      for (const track of stream.getTracks()) track.onended = () => this.#fail(GONE);
      await this.#listen(stream);
    } catch (error) {
      this.#fail(WHY.get(error.name) ?? String(error.message || error));
    }
    return undefined;
  }

  stop() {
    const wasWanted = this.#isWanted;
    this.#isWanted = false;
    for (const track of this.#stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.#stream = null;
    this.#context?.close();
    this.#context = null;
    this.#numSilent = 0;
    this.#loud = [];
    this.#say('');
    if (wasWanted) this.dispatchEvent(new CustomEvent('end'));
  }

  async #listen(stream) {
    let context = new AudioContext({ sampleRate: 16_000 });
    let source;
    try {
      source = context.createMediaStreamSource(stream);
    } catch {
      // Firefox does not join what has different rates.
      await context.close();
      context = new AudioContext();
      source = context.createMediaStreamSource(stream);
    }
    this.#context = context;
    await context.audioWorklet.addModule('/pages/capture.js');
    if (context !== this.#context) return;
    const capture = new AudioWorkletNode(context, 'capture', { numberOfOutputs: 0 });
    capture.port.onmessage = ({ data }) => context === this.#context && this.#take(data);
    source.connect(capture);
    await context.resume();
  }

  #take({ samples, peak }) {
    this.#numSilent = peak ? 0 : this.#numSilent + 1;
    this.#loud = [...this.#loud, peak >= 0.999].slice(-30);
    if (this.#numSilent >= SILENT_FRAMES) this.#say(SILENT);
    else if (this.#loud.filter(Boolean).length >= LOUD_FRAMES) this.#say(LOUD);
    else if (!this.#numSilent && !this.#loud.some(Boolean)) this.#say('');
    this.dispatchEvent(new CustomEvent('audio', { detail: { samples, peak } }));
  }

  #say(hint) {
    if (hint === this.#hint) return;
    this.#hint = hint;
    this.dispatchEvent(new CustomEvent('hint', { detail: hint }));
  }

  #fail(why) {
    this.stop();
    this.dispatchEvent(new CustomEvent('problem', { detail: why }));
  }
}

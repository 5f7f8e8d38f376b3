// The browser's speech recogniser. It ends by itself after a silence, ten seconds or a minute, so it
// is started again, and what it had not confirmed by then counts as said.

export const isThere = () => 'SpeechRecognition' in window || 'webkitSpeechRecognition' in window;

const FATAL = new Map([
  ['not-allowed', 'The browser does not let this page use the microphone.'],
  ['service-not-allowed', 'The browser does not let this page recognise speech.'],
  ['audio-capture', 'There is no microphone.'],
  ['language-not-supported', 'The browser does not recognise this language.'],
]);

export class Recogniser extends EventTarget {
  #recognition = null;
  #isWanted = false;
  #interim = '';
  #failures = 0;

  get isOn() {
    return this.#isWanted;
  }

  start(language) {
    this.#isWanted = true;
    this.#failures = 0;
    this.#begin(language);
  }

  stop() {
    this.#isWanted = false;
    this.#recognition?.stop();
  }

  #begin(language) {
    const Kind = window.SpeechRecognition ?? window.webkitSpeechRecognition;
    const recognition = new Kind();
    this.#recognition = recognition;
    recognition.lang = language;
    recognition.continuous = true;
    recognition.interimResults = true;
    let numFinal = 0; // results that were passed on as said
    recognition.onresult = ({ results }) => {
      this.#failures = 0;
      let said = '';
      let interim = '';
      for (let index = numFinal; index < results.length; index += 1) {
        const text = results[index][0].transcript.trim();
        if (results[index].isFinal && !interim) {
          if (text) said += `${text} `;
          numFinal = index + 1;
        } else if (text) interim += `${text} `;
      }
      this.#interim = interim;
      this.#tell(said, interim);
    };
    recognition.onerror = ({ error }) => {
      this.#failures += 1;
      if (!FATAL.has(error)) return;
      this.#isWanted = false;
      this.dispatchEvent(new CustomEvent('problem', { detail: FATAL.get(error) }));
    };
    recognition.onend = () => {
      // Nothing will confirm it any more.
      if (this.#interim) this.#tell(this.#interim, '');
      this.#interim = '';
      this.dispatchEvent(new CustomEvent('end'));
      if (!this.#isWanted) return;
      setTimeout(() => this.#isWanted && this.#begin(language), Math.min(5_000, 50 + 300 * this.#failures));
    };
    try {
      recognition.start();
    } catch (error) {
      this.#isWanted = false;
      this.dispatchEvent(new CustomEvent('problem', { detail: String(error.message ?? error) }));
    }
  }

  #tell(committed, tentative) {
    this.dispatchEvent(new CustomEvent('said', { detail: { committed, tentative } }));
  }
}

/**
 * @typedef {{sent: any} | {received: any} | {halfClosed: true}} Entry
 */

/** What was sent and received on one stream, in order, and how it ended. */
export class Journal {
  /** @type {Entry[]} */
  entries = [];
  /** How the stream ended. @type {import('../src/errors.js').TranslatorError | 'OK' | undefined} */
  end;
  #changed = () => {};

  /** @param {Entry} entry */
  add(entry) {
    this.entries.push(entry);
    this.#changed();
  }

  /** @param {import('../src/errors.js').TranslatorError | 'OK'} end */
  finish(end) {
    this.end = end;
    this.#changed();
  }

  /** Responses, in order. @returns {any[]} */
  get received() {
    return this.entries.flatMap((entry) => ('received' in entry ? [entry.received] : []));
  }

  /** @param {string} target @returns {any[]} its updates, in order */
  updatesOf(target) {
    const updates = this.received.flatMap(({ target: update }) => update ?? []);
    return updates.filter(({ targetLanguageCode }) => targetLanguageCode === target);
  }

  /** Name of the status code; "" while the stream is open. */
  get code() {
    return typeof this.end === 'object' ? this.end.code : (this.end ?? '');
  }

  /**
   * @param {() => boolean} condition
   * @param {string} what it stands for
   * @param {number} timeoutMs
   */
  async until(condition, what, timeoutMs) {
    const deadline = Date.now() + timeoutMs;
    while (!condition()) {
      if (this.end) throw new Error(`the stream ended with ${this.code} before: ${what}`);
      await new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`${timeoutMs} ms have passed before: ${what}`));
        }, deadline - Date.now());
        this.#changed = () => {
          clearTimeout(timer);
          resolve(undefined);
        };
      });
    }
  }
}

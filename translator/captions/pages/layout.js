// Places caption text in lines: what is placed stays, whatever comes later.
//
// The twin of translator/captions/layout.py, which says what each rule is for; both pass one table of
// cases (tests/data/layout.json). Pure: time is given, in whole milliseconds.

import binding from './binding.js';

const PACE = [[30, 100], [15, 150], [0, 200]];
const MAX_PACE_MS = 1000;
const MIN_BLOCK_MS = 1000;
const CHARACTERS_PER_S = 17;
const MAX_WAIT_MS = 3000;
const HOLD_MS = 1000;
const WIDE_ROOM = 12;
const NARROW_ROOM = 7;
const MAX_BOUND = 4;
const MAX_AHEAD = 100;
const SENTENCE_FULL = 60;
const CLAUSE_FULL = 80;
const BOUND_FULL = 50;
const MIN_COLUMNS_FOR_MARK = 16;
const MAX_KEPT = 200;

// Words, as translator/text/line_break.py and binding.py have them.

const UNSPACED =
  '\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff';
// White space where a line may end.
const SPACE =
  '\\t-\\r\\x1c-\\x20\\x85\\u1680\\u2000-\\u200a\\u2028\\u2029\\u205f\\u3000';
const PIECE = new RegExp(`[${SPACE}]+|[${UNSPACED}]|[^${SPACE}${UNSPACED}]+`, 'gu');
const IS_SPACE = new RegExp(`^[${SPACE}]+$`, 'u');
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u');
const NO_WIDTH = /\p{Mn}|\p{Me}|\p{Cf}/u;
const HAS_ALPHANUMERIC = /[\p{L}\p{N}]/u;
const WIDE = new RegExp(
  '[\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6f' +
    '\\uff00-\\uff60\\uffe0-\\uffe6\\u{1f300}-\\u{1f64f}\\u{1f680}-\\u{1f6ff}\\u{1f900}-\\u{1f9ff}' +
    '\\u{20000}-\\u{3fffd}]',
  'u',
);
const CLOSING = new Set('、。，．！？：；」』）】〉》…ー・,.!?:;)]}»”’');
const OPENING = new Set('「『（【〈《([{«“‘¿¡');
const SENTENCE_END = /[.!?…。！？]["'”’»)\]」』）]*$/u;
const CLAUSE_END = /[,;:–—，、；：]["'”’»)\]」』）]*$/u;
const QUOTES = /^["'“‘«([¿¡]+/u;
const CLOSED = /[.,;:!?…"'”’»)\]]+$/u;
const NUMBER = /^[$£€]?[0-9]+(?:[.,][0-9]+)*$/u;
const DASH = /^[-–—]$/u;
const TITLES = new Set(binding.titles.split(' '));
const BINDING_WORDS = new Map(
  Object.entries(binding.words).map(([language, words]) => [language, new Set(words.split(' '))]),
);

/** @param {string} language */
const base = (language) => language.split('-')[0].toLowerCase();

/** @param {string} text @returns {number} columns */
export function width(text) {
  let columns = 0;
  for (const character of text) {
    if (!NO_WIDTH.test(character)) columns += WIDE.test(character) ? 2 : 1;
  }
  return columns;
}

/** @param {string} word @param {string} language */
function isListed(word, language) {
  const plain = word.replace(QUOTES, '').toLowerCase().replaceAll('’', "'");
  return TITLES.has(plain) || (BINDING_WORDS.get(base(language))?.has(plain) ?? false);
}

/** @param {string} word @param {string} language */
function isName(word, language) {
  const plain = word.replace(QUOTES, '');
  return (
    base(language) !== 'de' && /^\p{Lu}\p{L}*$/u.test(plain) && !/^[^\p{Ll}]+$/u.test(plain)
  );
}

/** @param {string} word @param {string} language */
export function mayBind(word, language = '') {
  const plain = word.replace(QUOTES, '');
  return (
    isListed(plain, language) || NUMBER.test(plain) || DASH.test(plain) || isName(plain, language)
  );
}

/** Whether no line should end between two words. @param {string} before @param {string} after */
export function binds(before, after, language = '') {
  if (!mayBind(before, language)) return false;
  const next = after.replace(QUOTES, '');
  if (isName(before, language) && !isListed(before, language)) {
    return isName(next.replace(CLOSED, ''), language);
  }
  if (NUMBER.test(before)) return /^\p{L}/u.test(next);
  return next !== '';
}

/** @param {string} before @param {string} after */
function mayBreak(before, after) {
  if (CLOSING.has(after) || OPENING.has(before) || /^\p{M}/u.test(after)) return false;
  return IS_UNSPACED.test(before) || IS_UNSPACED.test(after);
}

/** @param {string} text @returns {string} its last character */
const lastOf = (text) => [...text].at(-1) ?? '';
/** @param {string} text @returns {string} its first character */
const firstOf = (text) => String.fromCodePoint(/** @type {number} */ (text.codePointAt(0)));
/** @param {string} text */
const isAlphanumeric = (text) => /^[\p{L}\p{N}]$/u.test(text);

/** What stays in a line. */
class Word {
  /** @param {boolean} spaced whether a space is before it */
  constructor(spaced, text = '') {
    this.spaced = spaced;
    this.text = text;
    this.width = width(text);
  }

  /** @param {string} text that follows without a break */
  join(text) {
    this.text += text;
    this.width += width(text);
  }

  /** @param {number} columns @returns {Word[]} parts that are no wider than a line */
  parts(columns) {
    if (this.width <= columns) return [this];
    const parts = [new Word(this.spaced)];
    for (const character of this.text) {
      const part = /** @type {Word} */ (parts.at(-1));
      if (part.width + width(character) > columns) parts.push(new Word(false, character));
      else part.join(character);
    }
    return parts;
  }
}

/** @param {string} text @returns {Word[]} */
function splitWords(text) {
  /** @type {Word[]} */
  const words = [];
  let spaced = false;
  for (const [piece] of text.matchAll(PIECE)) {
    if (IS_SPACE.test(piece)) {
      spaced = true;
      continue;
    }
    const word = words.at(-1);
    if (!word || spaced || mayBreak(lastOf(word.text), firstOf(piece))) {
      words.push(new Word(spaced && words.length > 0, piece));
    } else word.join(piece);
    spaced = false;
  }
  return words;
}

/**
 * @typedef {object} Rules how captions are placed
 * @property {number} columns characters in a line, at least 8; a wide one counts as two
 * @property {number} lines that are shown; 0: all, and none is taken away
 * @property {boolean} blocks whether a block of so many lines is shown at once, and stays as it is
 * @property {boolean} paced whether words that come in a burst are shown one after another
 * @property {number} clearMs after so much silence the box is cleared; 0: never
 * @property {string} language of the text, BCP-47
 *
 * @typedef {object} Line a line of committed text; it may get more words at its end
 * @property {number} number 0, 1, … for all lines of a layout
 * @property {string} text
 * @property {string} speaker
 * @property {boolean} closed whether it stays as it is
 *
 * @typedef {object} View
 * @property {Line[]} lines committed lines, the oldest first
 * @property {{number: number, text: string}[]} draft what follows them, to be shown dimmed; the
 *   first goes on with the last committed line if it has its number
 * @property {number | null} nextMs when the view changes by itself
 *
 * @typedef {Line & {sinceMs: number, width: number}} Placed
 * @typedef {{word: Word, arrivedMs: number, speaker: string, endedMs: number | null}} Waiting
 */

export const RULES = Object.freeze({
  columns: 42,
  lines: 2,
  blocks: false,
  paced: true,
  clearMs: 0,
  language: '',
});

/** Lines of committed text that never change, with the draft after them. */
export class Layout {
  /** @type {Placed[]} */
  #placed = [];
  #nextNumber = 0;
  /** The first line that is shown. */
  #first = 0;
  /** @type {Waiting[]} */
  #waiting = [];
  #draft = '';
  /** The last committed character, "" where a speaker begins. */
  #last = '';
  #needsSpace = false;
  #speaker = '';
  /** @type {number | null} */
  #releasedMs = null;
  #changedMs = 0;

  /** @param {Partial<Rules>} rules */
  constructor(rules = {}) {
    /** @type {Rules} */
    this.rules = { ...RULES, ...rules };
  }

  /**
   * Add committed text, which brings its own leading space inside a segment.
   *
   * @param {string} text
   * @param {number} nowMs the time; it never goes back
   * @param {{speaker?: string, closed?: boolean, atOnce?: boolean}} [more] who speaks; whether the
   *   segment ends; whether it is history, which is shown without a pause
   */
  commit(text, nowMs, { speaker = '', closed = false, atOnce = false } = {}) {
    this.#advance(nowMs);
    if (speaker && speaker !== this.#speaker) {
      this.#speaker = speaker;
      this.#last = '';
    }
    const words = this.#words(text);
    const end = words.at(-1);
    if (end) {
      const goesOn = this.#goesOn(words[0]);
      this.#last = lastOf(end.text);
      this.#changedMs = nowMs;
      if (!goesOn) this.#glue(/** @type {Word} */ (words.shift()), nowMs);
    }
    for (const word of words) this.#wait(word, nowMs);
    if (text) this.#needsSpace = IS_SPACE.test(lastOf(text));
    this.#needsSpace ||= closed;
    const last = this.#waiting.at(-1);
    if (closed && last && SENTENCE_END.test(last.word.text)) last.endedMs = nowMs;
    if (atOnce) this.#releaseAll(nowMs);
    this.#advance(nowMs);
  }

  /** Replace the draft, which follows all committed text. @param {string} text @param {number} nowMs */
  draft(text, nowMs) {
    this.#advance(nowMs);
    if (text !== this.#draft) {
      this.#draft = text;
      this.#changedMs = nowMs;
    }
  }

  /** Place all that waits, and close its line: what comes later begins another. @param {number} nowMs */
  endLine(nowMs) {
    this.#advance(nowMs);
    this.#releaseAll(nowMs);
    this.#close();
  }

  /** @param {number} nowMs the time; it never goes back @returns {View} what is to be seen */
  view(nowMs) {
    this.#advance(nowMs);
    const shown = this.#shown;
    let nextMs = null;
    if (this.#waiting.length) nextMs = Math.max(nowMs + 1, this.#dueMs());
    else if (this.rules.clearMs && shown.length && !this.#draft) {
      nextMs = Math.max(nowMs + 1, this.#silentSinceMs + this.rules.clearMs);
    }
    return { lines: shown.map(lineOf), draft: this.#draftLines(), nextMs };
  }

  /** Take the closed lines away, for those who send each once. @param {number} nowMs @returns {Line[]} */
  takeClosed(nowMs) {
    this.#advance(nowMs);
    const taken = this.#placed.filter(({ closed }) => closed);
    this.#placed = this.#placed.filter(({ closed }) => !closed);
    return taken.map(lineOf);
  }

  get #shown() {
    const shown = this.#placed.filter(({ number }) => number >= this.#first);
    return shown.slice(-(this.rules.lines || MAX_KEPT));
  }

  /** The line that may get more words. @returns {Placed | undefined} */
  get #open() {
    const last = this.#placed.at(-1);
    return last && !last.closed ? last : undefined;
  }

  #draftLines() {
    if (this.rules.blocks) return [];
    const words = [...this.#waiting.map(({ word }) => word), ...this.#words(this.#draft)];
    let room = (this.rules.lines || MAX_KEPT) - this.#shown.length;
    let number = this.#nextNumber;
    let used = 0;
    const last = this.#open;
    if (last && last.number >= this.#first) {
      number = last.number;
      used = last.width;
      room += 1;
    }
    const lines = [];
    let text = '';
    for (const word of words) {
      let space = word.spaced && used ? ' ' : '';
      if (used && used + space.length + word.width > this.rules.columns) {
        lines.push({ number, text });
        number += 1;
        used = 0;
        text = space = '';
      }
      text += space + word.text;
      used += space.length + word.width;
    }
    lines.push({ number, text });
    return lines.slice(0, Math.max(0, room)).filter((line) => line.text);
  }

  /** @param {string} text that follows what is committed @returns {Word[]} none wider than a line */
  #words(text) {
    return splitWords(text).flatMap((word, index) => {
      if (index === 0 && this.#last) {
        const joins = IS_UNSPACED.test(this.#last) || IS_UNSPACED.test(word.text);
        word.spaced = IS_SPACE.test(firstOf(text)) || (this.#needsSpace && !joins);
      }
      return word.parts(this.rules.columns);
    });
  }

  /** @param {Word} word whether a line may end before it */
  #goesOn(word) {
    return !this.#last || word.spaced || mayBreak(this.#last, firstOf(word.text));
  }

  /**
   * What is no mark, and would make a line too wide, is a word by itself.
   *
   * @param {Word} word that belongs to the last one @param {number} nowMs
   */
  #glue(word, nowMs) {
    const { columns } = this.rules;
    const room = HAS_ALPHANUMERIC.test(word.text) ? columns - word.width : columns;
    const waiting = this.#waiting.at(-1);
    const line = this.#open;
    if (waiting && waiting.word.width <= room) waiting.word.join(word.text);
    else if (!waiting && line && line.width <= room) {
      add(line, word);
      this.#closeEarly(line);
    } else this.#wait(word, nowMs);
  }

  /** @param {Word} word @param {number} arrivedMs */
  #wait(word, arrivedMs) {
    this.#waiting.push({ word, arrivedMs, speaker: this.#speaker, endedMs: null });
  }

  // Time

  /** @param {number} nowMs */
  #advance(nowMs) {
    while (this.#waiting.length) {
      const dueMs = this.#dueMs();
      if (dueMs > nowMs) break;
      this.#release(dueMs);
    }
    const { clearMs } = this.rules;
    const isSilent = !this.#draft && nowMs - this.#silentSinceMs >= clearMs;
    if (clearMs && isSilent && !this.#waiting.length) {
      this.#first = this.#nextNumber;
      this.#close();
    }
  }

  /** When something last came or was placed. @returns {number} */
  get #silentSinceMs() {
    return Math.max(this.#changedMs, this.#releasedMs ?? this.#changedMs);
  }

  /** When the first word that waits is placed. @returns {number} */
  #dueMs() {
    const { arrivedMs } = this.#waiting[0];
    const latestMs = arrivedMs + MAX_WAIT_MS;
    const releasedMs = this.#releasedMs;
    let dueMs = arrivedMs;
    let pushes = true;
    if (this.rules.blocks) {
      dueMs = Math.min(this.#wholeMs() ?? latestMs, latestMs);
    } else {
      if (this.rules.paced && releasedMs !== null) {
        dueMs = Math.max(dueMs, releasedMs + this.#intervalMs(releasedMs));
      }
      let place = this.#place(dueMs - arrivedMs);
      if (place === 'hold') {
        dueMs = arrivedMs + HOLD_MS;
        place = this.#place(HOLD_MS);
      }
      pushes = place === 'new';
    }
    if (pushes && this.rules.paced) {
      dueMs = Math.max(dueMs, Math.min(this.#readMs(), latestMs));
      const [first] = this.#shown;
      if (this.rules.blocks && first) dueMs = Math.max(dueMs, first.sinceMs + MIN_BLOCK_MS);
    }
    return releasedMs === null ? dueMs : Math.max(dueMs, releasedMs);
  }

  /** @param {number} releasedMs @returns {number} after how long the next word follows */
  #intervalMs(releasedMs) {
    const [, paceMs] = /** @type {number[]} */ (PACE.find(([more]) => this.#waiting.length > more));
    return this.#waiting.reduce((intervalMs, { arrivedMs }, index) => {
      const leftMs = Math.max(0, arrivedMs + MAX_PACE_MS - releasedMs);
      return Math.min(intervalMs, Math.floor(leftMs / (index + 1)));
    }, paceMs);
  }

  /** When what a new line, or block, pushes out of the box may go. @returns {number} */
  #readMs() {
    const shown = this.#shown;
    const { blocks, lines } = this.rules;
    if (!shown.length || !lines || (!blocks && shown.length < lines)) return 0;
    const leaving = blocks ? shown : shown.slice(0, 1);
    const columns = leaving.reduce((sum, line) => sum + line.width, 0);
    const readMs = Math.floor((columns * 1000) / CHARACTERS_PER_S);
    return leaving[0].sinceMs + Math.max(MIN_BLOCK_MS, readMs);
  }

  /** When the words that wait made a whole block. @returns {number | null} null: not yet */
  #wholeMs() {
    const trial = new Layout({ ...this.rules, blocks: false, paced: false, clearMs: 0 });
    trial.#waiting = [...this.#waiting];
    while (trial.#waiting.length) {
      const { arrivedMs, endedMs } = trial.#waiting[0];
      trial.#release(arrivedMs + HOLD_MS);
      if (trial.#nextNumber > Math.max(1, this.rules.lines)) return arrivedMs;
      if (endedMs !== null) return endedMs;
    }
    return null;
  }

  // Placing

  /** @param {number} nowMs */
  #releaseAll(nowMs) {
    while (this.#waiting.length) this.#release(nowMs);
  }

  /** Place the first word that waits, or a block of them. @param {number} nowMs */
  #release(nowMs) {
    this.#releasedMs = nowMs;
    if (!this.rules.blocks) {
      this.#put(nowMs);
      return;
    }
    this.#close();
    this.#first = this.#nextNumber;
    const most = this.#nextNumber + Math.max(1, this.rules.lines);
    while (this.#waiting.length) {
      const starts = !this.#open || this.#place(HOLD_MS) === 'new';
      if (starts && this.#nextNumber === most) break;
      const hasEnded = this.#waiting[0].endedMs !== null;
      this.#put(nowMs);
      if (hasEnded) break;
    }
    this.#close();
  }

  /** Place the first word that waits. @param {number} nowMs */
  #put(nowMs) {
    const place = this.#place(nowMs - this.#waiting[0].arrivedMs);
    const { word, speaker } = /** @type {Waiting} */ (this.#waiting.shift());
    let line = this.#open;
    if (!line || place === 'new') {
      this.#close();
      line = { number: this.#nextNumber, text: '', speaker, closed: false, sinceMs: nowMs, width: 0 };
      this.#nextNumber += 1;
      this.#placed = [...this.#placed, line].slice(-MAX_KEPT);
    }
    add(line, word);
    this.#closeEarly(line);
  }

  /** @param {number} waitedMs @returns {'open' | 'new' | 'hold'} where the first word goes */
  #place(waitedMs) {
    const [{ word, speaker }] = this.#waiting;
    const line = this.#open;
    const { columns, language } = this.rules;
    if (!line || speaker !== line.speaker) return 'new';
    const mark = isAlphanumeric(lastOf(word.text)) && columns >= MIN_COLUMNS_FOR_MARK ? 1 : 0;
    let used = line.width + (word.spaced ? 1 : 0) + word.width;
    if (used + mark > columns) return 'new';
    if (line.width * 100 < BOUND_FULL * columns || columns - used >= 2 * WIDE_ROOM) return 'open';
    const ahead = this.#waiting.slice(0, MAX_BOUND + 1).map((each) => each.word);
    if (ahead.length <= MAX_BOUND && !this.rules.blocks) {
      const draft = [...this.#draft].slice(0, MAX_AHEAD).join('');
      ahead.push(...this.#words(draft).slice(0, MAX_BOUND + 1 - ahead.length));
    }
    for (let k = 0; k + 1 < ahead.length; k += 1) {
      const after = ahead[k + 1];
      if (!after.spaced || !binds(ahead[k].text, after.text, language)) {
        return used <= columns ? 'open' : 'new';
      }
      used += 1 + after.width;
    }
    if (used > columns) return 'new';
    const last = ahead[ahead.length - 1];
    if (ahead.length > MAX_BOUND || !mayBind(last.text, language)) return 'open';
    if (columns - used >= WIDE_ROOM) return 'open';
    if (waitedMs < HOLD_MS) return 'hold';
    return columns - used < NARROW_ROOM ? 'new' : 'open';
  }

  /** @param {Placed} line closed if it ends well */
  #closeEarly(line) {
    const full = line.width * 100;
    const { columns } = this.rules;
    const isSentence = full >= SENTENCE_FULL * columns && SENTENCE_END.test(line.text);
    if (isSentence || (full >= CLAUSE_FULL * columns && CLAUSE_END.test(line.text))) {
      line.closed = true;
    }
  }

  #close() {
    const line = this.#open;
    if (line) line.closed = true;
  }
}

/** @param {Placed} line @param {Word} word put at its end */
function add(line, word) {
  const space = word.spaced && line.width ? ' ' : '';
  line.text += space + word.text;
  line.width += space.length + word.width;
}

/** @param {Placed} placed @returns {Line} */
function lineOf({ number, text, speaker, closed }) {
  return { number, text, speaker, closed };
}

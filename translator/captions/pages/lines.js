// Shows lines. Committed text is only ever appended to; drafts are the last thing in a line.

import { directionOf } from './room.js';
import { ORIGINAL } from './transcript.js';

// The one place that decides how a line's text is laid out: here the browser wraps it, and because
// text is only appended, no row above ever changes.
function place(said, text) {
  const shown = said.textContent;
  if (text === shown) return;
  if (text.startsWith(shown)) said.append(text.slice(shown.length));
  else said.textContent = text;
}

const isSame = (line, language) =>
  line.sourceLanguage.split('-')[0].toLowerCase() === language.split('-')[0].toLowerCase();

export class Lines {
  #box;
  #elements = new Map(); // line → element

  // options(): { languages, drafts, sentences, speakers }
  constructor(box, options) {
    this.#box = box;
    this.options = options;
  }

  clear() {
    this.#elements.clear();
    this.#box.replaceChildren();
  }

  // Shows what has changed; a line that is not there yet gets its place.
  show(changed, removed, all) {
    for (const line of removed) {
      this.#elements.get(line)?.remove();
      this.#elements.delete(line);
    }
    for (const line of changed) this.#show(line, all);
  }

  #show(line, all) {
    const { languages } = this.options();
    const isEmpty = languages.every((each) => !this.#said(line, each) && !this.#draft(line, each));
    let element = this.#elements.get(line);
    if (isEmpty && !element) return;
    if (!element) {
      element = this.#make(line, languages);
      const next = this.#next(line, all);
      this.#box.insertBefore(element, next);
    }
    this.#name(line, element, all);
    element.hidden = isEmpty;
    for (const language of languages) {
      const text = element.querySelector(`[data-language="${CSS.escape(language)}"]`);
      place(text.firstChild, this.#said(line, language));
      const draft = this.#draft(line, language);
      text.lastChild.textContent = draft;
      // What no model translates is said by the original alone.
      const waits = !this.#said(line, language) && !draft && !line.isClosed(ORIGINAL);
      text.classList.toggle('waits', waits);
      // What was said in the language that is read says the same twice.
      text.hidden = language === ORIGINAL && languages.length > 1 && isSame(line, languages[0]);
    }
  }

  #said(line, language) {
    return this.options().sentences && !line.isClosed(language) ? '' : line.text(language);
  }

  #draft(line, language) {
    const { drafts, sentences } = this.options();
    return drafts && !sentences ? line.draft(language) : '';
  }

  #make(line, languages) {
    const element = document.createElement('div');
    element.className = 'line';
    // Name, and what was said beside it, go along with the language that is read.
    const [read] = languages;
    element.dir = directionOf(read === ORIGINAL ? line.sourceLanguage : read);
    const name = document.createElement('p');
    name.className = 'speaker';
    element.append(name);
    const texts = document.createElement('div');
    texts.className = 'texts';
    for (const [index, language] of languages.entries()) {
      const text = document.createElement('p');
      const code = language === ORIGINAL ? line.sourceLanguage : language;
      text.className = index ? 'text second' : 'text';
      text.dataset.language = language;
      text.lang = code;
      // Text says which way it runs; a draft of one neutral character does not.
      text.dir = 'auto';
      text.classList.add(directionOf(code));
      const said = document.createElement('span');
      said.className = 'said';
      const draft = document.createElement('span');
      draft.className = 'draft';
      draft.setAttribute('aria-hidden', 'true');
      text.append(said, draft);
      texts.append(text);
    }
    element.append(texts);
    this.#elements.set(line, element);
    return element;
  }

  // A name stands where the speaker changes.
  #name(line, element, all) {
    const index = all.lastIndexOf(line);
    let before = index - 1;
    while (before >= 0 && !this.#elements.has(all[before])) before -= 1;
    const isSame = before >= 0 && all[before].speaker === line.speaker;
    const shown = this.options().speakers && line.speaker && !isSame ? line.speaker : '';
    const name = element.firstChild;
    if (name.textContent !== shown) name.textContent = shown;
    name.hidden = !shown;
    element.classList.toggle('turn', !isSame);
  }

  #next(line, all) {
    for (let index = all.lastIndexOf(line) + 1; index < all.length; index += 1) {
      const element = this.#elements.get(all[index]);
      if (element) return element;
    }
    return null;
  }
}

// What a viewer has: lines in order, each with its texts by language. No DOM, no network.

export const ORIGINAL = 'original';

const codePoints = (text) => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

// A line is what was said between two sentence ends.
class Line {
  constructor(epoch, facts) {
    this.epoch = epoch;
    this.id = facts.segmentId;
    this.key = facts.key ?? '';
    this.speaker = facts.speaker ?? '';
    this.sourceLanguage = facts.sourceLanguageCode ?? '';
    this.beginTime = facts.beginTime ? new Date(facts.beginTime) : new Date();
    this.texts = new Map(); // language → { text, length, closed }
    this.drafts = new Map(); // language → text
  }

  isAfter(other) {
    return this.epoch > other.epoch || (this.epoch === other.epoch && this.id > other.id);
  }

  text(language) {
    return this.texts.get(language)?.text ?? '';
  }

  draft(language) {
    return this.drafts.get(language) ?? '';
  }

  isClosed(language) {
    return this.texts.get(language)?.closed ?? false;
  }
}

export class Transcript {
  constructor() {
    this.lines = [];
    this.room = {};
    this.after = ''; // id of the last event
    this.firstPage = 0;
    this.page = 0;
    this.epochName = '';
    this.epoch = 0;
    this.closed = new Set(); // "key language" of all closed lines
  }

  // Applies an event. Returns { changed, removed: lines, isLost }; isLost: subscribe anew without an id.
  apply(event) {
    const result = { changed: new Set(), removed: [], isLost: false, isSnapshot: false };
    if (event.snapshot) this.#snapshot(event.snapshot, result);
    else if (event.committed) this.#committed(event.committed, result);
    else if (event.segment) this.#whole(event.segment, result);
    else if (event.draft) this.#draft(event.draft, result);
    else if (event.room) this.room = event.room;
    if (event.id && !result.isLost) this.after = event.id;
    return result;
  }

  // Segments of an earlier page.
  add(segments) {
    const result = { changed: new Set(), removed: [], isLost: false };
    for (const segment of segments) this.#whole(segment, result);
    return result;
  }

  #snapshot(snapshot, result) {
    result.isSnapshot = true;
    if (snapshot.epoch !== this.epochName) {
      // The gateway is another one. What was closed stays; what was open is said again.
      if (this.epochName) this.#dropOpen(result);
      this.epochName = snapshot.epoch;
      this.epoch += 1;
    }
    this.page = snapshot.page ?? 0;
    this.firstPage = snapshot.firstPage ?? 0;
    for (const segment of snapshot.segments ?? []) this.#whole(segment, result);
    for (const draft of snapshot.drafts ?? []) this.#draft(draft, result);
  }

  #dropOpen(result) {
    this.lines = this.lines.filter((line) => {
      const texts = [...line.texts].filter(([, text]) => text.closed);
      line.drafts.clear();
      if (texts.length === line.texts.size && texts.length) return true;
      line.texts = new Map(texts);
      if (texts.length) result.changed.add(line);
      else result.removed.push(line);
      return texts.length > 0;
    });
  }

  // A line of the present epoch; null for one that an earlier epoch has closed already.
  #line(facts, language) {
    // What is known by its key was closed before the gateway started anew.
    let index = this.lines.length - 1;
    const wanted = new Line(this.epoch, facts);
    while (index >= 0 && this.lines[index].isAfter(wanted)) index -= 1;
    const found = this.lines[index];
    if (found?.epoch === this.epoch && found.id === wanted.id) return found;
    if (this.closed.has(`${wanted.key} ${language}`)) return null;
    this.lines.splice(index + 1, 0, wanted);
    return wanted;
  }

  #whole(segment, result) {
    const language = segment.languageCode;
    const line = this.#line(segment, language);
    if (!line) return;
    const text = segment.text ?? '';
    const closed = segment.closed ?? false;
    line.texts.set(language, { text, length: codePoints(text), closed });
    line.drafts.delete(language);
    if (closed) this.closed.add(`${line.key} ${language}`);
    result.changed.add(line);
  }

  #committed(committed, result) {
    const language = committed.languageCode;
    const line = this.#line(committed, language);
    if (!line) return;
    const before = line.texts.get(language) ?? { text: '', length: 0, closed: false };
    const added = committed.text ?? '';
    const length = before.length + codePoints(added);
    if (length !== (committed.committedLength ?? 0) || before.closed) {
      result.isLost = true;
      return;
    }
    const closed = committed.closed ?? false;
    line.texts.set(language, { text: before.text + added, length, closed });
    line.drafts.delete(language);
    if (closed) this.closed.add(`${line.key} ${language}`);
    result.changed.add(line);
  }

  #draft(draft, result) {
    const language = draft.languageCode;
    for (const line of this.lines.slice(-64)) {
      if (line.drafts.delete(language)) result.changed.add(line);
    }
    for (const each of draft.texts ?? []) {
      const line = this.#line(each, language);
      if (!line || line.isClosed(language)) continue;
      line.drafts.set(language, each.text ?? '');
      result.changed.add(line);
    }
  }
}

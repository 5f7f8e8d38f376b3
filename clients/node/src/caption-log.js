// How far a reader of a room is, and what it has.

import { captionFrom, draftFrom, roomFrom } from './captions.js';
import { codePointLength, skipCodePoints } from './code-points.js';

/**
 * @typedef {import('./captions.js').Caption} Caption
 * @typedef {import('./captions.js').SubscriptionEvent} SubscriptionEvent
 */

/** Something was lost on the way. */
export class CaptionsMismatch extends Error {}

/** How far a reader is, and whether what comes continues that. */
export class Place {
  /** Id of the last event; "" for none. */
  after = '';
  #epoch = '';
  /** Code points of each open segment, by language and number. @type {Map<string, number>} */
  #lengths = new Map();

  /** @param {any} event Event @throws {CaptionsMismatch} */
  apply({ id, snapshot, committed }) {
    if (snapshot) {
      const told = new Set(snapshot.drafts.map((/** @type {any} */ each) => each.languageCode));
      const isNew = snapshot.epoch !== this.#epoch;
      this.#epoch = snapshot.epoch;
      for (const place of [...this.#lengths.keys()]) {
        if (isNew || told.has(place.split(' ')[0])) this.#lengths.delete(place);
      }
      for (const each of snapshot.segments) {
        if (!each.closed) this.#lengths.set(placeOf(each), codePointLength(each.text));
      }
    } else if (committed) {
      const place = placeOf(committed);
      const length = (this.#lengths.get(place) ?? 0) + codePointLength(committed.text);
      this.#lengths.delete(place);
      if (length !== committed.committedLength) {
        const { segmentId, committedLength } = committed;
        throw new CaptionsMismatch(
          `${length} code points of segment ${segmentId}, not ${committedLength}`,
        );
      }
      if (!committed.closed) this.#lengths.set(place, length);
    }
    if (id) this.after = id;
  }

  /** Be nowhere: a snapshot has to come. */
  forget() {
    this.after = '';
    this.#lengths.clear();
  }
}

/** The captions of a room, across the lives of its gateway. */
export class CaptionLog {
  /** The room, once it was told. @type {import('./captions.js').RoomEvent | undefined} */
  room;
  #history;
  #epoch = '';
  #epochNumber = 0;
  /** By language. @type {Map<string, {epoch: number, caption: Caption}[]>} */
  #captions = new Map();
  /** @type {Map<string, import('./captions.js').DraftEvent>} */
  #drafts = new Map();
  /** Captions of former epochs: a gateway that starts anew hears them again. @type {Set<string>} */
  #known = new Set();

  /** @param {number} history closed captions of each language that are kept */
  constructor(history) {
    this.#history = history;
  }

  /** @param {string} language @returns {Caption[]} in order */
  captions(language) {
    return (this.#captions.get(this.#own(language)) ?? []).map(({ caption }) => ({ ...caption }));
  }

  /** @param {string} language @returns {string} what follows them */
  draft(language) {
    const texts = this.#drafts.get(this.#own(language))?.texts ?? [];
    return texts.map(({ text }) => text.trim()).join(' ');
  }

  /** @param {string} language @returns {string} the room's own code of it: pt for pt-BR */
  #own(language) {
    const known = [...this.#captions.keys(), ...this.#drafts.keys()];
    const base = (/** @type {string} */ code) => code.split('-')[0].toLowerCase();
    if (known.includes(language)) return language;
    return known.find((each) => base(each) === base(language)) ?? language;
  }

  /** @param {any} event Event @returns {SubscriptionEvent[]} what a reader sees of it */
  apply({ snapshot, committed, segment, draft, room }) {
    if (snapshot) {
      if (snapshot.epoch !== this.#epoch) this.#begin(snapshot.epoch);
      return [
        ...snapshot.segments.flatMap((/** @type {any} */ each) => this.#grow(each, true)),
        ...snapshot.drafts.flatMap((/** @type {any} */ each) => this.#replace(each)),
      ];
    }
    if (committed) return this.#grow(committed, false);
    if (segment) return this.#grow(segment, true);
    if (draft) return this.#replace(draft);
    if (!room) return [];
    this.room = roomFrom(room);
    return [this.room];
  }

  /** The gateway is another one: what was closed stays. @param {string} epoch */
  #begin(epoch) {
    this.#epoch = epoch;
    this.#epochNumber++;
    for (const [language, entries] of this.#captions) {
      const kept = entries.filter(({ caption }) => caption.closed);
      this.#captions.set(language, kept);
      for (const { caption } of kept) this.#known.add(`${language} ${caption.key}`);
    }
    this.#drafts.clear();
  }

  /** @param {any} message @param {boolean} isWhole @returns {SubscriptionEvent[]} */
  #grow(message, isWhole) {
    const told = captionFrom(message);
    const { language } = told;
    if (this.#known.has(`${language} ${told.key}`)) return [];
    const entries = this.#captions.get(language) ?? [];
    this.#captions.set(language, entries);
    const epoch = this.#epochNumber;
    let index = entries.length;
    while (index && isAfter(entries[index - 1], epoch, told.segmentId)) index--;
    const found = entries[index - 1];
    const known =
      found?.epoch === epoch && found.caption.segmentId === told.segmentId ? found : undefined;
    const before = known?.caption.text ?? '';
    const committed = isWhole ? skipCodePoints(told.text, codePointLength(before)) : told.text;
    const caption = isWhole ? told : { ...told, text: before + told.text };
    if (!isWhole && known) {
      caption.startOffsetMs = known.caption.startOffsetMs ?? told.startOffsetMs;
      caption.endOffsetMs = told.endOffsetMs ?? known.caption.endOffsetMs;
      caption.beginTimeMs = known.caption.beginTimeMs;
    }
    const wasClosed = known?.caption.closed;
    if (known) known.caption = caption;
    else entries.splice(index, 0, { epoch, caption });
    if (known && !committed && wasClosed === caption.closed) return [];
    this.#trim(language, entries);
    return [{ type: 'caption', caption: { ...caption }, committed }];
  }

  /** @param {any} message Draft @returns {SubscriptionEvent[]} */
  #replace(message) {
    const draft = draftFrom(message);
    draft.texts = draft.texts.filter(({ key }) => !this.#known.has(`${draft.language} ${key}`));
    const before = this.#drafts.get(draft.language);
    this.#drafts.set(draft.language, draft);
    return draft.texts.length || before?.texts.length ? [draft] : [];
  }

  /** @param {string} language @param {{epoch: number, caption: Caption}[]} entries */
  #trim(language, entries) {
    while (entries.length > this.#history + 8 && entries[0].caption.closed) {
      this.#known.delete(`${language} ${entries.shift()?.caption.key}`);
    }
  }
}

/** @param {{epoch: number, caption: Caption}} entry @param {number} epoch @param {number} number */
function isAfter(entry, epoch, number) {
  return entry.epoch > epoch || (entry.epoch === epoch && entry.caption.segmentId > number);
}

/** @param {any} message */
function placeOf({ languageCode, segmentId }) {
  return `${languageCode} ${segmentId}`;
}

// Settings of a page: from its address, then from what was chosen before, then the defaults.

export class Settings {
  #name;
  #defaults;
  #values;

  constructor(name, defaults) {
    this.#name = `captions.${name}`;
    this.#defaults = defaults;
    let stored = {};
    try {
      stored = JSON.parse(localStorage.getItem(this.#name) ?? '{}');
    } catch {
      // A browser that keeps nothing, or something else's value.
    }
    const query = new URLSearchParams(location.search);
    this.#values = {};
    for (const [name, value] of Object.entries(defaults)) {
      const given = query.get(name) ?? stored[name];
      this.#values[name] = given === undefined ? value : Settings.#like(value, given);
    }
  }

  // A value of the same kind as the default; the default where it is none.
  static #like(value, given) {
    if (typeof value === 'boolean') return given === true || given === '1' || given === 'true';
    if (typeof value === 'number') {
      const number = Number(given);
      return given !== '' && Number.isFinite(number) ? number : value;
    }
    return String(given).slice(0, 200);
  }

  get(name) {
    return this.#values[name];
  }

  set(name, value) {
    this.#values[name] = Settings.#like(this.#defaults[name], value);
    const changed = Object.entries(this.#values).filter(([key, each]) => each !== this.#defaults[key]);
    try {
      localStorage.setItem(this.#name, JSON.stringify(Object.fromEntries(changed)));
    } catch {
      // They hold until the page is left.
    }
    const query = new URLSearchParams(location.search);
    for (const key of Object.keys(this.#defaults)) query.delete(key);
    for (const [key, each] of changed) query.set(key, each === true ? '1' : String(each));
    const search = query.size ? `?${query}` : '';
    history.replaceState(null, '', location.pathname + search + location.hash);
  }
}

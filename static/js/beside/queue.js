/** What is to be heard after what. Event `change`: another order, or another one is heard. */

/**
 * @typedef {object} Item
 * @property {number} track           id
 * @property {number | null} segment  null = the whole track
 * @property {number} start           seconds
 * @property {number | null} end
 */

export class Queue extends EventTarget {
  /** @type {Item[]} */
  #items = [];
  /** Place of the one that was taken last; -1 before the first. */
  #at = -1;

  get length() {
    return this.#items.length;
  }

  get at() {
    return this.#at;
  }

  get hasNext() {
    return this.#at + 1 < this.#items.length;
  }

  get hasPrevious() {
    return this.#at > 0;
  }

  /** @param {number} place @returns {Item | undefined} */
  item(place) {
    return this.#items[place];
  }

  /** Forget what was here. @param {Item[]} items */
  replace(items) {
    this.#items = [...items];
    this.#at = -1;
    this.#tell();
  }

  /** @param {Item[]} items */
  append(items) {
    this.#items = this.#items.concat(items);
    this.#tell();
  }

  /** To be heard right after this one. @param {Item[]} items */
  insertNext(items) {
    const place = this.#at + 1;
    this.#items = [...this.#items.slice(0, place), ...items, ...this.#items.slice(place)];
    this.#tell();
  }

  /** @param {number} place */
  remove(place) {
    this.#items.splice(place, 1);
    if (place <= this.#at) this.#at--;
    this.#tell();
  }

  /** @param {number} from @param {number} to */
  move(from, to) {
    if (to < 0 || to >= this.#items.length || from === to) return;
    const [item] = this.#items.splice(from, 1);
    this.#items.splice(to, 0, item);
    if (from === this.#at) this.#at = to;
    else if (from < this.#at && to >= this.#at) this.#at--;
    else if (from > this.#at && to <= this.#at) this.#at++;
    this.#tell();
  }

  clear() {
    this.replace([]);
  }

  /** @param {number} place @returns {Item | undefined} what is there, now the one that is heard */
  take(place) {
    const item = this.#items[place];
    if (!item) return undefined;
    this.#at = place;
    this.#tell();
    return item;
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

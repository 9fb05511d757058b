/**
 * A list of music in an order that the user makes: by buttons, by dragging, and by keys: Alt with an arrow
 * moves a row, an arrow alone goes to the next one, Delete removes it.
 */

import { h, icon } from "../dom.js";
import { VirtualList } from "./virtual-list.js";

const ROW = 44;
const UP = "M8 13V3M4 7l4-4 4 4";
const DOWN = "M8 3v10M4 9l4 4 4-4";
const CROSS = "M4 4l8 8M12 4l-8 8";

/**
 * @typedef {object} Line
 * @property {string} title
 * @property {string} facts
 * @property {boolean} current    whether it is the one that is heard
 * @property {boolean} [missing]  whether it cannot be heard
 */
/**
 * @typedef {object} OrderHandlers
 * @property {(place: number) => Line} describe
 * @property {(place: number) => void} onPlay
 * @property {(from: number, to: number) => void} onMove
 * @property {(place: number) => void} onRemove
 * @property {() => void} onEmpty  the last row is gone, and the focus with it
 */

export class OrderList {
  #handlers;
  #list;
  #length = 0;
  #rows = h("ol.order-rows");
  element;
  /** @type {{place: number, button: string} | null} what gets the focus once the rows are made anew */
  #focus = null;

  /** @param {string} label @param {OrderHandlers} handlers */
  constructor(label, handlers) {
    this.#handlers = handlers;
    this.element = h("div.order", { tabindex: 0, role: "group", "aria-label": label }, this.#rows);
    this.#list = new VirtualList(this.element, this.#rows, ROW, (place) => this.#row(place));
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Make all rows anew. @param {number} length */
  show(length) {
    this.#length = length;
    this.#list.show(length);
    if (this.#focus) this.#restore(this.#focus);
    this.#focus = null;
  }

  /** Lines say something else. */
  refresh() {
    const row = document.activeElement?.closest(".order-row");
    const button = document.activeElement?.getAttribute("data-do");
    const place = row && this.element.contains(row) ? placeOf(row) : null;
    this.#list.refresh();
    if (place !== null && button) this.#restore({ place, button });
  }

  /** @param {number} place */
  reveal(place) {
    this.#list.reveal(place);
  }

  /** @param {{place: number, button: string}} focus */
  #restore({ place, button }) {
    const last = Math.min(place, this.#length - 1);
    if (last < 0) return this.#handlers.onEmpty();
    this.#list.reveal(last);
    const row = this.#list.row(last);
    const wanted = row?.querySelector(`[data-do="${button}"]:enabled`) ?? row?.querySelector("button");
    /** @type {HTMLElement | null | undefined} */ (wanted)?.focus();
  }

  /** @param {number} place */
  #row(place) {
    const { title, facts, current, missing } = this.#handlers.describe(place);
    return h(
      `li.order-row${missing ? ".missing" : ""}`,
      {
        "aria-setsize": this.#length,
        "aria-posinset": place + 1,
        "aria-current": current ? "true" : null,
        draggable: "true",
        ondragstart: (/** @type {DragEvent} */ event) => event.dataTransfer?.setData("text/plain", String(place)),
        ondragover: (/** @type {DragEvent} */ event) => event.preventDefault(),
        ondrop: (/** @type {DragEvent} */ event) => this.#drop(event, place),
      },
      h(
        "button.order-name",
        { type: "button", "data-do": "play", title: "Play this", onclick: () => this.#handlers.onPlay(place) },
        h("span.order-title", {}, title),
        h("span.order-facts", {}, facts || " "),
      ),
      this.#button(place, "up", UP, `Move ${title} up`, place === 0),
      this.#button(place, "down", DOWN, `Move ${title} down`, place === this.#length - 1),
      this.#button(place, "remove", CROSS, `Remove ${title}`, false),
    );
  }

  /** @param {number} place @param {"up" | "down" | "remove"} what @param {string} path @param {string} label @param {boolean} disabled */
  #button(place, what, path, label, disabled) {
    const step = { up: -1, down: 1, remove: 0 }[what];
    const run = () => (step ? this.#move(place, place + step, what) : this.#remove(place, what));
    return h(
      "button.icon",
      { type: "button", "data-do": what, "aria-label": label, title: label, disabled, onclick: run },
      icon(path),
    );
  }

  /** @param {number} from @param {number} to @param {string} button  that keeps the focus */
  #move(from, to, button) {
    if (to < 0 || to >= this.#length || from === to) return;
    this.#focus = { place: to, button };
    this.#handlers.onMove(from, to);
  }

  /** @param {number} place @param {string} button */
  #remove(place, button) {
    this.#focus = { place, button };
    this.#handlers.onRemove(place);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const target = /** @type {Element} */ (event.target);
    const row = target.closest(".order-row");
    const button = target.getAttribute("data-do");
    if (!row || !button || event.ctrlKey || event.metaKey) return;
    const place = placeOf(row);
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step && event.altKey) this.#move(place, place + step, button);
    else if (step) this.#restore({ place: Math.max(0, place + step), button });
    else if (event.key === "Delete" && !event.altKey) this.#remove(place, button);
    else return;
    event.preventDefault();
  }

  /** @param {DragEvent} event @param {number} place */
  #drop(event, place) {
    event.preventDefault();
    const from = Number(event.dataTransfer?.getData("text/plain") || NaN);
    if (Number.isInteger(from) && from >= 0 && from < this.#length) this.#move(from, place, "play");
  }
}

/** @param {Element} row */
const placeOf = (row) => Number(row.getAttribute("aria-posinset")) - 1;

/** The queue as a list that opens above the player. */

import { h, icon } from "../dom.js";
import { countOf, formatTime } from "../format.js";
import { VirtualList } from "./virtual-list.js";

/** @typedef {import("./queue.js").Queue} Queue */
/** @typedef {import("./names.js").Names} Names */

const ROW = 44;
const UP = "M8 13V3M4 7l4-4 4 4";
const DOWN = "M8 3v10M4 9l4 4 4-4";
const CROSS = "M4 4l8 8M12 4l-8 8";

export class QueueView {
  #queue;
  #names;
  #list;
  #rows = h("ol.queue-rows");
  #viewport = h("div.queue-viewport", { tabindex: 0, "aria-label": "Queue" }, this.#rows);
  #count = h("p.note");
  #clear = /** @type {HTMLButtonElement} */ (
    h("button.quiet", { type: "button", onclick: () => this.#queue.clear() }, "Clear")
  );
  #hint = h("p.note.queue-hint", {}, "Nothing is waiting. “Play next” and “Add to queue” put music here.");
  element = h(
    "section.queue",
    { id: "queue", popover: "auto", "aria-label": "Queue" },
    h("header", {}, h("h2", {}, "Queue"), this.#count, this.#clear),
    this.#hint,
    this.#viewport,
  );
  /** @type {{place: number, button: string} | null} what gets the focus once the rows are made anew */
  #focus = null;

  /** @param {Queue} queue @param {Names} names @param {(place: number) => void} onPlay */
  constructor(queue, names, onPlay) {
    this.#queue = queue;
    this.#names = names;
    this.#list = new VirtualList(this.#viewport, this.#rows, ROW, (place) => this.#row(place, onPlay));
    queue.addEventListener("change", () => this.#show());
    names.addEventListener("known", () => this.#open && this.#list.refresh());
    this.element.addEventListener("toggle", () => this.#open && this.#opened());
    this.#show();
  }

  get #open() {
    return this.element.matches(":popover-open");
  }

  #opened() {
    this.#show();
    this.#list.reveal(Math.max(0, this.#queue.at));
  }

  #show() {
    const { length, at } = this.#queue;
    this.#count.textContent = length ? `${at + 1} of ${countOf(length, "piece")}` : "";
    this.#clear.disabled = !length;
    this.#hint.hidden = length > 0;
    this.#viewport.hidden = !length;
    if (!this.#open) return;
    this.#list.show(length);
    if (this.#focus) this.#restore(this.#focus);
    this.#focus = null;
  }

  /** @param {{place: number, button: string}} focus */
  #restore({ place, button }) {
    const last = Math.min(place, this.#queue.length - 1);
    if (last < 0) return this.#clear.focus();
    this.#list.reveal(last);
    /** @type {HTMLElement | null | undefined} */ (
      this.#list.row(last)?.querySelector(`[data-do="${button}"]`)
    )?.focus();
  }

  /** @param {number} place @param {(place: number) => void} onPlay */
  #row(place, onPlay) {
    const item = /** @type {import("./queue.js").Item} */ (this.#queue.item(place));
    const track = this.#names.get(item.track);
    const title = track?.title ?? `Track ${item.track}`;
    const facts = [track?.artist, item.segment === null ? null : `at ${formatTime(item.start)}`];
    const current = place === this.#queue.at;
    return h(
      "li.queue-row",
      {
        "aria-setsize": this.#queue.length,
        "aria-posinset": place + 1,
        "aria-current": current ? "true" : null,
        draggable: "true",
        ondragstart: (/** @type {DragEvent} */ event) => event.dataTransfer?.setData("text/plain", String(place)),
        ondragover: (/** @type {DragEvent} */ event) => event.preventDefault(),
        ondrop: (/** @type {DragEvent} */ event) => this.#drop(event, place),
      },
      h(
        "button.queue-name",
        { type: "button", "data-do": "play", title: "Play this", onclick: () => onPlay(place) },
        h("span.queue-title", {}, title),
        h("span.queue-facts", {}, facts.filter(Boolean).join(" · ") || " "),
      ),
      this.#button(place, "up", UP, `Move ${title} up`, place === 0),
      this.#button(place, "down", DOWN, `Move ${title} down`, place === this.#queue.length - 1),
      this.#button(place, "remove", CROSS, `Remove ${title}`, false),
    );
  }

  /** @param {number} place @param {"up" | "down" | "remove"} what @param {string} path @param {string} label @param {boolean} disabled */
  #button(place, what, path, label, disabled) {
    const step = { up: -1, down: 1, remove: 0 }[what];
    const run = () => {
      this.#focus = { place: place + step, button: what };
      if (what === "remove") this.#queue.remove(place);
      else this.#queue.move(place, place + step);
    };
    return h(
      "button.icon",
      { type: "button", "data-do": what, "aria-label": label, title: label, disabled, onclick: run },
      icon(path),
    );
  }

  /** @param {DragEvent} event @param {number} place */
  #drop(event, place) {
    event.preventDefault();
    const from = Number(event.dataTransfer?.getData("text/plain"));
    if (Number.isInteger(from)) this.#queue.move(from, place);
  }
}

/** The queue as a list that opens above the player. */

import { h } from "../dom.js";
import { countOf, formatTime } from "../format.js";
import { OrderList } from "./order-list.js";

/** @typedef {import("./queue.js").Queue} Queue */
/** @typedef {import("./names.js").Names} Names */

export class QueueView {
  #queue;
  #names;
  #list;
  #count = h("p.note");
  #clear = /** @type {HTMLButtonElement} */ (
    h("button.quiet", { type: "button", onclick: () => this.#queue.clear() }, "Clear")
  );
  #hint = h("p.note.queue-hint", {}, "Nothing is waiting. “Play next” and “Add to queue” put music here.");
  element;

  /** @param {Queue} queue @param {Names} names @param {(place: number) => void} onPlay */
  constructor(queue, names, onPlay) {
    this.#queue = queue;
    this.#names = names;
    this.#list = new OrderList("Queue", {
      describe: (place) => this.#describe(place),
      onPlay,
      onMove: (from, to) => queue.move(from, to),
      onRemove: (place) => queue.remove(place),
      onEmpty: () => this.element.focus(),
    });
    this.element = h(
      "section.queue",
      { id: "queue", popover: "auto", tabindex: -1, "aria-label": "Queue" },
      h("header", {}, h("h2", {}, "Queue"), this.#count, this.#clear),
      this.#hint,
      this.#list.element,
    );
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
    this.#list.element.hidden = !length;
    if (this.#open) this.#list.show(length);
  }

  /** @param {number} place @returns {import("./order-list.js").Line} */
  #describe(place) {
    const item = /** @type {import("./queue.js").Item} */ (this.#queue.item(place));
    const track = this.#names.get(item.track);
    const facts = [track?.artist, item.segment === null ? null : `at ${formatTime(item.start)}`];
    return {
      title: track?.title ?? `Track ${item.track}`,
      facts: facts.filter(Boolean).join(" · "),
      current: place === this.#queue.at,
    };
  }
}

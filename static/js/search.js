/** The search in the masthead: type, choose from a list, hear. */

import { searchTracks } from "./api.js";
import { h } from "./dom.js";
import { formatCount } from "./format.js";

/** @typedef {import("./api.js").FoundTrack} FoundTrack */

/** Milliseconds without a key before the server is asked. */
const REST = 150;
const SHOWN = 12;

export class Search {
  #input;
  #list;
  #status;
  #onChoose;
  /** @type {FoundTrack[]} */
  #found = [];
  /** Place of the marked one, -1 for none. */
  #at = -1;
  /** Whether what is typed is other than what was found. */
  #pending = false;
  /** Whether the first that will be found is wanted. */
  #wanted = false;
  #timer = 0;
  #stop = new AbortController();

  /**
   * @param {HTMLElement} root  with an input, a list and a status
   * @param {(track: FoundTrack) => void} onChoose
   */
  constructor(root, onChoose) {
    this.#input = /** @type {HTMLInputElement} */ (root.querySelector("input"));
    this.#list = /** @type {HTMLElement} */ (root.querySelector("[role=listbox]"));
    this.#status = /** @type {HTMLElement} */ (root.querySelector("[role=status]"));
    this.#onChoose = onChoose;
    this.#input.addEventListener("input", () => this.#typed());
    this.#input.addEventListener("focus", () => this.#open(this.#found.length > 0));
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    root.addEventListener("focusout", (event) => {
      if (!root.contains(/** @type {Node | null} */ (event.relatedTarget))) this.#open(false);
    });
  }

  focus() {
    this.#input.focus();
    this.#input.select();
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#stop.abort();
    this.#pending = true;
    this.#wanted = false;
    this.#mark(-1); // what was found before is not what is meant now
    this.#timer = setTimeout(() => this.#ask(), REST);
  }

  async #ask() {
    clearTimeout(this.#timer);
    this.#stop.abort();
    this.#stop = new AbortController();
    const text = this.#input.value.trim();
    if (!text) return this.#show([], 0, "");
    try {
      const { tracks, total } = await searchTracks(text, SHOWN, this.#stop.signal);
      this.#show(tracks, total, total ? countOf(total) : "Nothing found");
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.#show([], 0, error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {FoundTrack[]} tracks @param {number} total @param {string} words */
  #show(tracks, total, words) {
    this.#found = tracks;
    this.#pending = false;
    this.#status.textContent = words;
    const more = total - tracks.length;
    this.#list.replaceChildren(
      ...tracks.map((track, at) => this.#option(track, at)),
      ...(tracks.length ? [] : [note(words)]),
      ...(more > 0 ? [note(`${formatCount(more)} more: type another word`)] : []),
    );
    this.#mark(tracks.length ? 0 : -1);
    this.#open(words !== "");
    if (this.#wanted && tracks.length) this.#choose(0);
    this.#wanted = false;
  }

  /** @param {FoundTrack} track @param {number} at */
  #option(track, at) {
    const facts = [track.artist, track.album].filter(Boolean).join(" · ");
    return h(
      "li",
      {
        id: `found-${at}`,
        role: "option",
        // Before the input loses the focus, which closes the list.
        onpointerdown: (/** @type {Event} */ event) => event.preventDefault(),
        onclick: () => this.#choose(at),
      },
      h("span.found-title", {}, track.title),
      h("span.found-facts", {}, facts),
    );
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const count = this.#pending ? 0 : this.#found.length;
    if (event.key === "ArrowDown" && count) this.#mark((this.#at + 1) % count);
    else if (event.key === "ArrowUp" && count) this.#mark((this.#at - 1 + count) % count);
    else if (event.key === "Enter" && this.#pending) this.#hurry();
    else if (event.key === "Enter" && this.#at >= 0) this.#choose(this.#at);
    else if (event.key === "Escape" && this.#isOpen) this.#open(false);
    else if (event.key === "Escape") this.#input.blur();
    else return;
    event.preventDefault();
  }

  /** Choose the first as soon as it is found. */
  #hurry() {
    this.#wanted = true;
    this.#ask();
  }

  /** @param {number} at */
  #mark(at) {
    this.#at = at;
    [...this.#list.querySelectorAll("[role=option]")].forEach((option, place) => {
      option.setAttribute("aria-selected", String(place === at));
      if (place === at) option.scrollIntoView({ block: "nearest" });
    });
    this.#input.setAttribute("aria-activedescendant", at >= 0 ? `found-${at}` : "");
  }

  get #isOpen() {
    return !this.#list.hidden;
  }

  /** @param {boolean} isOpen */
  #open(isOpen) {
    this.#list.hidden = !isOpen;
    this.#input.setAttribute("aria-expanded", String(isOpen));
  }

  /** @param {number} at */
  #choose(at) {
    this.#open(false);
    this.#onChoose(this.#found[at]);
  }
}

/** @param {number} total */
const countOf = (total) => (total === 1 ? "One track found" : `${formatCount(total)} tracks found`);

/** @param {string} words */
const note = (words) => h("li.found-note", { role: "presentation" }, words);

/** Puts points into a playlist: one that there is, or a new one. */

import { h } from "../dom.js";
import { countOf } from "../format.js";

/** @typedef {import("../api.js").Network} Network */
/** @typedef {import("../points.js").Point} Point */
/** @typedef {import("./playlists.js").Playlists} Playlists */

const NEW = "new";

export class PlaylistMenu {
  #playlists;
  #onOpen;
  /** @type {Point[]} */
  #points = [];
  /** @type {Network | null} whose segments they are */
  #network = null;
  /** @type {number | null} what they went into last */
  #lately = null;
  #title = h("h2");
  #into = /** @type {HTMLSelectElement} */ (h("select"));
  #name = /** @type {HTMLInputElement} */ (h("input", { type: "text", maxlength: 200, value: "Playlist" }));
  #field = h("label", {}, h("span.field-name", {}, "Name"), this.#name);
  #status = h("p.note", { role: "status" });
  #button = /** @type {HTMLButtonElement} */ (h("button.primary", { type: "submit" }, "Add"));
  element = h(
    "form.save",
    { popover: "auto", "aria-label": "Add to playlist", onsubmit: (/** @type {Event} */ event) => this.#submit(event) },
    this.#title,
    h("label", {}, h("span.field-name", {}, "To"), this.#into),
    this.#field,
    h("p.save-buttons", {}, this.#status, this.#button),
  );

  /** @param {Playlists} playlists @param {(id: number) => void} onOpen  a playlist is wanted */
  constructor(playlists, onOpen) {
    this.#playlists = playlists;
    this.#onOpen = onOpen;
    this.#into.addEventListener("change", () => this.#adapt());
    playlists.addEventListener("change", () => this.#list());
    this.#list();
  }

  /** @param {Point[]} points @param {Network} network */
  open(points, network) {
    this.#points = points;
    this.#network = network;
    const what = points[0]?.segment === null ? "track" : "segment";
    this.#title.textContent = `Add ${countOf(points.length, what)} to a playlist`;
    this.#status.replaceChildren();
    this.#button.disabled = false;
    this.element.showPopover();
    this.#into.focus();
    this.#playlists.load().catch((error) => this.#fail(error));
  }

  #list() {
    const chosen = this.#into.value || String(this.#lately ?? NEW);
    const options = this.#playlists.all.map(({ id, name }) => h("option", { value: id }, name));
    this.#into.replaceChildren(...options, h("option", { value: NEW }, "a new playlist …"));
    this.#into.value = chosen;
    if (!this.#into.value) this.#into.value = NEW;
    this.#adapt();
  }

  #adapt() {
    this.#field.hidden = this.#into.value !== NEW;
    this.#name.required = !this.#field.hidden;
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    const network = /** @type {Network} */ (this.#network);
    this.#button.disabled = true;
    try {
      const { id, name } =
        this.#into.value === NEW
          ? await this.#playlists.create(this.#name.value, this.#points, network)
          : await this.#playlists.append(Number(this.#into.value), this.#points, network);
      this.#lately = id;
      this.#into.value = String(id);
      this.#adapt();
      this.#status.classList.remove("bad");
      const show = () => {
        this.element.hidePopover();
        this.#onOpen(id);
      };
      const link = h("button.more", { type: "button", onclick: show }, "Show it");
      this.#status.replaceChildren(`Added to “${name}”. `, link);
      link.focus();
    } catch (error) {
      this.#fail(error);
    }
    this.#button.disabled = false;
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#status.classList.add("bad");
    this.#status.textContent = error instanceof Error ? error.message : String(error);
  }
}

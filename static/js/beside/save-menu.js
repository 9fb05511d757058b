/** What a selection can be saved as. */

import { h } from "../dom.js";

const FORMS = [
  ["m3u8", "Playlist (M3U8)"],
  ["xspf", "Playlist (XSPF)"],
  ["csv", "Table (CSV)"],
  ["npy-embeddings", "Embeddings (.npy)"],
  ["parquet-embeddings", "Embeddings (Parquet)"],
  ["npy-taggrams", "Activations of tags (.npy)"],
  ["parquet-taggrams", "Activations of tags (Parquet)"],
];
const PLAYLISTS = ["m3u8", "xspf"];
/** Pixels between the button and the menu, and around the menu. */
const [BELOW, AROUND] = [6, 14];
/** As high as the menu may become, CSS pixels. */
const HEIGHT = 320;

export class SaveMenu {
  #onSave;
  #form = /** @type {HTMLSelectElement} */ (
    h("select", {}, ...FORMS.map(([value, label]) => h("option", { value }, label)))
  );
  #title = /** @type {HTMLInputElement} */ (h("input", { type: "text", maxlength: 200, value: "Selection" }));
  #places = /** @type {HTMLSelectElement} */ (
    h(
      "select",
      {},
      h("option", { value: "addresses" }, "addresses of this server"),
      h("option", { value: "paths" }, "paths of files"),
      h("option", { value: "windows" }, "paths of files, for Windows"),
    )
  );
  #field = h("label", {}, h("span.field-name", {}, "Tracks are given by"), this.#places);
  #status = h("p.note", { role: "status" });
  #button = /** @type {HTMLButtonElement} */ (h("button.primary", { type: "submit" }, "Save"));
  #menu = h(
    "form.save",
    { id: "save", popover: "auto", "aria-label": "Save the selection", onsubmit: (/** @type {Event} */ event) => this.#submit(event) },
    h("h2", {}, "Save the selection"),
    h("label", {}, h("span.field-name", {}, "As"), this.#form),
    h("label", {}, h("span.field-name", {}, "Name"), this.#title),
    this.#field,
    h(
      "p.save-buttons",
      {},
      this.#status,
      h("button.quiet", { type: "button", popovertarget: "save", popovertargetaction: "hide" }, "Close"),
      this.#button,
    ),
  );
  #opener = h("button", { type: "button", popovertarget: "save" }, "Save as …");
  element = h("span", {}, this.#opener, this.#menu);

  /** @param {(wish: any) => Promise<string>} onSave  resolves to the name of the file */
  constructor(onSave) {
    this.#onSave = onSave;
    this.#form.addEventListener("change", () => this.#adapt());
    this.#menu.addEventListener("beforetoggle", () => this.#place());
    this.#places.value = document.getElementById("panel")?.dataset.playlistPlaces ?? "addresses";
    this.#adapt();
  }

  /** Put the menu at its button, and nothing old into it. */
  #place() {
    const { left, bottom } = this.#opener.getBoundingClientRect();
    const width = Math.min(320, innerWidth - 2 * AROUND);
    const within = (/** @type {number} */ value, /** @type {number} */ most) => Math.max(AROUND, Math.min(value, most));
    this.#menu.style.left = `${within(left, innerWidth - width - AROUND)}px`;
    this.#menu.style.top = `${within(bottom + BELOW, innerHeight - HEIGHT - AROUND)}px`;
    this.#status.textContent = "";
  }

  #adapt() {
    this.#field.hidden = !PLAYLISTS.includes(this.#form.value);
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    const [format, layer] = this.#form.value.split("-");
    const places = this.#places.value;
    this.#button.disabled = true;
    this.#status.classList.remove("bad");
    this.#status.textContent = "Making it …";
    try {
      const name = await this.#onSave({
        format,
        layer: layer ?? null,
        title: this.#title.value || "Selection",
        ...(this.#field.hidden ? {} : { offline: places !== "addresses", windows_paths: places === "windows" }),
      });
      this.#status.textContent = `Saved as ${name}`;
    } catch (error) {
      this.#status.classList.add("bad");
      this.#status.textContent = error instanceof Error ? error.message : String(error);
    }
    this.#button.disabled = false;
  }
}

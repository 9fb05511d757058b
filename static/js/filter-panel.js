/** The panel that filters the map: by words, sound, attributes and number. */

import { h } from "./dom.js";
import { conditionsOf, NO_FILTER } from "./filter.js";
import { AttributePicker } from "./filter-attributes.js";
import { tagRanges } from "./filter-tags.js";

/** @typedef {import("./catalogue.js").Choice} Choice */
/** @typedef {import("./filter.js").Filter} Filter */
/** @typedef {import("./state.js").State} State */

/** Milliseconds without a key after which what was typed counts. */
const PAUSE = 350;
/** So many panels have been made: their choices need names of their own. */
let panels = 0;

/**
 * @typedef {object} FilterHandlers
 * @property {(filter: Filter) => void} onChange
 * @property {(attribute: string) => Promise<string[]>} valuesOf  that tracks have, the most frequent first
 */

export class FilterPanel {
  #button;
  #panel;
  #onChange;
  /** @type {Filter} */
  #filter = NO_FILTER;
  #typing = 0;
  #search;
  #tags = h("div.filter-tags");
  #attributes;
  #tracks;
  #every;
  #everyField;
  #rest;
  #others;
  #clear;

  /**
   * @param {HTMLElement} button  opens and closes the panel
   * @param {HTMLElement} panel
   * @param {string[]} attributes  of tracks that exist
   * @param {FilterHandlers} handlers
   */
  constructor(button, panel, attributes, { onChange, valuesOf }) {
    this.#button = button;
    this.#panel = panel;
    this.#onChange = onChange;
    const type = () => this.#type();
    this.#search = input({
      type: "search",
      name: "q",
      placeholder: "Title, artist, album, genre …",
      oninput: type,
    });
    this.#attributes = new AttributePicker(attributes, {
      valuesOf,
      onChange: (wanted) => this.#change(wanted),
    });
    const count = { type: "number", min: 1, inputmode: "numeric" };
    this.#tracks = input({ ...count, name: "tracks", placeholder: "all", onchange: () => this.#count() });
    this.#every = input({ ...count, name: "every", max: 9999, onchange: () => this.#thin() });
    this.#everyField = field("Every n-th segment", this.#every);
    this.#rest = restChoice((hide) => this.#change({ hide }));
    this.#others = press("Others", "Draw other tracks by lot", () =>
      this.#change({ lot: this.#filter.lot + 1 }),
    );
    this.#clear = press("Clear", "Show everything", () => {
      this.#search.focus(); // a button that does nothing more gives the focus away
      this.#search.value = "";
      this.#change({ ...NO_FILTER, hide: this.#filter.hide });
    });
    this.#build();
    button.addEventListener("click", () => this.open(panel.hidden));
    panel.addEventListener("keydown", (event) => this.#key(event));
  }

  #build() {
    const close = h("button.quiet", { type: "button", onclick: () => this.open(false) }, "Close");
    this.#panel.replaceChildren(
      h("header", {}, h("h2", {}, "Filter"), this.#clear, close),
      field("Words", this.#search),
      this.#tags,
      this.#attributes.element,
      h("div.filter-pair", {}, field("Number of tracks", this.#tracks), this.#others),
      h("div.filter-pair", {}, this.#everyField, this.#rest),
    );
  }

  /** @param {boolean} open */
  open(open) {
    this.#panel.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
    if (open) this.#search.focus();
    else this.#button.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.open(false);
  }

  /** @param {State} state @param {Choice} choice */
  show({ filter }, { network, level }) {
    this.#filter = filter;
    const conditions = conditionsOf(filter);
    this.#button.textContent = conditions ? `Filter · ${conditions}` : "Filter";
    if (document.activeElement !== this.#search) this.#search.value = filter.text;
    if (document.activeElement !== this.#tracks) this.#tracks.value = String(filter.tracks ?? "");
    if (document.activeElement !== this.#every) this.#every.value = String(filter.every);
    const ranges = tagRanges(filter.tags, network.tags, (tags) => this.#change({ tags }));
    this.#tags.replaceChildren(...(network.tags.length ? ranges : []));
    this.#attributes.show(filter);
    this.#everyField.hidden = level.name === "tracks";
    for (const choice of this.#rest.querySelectorAll("input")) {
      choice.checked = (choice.value === "hide") === filter.hide;
    }
    this.#clear.disabled = !conditions;
    this.#others.disabled = filter.tracks === null;
  }

  #type() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#change({ text: this.#search.value.trim() }), PAUSE);
  }

  #count() {
    const tracks = Math.floor(Number(this.#tracks.value));
    this.#change({ tracks: tracks >= 1 ? tracks : null });
  }

  #thin() {
    const every = Math.floor(Number(this.#every.value));
    this.#change({ every: Math.min(9999, Math.max(1, every || 1)) });
  }

  /** @param {Partial<Filter>} change */
  #change(change) {
    clearTimeout(this.#typing);
    this.#onChange({ ...this.#filter, ...change });
  }
}

/** @param {Record<string, any>} attributes */
const input = (attributes) => /** @type {HTMLInputElement} */ (h("input.text", attributes));

/** @param {string} label @param {string} title @param {() => void} onclick */
const press = (label, title, onclick) =>
  /** @type {HTMLButtonElement} */ (h("button", { type: "button", title, onclick }, label));

/** @param {string} title @param {HTMLElement} content */
const field = (title, content) => h("label.filter-field", {}, h("span.field-name", {}, title), content);

/** @param {(hide: boolean) => void} onChange */
function restChoice(onChange) {
  const name = `rest-${++panels}`;
  const options = [
    ["fade", "faded"],
    ["hide", "hidden"],
  ].map(([value, label]) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name, value, onchange: () => onChange(value === "hide") }),
      h("span", {}, label),
    ),
  );
  return h(
    "fieldset.toggle",
    {},
    h("legend.field-name", {}, "The rest is"),
    h("div.toggle-options", {}, ...options),
  );
}

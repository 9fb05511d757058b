/** Conditions on attributes of tracks: an attribute is chosen, then its values are found by typing, or a range of numbers. */

import { NUMERIC } from "./catalogue.js";
import { h } from "./dom.js";
import { columnName } from "./words.js";

/** @typedef {import("./filter.js").Attribute} Attribute */
/** @typedef {import("./filter.js").NumberRange} NumberRange */
/** @typedef {{attributes: Attribute[], ranges: NumberRange[]}} Wanted */

/** Values that are offered while one types; others are found by their whole name. */
const OFFERED = 2000;
/** So many pickers have been made: their lists need names of their own. */
let pickers = 0;

/**
 * @typedef {object} AttributeHandlers
 * @property {(attribute: string) => Promise<string[]>} valuesOf
 * @property {(wanted: Partial<Wanted>) => void} onChange
 */

export class AttributePicker {
  #handlers;
  /** @type {Wanted} */
  #wanted = { attributes: [], ranges: [] };
  #name;
  #value;
  #from = numberInput("From", () => this.#takeRange());
  #to = numberInput("To", () => this.#takeRange());
  #list = h("datalist", { id: `filter-values-${++pickers}` });
  #chips = h("ul.chips", { "aria-label": "Wanted" });
  #note = h("p.filter-note", { role: "status" });
  /** Values of the chosen attribute, by themselves in lower case. @type {Map<string, string>} */
  #known = new Map();

  /** @param {string[]} attributes @param {AttributeHandlers} handlers */
  constructor(attributes, handlers) {
    this.#handlers = handlers;
    const options = attributes.map((name) => h("option", { value: name }, columnName(name)));
    this.#name = /** @type {HTMLSelectElement} */ (
      h("select", { "aria-label": "Attribute", onchange: () => this.#turn() }, ...options)
    );
    this.#value = /** @type {HTMLInputElement} */ (
      h("input.text", {
        ...{ type: "text", list: this.#list.id, placeholder: "type to find", "aria-label": "Value" },
        onfocus: () => this.#offer(),
        oninput: (/** @type {InputEvent} */ event) => {
          this.#note.textContent = "";
          if (isPicked(event)) this.#take();
        },
        onchange: () => this.#take(),
      })
    );
    const fields = [this.#name, this.#value, this.#list, this.#from, this.#to];
    this.element = h(
      "div.filter-attributes",
      { hidden: !attributes.length },
      h("span.field-name", {}, "Only tracks with"),
      h("div.filter-pair", {}, ...fields),
      this.#note,
      this.#chips,
    );
    this.#turn();
  }

  /** @param {Wanted} wanted */
  show({ attributes, ranges }) {
    this.#wanted = { attributes, ranges };
    this.#showRange();
    this.#chips.replaceChildren(
      ...attributes.map(({ name, value }, at) =>
        chip(name, value, () => this.#handlers.onChange({ attributes: attributes.toSpliced(at, 1) })),
      ),
      ...ranges.map((range, at) =>
        chip(range.name, inWords(range), () => this.#handlers.onChange({ ranges: ranges.toSpliced(at, 1) })),
      ),
    );
  }

  /** Another attribute is chosen. */
  #turn() {
    const numeric = NUMERIC.has(this.#name.value);
    this.#value.hidden = numeric;
    this.#from.hidden = this.#to.hidden = !numeric;
    this.#note.textContent = "";
    this.#showRange();
  }

  #showRange() {
    const range = this.#wanted.ranges.find(({ name }) => name === this.#name.value);
    if (document.activeElement !== this.#from) this.#from.value = String(range?.low ?? "");
    if (document.activeElement !== this.#to) this.#to.value = String(range?.high ?? "");
  }

  /** Bring the values of the chosen attribute. */
  async #offer() {
    const name = this.#name.value;
    if (!name || this.#value.hidden || this.#list.dataset.of === name) return;
    const values = await this.#handlers.valuesOf(name).catch(() => null);
    if (!values || this.#name.value !== name) return;
    this.#list.dataset.of = name;
    this.#known = new Map(values.map((value) => [value.toLowerCase(), value]));
    this.#list.replaceChildren(...values.slice(0, OFFERED).map((value) => h("option", { value })));
  }

  /** Want what was typed, once it is a value. */
  async #take() {
    const [name, typed] = [this.#name.value, this.#value.value.trim()];
    await this.#offer();
    if (this.#name.value !== name || this.#list.dataset.of !== name) return; // nobody knows, or asks, now
    const value = this.#known.get(typed.toLowerCase());
    const unknown = typed && value === undefined;
    this.#note.textContent = unknown ? `No track has the ${columnName(name)} “${typed}”.` : "";
    if (value === undefined) return;
    if (this.#value.value.trim() === typed) this.#value.value = ""; // else the next one is being typed
    const { attributes } = this.#wanted;
    if (!attributes.some((one) => one.name === name && one.value === value)) {
      this.#handlers.onChange({ attributes: [...attributes, { name, value }] });
    }
  }

  /** Want the numbers between those that were typed; an end that is left empty is open. */
  #takeRange() {
    const name = this.#name.value;
    const [low, high] = [this.#from, this.#to].map(({ value }) => (value === "" ? null : Number(value)));
    const others = this.#wanted.ranges.filter((range) => range.name !== name);
    const own = low === null && high === null ? [] : [{ name, low, high }];
    this.#handlers.onChange({ ranges: [...others, ...own] });
  }
}

/** @param {string} label @param {() => void} onchange */
const numberInput = (label, onchange) =>
  /** @type {HTMLInputElement} */ (
    h("input.text", { type: "number", min: 0, placeholder: label.toLowerCase(), "aria-label": label, onchange })
  );

/** @param {NumberRange} range */
const inWords = ({ low, high }) =>
  low === null ? `up to ${high}` : high === null ? `from ${low}` : low === high ? `${low}` : `${low}–${high}`;

/** @param {string} name  of an attribute @param {string} value @param {() => void} onclick  removes it */
function chip(name, value, onclick) {
  const title = `Remove ${columnName(name)} ${value}`;
  return h(
    "li",
    {},
    h(
      "button.chip",
      { type: "button", title, "aria-label": title, onclick },
      h("span.chip-name", {}, columnName(name)),
      ` ${value} `,
      h("span", { "aria-hidden": "true" }, "×"),
    ),
  );
}

/** Whether a value was picked from the list, not typed. @param {InputEvent} event */
const isPicked = ({ inputType }) => !inputType || inputType === "insertReplacementText";

/** Conditions on attributes of tracks: an attribute is chosen, then its values are found by typing. */

import { h } from "./dom.js";
import { columnName } from "./words.js";

/** @typedef {import("./filter.js").Attribute} Attribute */

/** Values that are offered while one types; others are found by their whole name. */
const OFFERED = 2000;
/** So many pickers have been made: their lists need names of their own. */
let pickers = 0;

/**
 * @typedef {object} AttributeHandlers
 * @property {(attribute: string) => Promise<string[]>} valuesOf
 * @property {(wanted: Attribute[]) => void} onChange
 */

export class AttributePicker {
  #handlers;
  /** @type {Attribute[]} */
  #wanted = [];
  #name;
  #value;
  #list = h("datalist", { id: `filter-values-${++pickers}` });
  #problem = h("p.note", { role: "status" });
  #chips = h("ul.chips", { "aria-label": "Wanted" });
  /** @type {Set<string>} */
  #known = new Set();
  #offered = Promise.resolve();

  /** @param {string[]} attributes @param {AttributeHandlers} handlers */
  constructor(attributes, handlers) {
    this.#handlers = handlers;
    const options = attributes.map((name) => h("option", { value: name }, columnName(name)));
    this.#name = /** @type {HTMLSelectElement} */ (
      h("select", { "aria-label": "Attribute", onchange: () => this.#offer() }, ...options)
    );
    this.#value = /** @type {HTMLInputElement} */ (
      h("input.text", {
        ...{ type: "text", list: this.#list.id, placeholder: "type to find", "aria-label": "Value" },
        onfocus: () => this.#offer(),
        oninput: (/** @type {InputEvent} */ event) => {
          this.#problem.textContent = "";
          if (isPicked(event)) this.#take();
        },
        onchange: () => this.#take(),
      })
    );
    this.element = h(
      "div.filter-attributes",
      { hidden: !attributes.length },
      h("span.field-name", {}, "Only tracks with"),
      h("div.filter-pair", {}, this.#name, this.#value, this.#list),
      this.#problem,
      this.#chips,
    );
  }

  /** @param {Attribute[]} wanted */
  show(wanted) {
    this.#wanted = wanted;
    this.#chips.replaceChildren(
      ...wanted.map((attribute, at) => {
        const { name, value } = attribute;
        const remove = () => this.#handlers.onChange(wanted.toSpliced(at, 1));
        const title = `Remove ${columnName(name)} ${value}`;
        return h(
          "li",
          {},
          h(
            "button.chip",
            { type: "button", title, "aria-label": title, onclick: remove },
            h("span.chip-name", {}, columnName(name)),
            ` ${value} `,
            h("span", { "aria-hidden": "true" }, "×"),
          ),
        );
      }),
    );
  }

  /** Offer the values of the chosen attribute. @returns {Promise<void>} they are there */
  #offer() {
    const name = this.#name.value;
    if (this.#list.dataset.of !== name) {
      this.#list.dataset.of = name;
      this.#offered = this.#bring(name);
    }
    return this.#offered;
  }

  /** @param {string} name */
  async #bring(name) {
    const values = await this.#handlers.valuesOf(name).catch(() => []);
    if (this.#name.value !== name) return;
    this.#known = new Set(values);
    this.#list.replaceChildren(...values.slice(0, OFFERED).map((value) => h("option", { value })));
  }

  /** Want what was typed, if it is a value. */
  async #take() {
    await this.#offer();
    const [name, value] = [this.#name.value, this.#value.value.trim()];
    if (!value) return;
    if (!this.#known.has(value)) {
      this.#problem.textContent = `No track has the ${columnName(name)} “${value}”.`;
      return;
    }
    this.#value.value = "";
    if (!this.#wanted.some((one) => one.name === name && one.value === value)) {
      this.#handlers.onChange([...this.#wanted, { name, value }]);
    }
  }
}

/** Whether a value was picked from the list, not typed. @param {InputEvent} event */
const isPicked = ({ inputType }) => !inputType || inputType === "insertReplacementText";

/** What is to be found out: boxes to tick, which the browser remembers. */

import { h } from "../dom.js";

/** @typedef {import("./requests.js").Attribute} Attribute */

const STORED = "analyse-not-wanted";

export class AttributeChoice {
  #boxes;

  /** @param {HTMLElement} place @param {Attribute[]} attributes */
  constructor(place, attributes) {
    const unwanted = new Set(remembered());
    this.#boxes = attributes.map(({ name, unavailable }) => {
      const attributes = {
        type: "checkbox",
        name,
        checked: !unavailable && !unwanted.has(name),
        disabled: Boolean(unavailable),
        "aria-describedby": unavailable ? `why-not-${name}` : null,
        onchange: () => this.#remember(),
      };
      return /** @type {HTMLInputElement} */ (h("input", attributes));
    });
    place.append(
      ...attributes.map(({ name, title, unavailable }, at) =>
        h(
          "div.wish",
          {},
          h("label", {}, this.#boxes[at], h("span", {}, title)),
          unavailable && h("p.why-not", { id: `why-not-${name}` }, ...wholeWords(unavailable)),
        ),
      ),
    );
    place.hidden = false;
  }

  /** Names of those that are wanted. @returns {string[]} */
  get wanted() {
    return this.#boxes.filter(({ checked }) => checked).map(({ name }) => name);
  }

  #remember() {
    const names = this.#boxes.filter(({ checked, disabled }) => !checked && !disabled).map(({ name }) => name);
    localStorage.setItem(STORED, names.join());
  }
}

/** @returns {string[]} */
const remembered = () => (localStorage.getItem(STORED) ?? "").split(",");

/** Words that lines do not break in: options of a command begin with hyphens. @param {string} text */
const wholeWords = (text) => text.split(" ").flatMap((word) => [h("span.whole", {}, word), " "]);

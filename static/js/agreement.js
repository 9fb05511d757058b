/** How far two spaces agree on who is near whom, in a sentence over the second map. */

import { fetchOverlap } from "./api.js";
import { h } from "./dom.js";

/** @typedef {import("./state.js").State} State */

export class Agreement {
  #place;
  #onColour;
  /** What was asked for last. */
  #asked = "";

  /**
   * @param {HTMLElement} place
   * @param {() => void} onColour  colour both maps by the agreement
   */
  constructor(place, onColour) {
    this.#place = place;
    this.#onColour = onColour;
  }

  /** @param {State} state */
  async show(state) {
    if (!state.other) return;
    const query = {
      ...{ network: state.network, layer: state.layer },
      ...{ other_network: state.other.network, other_layer: state.other.layer },
      level: state.level === "tracks" ? "tracks" : "segments",
    };
    const asked = JSON.stringify(query);
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#place.replaceChildren();
    if (query.network === query.other_network && query.layer === query.other_layer) {
      return this.#place.replaceChildren(h("span", {}, "Two maps of the same space."));
    }
    const found = await fetchOverlap(query).catch((error) => error);
    if (asked !== this.#asked) return;
    if (found instanceof Error) return this.#place.replaceChildren(h("span", {}, found.message));
    const { k, mean, expected } = found;
    const common = (/** @type {number} */ share) => (share * k).toFixed(1);
    this.#place.replaceChildren(
      h(
        "span",
        {},
        `Of the ${k} nearest of a point, `,
        h("strong", {}, common(mean)),
        ` are the same in both spaces (by chance ${common(expected)}).`,
      ),
      h("button", { type: "button", onclick: this.#onColour }, "Colour by agreement"),
    );
  }
}

/** The card beside the point under the pointer: what it is, and its strongest tags. */

import { h } from "./dom.js";
import { formatTime } from "./format.js";
import { tagBars } from "./tags.js";

/** @typedef {import("./points.js").Point} Point */

const STRONGEST = 3;
const DELAY = 50;
const GAP = 14;

/**
 * @typedef {object} Knowledge
 * @property {(id: number) => Promise<import("./api.js").Track>} track
 * @property {(id: number, network: string, segment: number | null) => Promise<import("./api.js").TagValue[]>} tags
 */

export class Card {
  #element;
  #knowledge;
  #timer = 0;
  #turn = 0;

  /** @param {HTMLElement} element @param {Knowledge} knowledge */
  constructor(element, knowledge) {
    this.#element = element;
    this.#knowledge = knowledge;
  }

  hide() {
    clearTimeout(this.#timer);
    this.#turn++;
    this.#element.hidden = true;
  }

  /**
   * @param {Point} point
   * @param {import("./api.js").Network} network
   * @param {{x: number, y: number}} place  of the point, CSS pixels
   */
  show(point, network, place) {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    // A pointer that only passes by asks for nothing.
    this.#timer = setTimeout(async () => {
      const [track, tags] = await Promise.all([
        this.#knowledge.track(point.track).catch(() => null),
        network.tags.length
          ? this.#knowledge.tags(point.track, network.name, point.segment).catch(() => [])
          : [],
      ]);
      if (turn !== this.#turn) return;
      this.#fill(track, tags, point, network);
      this.#place(place);
    }, DELAY);
  }

  /**
   * @param {import("./api.js").Track | null} track
   * @param {import("./api.js").TagValue[]} tags
   * @param {Point} point
   * @param {import("./api.js").Network} network
   */
  #fill(track, tags, point, network) {
    const time = point.segment === null ? null : formatTime(point.segment * network.segment_seconds);
    this.#element.replaceChildren(
      h("p.card-title", {}, track ? (track.title ?? track.path) : `Track ${point.track}`),
      h("p.card-artist", {}, [track?.artist, time && `at ${time}`].filter(Boolean).join(" · ")),
      tagBars(tags.slice(0, STRONGEST)),
    );
    this.#element.hidden = false;
  }

  /** Beside the point, inside the map. @param {{x: number, y: number}} point */
  #place(point) {
    const { offsetWidth: width, offsetHeight: height } = this.#element;
    const { clientWidth, clientHeight } = /** @type {Element} */ (this.#element.offsetParent);
    const right = point.x + GAP + width < clientWidth;
    const x = right ? point.x + GAP : Math.max(4, point.x - GAP - width);
    const y = Math.min(Math.max(4, point.y - height / 2), clientHeight - height - 4);
    this.#element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }
}

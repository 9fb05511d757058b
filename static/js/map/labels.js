/** Names of regions, above the points: as many as find room, the most important first. */

/** @typedef {import("./camera.js").Camera} Camera */

/**
 * @typedef {object} Label
 * @property {number} x       0 to 1 along the x axis
 * @property {number} y       0 to 1 along the y axis
 * @property {string} text
 */

/** @typedef {{zoom: number, labels: Label[]}} LabelLevel  for a view of this zoom or nearer, the most important first */
/** @typedef {{label: Label, element: HTMLElement, width: number, height: number}} Placed */

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box  CSS pixels from the stage's corner */

/** Room around a label, and how far it stands above the middle of its region, CSS pixels. */
const GAP = 6;
const ABOVE = 15;
/** How far a region reaches around its label at zoom 1, as a share of the axes: about as far as it is estimated. */
const REGION = 0.05;

export class LabelLayer {
  #element = document.createElement("div");
  /** @type {LabelLevel[]} */
  #levels = [];
  /** @type {LabelLevel | null} */
  #shown = null;
  /** @type {Placed[]} the most important first */
  #placed = [];
  /** Finds the points that are left; null where all are. @type {import("./grid.js").Grid | null} */
  #left = null;
  /** What lies over the map: no label goes there. @type {Box[]} */
  covered = [];

  /** @param {HTMLElement} stage */
  constructor(stage) {
    this.#element.className = "labels";
    this.#element.setAttribute("aria-hidden", "true");
    stage.append(this.#element);
  }

  /** @param {LabelLevel[]} levels  the coarsest first */
  set(levels) {
    this.#levels = levels;
    this.renew();
  }

  /** Name those regions only in which points are left. @param {import("./grid.js").Grid | null} left */
  keep(left) {
    this.#left = left;
    this.renew();
  }

  /** Choose and measure labels anew: the size of letters depends on that of the map. */
  renew() {
    this.#shown = null;
    this.#placed = [];
    this.#element.replaceChildren();
  }

  /** Put the labels where their regions are now. @param {Camera} camera */
  place(camera) {
    const level = this.#levels.findLast(({ zoom }) => zoom <= camera.view.zoom) ?? this.#levels[0];
    if (!level) return;
    if (level !== this.#shown) this.#make(level);
    const taken = [...this.covered];
    for (const { label, element, width, height } of this.#placed) {
      const middle = camera.toScreen(label.x, label.y);
      const [x, y] = [middle.x, middle.y - ABOVE];
      const box = {
        left: x - width / 2 - GAP,
        top: y - height / 2 - GAP,
        right: x + width / 2 + GAP,
        bottom: y + height / 2 + GAP,
      };
      const free = within(box, camera) && !taken.some((other) => overlap(box, other));
      if (free) taken.push(box);
      element.style.visibility = free ? "" : "hidden";
      element.style.transform = `translate(${(x - width / 2).toFixed(1)}px, ${(y - height / 2).toFixed(1)}px)`;
    }
  }

  /** @param {LabelLevel} level */
  #make(level) {
    this.#shown = level;
    const [unit, reach] = [{ x: 1, y: 1 }, REGION / level.zoom];
    const labels = level.labels.filter((label) => this.#left?.nearest(label, unit, reach) !== null);
    const elements = labels.map(({ text }) => {
      const element = document.createElement("span");
      element.textContent = text;
      return element;
    });
    this.#element.replaceChildren(...elements);
    this.#placed = elements.map((element, at) => ({
      label: labels[at],
      element,
      width: element.offsetWidth,
      height: element.offsetHeight,
    }));
  }
}

/** @param {Box} a @param {Box} b @returns {boolean} */
export const overlap = (a, b) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** @param {Box} box @param {{width: number, height: number}} stage @returns {boolean} whether none of it is cut off */
export const within = ({ left, top, right, bottom }, { width, height }) =>
  left >= 0 && top >= 0 && right <= width && bottom <= height;

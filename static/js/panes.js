/**
 * One map, or two beside each other: what is pointed at, chosen, selected or heard in one is so in the other.
 *
 * Events are those of a pane, told in the terms of the first map, except:
 * - `wish`  {wish: Partial<State>}: also the other map's, as `other`
 * - `view`  {wish: Partial<State>}: another part of a map is seen
 */

import { carryOver, choose, otherState, sameTime } from "./catalogue.js";
import { Pane } from "./pane.js";

/** @typedef {import("./api.js").Catalogue} Catalogue */
/** @typedef {import("./points.js").Point} Point */
/** @typedef {import("./state.js").State} State */

/** Wishes that are for both maps, wherever they are uttered. */
const SHARED = new Set(["level", "filter", "labels"]);

export class Panes extends EventTarget {
  #place;
  #catalogue;
  #knowledge;
  /** @type {{pane: Pane, section: HTMLElement}[]} the second is made when it is first wanted */
  #made = [];
  /** @type {{state: string, points: number}[]} of each pane */
  #told = [];
  /** @type {State | null} */
  #state = null;
  /** The selection is being carried to the other map. */
  #carrying = false;
  /** The other map has been opened, and does not know yet what was done before. */
  #isNew = false;
  /** What is selected, linked and heard on the first map. @type {import("./selection.js").Selection | null} */
  #selection = null;
  /** @type {Point[]} */
  #neighbours = [];
  /** @type {{track: number, time: number} | null} */
  #heard = null;
  /** Where a song lies that is not in the library, on each map. @type {(import("./song/places.js").SongPlace | null)[]} */
  #song = [];

  /**
   * @param {HTMLElement} place  with the first map's section, and a template of the other's
   * @param {Catalogue} catalogue
   * @param {import("./card.js").Knowledge} knowledge
   * @throws {import("./map/renderer.js").WebGLError}
   */
  constructor(place, catalogue, knowledge) {
    super();
    this.#place = place;
    this.#catalogue = catalogue;
    this.#knowledge = knowledge;
    this.#add();
  }

  #add() {
    const at = this.#made.length;
    if (at > 0) {
      const template = /** @type {HTMLTemplateElement} */ (this.#place.querySelector("template"));
      this.#place.append(template.content.cloneNode(true));
    }
    const section = /** @type {HTMLElement} */ (this.#place.querySelectorAll(".pane")[at]);
    const pane = new Pane(section, this.#catalogue, this.#knowledge);
    this.#made.push({ pane, section });
    const on = (/** @type {string} */ name, /** @type {(detail: any) => void} */ handler) =>
      pane.addEventListener(name, (event) => handler(/** @type {CustomEvent} */ (event).detail));
    on("wish", ({ wish }) => this.#emit("wish", { wish: this.#wishOf(at, wish) }));
    on("view", ({ view }) => this.#emit("view", { wish: this.#wishOf(at, { view }) }));
    on("choose", ({ point }) => this.#emit("choose", { point: this.#translate(point, at, 0) }));
    on("hover", ({ point }) => {
      this.#others(at, (other, place) => other.point(point && this.#translate(point, at, place)));
      this.#emit("hover", { point: point && this.#translate(point, at, 0) });
    });
    on("selection", (selection) => this.#select(at, selection));
    on("visible", (visible) => at === 0 && this.#emit("visible", visible));
    on("state", (told) => this.#tell(at, told));
  }

  /** @param {State} state */
  show(state) {
    this.#isNew ||= Boolean(state.other && !this.#state?.other);
    this.#state = state;
    if (state.other && this.#made.length < 2) this.#add();
    if (this.#made.length > 1) this.#made[1].section.hidden = !state.other;
    if (!state.other) this.#told.length = Math.min(1, this.#told.length);
    this.#shown.forEach((pane, at) => pane.show(this.#stateOf(at)));
    // One that is shown again is ready at once, and does not tell it.
    if (this.#isNew && this.#shown[1]?.visible) this.#welcome();
  }

  /** Let the other map know what is linked, heard and, where it has just been opened, selected on the first. */
  #welcome() {
    this.link(this.#neighbours);
    this.follow(this.#heard);
    this.placeSong(this.#song);
    if (this.#isNew && this.#selection) this.#carry(0, this.#selection);
    this.#isNew = false;
  }

  /** @param {number} at @returns {State} what the pane at a place shows */
  #stateOf(at) {
    const state = /** @type {State} */ (this.#state);
    return at === 0 ? state : otherState(this.#catalogue, state);
  }

  get #shown() {
    return this.#made.slice(0, this.#state?.other ? 2 : 1).map(({ pane }) => pane);
  }

  /** @param {number} at @param {(pane: Pane, place: number) => void} run */
  #others(at, run) {
    this.#shown.forEach((pane, place) => place !== at && run(pane, place));
  }

  /** @param {number} at @param {Partial<State>} wish @returns {Partial<State>} of the whole page */
  #wishOf(at, wish) {
    const state = /** @type {State} */ (this.#state);
    if (at === 0 || Object.keys(wish).every((name) => SHARED.has(name))) {
      return carryOver(this.#catalogue, state, wish);
    }
    const carried = carryOver(this.#catalogue, this.#stateOf(at), wish);
    return { other: { .../** @type {object} */ (state.other), ...carried } };
  }

  /**
   * @param {number} from  place of the pane that points are on
   * @param {number} to    place of the pane whose network hears something at the same time
   * @returns {(point: Point) => Point}
   */
  #translator(from, to) {
    if (from === to) return (point) => point;
    const [here, there] = [from, to].map((at) => choose(this.#catalogue, this.#stateOf(at)));
    return ({ track, segment }) => ({
      track,
      segment: segment === null ? null : sameTime(segment, here, there),
    });
  }

  /** @param {Point} point @param {number} from @param {number} to @returns {Point} */
  #translate(point, from, to) {
    return this.#translator(from, to)(point);
  }

  /**
   * Another selection, which is carried to the other map; what is told is always the first map's.
   * @param {number} at
   * @param {import("./selection.js").Selection} selection
   */
  #select(at, selection) {
    if (at === 0) this.#selection = selection;
    if (!this.#carrying) this.#carry(at, selection);
    if (at === 0) this.#emit("selection", selection);
  }

  /** @param {number} at @param {import("./selection.js").Selection} selection */
  #carry(at, selection) {
    this.#carrying = true;
    this.#others(at, (other, place) => other.select(selection.points.map(this.#translator(at, place))));
    this.#carrying = false;
  }

  /** @param {number} at @param {{state: string, points: number}} told */
  #tell(at, told) {
    this.#told[at] = told;
    if (at > 0 && told.state === "ready") this.#welcome();
    const states = this.#told.map(({ state }) => state);
    const worst = ["error", "loading"].find((state) => states.includes(state)) ?? "ready";
    this.#emit("state", { state: worst, points: this.#told[0]?.points ?? 0 });
  }

  // ---- the same for all -------------------------------------------------------------------------

  /** @param {(pane: Pane, place: number) => void} run */
  #each(run) {
    this.#shown.forEach(run);
  }

  /** @param {Point[]} neighbours */
  link(neighbours) {
    this.#neighbours = neighbours;
    this.#each((pane, at) => pane.link(neighbours.map(this.#translator(0, at))));
  }

  /** Draw a way over the map, from point to point. @param {Point[]} points */
  route(points) {
    this.#each((pane, at) => pane.route(points.map((point) => this.#translate(point, 0, at))));
  }

  /** @param {(import("./song/places.js").SongPlace | null)[]} song  of each map, in its own terms */
  placeSong(song) {
    this.#song = song;
    this.#each((pane, at) => pane.placeSong(song[at] ?? null));
  }

  /** @param {{track: number, time: number} | null} heard  seconds */
  follow(heard) {
    this.#heard = heard;
    this.#each((pane) => pane.follow(heard));
  }

  /** @param {Point | null} point */
  point(point) {
    this.#each((pane, at) => pane.point(point && this.#translate(point, 0, at)));
  }

  /** @param {Point} point */
  reveal(point) {
    this.#each((pane, at) => pane.reveal(this.#translate(point, 0, at)));
  }

  /** @param {Point[]} points */
  select(points) {
    this.#made[0].pane.select(points);
  }

  /** @param {Point} point  of the map at a place @param {number} at @returns {Point} in the terms of the first map */
  inFirst(point, at) {
    return this.#translate(point, at, 0);
  }

  clearSelection() {
    this.#made[0].pane.clearSelection();
  }

  /** @returns {boolean} whether there was a selection or a tool to leave */
  leave() {
    return this.#shown.map((pane) => pane.leave()).some(Boolean);
  }

  /** @param {1 | -1} direction */
  zoom(direction) {
    this.#each((pane) => pane.zoom(direction));
  }

  reset() {
    this.#each((pane) => pane.reset());
  }

  /** The server answers. */
  reconnect() {
    this.#each((pane) => pane.reconnect());
  }

  /** @param {string} name @param {object} detail */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

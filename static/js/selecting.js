/** Selecting on a map: by shapes that are drawn, by keys, from outside; what is selected, and its lines. */

import { Selection } from "./selection.js";
import { SelectionTools } from "./selection-tools.js";
import { pathsOf } from "./trajectories.js";

/** @typedef {import("./catalogue.js").Choice} Choice */
/** @typedef {import("./loader.js").Loaded} Loaded */
/** @typedef {import("./map/lasso.js").Mode} Mode */
/** @typedef {import("./points.js").Point} Point */

/**
 * @typedef {object} SelectingHandlers
 * @property {(selection: Selection) => void} onChange
 * @property {(wanted: boolean) => void} onLabels  regions shall be named, or no longer
 */

export class Selecting {
  #stage;
  #map;
  #handlers;
  /** @type {Selection | null} */
  #selection = null;
  /** @type {Loaded | null} */
  #loaded = null;
  #joined = false;

  /**
   * @param {Record<string, HTMLElement>} parts  of the pane: stage, tools, selection
   * @param {import("./map/map.js").PointMap} map
   * @param {SelectingHandlers} handlers
   */
  constructor(parts, map, handlers) {
    this.#stage = parts.stage;
    this.#map = map;
    this.#handlers = handlers;
    this.tools = new SelectionTools(parts.tools, parts.selection, {
      onTool: (tool) => {
        map.tool = tool;
        this.#stage.dataset.tool = tool.drag;
      },
      onClear: () => this.clear(),
      onLabels: handlers.onLabels,
    });
    map.addEventListener("lasso", (event) => {
      const { rows, mode } = /** @type {CustomEvent} */ (event).detail;
      this.#change(rows, mode);
    });
  }

  /** Other points are shown: the same music is selected among them. @param {Loaded} loaded @param {Choice} choice */
  carry(loaded, choice) {
    const before = this.#selection;
    const seconds = choice.network.segment_seconds;
    this.#loaded = loaded;
    this.#joined = choice.joined;
    this.#selection = before?.carriedTo(loaded.set, seconds) ?? new Selection(loaded.set, seconds);
    this.#draw();
    if (before?.count && before !== this.#selection) this.#handlers.onChange(this.#selection);
  }

  /** @param {Point[]} points  those that are not on this map are passed over */
  select(points) {
    this.#selection?.select(points);
    this.#changed();
  }

  /** Select a point, or no longer. @param {number} row */
  toggle(row) {
    this.#change([row], this.#selection?.flags?.[row] ? "subtract" : "add");
  }

  /** Select nothing. */
  clear() {
    this.#change([], "replace");
  }

  /** Leave the selection, then the tool. @returns {boolean} whether there was one to leave */
  leave() {
    if (this.#selection?.count) this.clear();
    else if (this.tools.tool.drag !== "move") this.tools.use({ drag: "move" });
    else return false;
    return true;
  }

  /** @param {ArrayLike<number>} rows @param {Mode} mode */
  #change(rows, mode) {
    this.#selection?.change(rows, mode);
    this.#changed();
  }

  #changed() {
    if (!this.#selection) return;
    this.#draw();
    this.#handlers.onChange(this.#selection);
  }

  #draw() {
    const { set, visible } = /** @type {Loaded} */ (this.#loaded);
    const selection = /** @type {Selection} */ (this.#selection);
    this.#map.setSelected(selection.flags);
    this.#map.setPaths(this.#joined ? pathsOf(set, visible, selection) : new Uint32Array(0));
    this.tools.tell(selection.count, set.hasSegments ? "segment" : "track");
    this.#stage.dataset.marked = String(selection.count);
  }
}

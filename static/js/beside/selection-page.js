/** The page of the panel that lists what is selected: to sort, hear, thin out and save. */

import { isCopy } from "../api.js";
import { fetchExport } from "./requests.js";
import { h, showIn } from "../dom.js";
import { countOf } from "../format.js";
import { SaveMenu } from "./save-menu.js";
import { COLUMNS, orderBy } from "./selection-columns.js";
import { Table } from "./table.js";

/** @typedef {import("../api.js").Network} Network */
/** @typedef {import("../points.js").Point} Point */
/** @typedef {import("./names.js").Names} Names */
/** @typedef {{column: string, descending: boolean}} Sorting */

/**
 * @typedef {object} SelectionHandlers
 * @property {(points: Point[]) => void} onPlayAll
 * @property {(points: Point[]) => void} onAppend
 * @property {((points: Point[]) => void) | null} onKeep  into a playlist; null where there are none
 * @property {(point: Point) => void} onChoose
 * @property {(points: Point[]) => void} onSelect  these are to be selected instead
 */

export class SelectionPage {
  element = h("section.selection-page");
  #names;
  #handlers;
  #count = h("h2");
  #note = h("p.note", { role: "status" });
  #buttons;
  #table;
  #full;
  #hint = h(
    "div.hint",
    {},
    h("h2", {}, "Nothing is selected"),
    h(
      "p",
      {},
      "Draw around points on the map (Shift and drag), or press “Select” beside a point or its neighbours. " +
        `What is selected can be sorted${isCopy ? " and heard" : ", heard, and saved as a playlist, a table or vectors"}.`,
    ),
  );
  /** @type {Point[]} */
  #points = [];
  /** @type {Network | null} */
  #network = null;
  /** @type {Uint32Array} places of points in the order that is shown */
  #order = new Uint32Array(0);
  /** @type {Sorting | null} */
  #sorting = null;
  #turn = new AbortController();

  /** @param {Names} names @param {SelectionHandlers} handlers */
  constructor(names, handlers) {
    this.#names = names;
    this.#handlers = handlers;
    this.#table = new Table({
      label: "Selected points",
      onOpen: (row) => handlers.onChoose(this.#at(row)),
      onRemove: (rows) => this.#remove(rows),
      onSort: (column) => this.#sort(column),
    });
    const save = isCopy ? null : new SaveMenu((wish) => this.#save(wish));
    this.#buttons = [
      button("Play all", "Put all into the queue, in this order, and play", () => handlers.onPlayAll(this.#all())),
      button("Add to queue", "Put all at the end of the queue", () => handlers.onAppend(this.#all())),
      button("Remove", "Remove the marked rows (Delete)", () => this.#remove(this.#table.marked)),
      button("Clear", "Select nothing", () => handlers.onSelect([])),
    ];
    const { onKeep } = handlers;
    const keep = button("Add to playlist …", "Put all into a playlist, in this order", () => onKeep?.(this.#all()));
    this.#full = h(
      "div.selection-full",
      {},
      h("header", {}, this.#count, this.#note),
      h("div.actions", {}, ...this.#buttons, onKeep && keep, save?.element),
      this.#table.element,
    );
    // What was asked for before the selection was cleared may come after.
    names.addEventListener("known", () => this.#points.length && this.#table.refresh());
    this.#fill();
  }

  get points() {
    return this.#points;
  }

  /** @param {Point[]} points @param {Network} network  whose segments they are */
  show(points, network) {
    this.#turn.abort();
    this.#points = points;
    this.#network = network;
    this.#order = Uint32Array.from(points.keys());
    this.#fill();
    if (this.#sorting && points.length) this.#arrange(this.#sorting);
  }

  #fill() {
    const count = this.#points.length;
    showIn(this.element, count ? this.#full : this.#hint);
    if (!count) return;
    const whole = this.#points[0].segment === null;
    const tracks = new Set(this.#points.map(({ track }) => track)).size;
    this.#count.textContent = whole ? countOf(count, "track") : countOf(count, "segment");
    this.#note.textContent = whole ? "" : `of ${countOf(tracks, "track")}`;
    const columns = COLUMNS.filter((column) => !whole || column.name !== "start");
    this.#table.show(columns, count, (row, column) => this.#cell(row, column), this.#sorting);
  }

  /** @param {number} row @param {import("./selection-columns.js").Column} column */
  #cell(row, column) {
    const point = this.#at(row);
    return column.text(point, this.#names.get(point.track), /** @type {Network} */ (this.#network).segment_seconds);
  }

  /** @param {number} row  as shown */
  #at(row) {
    return this.#points[this.#order[row]];
  }

  #all() {
    return Array.from(this.#order, (place) => this.#points[place]);
  }

  /** @param {string} column */
  #sort(column) {
    const same = this.#sorting?.column === column;
    this.#arrange({ column, descending: same ? !this.#sorting?.descending : false });
  }

  /** Bring what the order depends on, then make it. @param {Sorting} sorting */
  async #arrange(sorting) {
    this.#turn.abort();
    const { signal } = (this.#turn = new AbortController());
    const column = COLUMNS.find(({ name }) => name === sorting.column) ?? COLUMNS[0];
    const told = this.#note.textContent;
    try {
      const ids = this.#points.map(({ track }) => track);
      await this.#names.need(ids, signal, (share) => {
        if (!signal.aborted) this.#note.textContent = `Fetching names … ${Math.round(100 * share)} %`;
      });
    } catch (error) {
      if (!signal.aborted) this.#note.textContent = error instanceof Error ? error.message : String(error);
      return;
    }
    if (signal.aborted) return;
    this.#note.textContent = told;
    this.#sorting = sorting;
    this.#order = orderBy(this.#points, column, this.#names, sorting.descending);
    this.#table.sorted(sorting);
  }

  /** @param {Set<number>} rows */
  #remove(rows) {
    if (!rows.size) return;
    const gone = new Set(Array.from(rows, (row) => this.#order[row]));
    this.#handlers.onSelect(this.#points.filter((_, place) => !gone.has(place)));
  }

  /** @param {{format: string, layer?: string, offline?: boolean, windows_paths?: boolean, title: string}} wish */
  async #save(wish) {
    const points = this.#all().map(({ track, segment }) => [track, segment]);
    const { name, content } = await fetchExport({ ...wish, points, network: this.#network?.name });
    const address = URL.createObjectURL(content);
    h("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    return name;
  }
}

/** @param {string} label @param {string} title @param {() => void} onclick */
const button = (label, title, onclick) => h("button", { type: "button", title, onclick }, label);

/**
 * A table of any number of rows that is worked with by pointer and by keys: arrows move, Enter opens, space
 * marks, Delete removes. One row is current; rows can be marked.
 */

import { h } from "../dom.js";
import { VirtualList } from "./virtual-list.js";

/** @typedef {import("./selection-columns.js").Column} Column */

const ROW = 32;

/**
 * @typedef {object} TableOptions
 * @property {string} label
 * @property {(row: number) => void} onOpen
 * @property {(rows: Set<number>) => void} onRemove
 * @property {(column: string) => void} onSort
 */

export class Table {
  #options;
  /** @type {Column[]} */
  #columns = [];
  #length = 0;
  /** @type {(row: number, column: Column) => string} */
  #cell = () => "";
  #current = 0;
  /** Where a range of marks begins. */
  #anchor = 0;
  /** @type {Set<number>} */
  marked = new Set();
  #head = h("div.table-head", { role: "row", "aria-rowindex": "1" });
  #body = h("div.table-body", { role: "rowgroup" });
  #grid;
  #list;

  /** @param {TableOptions} options */
  constructor(options) {
    this.#options = options;
    this.#grid = h(
      "div.table",
      { role: "grid", "aria-label": options.label, "aria-multiselectable": "true", tabindex: 0 },
      h("div", { role: "rowgroup" }, this.#head),
      this.#body,
    );
    this.#list = new VirtualList(this.#grid, this.#body, ROW, (place) => this.#row(place));
    this.#grid.addEventListener("keydown", (event) => this.#key(event));
    this.#body.addEventListener("click", (event) => this.#click(event));
    this.#body.addEventListener("dblclick", () => options.onOpen(this.#current));
  }

  get element() {
    return this.#grid;
  }

  /**
   * @param {Column[]} columns
   * @param {number} length
   * @param {(row: number, column: Column) => string} cell
   * @param {{column: string, descending: boolean} | null} sorting
   */
  show(columns, length, cell, sorting) {
    this.#columns = columns;
    this.#length = length;
    this.#cell = cell;
    this.#current = Math.min(this.#current, length - 1);
    this.#grid.setAttribute("aria-rowcount", String(length + 1));
    this.#grid.setAttribute("aria-colcount", String(columns.length));
    this.#grid.style.setProperty("--columns", columns.map(({ width }) => width).join(" "));
    this.sorted(sorting);
  }

  /** The rows are in another order. @param {{column: string, descending: boolean} | null} sorting */
  sorted(sorting) {
    this.marked.clear();
    const focused = document.activeElement?.getAttribute("data-column");
    this.#head.replaceChildren(...this.#columns.map((column) => this.#title(column, sorting)));
    if (focused) /** @type {HTMLElement | null} */ (this.#head.querySelector(`[data-column="${focused}"]`))?.focus();
    this.#list.show(this.#length);
    this.#point();
  }

  /** Cells have other texts. */
  refresh() {
    this.#list.refresh();
  }

  /** @param {Column} column @param {{column: string, descending: boolean} | null} sorting */
  #title({ name, title, number }, sorting) {
    const order = sorting?.column !== name ? null : sorting.descending ? "descending" : "ascending";
    const attributes = {
      type: "button",
      "data-column": name,
      title: `Sort by ${title.toLowerCase()}`,
      onclick: () => this.#options.onSort(name),
    };
    return h(
      `div.cell${number ? ".number" : ""}`,
      { role: "columnheader", "aria-sort": order ?? "none" },
      h("button", attributes, title),
    );
  }

  /** @param {number} place */
  #row(place) {
    const marked = this.marked.has(place);
    return h(
      "div.table-row",
      {
        role: "row",
        id: rowId(place),
        "aria-rowindex": place + 2,
        "aria-selected": String(marked),
        "data-current": place === this.#current,
      },
      ...this.#columns.map((column) => {
        const text = this.#cell(place, column);
        return h(`div.cell${column.number ? ".number" : ""}`, { role: "gridcell", title: text }, text);
      }),
    );
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.target !== this.#grid || event.altKey) return;
    const { page } = this.#list;
    const to = {
      ArrowDown: this.#current + 1,
      ArrowUp: this.#current - 1,
      PageDown: this.#current + page,
      PageUp: this.#current - page,
      Home: 0,
      End: this.#length - 1,
    }[event.key];
    if (to !== undefined) this.#go(Math.min(this.#length - 1, Math.max(0, to)), event.shiftKey);
    else if (event.key === "Enter") this.#options.onOpen(this.#current);
    else if (event.key === " ") this.#toggle(this.#current);
    else if (event.key === "Delete") this.#options.onRemove(this.marked.size ? this.marked : new Set([this.#current]));
    else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) this.#range(0, this.#length - 1);
    else return;
    event.preventDefault();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const row = /** @type {Element} */ (event.target).closest(".table-row");
    if (!row) return;
    const place = Number(row.getAttribute("aria-rowindex")) - 2;
    this.#grid.focus({ preventScroll: true });
    if (event.ctrlKey || event.metaKey) {
      this.#go(place, false);
      this.#toggle(place);
    } else if (event.shiftKey) this.#go(place, true);
    else {
      this.marked.clear();
      this.#go(place, false);
      this.#toggle(place);
    }
  }

  /** @param {number} place @param {boolean} marking  from where the marks began up to here */
  #go(place, marking) {
    this.#current = place;
    if (marking) this.#range(this.#anchor, place);
    else this.#anchor = place;
    this.#list.reveal(place);
    this.#list.refresh();
    this.#point();
  }

  /** @param {number} place */
  #toggle(place) {
    if (!this.marked.delete(place)) this.marked.add(place);
    this.#list.refresh();
  }

  /** @param {number} from @param {number} to */
  #range(from, to) {
    this.marked.clear();
    for (let place = Math.min(from, to); place <= Math.max(from, to); place++) this.marked.add(place);
    this.#list.refresh();
  }

  #point() {
    this.#grid.setAttribute("aria-activedescendant", rowId(this.#current));
  }
}

/** @param {number} place */
const rowId = (place) => `selected-${place}`;

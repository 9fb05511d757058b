/** The panel beside the map: pages, one of which is seen, each with a tab. Event `page`: another one is seen. */

import { h, icon } from "../dom.js";
import { store, stored } from "../stored.js";

/** @typedef {{name: string, title: string, element: HTMLElement}} Page */

const STORED_WIDE = "wide-panel";
const WIDEN = "M9.5 3L5 8l4.5 5M13 3v10";

export class Panel extends EventTarget {
  #root;
  /** @type {Map<string, {page: Page, tab: HTMLElement}>} */
  #pages = new Map();
  #page = "";
  #tabs = h("div.tabs", { role: "tablist", "aria-label": "Beside the map" });
  #wide = h(
    "button.icon.widen",
    { type: "button", "aria-label": "Wide panel", title: "Wide panel", onclick: () => this.#widen(!this.wide) },
    icon(WIDEN),
  );

  /** @param {HTMLElement} root @param {Page[]} pages */
  constructor(root, pages) {
    super();
    this.#root = root;
    for (const page of pages) this.#add(page);
    this.#tabs.addEventListener("keydown", (event) => this.#key(event));
    root.append(h("div.panel-head", {}, this.#tabs, this.#wide), ...pages.map(({ element }) => element));
    this.#widen(stored(STORED_WIDE) === "on");
    this.show(pages[0].name);
  }

  /** Name of the page that is seen. */
  get page() {
    return this.#page;
  }

  get wide() {
    return this.#root.classList.contains("wide");
  }

  /** A page that goes hands the focus that is in it to the one that comes. @param {string} name */
  show(name) {
    if (name === this.#page || !this.#pages.has(name)) return;
    const hadFocus = this.#pages.get(this.#page)?.page.element.contains(document.activeElement);
    if (hadFocus) this.#scrollHere();
    this.#page = name;
    for (const [other, { page, tab }] of this.#pages) {
      page.element.hidden = other !== name;
      tab.setAttribute("aria-selected", String(other === name));
      tab.tabIndex = other === name ? 0 : -1;
    }
    if (hadFocus) this.#pages.get(name)?.page.element.focus({ preventScroll: true });
    this.dispatchEvent(new Event("page"));
  }

  /** The user wants a page. @param {string} name */
  #bring(name) {
    this.show(name);
    this.#scrollHere();
  }

  /** Where the panel lies below the map, it comes up. */
  #scrollHere() {
    this.#root.scrollIntoView({ block: "start" });
  }

  /** @param {string} name @param {string} count  beside the title; empty for none */
  count(name, count) {
    const place = this.#pages.get(name)?.tab.querySelector(".tab-count");
    if (place) place.textContent = count;
  }

  /** @param {Page} page */
  #add(page) {
    const id = `page-${page.name}`;
    const attributes = {
      type: "button",
      role: "tab",
      id: `tab-${page.name}`,
      "aria-controls": id,
      "data-title": page.title,
      onclick: () => this.#bring(page.name),
    };
    const tab = h("button.tab", attributes, page.title, h("span.tab-count.number"));
    page.element.id = id;
    page.element.classList.add("panel-page");
    page.element.setAttribute("role", "tabpanel");
    page.element.setAttribute("aria-labelledby", tab.id);
    page.element.tabIndex = 0;
    this.#pages.set(page.name, { page, tab });
    this.#tabs.append(tab);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const names = [...this.#pages.keys()];
    const at = names.indexOf(this.#page);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const name = names[(to + names.length) % names.length];
    this.show(name);
    this.#pages.get(name)?.tab.focus();
  }

  /** @param {boolean} wide */
  #widen(wide) {
    this.#root.classList.toggle("wide", wide);
    this.#wide.setAttribute("aria-pressed", String(wide));
    store(STORED_WIDE, wide ? "on" : "off");
  }
}

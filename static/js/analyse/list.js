/** The list of analyses: what this page has sent, and what was sent before. It looks after those under way. */

import { fetchAnalyses, hasEnded } from "./requests.js";
import { Row } from "./row.js";
import { reasonOf } from "./words.js";

/** @typedef {import("./requests.js").Analysis} Analysis */

/** Milliseconds between two looks. */
const PAUSE = 500;
const PAGE = 20;
/** As many as may be told at once: those under way are among them. */
const LOOK = 200;
/** Files that are sent at the same time. */
const AT_ONCE = 2;

export class AnalysisList {
  #place;
  #handlers;
  /** @type {Row[]} the newest first */
  #rows = [];
  /** @type {Row[]} whose files are still to be sent */
  #waiting = [];
  #timer = 0;
  /** @type {string | null} */
  #next = null;

  /**
   * @param {HTMLElement} place
   * @param {object} handlers
   * @param {(id: string) => void} handlers.onOpen
   * @param {(text: string) => void} handlers.onSay
   * @param {() => void} handlers.onChange                       another number of lines, or of those to come
   * @param {(problem: string | null) => void} handlers.onLook   why nothing can be told at present
   */
  constructor(place, handlers) {
    this.#place = place;
    this.#handlers = handlers;
  }

  get length() {
    return this.#rows.length;
  }

  /** Whether there are earlier ones. */
  get hasMore() {
    return this.#next !== null;
  }

  /** Whether something would be lost with the page. */
  get isSending() {
    return this.#rows.some((row) => row.isSending);
  }

  /** Bring those that were sent before, page by page. */
  async more() {
    const page = await fetchAnalyses({ limit: PAGE, cursor: this.#next });
    this.#next = page.next;
    for (const analysis of page.analyses) {
      if (this.#find(analysis.id)) continue;
      const row = this.#make();
      row.show(analysis);
      this.#rows.push(row);
      this.#place.append(row.element);
    }
    this.#handlers.onChange();
    this.#look();
  }

  /** @param {File[]} files @param {string[]} attributes */
  send(files, attributes) {
    for (const file of files) {
      const row = this.#make();
      this.#rows.unshift(row);
      this.#place.prepend(row.element);
      this.#waiting.push(row);
      row.announce(file, attributes);
    }
    this.#handlers.onChange();
    for (let at = 0; at < AT_ONCE; at++) this.#sendNext();
  }

  async #sendNext() {
    const next = this.#waiting.shift();
    if (!next) return;
    if (this.#rows.includes(next)) await next.send();
    this.#sendNext();
  }

  #make() {
    return new Row({
      ...this.#handlers,
      onSent: () => this.#look(),
      onRemove: (row) => {
        this.#rows = this.#rows.filter((other) => other !== row);
        row.element.remove();
        this.#handlers.onChange();
      },
    });
  }

  /** @param {string} id */
  #find(id) {
    return this.#rows.find(({ analysis }) => analysis?.id === id);
  }

  get #pending() {
    return this.#rows.filter(({ analysis }) => analysis && !hasEnded(analysis));
  }

  /** Look after all that are under way at once, until none is. */
  #look() {
    clearTimeout(this.#timer);
    if (!this.#pending.length) return;
    this.#timer = setTimeout(async () => {
      try {
        const { analyses } = await fetchAnalyses({ limit: LOOK });
        for (const analysis of analyses) this.#find(analysis.id)?.show(analysis);
        this.#handlers.onLook(null);
      } catch (error) {
        this.#handlers.onLook(reasonOf(error));
      }
      this.#look();
    }, PAUSE);
  }
}

/** A line of the list: a file that is being sent, or an analysis, and what can be done with it. */

import { addressOf } from "../api.js";
import { h } from "../dom.js";
import { formatTime } from "../format.js";
import { cancelAnalysis, deleteAnalysis, fetchAnalysis, hasEnded, retryAnalysis, sendFile } from "./requests.js";
import { isAbort, momentName, reasonOf, stateChip, summaryOf } from "./words.js";

/** @typedef {import("./requests.js").Analysis} Analysis */

/**
 * @typedef {object} RowHandlers
 * @property {(row: Row) => void} onSent     the server has taken its file
 * @property {(row: Row) => void} onRemove   it is no more
 * @property {(id: string) => void} onOpen   its result is wanted
 * @property {(text: string) => void} onSay  something happened that is to be read out
 */

export class Row {
  /** @type {Analysis | null} null until the server has taken the file */
  analysis = null;
  element = h("li.row");
  #handlers;
  /** @type {File | null} */
  #file = null;
  /** @type {string[]} */
  #attributes = [];
  #stop = new AbortController();
  #share = 0;
  /** Whether its file is being sent, or still waits for that. */
  #isUnderWay = false;
  /** @type {string | null} why the file was not taken, or something that was asked for did not work */
  #problem = null;
  #summary = "";

  /** @param {RowHandlers} handlers */
  constructor(handlers) {
    this.#handlers = handlers;
  }

  get isSending() {
    return !this.analysis && !this.#problem;
  }

  /** Show a file that is to be sent. @param {File} file @param {string[]} attributes */
  announce(file, attributes) {
    this.#file = file;
    this.#attributes = attributes;
    this.#draw();
  }

  async send() {
    const file = /** @type {File} */ (this.#file);
    this.#problem = null;
    this.#stop = new AbortController();
    this.#share = 0;
    this.#isUnderWay = true;
    this.#draw();
    const progress = (/** @type {number} */ share) => {
      this.#share = share;
      const bar = /** @type {HTMLProgressElement | null} */ (this.element.querySelector("progress"));
      if (bar) bar.value = share;
    };
    try {
      this.show(await sendFile(file, { attributes: this.#attributes }, progress, this.#stop.signal));
      this.#handlers.onSent(this);
    } catch (error) {
      if (isAbort(error)) return this.#handlers.onRemove(this);
      this.#problem = reasonOf(error);
      this.#handlers.onSay(`${file.name}: ${this.#problem}`);
      this.#draw();
    }
  }

  /** @param {Analysis} analysis  what is known of it now */
  show(analysis) {
    const before = this.analysis;
    const same = ["state", "stage", "done", "cancel_requested"].every(
      (name) => /** @type {any} */ (before)?.[name] === /** @type {any} */ (analysis)[name],
    );
    this.analysis = { ...before, ...analysis };
    if (same) return;
    this.#draw();
    if (!hasEnded(analysis) || analysis.state === before?.state) return;
    if (before) this.#handlers.onSay(`${analysis.title}: ${analysis.error ?? analysis.state}`);
    if (analysis.state === "finished") this.#summarise(analysis);
  }

  /** @param {Analysis} analysis */
  async #summarise(analysis) {
    const { result } = analysis.result ? analysis : await fetchAnalysis(analysis.id).catch(() => analysis);
    this.#summary = result ? summaryOf(result) : "";
    this.#draw();
  }

  #draw() {
    const hadFocus = this.element.contains(document.activeElement);
    this.element.dataset.state = this.analysis?.state ?? (this.#problem ? "refused" : "sending");
    this.element.replaceChildren(
      h("div.row-what", {}, this.#title(), this.#facts()),
      h("div.row-actions", {}, ...this.#actions()),
    );
    if (hadFocus) /** @type {HTMLElement | null} */ (this.element.querySelector("a, button"))?.focus();
  }

  #title() {
    const { analysis } = this;
    if (!analysis) return h("p.row-title", {}, this.#file?.name ?? "");
    const open = (/** @type {MouseEvent} */ event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#handlers.onOpen(analysis.id);
    };
    return h("p.row-title", {}, h("a", { href: addressOf(`/analyse/${analysis.id}`), onclick: open }, analysis.title));
  }

  #facts() {
    const { analysis } = this;
    const problem = this.#problem && h("p.row-problem", {}, this.#problem);
    if (!analysis) {
      if (problem) return problem;
      const bar = h("progress", { max: 1, value: this.#share, "aria-label": "Sent so far" });
      return h("p.row-facts", {}, h("span.chip", {}, this.#isUnderWay ? "sending" : "to be sent"), this.#isUnderWay && bar);
    }
    const { state, error, stage, done, total, duration, created_at: created } = analysis;
    const running = state === "running" && total > 0;
    const words = {
      queued: "",
      running: `${stage ?? ""}`,
      finished: this.#summary,
      failed: error,
      cancelled: "",
      expired: "",
    }[state];
    return h(
      "div",
      {},
      h(
        "p.row-facts",
        {},
        stateChip(state),
        running && h("progress", { max: total, value: done, "aria-label": `${stage}: steps done` }),
        words && h(state === "failed" ? "span.bad" : "span", {}, words),
        hasEnded(analysis) &&
          h("span.row-when", {}, [duration && formatTime(duration), momentName(created)].filter(Boolean).join(" · ")),
      ),
      problem,
    );
  }

  #actions() {
    const { analysis } = this;
    if (!analysis) {
      return this.#problem
        ? [
            button("Try again", () => this.send()),
            button("Remove", () => this.#handlers.onRemove(this)),
          ]
        : [button("Cancel", () => (this.#isUnderWay ? this.#stop.abort() : this.#handlers.onRemove(this)))];
    }
    const { id, state } = analysis;
    if (!hasEnded(analysis)) {
      return [button("Cancel", () => this.#ask(async () => this.show(await (await cancelAnalysis(id)).json())))];
    }
    const again = state === "failed" || state === "cancelled";
    return [
      again && button("Try again", () => this.#ask(() => this.#again(id))),
      button("Delete", () =>
        this.#ask(async () => {
          await deleteAnalysis(id);
          this.#handlers.onRemove(this);
        }),
      ),
    ].filter((one) => one !== false);
  }

  /** @param {string} id */
  async #again(id) {
    await retryAnalysis(id);
    this.show(await fetchAnalysis(id));
    this.#handlers.onSent(this);
  }

  /** Do what may be refused. @param {() => Promise<void>} run */
  async #ask(run) {
    this.#problem = null;
    try {
      await run();
    } catch (error) {
      this.#problem = reasonOf(error);
      this.#handlers.onSay(this.#problem);
      this.#draw();
    }
  }
}

/** @param {string} label @param {() => void} run */
const button = (label, run) => h("button", { type: "button", onclick: run }, label);

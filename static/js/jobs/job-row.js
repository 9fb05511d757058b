/** A line of the table of jobs, with what it has said below it if wanted. */

import { addressOf } from "../api.js";
import { hasEnded } from "../analyse/requests.js";
import { momentName, reasonOf, stateChip } from "../analyse/words.js";
import { h } from "../dom.js";
import { formatCount, formatDuration } from "../format.js";
import { deleteJob, fetchLog, tellJob } from "./feed.js";

/** @typedef {import("./feed.js").Job} Job */

/** @type {Record<string, string>} */
const KINDS = {
  analysis: "Analysis",
  process: "Library",
  reduce: "Library",
  extract: "Library",
};

export class JobRow {
  #row = h("tr");
  #logRow = h("tr.log", { hidden: true });
  /** One group of the table. */
  element = h("tbody", {}, this.#row, this.#logRow);
  #known = "";
  /** @type {Job | null} */
  #job = null;
  #problem = h("p.row-problem", { role: "alert" });
  #onChange;
  #isOpen = false;

  /** @param {() => void} onChange  it was told something */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {Job} job @param {number | null} secondsLeft */
  show(job, secondsLeft) {
    const known = JSON.stringify([job, secondsLeft && formatDuration(secondsLeft)]);
    if (known === this.#known) return;
    this.#known = known;
    this.#job = job;
    this.element.dataset.job = job.id;
    this.element.dataset.state = job.state;
    const focused = this.element.contains(document.activeElement) ? document.activeElement?.textContent : null;
    this.#row.replaceChildren(
      h("th", { scope: "row" }, this.#title(job), h("p.quiet-line", {}, KINDS[job.kind] ?? job.kind)),
      h("td", {}, stateChip(job.state), job.tries > 1 && h("p.quiet-line", {}, `${job.tries} tries`)),
      h("td.how-far", {}, ...progress(job, secondsLeft), this.#problem),
      h("td.quiet-line", {}, momentName(job.created_at), h("p", {}, took(job))),
      h("td.row-actions", {}, ...this.#actions(job)),
    );
    if (focused) this.#buttons.find((button) => button.textContent === focused)?.focus();
    if (this.#isOpen) this.#showLog();
  }

  get #buttons() {
    return [...this.#row.querySelectorAll("button")];
  }

  /** @param {Job} job */
  #title({ kind, id, title }) {
    return kind === "analysis" ? h("a", { href: addressOf(`/analyse/${id}`) }, title) : h("span", {}, title);
  }

  /** @param {Job} job */
  #actions({ id, state, cancel_requested: isStopping, title }) {
    const ended = hasEnded({ state });
    const button = (/** @type {string} */ label, /** @type {() => Promise<unknown>} */ run) =>
      h("button", { type: "button", "aria-label": `${label}: ${title}`, onclick: () => this.#ask(run) }, label);
    return [
      !ended && !isStopping && button("Cancel", () => tellJob(id, "cancel")),
      (state === "failed" || state === "cancelled") && button("Try again", () => tellJob(id, "retry")),
      h(
        "button",
        { type: "button", "aria-label": `Log: ${title}`, "aria-expanded": String(this.#isOpen), onclick: () => this.#toggle() },
        "Log",
      ),
      ended && button("Delete", () => deleteJob(id)),
    ].filter((one) => one !== false);
  }

  /** Do what may be refused. @param {() => Promise<unknown>} run */
  async #ask(run) {
    this.#problem.textContent = "";
    try {
      await run();
    } catch (error) {
      this.#problem.textContent = reasonOf(error);
    }
    this.#onChange();
  }

  #toggle() {
    this.#isOpen = !this.#isOpen;
    this.#logRow.hidden = !this.#isOpen;
    this.#buttons.find(({ textContent }) => textContent === "Log")?.setAttribute("aria-expanded", String(this.#isOpen));
    if (this.#isOpen) this.#showLog();
  }

  async #showLog() {
    const { id, title } = /** @type {Job} */ (this.#job);
    let told;
    try {
      const lines = await fetchLog(id);
      told = lines.length
        ? h("pre", { tabindex: 0, "aria-label": `What “${title}” said` }, lines.map(({ text }) => text).join("\n"))
        : h("p.quiet-line", {}, "It has said nothing.");
    } catch (error) {
      told = h("p.row-problem", {}, reasonOf(error));
    }
    this.#logRow.replaceChildren(h("td", { colspan: 5 }, told));
  }
}

/** @param {Job} job @param {number | null} secondsLeft */
function progress({ state, stage, done, total, error, cancel_requested: isStopping, title }, secondsLeft) {
  if (state === "failed") return [h("p.bad", {}, error ?? "")];
  if (state !== "running") return [];
  const counted = total ? `${formatCount(done)} of ${formatCount(total)}` : null;
  const left = secondsLeft === null ? null : `${formatDuration(secondsLeft)} left`;
  const words = isStopping ? ["is being stopped"] : [stage, counted, left];
  const label = { "aria-label": `Progress of “${title}”` };
  return [
    h("progress", total ? { max: total, value: done, ...label } : label),
    h("p.quiet-line", {}, words.filter(Boolean).join(" · ")),
  ];
}

/** @param {Job} job @returns {string} */
function took({ started_at: start, finished_at: end }) {
  if (!start || !end) return "";
  return `took ${formatDuration((Date.parse(end) - Date.parse(start)) / 1000)}`;
}

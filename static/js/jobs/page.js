/** The page that shows all jobs, live. */

import { hasEnded } from "../analyse/requests.js";
import { reasonOf, stateName } from "../analyse/words.js";
import { countOf } from "../format.js";
import { fetchJobs, startJob, watchJobs } from "./feed.js";
import { JobRow } from "./job-row.js";
import { Pace } from "./pace.js";

/** @typedef {import("./feed.js").Job} Job */
/** @typedef {import("./feed.js").Jobs} Jobs */

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const { dataset } = document.documentElement;
/** Milliseconds until a question that was not answered is asked again. */
const PAUSE = 3_000;
const NONE = "Nothing has been asked for yet. Analyse a file, or process the library.";
const NONE_OF_STATE = "There is no such job.";

class JobsPage {
  /** @type {Map<string, JobRow>} */
  #rows = new Map();
  /** @type {Map<string, string>} states that were told last */
  #states = new Map();
  #pace = new Pace();
  #state = /** @type {HTMLSelectElement} */ (element("state"));
  #turn = 0;
  #timer = 0;

  constructor() {
    const wanted = new URLSearchParams(location.search).get("state") ?? "";
    const isKnown = [...this.#state.options].some(({ value }) => value === wanted);
    if (isKnown) this.#state.value = wanted;
    this.#state.addEventListener("change", () => {
      history.replaceState(null, "", this.#state.value ? `?state=${this.#state.value}` : location.pathname);
      this.#refresh();
    });
    for (const button of document.querySelectorAll("[data-kind]")) {
      button.addEventListener("click", () => this.#start(/** @type {HTMLElement} */ (button).dataset.kind ?? ""));
    }
    watchJobs(
      (jobs) => {
        if (this.#state.value) return this.#refresh();
        this.#turn++; // an answer that is still on its way may be older
        this.#show(jobs);
      },
      (error) => this.#lose(error),
    );
  }

  /** @param {string} kind */
  async #start(kind) {
    try {
      await startJob(kind);
      tell("problem", null);
    } catch (error) {
      tell("problem", reasonOf(error));
    }
    this.#refresh();
  }

  /** Ask at once: something was done, or others are wanted. */
  async #refresh() {
    const turn = ++this.#turn;
    try {
      const jobs = await fetchJobs(this.#state.value);
      if (turn === this.#turn) this.#show(jobs);
    } catch (error) {
      if (turn === this.#turn) this.#lose(error);
    }
  }

  /** @param {unknown} error */
  #lose(error) {
    tell("lost", `${reasonOf(error)} Trying again …`);
    if (dataset.state === "loading") dataset.state = "error";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), PAUSE);
  }

  /** @param {Jobs} told */
  #show({ total, jobs }) {
    tell("lost", null);
    const now = performance.now();
    const before = this.#rows;
    this.#rows = new Map();
    const elements = jobs.map((job) => {
      const row = before.get(job.id) ?? new JobRow(() => this.#refresh());
      row.show(job, job.state === "running" ? this.#pace.secondsLeft(job, now) : null);
      this.#rows.set(job.id, row);
      this.#say(job);
      return row.element;
    });
    const table = element("table");
    arrange(table, elements);
    table.hidden = !jobs.length;
    element("none").hidden = jobs.length > 0;
    element("none").textContent = this.#state.value ? NONE_OF_STATE : NONE;
    const newest = jobs.length < total ? `, the newest ${jobs.length} of them` : "";
    element("count").textContent = total ? countOf(total, "job") + newest : "";
    dataset.state = "ready";
  }

  /** Read out what has ended. @param {Job} job */
  #say(job) {
    const before = this.#states.get(job.id);
    this.#states.set(job.id, job.state);
    if (before && before !== job.state && hasEnded(job)) {
      element("said").textContent = `${job.title}: ${job.error ?? stateName(job.state)}`;
    }
  }
}

/** Show these groups of a table. One that stays is not touched, and keeps the focus. @param {HTMLElement} table @param {HTMLElement[]} groups */
function arrange(table, groups) {
  for (const one of table.querySelectorAll("tbody")) if (!groups.includes(one)) one.remove();
  let next = table.querySelector("tbody");
  for (const group of groups) {
    if (group === next) next = /** @type {HTMLTableSectionElement | null} */ (group.nextElementSibling);
    else table.insertBefore(group, next);
  }
}

/** @param {string} id @param {string | null} text */
function tell(id, text) {
  element(id).textContent = text ?? "";
  element(id).hidden = !text;
}

new JobsPage();

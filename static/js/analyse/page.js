/** The page that takes audio files, has them analysed, and shows what was found. */

import { ApiError, addressOf } from "../api.js";
import { h } from "../dom.js";
import { formatDuration } from "../format.js";
import { AttributeChoice } from "./attributes.js";
import { AnalysisList } from "./list.js";
import { deleteAnalysis, fetchOffer, follow, hasEnded, retryAnalysis } from "./requests.js";
import { heading, resultParts } from "./result.js";
import { isAbort, reasonOf, stateChip } from "./words.js";

/** @typedef {import("./requests.js").Analysis} Analysis */

const HOME = addressOf("/analyse");
const TITLE = document.title;

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const { dataset } = document.documentElement;

class AnalysePage {
  #list = new AnalysisList(element("rows"), {
    onOpen: (id) => this.#go(`${HOME}/${id}`),
    onSay: (text) => (element("said").textContent = text),
    onChange: () => this.#count(),
    onLook: (problem) => tell(element("lost"), problem && `${problem} Trying again …`),
  });
  /** @type {AttributeChoice | null} */
  #choice = null;
  #turn = new AbortController();
  /** @type {Promise<void> | null} */
  #listed = null;

  constructor() {
    const input = /** @type {HTMLInputElement} */ (element("files"));
    input.addEventListener("change", () => {
      this.#send([...(input.files ?? [])]);
      input.value = "";
    });
    element("more").addEventListener("click", () => this.#list.more().catch(complain));
    addEventListener("popstate", () => this.show());
    addEventListener("beforeunload", (event) => {
      if (this.#list.isSending) event.preventDefault();
    });
    this.#takeDrops();
  }

  #takeDrops() {
    const drop = element("drop");
    addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.add("over");
    });
    addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) drop.classList.remove("over");
    });
    addEventListener("drop", (event) => {
      drop.classList.remove("over");
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      this.#go(HOME);
      this.#send([...event.dataTransfer.files]);
    });
  }

  /** @param {string} path */
  #go(path) {
    if (location.pathname === path) return;
    history.pushState(null, "", path);
    this.show();
  }

  /** Show what the address says. */
  show() {
    this.#turn.abort();
    this.#turn = new AbortController();
    const id = location.pathname.slice(HOME.length + 1) || null;
    element("ask").hidden = id !== null;
    element("result").hidden = id === null;
    document.title = TITLE;
    scrollTo(0, 0);
    if (id === null) this.#showList();
    else this.#showResult(id, this.#turn.signal);
  }

  // ---- asking -----------------------------------------------------------------------------------

  #showList() {
    element("result").replaceChildren();
    this.#listed ??= this.#load();
  }

  /** Bring what can be asked for, and what was asked for before. */
  async #load() {
    try {
      const offer = await fetchOffer();
      this.#choice = new AttributeChoice(element("wishes"), offer.attributes);
      const longest = formatDuration(offer.max_seconds);
      element("limits").textContent = `Up to ${offer.max_mb} MB and ${longest} each.`;
      await this.#list.more();
      dataset.state = "ready";
    } catch (error) {
      complain(error);
      dataset.state = "error";
    }
  }

  /** @param {File[]} files */
  async #send(files) {
    await this.#listed;
    const wanted = this.#choice?.wanted ?? [];
    if (!wanted.length) return tell(element("problem"), "Tick at least one thing to find out.");
    tell(element("problem"), null);
    this.#list.send(files, wanted);
  }

  #count() {
    element("none").hidden = this.#list.length > 0;
    element("more").hidden = !this.#list.hasMore;
  }

  // ---- one result -------------------------------------------------------------------------------

  /** @param {string} id @param {AbortSignal} signal */
  async #showResult(id, signal) {
    const place = element("result");
    place.replaceChildren(backLink(() => this.#go(HOME)), h("p.quiet-line", {}, "…"));
    place.focus({ preventScroll: true });
    try {
      await follow(id, (analysis) => this.#draw(analysis), signal);
      dataset.state = "ready";
    } catch (error) {
      if (isAbort(error)) return;
      const unknown = error instanceof ApiError && error.status === 404;
      const title = unknown ? "There is no such analysis" : "The result cannot be shown";
      place.replaceChildren(
        backLink(() => this.#go(HOME)),
        h("h1", {}, title),
        h("p.problem", { role: "alert" }, unknown ? "It was deleted, or the link is wrong." : reasonOf(error)),
        unknown ? "" : h("button", { type: "button", onclick: () => this.show() }, "Try again"),
      );
      dataset.state = unknown ? "ready" : "error";
    }
  }

  /** @param {Analysis} analysis */
  #draw(analysis) {
    document.title = `${analysis.title} · ${TITLE}`;
    const parts = analysis.state === "finished" ? resultParts(analysis) : this.#underWay(analysis);
    const remove = hasEnded(analysis) && h("p.result-end", {}, this.#button("Delete", () => this.#delete(analysis)));
    element("result").replaceChildren(backLink(() => this.#go(HOME)), ...parts, ...(remove ? [remove] : []));
  }

  /** @param {Analysis} analysis */
  #underWay(analysis) {
    const { id, state, error, stage, done, total } = analysis;
    const lines = {
      queued: "It waits for its turn.",
      running: stage ?? "",
      failed: error ?? "",
      cancelled: "It was cancelled.",
      expired: "Its audio and its result are not kept any more. Send the file again to have it analysed anew.",
      finished: "",
    };
    const again = async () => {
      await retryAnalysis(id);
      this.show();
    };
    return [
      heading(analysis),
      h("p.row-facts", {}, stateChip(state), h(state === "failed" ? "span.bad" : "span", {}, lines[state])),
      ...(hasEnded(analysis) ? [] : [h("progress", { max: total || 1, value: done, "aria-label": "Steps done" })]),
      ...(state === "failed" || state === "cancelled"
        ? [h("p.result-actions", {}, this.#button("Try again", again))]
        : []),
    ];
  }

  /** @param {Analysis} analysis */
  async #delete({ id }) {
    await deleteAnalysis(id);
    history.replaceState(null, "", HOME);
    location.reload();
  }

  /** @param {string} label @param {() => Promise<void>} run  what may be refused */
  #button(label, run) {
    const button = h("button", { type: "button" }, label);
    button.addEventListener("click", () =>
      run().catch((error) => button.after(h("span.row-problem", { role: "alert" }, reasonOf(error)))),
    );
    return button;
  }
}

/** @param {() => void} run */
const backLink = (run) =>
  h("p.back", {}, h("a", { href: HOME, onclick: leading(run) }, "All analyses"));

/** @param {() => void} run @returns {(event: MouseEvent) => void} */
const leading = (run) => (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  run();
};

/** @param {HTMLElement} place @param {string | null} text */
function tell(place, text) {
  place.textContent = text ?? "";
  place.hidden = !text;
}

/** @param {unknown} error */
const complain = (error) => tell(element("problem"), reasonOf(error));

new AnalysePage().show();

/** The card of a song that was added: how far it has come, its tags, its sound, what is near it. */

import { addressOf } from "../api.js";
import { complaint, player } from "../analyse/result.js";
import { stateName } from "../analyse/words.js";
import { h } from "../dom.js";
import { neighbourList } from "../neighbours.js";
import { tagBars } from "../tags.js";

/** @typedef {import("../analyse/requests.js").Analysis} Analysis */
/** @typedef {import("../api.js").Neighbour} Neighbour */

const TAGS = 5;

/**
 * What is told of a map.
 * @typedef {object} Told
 * @property {string} title                  of the map
 * @property {Neighbour[]} [neighbours]      the nearest first
 * @property {string} [problem]              why it cannot be shown there
 * @property {{label: string, run: () => void}} [action]  the way out
 */
/**
 * @typedef {object} CardHandlers
 * @property {() => void} onClose
 * @property {() => void} onCancel
 * @property {() => void} onKeep    it is to become a track of the library
 * @property {(track: number) => void} onShow  the track that it is
 * @property {(neighbour: Neighbour, at: number) => void} onChoose  of the list of a map
 * @property {(neighbour: Neighbour | null, at: number) => void} onPoint
 * @property {(audio: HTMLAudioElement) => void} onHear  its sound goes on, begins or ends
 */

export class SongCard {
  #element;
  #handlers;
  #title = h("h2");
  #state = h("p.song-state", { role: "status" });
  #bar = /** @type {HTMLProgressElement} */ (h("progress", { max: 1, "aria-label": "How far it has come" }));
  #cancel;
  #tags = h("div");
  #sound = h("div");
  #actions = h("p.actions");
  #places = h("div");

  /** @param {HTMLElement} element @param {CardHandlers} handlers */
  constructor(element, handlers) {
    this.#element = element;
    this.#handlers = handlers;
    this.#cancel = h("button", { type: "button", onclick: handlers.onCancel }, "Cancel");
    element.append(
      h(
        "header",
        {},
        this.#title,
        h("button.quiet", { type: "button", "aria-label": "Close the song", onclick: handlers.onClose }, "Close"),
      ),
      this.#state,
      h("div.song-way", {}, this.#bar, this.#cancel),
      this.#tags,
      this.#sound,
      this.#actions,
      this.#places,
    );
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      handlers.onClose();
    });
  }

  hide() {
    this.#element.hidden = true;
    this.#clear();
  }

  #clear() {
    this.#sound.querySelector("audio")?.pause();
    for (const part of [this.#tags, this.#sound, this.#actions, this.#places]) part.replaceChildren();
  }

  /** Begin with another song. @param {string} title */
  begin(title) {
    this.#clear();
    this.#element.hidden = false;
    this.#title.textContent = title;
    this.way("", null);
  }

  /**
   * It is on its way.
   * @param {string} words
   * @param {number | null} share  0 to 1; null where nobody can tell
   */
  way(words, share) {
    this.#tell("waiting", words);
    if (share === null) this.#bar.removeAttribute("value");
    else this.#bar.value = share;
  }

  /** @param {Analysis} analysis  that is under way */
  underWay({ title, state, stage, done, total }) {
    this.#title.textContent = title;
    this.way(state === "queued" ? "Waits for its turn" : (stage ?? ""), total ? done / total : null);
  }

  /** @param {string} reason @param {{label: string, run: () => void}} [action]  the way out */
  fail(reason, action) {
    this.#tell("failed", reason);
    this.#actions.replaceChildren(
      ...(action ? [h("button", { type: "button", onclick: action.run }, action.label)] : []),
    );
  }

  /** @param {Analysis} analysis  that has ended */
  ended({ title, state, error }) {
    this.#title.textContent = title;
    const reasons = { expired: "Its audio and its result are not kept any more. Add it once more." };
    this.#tell("failed", error ?? /** @type {any} */ (reasons)[state] ?? `The analysis is ${stateName(state)}.`);
  }

  /** It has been heard. @param {Analysis} analysis @param {{tag: string, score: number}[]} tags */
  found({ id, title, audio: source, track, library_track: same = null }, tags) {
    this.#title.textContent = title;
    this.#tell("ready", same === null ? "Not in the library" : "This very file is in the library");
    this.#tags.replaceChildren(
      tagBars(tags.slice(0, TAGS).map(({ tag, score }) => ({ tag, activation: score }))),
    );
    if (source) {
      const audio = player(source);
      for (const event of ["play", "pause", "timeupdate"]) {
        audio.addEventListener(event, () => this.#handlers.onHear(audio));
      }
      this.#sound.replaceChildren(audio, complaint(audio));
    }
    const isOwn = track === null && source !== null && same === null;
    const keep = h("button", { type: "button", onclick: this.#handlers.onKeep }, "Add to the library");
    const all = h("a", { href: addressOf(`/analyse/${id}`) }, "All that was found");
    const show = h("button", { type: "button", onclick: () => this.#handlers.onShow(same) }, "Show the track");
    this.#actions.replaceChildren(all, ...(isOwn ? [keep] : []), ...(same === null ? [] : [show]));
  }

  /** What became of the wish to keep it. @param {string} words @param {boolean} isDone */
  kept(words, isDone) {
    const link = isDone ? h("a", { href: addressOf("/jobs") }, "Jobs") : "";
    this.#actions.querySelector(".song-kept")?.remove();
    this.#actions.append(h("span.song-kept", { role: "status" }, words, " ", link));
    if (isDone) this.#actions.querySelector("button")?.remove();
  }

  /** @param {Told[]} told  of each map that is shown */
  places(told) {
    this.#places.replaceChildren(...told.map((one, at) => this.#place(one, at, told.length > 1)));
  }

  /** @param {Told} told @param {number} at @param {boolean} several */
  #place({ title, neighbours, problem, action }, at, several) {
    const heading = several ? `Nearest on ${title}` : "Nearest in the library";
    const contents = neighbours
      ? [
          neighbourList(neighbours, -1, {
            onChoose: (neighbour) => this.#handlers.onChoose(neighbour, at),
            onPoint: (neighbour) => this.#handlers.onPoint(neighbour, at),
          }),
        ]
      : [
          h("p.note", { role: "status" }, problem ?? "…"),
          action && h("p.actions", {}, h("button", { type: "button", onclick: action.run }, action.label)),
        ];
    return h("section", { "aria-label": heading }, h("h3", {}, heading), ...contents);
  }

  pause() {
    this.#sound.querySelector("audio")?.pause();
  }

  /** @param {"waiting" | "ready" | "failed"} state @param {string} words */
  #tell(state, words) {
    this.#element.dataset.state = state;
    if (this.#state.textContent !== words) this.#state.textContent = words;
    /** @type {HTMLElement} */ (this.#bar.parentElement).hidden = state !== "waiting";
  }
}

/** The panel beside the map: the chosen point, its tags, its neighbours. */

import { ApiError, fetchNeighbours, isCopy } from "./api.js";
import { h } from "./dom.js";
import { countOf, formatTime } from "./format.js";
import { neighbourList } from "./neighbours.js";
import { store, stored } from "./stored.js";
import { tagBars } from "./tags.js";

/** @typedef {import("./api.js").Neighbour} Neighbour */
/** @typedef {import("./api.js").Network} Network */
/** @typedef {import("./api.js").Track} Track */
/** @typedef {import("./points.js").Point} Point */

const NEIGHBOURS = 10;
const STORED_OTHERS = "only-other-tracks";
const TAGS_AT_FIRST = 10;
/** Milliseconds that the old parts stay while the new ones are fetched. */
const PATIENCE = 60;

/**
 * @typedef {object} DetailHandlers
 * @property {(neighbour: Neighbour) => void} onChoose
 * @property {(neighbour: Neighbour | null) => void} onPoint
 * @property {(neighbours: Neighbour[]) => void} onNeighbours  they have come
 * @property {(tag: string) => void} onTag
 * @property {Action[]} actions     buttons for the point
 * @property {Action[]} actionsAll  buttons for the point and all its neighbours
 */
/** @typedef {{label: string, title: string, run: (points: Point[]) => void}} Action */

export class Details {
  #element;
  #knowledge;
  #handlers;
  #turn = new AbortController();
  #allTags = false;

  /**
   * @param {HTMLElement} element
   * @param {import("./card.js").Knowledge} knowledge
   * @param {DetailHandlers} handlers
   */
  constructor(element, knowledge, handlers) {
    this.#element = element;
    this.#knowledge = knowledge;
    this.#handlers = handlers;
    this.clear();
  }

  clear() {
    this.#turn.abort();
    delete this.#element.dataset.point;
    this.#element.replaceChildren(
      h(
        "div.hint",
        {},
        h("h2", {}, "Nothing chosen yet"),
        h(
          "p",
          {},
          "Point at the map to see what is there. Click to hear it, " +
            "and to see its tags and the music that is most like it.",
        ),
        h("p", {}, "Press ", h("kbd", {}, "?"), " for the keys."),
      ),
    );
  }

  /**
   * @param {Point} point
   * @param {Network} network
   * @param {string} layer
   */
  async show(point, network, layer) {
    this.#turn.abort();
    const { signal } = (this.#turn = new AbortController());
    delete this.#element.dataset.point;
    const { track, segment } = point;
    const parts = {
      head: h("header.track"),
      tags: section("panel-tags", "Tags"),
      neighbours: section("panel-neighbours", "Nearest neighbours", "distance"),
    };
    parts.tags.hidden = !network.tags.length;
    await Promise.all([
      this.#fill(parts.head, signal, async () => [
        ...heading(await this.#knowledge.track(track), segment, network),
        actions(this.#handlers.actions, [point]),
      ]),
      this.#fill(parts.tags, signal, async () =>
        network.tags.length ? this.#tagSection(await this.#knowledge.tags(track, network.name, segment)) : [],
      ),
      this.#showNeighbours(parts.neighbours, point, network.name, layer, signal),
      this.#swap(parts, this.#whyMissing(point, network), signal),
    ]);
    if (!signal.aborted) this.#element.dataset.point = [track, segment].filter((id) => id !== null).join(":");
  }

  /**
   * Put the new parts in place of the old ones; a moment later than asked for, so that quick answers do
   * not flicker.
   * @param {Record<string, HTMLElement>} parts
   * @param {Promise<string | null>} missing  why there is no such point
   * @param {AbortSignal} signal
   */
  async #swap(parts, missing, signal) {
    await new Promise((resolve) => setTimeout(resolve, PATIENCE));
    const reason = await missing;
    if (signal.aborted) return;
    const hadFocus = this.#element.contains(document.activeElement);
    const nothing = h("div.hint", {}, h("h2", {}, "There is no such point"), h("p", { role: "status" }, reason));
    this.#element.replaceChildren(...(reason ? [nothing] : Object.values(parts)));
    this.#element.scrollTop = 0;
    if (hadFocus) this.#element.focus({ preventScroll: true });
  }

  /** @param {Point} point @param {Network} network @returns {Promise<string | null>} null where there is one */
  async #whyMissing({ track: id, segment }, network) {
    try {
      const track = await this.#knowledge.track(id);
      const { segments } = track.networks[network.name] ?? {};
      const isThere = segment === null || segments === undefined || segment < segments;
      const name = track.title ?? track.path;
      return isThere ? null : `“${name}” has ${countOf(segments, "segment")}: there is no segment ${segment + 1}.`;
    } catch (error) {
      return error instanceof ApiError && error.status === 404 ? error.message : null;
    }
  }

  /**
   * @param {HTMLElement} place
   * @param {AbortSignal} signal
   * @param {() => Promise<(Node | null)[]>} make
   */
  async #fill(place, signal, make) {
    const title = place.querySelector("h3");
    try {
      const contents = await make();
      if (!signal.aborted) place.replaceChildren(...[title, ...contents].filter((node) => node !== null));
    } catch (error) {
      if (signal.aborted) return;
      const reason = h("p.note.bad", {}, error instanceof Error ? error.message : String(error));
      place.replaceChildren(...(title ? [title] : []), reason);
    }
  }

  /**
   * @param {HTMLElement} place
   * @param {Point} point
   * @param {string} network
   * @param {string} layer
   * @param {AbortSignal} signal
   */
  async #showNeighbours(place, point, network, layer, signal) {
    // A copy of the page holds no more than the nearest; a whole track is no neighbour of itself.
    const hasChoice = point.segment !== null && !isCopy;
    const toggle = hasChoice
      ? othersToggle(async () => {
          await this.#showNeighbours(place, point, network, layer, signal);
          place.querySelector("input")?.focus();
        })
      : null;
    const exclude = hasChoice && onlyOthers() ? "track" : null;
    await this.#fill(place, signal, async () => [
      toggle,
      ...(await this.#neighbourSection(point, { network, layer, exclude }, signal)),
    ]);
  }

  /**
   * @param {Point} point
   * @param {{network: string, layer: string, exclude: string | null}} query
   * @param {AbortSignal} signal
   */
  async #neighbourSection(point, query, signal) {
    const neighbours = await fetchNeighbours({ ...point, ...query, k: NEIGHBOURS }, signal);
    if (!signal.aborted) this.#handlers.onNeighbours(neighbours);
    if (!neighbours.length) return [h("p.note", {}, "There is nothing else to compare with.")];
    const points = neighbours.map(({ track, segment }) => ({ track: track.id, segment }));
    return [
      neighbourList(neighbours, point.track, this.#handlers),
      actions(this.#handlers.actionsAll, [point, ...points]),
    ];
  }

  /** @param {import("./api.js").TagValue[]} tags */
  #tagSection(tags) {
    const place = h("div");
    const fill = () => {
      const shown = this.#allTags ? tags : tags.slice(0, TAGS_AT_FIRST);
      place.replaceChildren(tagBars(shown, { onChoose: this.#handlers.onTag }));
      if (tags.length > TAGS_AT_FIRST) {
        const label = this.#allTags ? "Fewer tags" : `All ${tags.length} tags`;
        const more = h("button.more", { type: "button", "aria-expanded": String(this.#allTags) }, label);
        more.addEventListener("click", () => {
          this.#allTags = !this.#allTags;
          fill();
          /** @type {HTMLElement} */ (place.querySelector(".more")).focus();
        });
        place.append(more);
      }
    };
    fill();
    return [place];
  }
}

/** Whether a track's own segments are left out of its neighbours: this browser remembers. */
const onlyOthers = () => stored(STORED_OTHERS) === "on";

/** @param {() => void} onChange */
const othersToggle = (onChange) => {
  const keep = (/** @type {Event} */ { target }) => {
    store(STORED_OTHERS, /** @type {HTMLInputElement} */ (target).checked ? "on" : "off");
    onChange();
  };
  const attributes = { type: "checkbox", checked: onlyOthers(), onchange: keep };
  return h("label.others", {}, h("input", attributes), "other tracks only");
};

/** @param {Action[]} buttons @param {Point[]} points */
const actions = (buttons, points) =>
  h(
    "p.actions",
    {},
    ...buttons.map(({ label, title, run }) =>
      h("button", { type: "button", title, onclick: () => run(points) }, label),
    ),
  );

/** @param {string} name  class @param {string} title @param {string} [column]  what the numbers are */
const section = (name, title, column) =>
  h(
    `section.${name}`,
    { "aria-label": title },
    h("h3", {}, title, column && h("span.column", {}, column)),
    h("p.note", {}, "…"),
  );

/**
 * @param {Track} track
 * @param {number | null} segment
 * @param {Network} network
 */
function heading(track, segment, network) {
  const start = (segment ?? 0) * network.segment_seconds;
  const facts = [track.album, track.year].filter(Boolean).join(" · ");
  const count = track.networks[network.name]?.segments;
  const when =
    segment === null
      ? ["whole track", track.duration === null ? null : formatTime(track.duration)]
      : [
          `segment ${segment + 1} of ${count}`,
          `${formatTime(start)} – ${formatTime(start + network.segment_seconds)}`,
        ];
  return [
    h("h2", {}, track.title ?? track.path),
    track.artist ? h("p.artist", {}, track.artist) : null,
    facts ? h("p.facts", {}, facts) : null,
    h("p.facts", {}, when.filter(Boolean).join(" · ")),
    track.genres.length
      ? h("ul.genres", { "aria-label": "Genres" }, ...track.genres.map((genre) => h("li", {}, genre)))
      : null,
    h("p.path", { title: track.path }, track.path),
  ];
}

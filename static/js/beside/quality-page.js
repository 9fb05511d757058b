/** The page of the panel that tells how far what is shown can be trusted, in words. */

import { h } from "../dom.js";
import { countOf, formatCount, formatTime } from "../format.js";
import { networkName } from "../words.js";
import { fetchQuality } from "./requests.js";

/** @typedef {import("../catalogue.js").Choice} Choice */
/** @typedef {import("../points.js").Point} Point */
/** @typedef {import("./requests.js").Quality} Quality */

/** From these skewnesses on, hubs are few, some, many. */
const SOME = 0.5;
const MANY = 1.5;
const EXACT =
  "The axes are values of the space itself: nothing was projected, so nothing was lost between these two.";
const UNMEASURED = "How good this map is was not measured when it was made.";

export class QualityPage {
  element = h("section.quality-page");
  #onChoose;
  /** @type {Choice | null} */
  #choice = null;
  #known = "";
  #turn = new AbortController();

  /** @param {(point: Point) => void} onChoose */
  constructor(onChoose) {
    this.#onChoose = onChoose;
  }

  /** @param {Choice} choice  what the map shows */
  follow(choice) {
    this.#choice = choice;
    this.shown();
  }

  /** The page is seen, or not. Only what is seen is fetched. */
  async shown() {
    if (this.element.hidden || !this.#choice) return;
    const { network, layer, level, projection } = this.#choice;
    const shown = projection?.name ?? "original";
    const query = { network: network.name, layer: layer.name, level: level.name, projection: shown };
    const key = JSON.stringify(query);
    if (key === this.#known) return;
    this.#known = key;
    this.#turn.abort();
    const { signal } = (this.#turn = new AbortController());
    const title = projection ? projection.title : "The space itself";
    try {
      this.#draw(await fetchQuality(query, signal), title, this.#choice);
    } catch (error) {
      if (signal.aborted) return;
      this.#known = "";
      this.element.replaceChildren(
        h("h2", {}, title),
        h("p.note.bad", {}, error instanceof Error ? error.message : String(error)),
      );
    }
  }

  /** @param {Quality} quality @param {string} title @param {Choice} choice */
  #draw({ projection, hubness }, title, { network, layer, level }) {
    this.element.replaceChildren(
      h("h2", {}, title),
      h("p.facts", {}, `${networkName(network.name)} · ${layer.name} · ${level.name}`),
      ...this.#measures(projection, level.name === "tracks" ? "tracks" : "segments"),
      ...(hubness ? this.#hubs(hubness, network) : []),
    );
  }

  /** @param {Quality["projection"]} measured @param {string} noun */
  #measures(measured, noun) {
    if (measured?.preservation_10 !== undefined) return measures(measured, noun);
    return [h("p", {}, this.#choice?.projection ? UNMEASURED : EXACT)];
  }

  /** @param {NonNullable<Quality["hubness"]>} hubness @param {import("../api.js").Network} network */
  #hubs({ k, points, skewness, never, hubs }, network) {
    const most = hubs[0]?.count ?? 0;
    return [
      h("h3", {}, "Hubs"),
      h("p", {}, hubWords(skewness)),
      h(
        "dl.facts-list",
        {},
        h("dt", { title: "Skewness of how often a point is a neighbour" }, "unevenness"),
        h("dd.number", {}, skewness === null ? "–" : skewness.toFixed(2)),
        h("dt", {}, `in nobody's nearest ${k}`),
        h("dd.number", {}, `${formatCount(never)} of ${formatCount(points)}`),
      ),
      h("h3", {}, "The biggest hubs", h("span.column", {}, `near to, of ${formatCount(points)}`)),
      h(
        "ol.hubs",
        {},
        ...hubs.map((hub) => h("li", {}, this.#hub(hub, most, network.segment_seconds))),
      ),
    ];
  }

  /** @param {import("./requests.js").Hub} hub @param {number} most @param {number} seconds  of a segment */
  #hub({ track, segment, count }, most, seconds) {
    const facts = [track.artist, segment === null ? null : `at ${formatTime(segment * seconds)}`];
    return h(
      "button.hub",
      { type: "button", title: `Near to ${countOf(count, "point")}`, onclick: () => this.#onChoose({ track: track.id, segment }) },
      h(
        "span.neighbour-name",
        {},
        h("span.neighbour-title", {}, track.title),
        h("span.neighbour-artist", {}, facts.filter(Boolean).join(" · ")),
      ),
      h("span.tag-track", {}, h("span.tag-bar", { style: { "--value": String(count / most) } })),
      h("span.number", {}, String(count)),
    );
  }
}

/** @param {Record<string, number>} projection @param {string} noun */
function measures(projection, noun) {
  const kept = projection.preservation_10;
  return [
    h("h3", {}, "Neighbours kept"),
    h("p", {}, keptWords(kept, noun)),
    gauge("of the nearest 10", kept),
    gauge("of the nearest 50", projection.preservation_50),
    h("h3", {}, "Trustworthiness"),
    h("p", {}, trustWords(projection.trustworthiness_10)),
    gauge("among the nearest 10", projection.trustworthiness_10),
    gauge("among the nearest 50", projection.trustworthiness_50),
    h("p.note", {}, `Measured on ${formatCount(projection.sample_rows)} ${noun}.`),
  ];
}

/** @param {string} label @param {number | undefined} value  0 to 1 */
function gauge(label, value) {
  if (value === undefined || value === null) return h("div");
  return h(
    "div.gauge",
    {},
    h("span.gauge-name", {}, label),
    h("span.tag-track", {}, h("span.tag-bar", { style: { "--value": String(value) } })),
    h("span.number", {}, `${Math.round(100 * value)} %`),
  );
}

/** @param {number} kept @param {string} noun */
const keptWords = (kept, noun) =>
  `Take the ten ${noun} that sound most like the one you point at: on this map, ` +
  `about ${Math.round(10 * kept)} of them are also among the ten next to it.`;

/** @param {number} trust */
function trustWords(trust) {
  if (trust >= 0.95) return "What lies side by side here nearly always sounds alike. Few neighbours are false.";
  if (trust >= 0.85) return "What lies side by side here mostly sounds alike; some neighbours are false.";
  return "Lying side by side says little here: many neighbours are false. Listen, and look at the lines.";
}

/** @param {number | null} skewness */
function hubWords(skewness) {
  if (skewness === null || skewness < SOME) {
    return "Every piece is found about as often as any other: there are hardly any hubs.";
  }
  if (skewness < MANY) {
    return "Some pieces turn up as neighbours more often than others. They are average rather than alike: take them with a pinch of salt.";
  }
  return "A few pieces turn up as neighbours nearly everywhere, and many nowhere. A list of similar music will keep showing the same hubs.";
}

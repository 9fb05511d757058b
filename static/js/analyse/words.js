/** What is told of an analysis, in words. */

import { addressOf } from "../api.js";
import { h } from "../dom.js";
import { networkName } from "../words.js";

/** @typedef {import("./requests.js").Analysis} Analysis */

/** @type {Record<string, string>} */
const STATES = {
  queued: "waiting",
  running: "running",
  finished: "finished",
  failed: "failed",
  cancelled: "cancelled",
  expired: "no longer kept",
};
const SUMMARY_TAGS = 3;

/** @param {string} state @returns {string} */
export const stateName = (state) => STATES[state] ?? state;

/** @param {string} state @returns {HTMLElement} */
export const stateChip = (state) => h("span.chip", { "data-state": state }, stateName(state));

/** @param {unknown} error @returns {string} */
export const reasonOf = (error) => (error instanceof Error ? error.message : String(error));

/** @param {unknown} error @returns {boolean} whether it only says that something else is wanted by now */
export const isAbort = (error) => error instanceof DOMException && error.name === "AbortError";

/** @param {number | null} bpm @returns {string} */
export const tempoName = (bpm) => (bpm === null ? "no steady tempo" : `${bpm.toFixed(1)} BPM`);

/** @param {{key: string | null, scale: string}} found @returns {string} */
export const keyName = ({ key, scale }) => (key === null ? "no clear key" : `${key} ${scale}`);

/** A moment, as people say it. @param {string} moment  ISO 8601 @returns {string} */
export const momentName = (moment) =>
  new Date(moment).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** The most telling of a result, in a line. @param {Record<string, any>} result @returns {string} */
export function summaryOf({ bpm, key, tags, ...others }) {
  const [network] = Object.keys(tags?.networks ?? {});
  const heard = network ? tags.networks[network].tags.slice(0, SUMMARY_TAGS) : [];
  const genres = Object.entries(others).find(([name]) => name.startsWith("genre_"))?.[1].genres ?? [];
  return [
    bpm && tempoName(bpm.bpm),
    key && keyName(key),
    heard.some((/** @type {{tag: string}} */ { tag }) => tag === genres[0]?.genre) ? null : genres[0]?.genre,
    heard.map((/** @type {{tag: string}} */ { tag }) => tag).join(", "),
  ]
    .filter(Boolean)
    .join(" · ");
}

/**
 * Where the audio can be seen on a map: a link for each network that has heard it.
 * @param {Analysis} analysis
 * @returns {(HTMLElement | null)[]}
 */
export function mapLinks({ id, result }) {
  const { embeddings, tags } = result ?? {};
  const layers = embeddings ? ["embeddings", embeddings] : ["taggrams", tags];
  const networks = Object.entries(/** @type {any} */ (layers[1])?.networks ?? {});
  const several = networks.length > 1;
  const links = networks.map(([network, { segments }]) => {
    const query = new URLSearchParams({ network, layer: String(layers[0]), song: id });
    if (!segments) query.set("level", "tracks");
    return h("a.button", { href: addressOf(`/?${query}`) }, several ? networkName(network) : "Show on the map");
  });
  return [several ? h("span", {}, "Show on the map of") : null, ...links];
}

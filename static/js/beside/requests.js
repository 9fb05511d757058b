/** What is fetched for the things beside the map. */

import { request } from "../api.js";

/**
 * @typedef {object} TrackFacts  What a list says of a track.
 * @property {number} id
 * @property {string} title
 * @property {string | null} artist
 * @property {string | null} album
 * @property {string[]} genres
 * @property {number | null} year
 * @property {number | null} duration  seconds
 */
/** @typedef {{seconds: number, peaks: number[]}} Outline  255 is full scale */
/**
 * @typedef {object} Taggram
 * @property {string} network
 * @property {number} segment_seconds
 * @property {string[]} tags
 * @property {number[][]} activations  per tag, per segment
 */
/**
 * @typedef {object} Hub
 * @property {{id: number, title: string, artist: string | null}} track
 * @property {number | null} segment
 * @property {number} count  points that it is a near neighbour of
 */
/**
 * @typedef {object} Quality
 * @property {Record<string, number> | null} projection
 * @property {{k: number, skewness: number, never: number, hubs: Hub[]} | null} hubness
 */

/** @param {number[]} ids  at most 500 @returns {Promise<TrackFacts[]>} those that are known */
export async function fetchTracks(ids) {
  return (await (await request("/api/v1/tracks", { ids: ids.join() })).json()).tracks;
}

/** @param {number} id @returns {Promise<Outline>} */
export async function fetchWaveform(id) {
  return (await request(`/api/v1/tracks/${id}/waveform`)).json();
}

/** @param {number} id @param {string} network @returns {Promise<Taggram>} */
export async function fetchTaggram(id, network) {
  return (await request(`/api/v1/tracks/${id}/taggram`, { network })).json();
}

/**
 * How good a map is, and what is near to very much of it.
 * @param {{network: string, layer: string, level: string, projection: string}} query
 * @param {AbortSignal} signal
 * @returns {Promise<Quality>}
 */
export async function fetchQuality(query, signal) {
  return (await request("/api/v1/quality", query, { signal })).json();
}

/**
 * A selection as a file.
 * @param {Record<string, any>} wish  as `POST /api/v1/selection/export` takes it
 * @returns {Promise<{name: string, content: Blob}>}
 */
export async function fetchExport(wish) {
  const headers = { "Content-Type": "application/json" };
  const options = { method: "POST", headers, body: JSON.stringify(wish) };
  const response = await request("/api/v1/selection/export", {}, options);
  const disposition = response.headers.get("Content-Disposition") ?? "";
  const name = /filename\*=UTF-8''([^;]+)/.exec(disposition);
  return {
    name: name ? decodeURIComponent(name[1]) : `selection.${wish.format}`,
    content: await response.blob(),
  };
}

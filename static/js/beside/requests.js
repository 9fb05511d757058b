/** What is fetched for the things beside the map. */

import { addressOf, request } from "../api.js";

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

/**
 * @typedef {object} PlaylistFacts
 * @property {number} id
 * @property {string} name
 * @property {number} version  grows with each change
 * @property {number} length   number of entries
 * @property {number} seconds  that they last
 */
/**
 * @typedef {object} Entry  of a playlist
 * @property {TrackFacts} track
 * @property {number | null} start  seconds; null = the whole track
 * @property {number | null} end
 * @property {boolean} missing      whether its file is gone
 */
/** @typedef {PlaylistFacts & {entries: Entry[]}} Playlist */

const PLAYLISTS = "/api/v1/playlists";

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

/** @returns {Promise<PlaylistFacts[]>} all of them */
export async function fetchPlaylists() {
  const found = [];
  for (let cursor = "0"; cursor !== null; ) {
    const page = await (await request(PLAYLISTS, { limit: 500, cursor })).json();
    found.push(...page.playlists);
    cursor = page.next;
  }
  return found;
}

/** @param {number} id @returns {Promise<Playlist>} */
export async function fetchPlaylist(id) {
  return (await request(`${PLAYLISTS}/${id}`)).json();
}

/** @param {number} id @param {"m3u8" | "xspf" | "csv"} format @returns {string} where it is to be had as a file */
export const playlistFile = (id, format) => addressOf(`${PLAYLISTS}/${id}/export?format=${format}`);

/**
 * Make or change a playlist.
 * @param {string} method
 * @param {string} path     after that of all playlists
 * @param {Record<string, any> | null} body
 * @param {number} [version]  that is meant: the change is refused if there is another one by now
 * @returns {Promise<PlaylistFacts>} what it has become
 */
export async function sendPlaylist(method, path, body, version) {
  /** @type {Record<string, string>} */
  const headers = body ? { "Content-Type": "application/json" } : {};
  if (version !== undefined) headers["If-Match"] = `"${version}"`;
  const options = { method, headers, body: body && JSON.stringify(body) };
  const response = await request(PLAYLISTS + path, {}, options);
  return response.status === 204 ? null : response.json();
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

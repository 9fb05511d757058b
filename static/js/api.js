/** The one module that fetches (and `beside/requests.js` through it). Everything comes from `/api/v1` of the server that the page came from. */

import { parseSafetensors } from "./safetensors.js";

/** @typedef {import("./safetensors.js").Column} Column */

/**
 * @typedef {object} Projection
 * @property {string} name
 * @property {string} title
 * @property {number} components
 * @property {string} version
 * @property {Record<string, number> | null} quality
 * @property {number[] | null} explained_variance
 */
/**
 * @typedef {object} Level
 * @property {"tracks" | "segments"} name
 * @property {number} points
 * @property {Projection[]} projections
 * @property {boolean} [original]  false where a copy of the page leaves the raw dimensions out
 * @property {string[]} [columns]  further columns that its points have
 */
/** @typedef {{name: string, size: number, levels: Level[]}} Layer */
/**
 * @typedef {object} Network
 * @property {string} name
 * @property {string} dataset
 * @property {string} architecture
 * @property {number} segment_seconds
 * @property {number} tracks
 * @property {number} segments
 * @property {string[]} tags  none where the network has no tags
 * @property {Layer[]} layers
 */
/**
 * @typedef {object} Catalogue  What exists.
 * @property {{id: string, published_at: string} | null} snapshot
 * @property {{tracks: number, segments: number}} library
 * @property {Network[]} networks
 * @property {string[]} attributes  of tracks that points can be coloured by
 * @property {string | null} attributes_version
 */
/** @typedef {{title: string, min: number, max: number, scale?: "linear" | "log"}} Axis */
/**
 * @typedef {object} PointsInfo
 * @property {string} snapshot
 * @property {number} points
 * @property {{x: Axis, y: Axis}} [axes]
 * @property {Record<string, string[]>} [categories]
 * @property {Record<string, {min: number, max: number}>} [scales]  values at the ends of a column's codes
 */
/**
 * @typedef {object} Track
 * @property {number} id
 * @property {string} path
 * @property {string | null} title
 * @property {string | null} artist
 * @property {string | null} album
 * @property {number | null} year
 * @property {string[]} genres
 * @property {number | null} duration  seconds
 * @property {string} state
 * @property {string | null} licence   address of its text
 * @property {string | null} page      of the track at its provider
 * @property {string} audio            address of the sound
 * @property {number} [excerpt_seconds]  where a copy of the page holds only the beginning of it
 * @property {Record<string, {segments: number, segment_seconds: number}>} networks  that have heard it
 */
/** @typedef {{tag: string, activation: number}} TagValue */
/**
 * @typedef {object} Neighbour
 * @property {{id: number, title: string | null, artist: string | null}} track
 * @property {number | null} segment
 * @property {number | null} start  seconds
 * @property {number} row           on the map
 * @property {number} distance
 */

/**
 * @typedef {object} Status
 * @property {{id: string} | null} snapshot
 * @property {string[]} damaged  files that are out of service
 * @property {{stage: string, done: number, total: number, seconds_left: number | null} | null} running
 */

/** Whether this is a copy of the page without a server (`static/site/source.js`): nothing can be kept. */
export const isCopy = "musicExploreSite" in globalThis;

/** The path that the server is reached below, such as "/music"; empty at the root, and in a copy of the page. */
const ROOT = document.querySelector('meta[name="root"]')?.getAttribute("content") ?? "";

/** @param {string} path  on the server @returns {string} its address, for links and whatever else loads */
export const addressOf = (path) => ROOT + path;

const UNREACHABLE = "The server does not answer. Is it still running?";

/** The server said no, or did not answer. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {string} code    the API's name of the error; "unreachable" where no answer came
   * @param {number} status  of HTTP, 0 where no answer came
   */
  constructor(message, code, status) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/**
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} parameters  those without a value are left out
 * @param {RequestInit} options
 * @returns {Promise<Response>}
 * @throws {ApiError}
 */
export async function request(path, parameters = {}, options = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined) query.set(name, String(value));
  }
  let response;
  try {
    response = await fetch(addressOf(query.size ? `${path}?${query}` : path), options);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(UNREACHABLE, "unreachable", 0);
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

/** @param {Response} response @returns {Promise<ApiError>} */
async function refusal(response) {
  const body = await response.json().catch(() => null);
  const { message, code } = body?.error ?? {};
  return new ApiError(
    message ?? `The server answered ${response.status} ${response.statusText}.`,
    code ?? "error",
    response.status,
  );
}

/** @param {AbortSignal} [signal] @returns {Promise<Catalogue>} */
export async function fetchCatalogue(signal) {
  return (await request("/api/v1/networks", {}, { signal })).json();
}

/**
 * How far two spaces agree on who is near whom.
 * @param {{network: string, layer: string, other_network: string, other_layer: string, level: string}} query
 * @returns {Promise<{k: number, mean: number, expected: number, points: number}>} shares of k neighbours
 */
export async function fetchOverlap(query) {
  return (await request("/api/v1/overlap", query)).json();
}

/** What the library and the run at work on it are doing. @returns {Promise<Status>} */
export async function fetchStatus() {
  return (await request("/api/v1/status")).json();
}

/**
 * Columns of points.
 * @param {object} query
 * @param {string} query.network
 * @param {string} query.layer
 * @param {string} query.level
 * @param {string} query.columns      comma-separated
 * @param {string} [query.projection]
 * @param {string} [query.x]
 * @param {string} [query.y]
 * @param {string} [query.x_minus]    tag that is taken from the one on the axis
 * @param {string} [query.y_minus]
 * @param {string} [query.x_scale]    linear or log
 * @param {string} [query.y_scale]
 * @param {string} [query.v]          version, which makes the answer immutable
 * @param {AbortSignal} [signal]
 * @returns {Promise<{columns: Record<string, Column>, info: PointsInfo}>}
 */
export async function fetchPoints(query, signal) {
  const response = await request("/api/v1/points", query, { signal });
  return parseSafetensors(await response.arrayBuffer());
}

/**
 * Names of the regions of a map.
 * @param {Record<string, string | null | undefined>} query  as for {@link fetchPoints}, without columns
 * @param {AbortSignal} [signal]
 * @returns {Promise<import("./map/labels.js").LabelLevel[]>}
 */
export async function fetchLabels(query, signal) {
  return (await (await request("/api/v1/labels", query, { signal })).json()).levels;
}

/**
 * @typedef {object} FoundTrack
 * @property {number} id
 * @property {string} title
 * @property {string | null} artist
 * @property {string | null} album
 */

/**
 * The first tracks that hold a text.
 * @param {string} q
 * @param {number} limit
 * @param {AbortSignal} [signal]
 * @returns {Promise<{total: number, tracks: FoundTrack[]}>}
 */
export async function searchTracks(q, limit, signal) {
  return (await request("/api/v1/tracks", { q, limit }, { signal })).json();
}

/** Tracks that hold a text. @param {string} q @param {AbortSignal} [signal] @returns {Promise<number[]>} their ids */
export async function fetchTrackIds(q, signal) {
  return (await (await request("/api/v1/tracks/ids", { q }, { signal })).json()).ids;
}

/** @param {number} id @param {AbortSignal} [signal] @returns {Promise<Track>} */
export async function fetchTrack(id, signal) {
  return (await request(`/api/v1/tracks/${id}`, {}, { signal })).json();
}

/**
 * Activations of all tags, the strongest first, of a segment or (segment null) of the whole track.
 * @param {number} id
 * @param {string} network
 * @param {number | null} segment
 * @param {AbortSignal} [signal]
 * @returns {Promise<TagValue[]>}
 */
export async function fetchTags(id, network, segment, signal) {
  const response = await request(`/api/v1/tracks/${id}/tags`, { network, segment }, { signal });
  return (await response.json()).tags;
}

/**
 * Nearest neighbours in the full space, the nearest first.
 * @param {object} query
 * @param {number} query.track
 * @param {number | null} query.segment
 * @param {string} query.network
 * @param {string} query.layer
 * @param {number} query.k
 * @param {string | null} [query.exclude]  "track": no segment of the same track
 * @param {AbortSignal} [signal]
 * @returns {Promise<Neighbour[]>}
 */
export async function fetchNeighbours(query, signal) {
  return (await (await request("/api/v1/similar", query, { signal })).json()).results;
}

/**
 * Why a sound does not play: the server's reason if it gives one.
 * @param {string} address
 * @returns {Promise<string | null>} null where the server sends it, or says who does
 */
export async function whyNoAudio(address) {
  try {
    const response = await fetch(address, { headers: { Range: "bytes=0-0" }, redirect: "manual" });
    if (response.type !== "opaqueredirect" && !response.ok) return (await refusal(response)).message;
    await response.body?.cancel();
    return null;
  } catch {
    return UNREACHABLE;
  }
}

/** @typedef {{audio: string, start: number, end: number}} Sound  A stretch of a track, in seconds. */
/** @typedef {{question: string, reference: Sound, choices: Sound[]}} Question  Of the listening test. */
/**
 * @typedef {object} Agreement  Of raters with a network.
 * @property {string} network
 * @property {number} raters
 * @property {number} answers
 * @property {number} share  of answers that agree
 * @property {number} low    end of the 95 % confidence interval
 * @property {number} high
 */
/** @typedef {{answers: number, chance: number, networks: Agreement[]}} ListeningSummary */

/** @returns {Promise<Question>} */
export async function fetchQuestion() {
  return (await request("/api/v1/listening/question")).json();
}

/**
 * @param {{question: string, rater: string, choice: number}} answer
 * @returns {Promise<{answers: number}>} how many the rater has given
 */
export async function sendAnswer(answer) {
  const headers = { "Content-Type": "application/json" };
  const options = { method: "POST", headers, body: JSON.stringify(answer) };
  return (await request("/api/v1/listening/answers", {}, options)).json();
}

/** @returns {Promise<ListeningSummary>} */
export async function fetchAgreement() {
  return (await request("/api/v1/listening/summary")).json();
}

/** What is asked about analyses of audio that is sent. */

import { ApiError, addressOf, request } from "../api.js";

/** @typedef {{name: string, title: string, unavailable: string | null}} Attribute */
/** @typedef {{attributes: Attribute[], max_mb: number, max_seconds: number}} Offer */
/** @typedef {"queued" | "running" | "finished" | "failed" | "cancelled" | "expired"} JobState */
/**
 * @typedef {object} Analysis
 * @property {string} id
 * @property {string} title
 * @property {JobState} state
 * @property {string | null} error  why it failed
 * @property {string | null} stage
 * @property {number} done          steps
 * @property {number} total
 * @property {string} created_at
 * @property {string | null} expires_at
 * @property {string[]} attributes
 * @property {Record<string, string>} missing  not available on the server, with reasons
 * @property {number | null} track     of the library, if it is about one
 * @property {number | null} duration  seconds
 * @property {string | null} audio     address of the sound, as long as it is kept
 * @property {Record<string, any> | null} [result]
 * @property {number | null} [library_track]  whose file is the same to the byte
 */
/** @typedef {{network: string, layer: string, level: string, projection: string}} Plane  a map of the library */
/** @typedef {{positions: number[][], neighbours: import("../api.js").Neighbour[]}} Placed */
/**
 * @typedef {object} Wish
 * @property {string[]} attributes
 * @property {string[]} [networks]  all that are installed if left out
 */

const ANALYSES = "/api/v1/analyses";
/** States after which nothing changes any more. */
const ENDED = new Set(["finished", "failed", "cancelled", "expired"]);
/** Milliseconds between two looks at one that is under way. */
const PAUSE = 400;

/** @param {{state: string}} job @returns {boolean} whether nothing more becomes of it */
export const hasEnded = ({ state }) => ENDED.has(state);

/** @returns {Promise<Offer>} */
export async function fetchOffer() {
  return (await request(`${ANALYSES}/attributes`)).json();
}

/**
 * @param {{limit: number, cursor?: string | null, state?: string}} query
 * @returns {Promise<{total: number, next: string | null, analyses: Analysis[]}>}
 */
export async function fetchAnalyses(query) {
  return (await request(ANALYSES, query)).json();
}

/** @param {string} id @param {AbortSignal} [signal] @returns {Promise<Analysis>} with its result */
export async function fetchAnalysis(id, signal) {
  return (await request(`${ANALYSES}/${id}`, {}, { signal })).json();
}

/**
 * Look again and again until it has ended.
 * @param {string} id
 * @param {(analysis: Analysis) => void} onLook
 * @param {AbortSignal} signal
 * @returns {Promise<Analysis>}
 */
export async function follow(id, onLook, signal) {
  for (;;) {
    const analysis = await fetchAnalysis(id, signal);
    signal.throwIfAborted();
    onLook(analysis);
    if (hasEnded(analysis)) return analysis;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/**
 * Send a file. `fetch` does not tell how much has been sent; this does.
 * @param {File} file
 * @param {Wish} wish
 * @param {(share: number) => void} onProgress  0 to 1
 * @param {AbortSignal} signal
 * @returns {Promise<Analysis>}
 */
export function sendFile(file, { attributes, networks = [] }, onProgress, signal) {
  const query = new URLSearchParams({ attributes: attributes.join(), embeddings: "segments" });
  if (networks.length) query.set("network", networks.join());
  const form = new FormData();
  form.append("file", file, file.name);
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", addressOf(`${ANALYSES}?${query}`));
    sending.responseType = "json";
    sending.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    sending.onload = () => {
      if (sending.status < 300 && sending.response) return resolve(sending.response);
      const { message, code } = sending.response?.error ?? {};
      reject(new ApiError(message ?? `The server answered ${sending.status}.`, code ?? "error", sending.status));
    };
    sending.onerror = () =>
      reject(new ApiError("The server does not answer. Is it still running?", "unreachable", 0));
    sending.onabort = () => reject(new DOMException("Cancelled.", "AbortError"));
    signal.addEventListener("abort", () => sending.abort());
    sending.send(form);
  });
}

/** @param {string} id */
export const cancelAnalysis = (id) => request(`${ANALYSES}/${id}/cancel`, {}, { method: "POST" });

/** @param {string} id */
export const deleteAnalysis = (id) => request(`${ANALYSES}/${id}`, {}, { method: "DELETE" });

/** Run one again that failed or was cancelled. @param {string} id */
export const retryAnalysis = (id) => request(`/api/v1/jobs/${id}/retry`, {}, { method: "POST" });

/** Add its audio to the library. @param {string} id */
export const keepAudio = (id) => request(`${ANALYSES}/${id}/keep`, {}, { method: "POST" });

/** @param {string} id @returns {string} where the result is to be had as JSON */
export const jsonAddress = (id) => `${ANALYSES}/${id}`;

/**
 * Where the audio lies on a map, and what is near it there.
 * @param {string} id
 * @param {Plane} plane
 * @param {number} k
 * @returns {Promise<Placed>}
 */
export async function fetchPlace(id, plane, k) {
  return (await request(`${ANALYSES}/${id}/place`, { ...plane, k })).json();
}

/** The audio that was sent, to be sent once more. @param {Analysis} analysis @returns {Promise<File>} */
export async function fetchSound({ audio, title }) {
  const content = await (await request(/** @type {string} */ (audio))).blob();
  return new File([content], title);
}

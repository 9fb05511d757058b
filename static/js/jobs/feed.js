/** Tells all jobs whenever one of them changes: the server says so, or is asked from time to time. */

import { addressOf, request } from "../api.js";

/**
 * @typedef {object} Job
 * @property {string} id
 * @property {string} kind
 * @property {string} title
 * @property {import("../analyse/requests.js").JobState} state
 * @property {string | null} error
 * @property {number} tries
 * @property {boolean} cancel_requested
 * @property {string | null} stage
 * @property {number} done
 * @property {number} total
 * @property {string} created_at
 * @property {string | null} started_at
 * @property {string | null} finished_at
 * @property {string | null} expires_at
 */
/** @typedef {{total: number, jobs: Job[]}} Jobs  the newest first */

const JOBS = "/api/v1/jobs";
const LIMIT = 100;
/** Milliseconds between two questions where the server does not tell by itself. */
const PAUSE = 2_000;
/** Milliseconds until it is asked to tell by itself once more. */
const REST = 30_000;

/** @param {string} state  states, with commas between; all if empty @returns {Promise<Jobs>} */
export async function fetchJobs(state) {
  return (await request(JOBS, { limit: LIMIT, state: state || null })).json();
}

/** @param {string} kind @returns {Promise<Job>} */
export async function startJob(kind) {
  const headers = { "Content-Type": "application/json" };
  return (await request(JOBS, {}, { method: "POST", headers, body: JSON.stringify({ kind }) })).json();
}

/** @param {string} id @param {"cancel" | "retry"} what */
export const tellJob = (id, what) => request(`${JOBS}/${id}/${what}`, {}, { method: "POST" });

/** @param {string} id */
export const deleteJob = (id) => request(`${JOBS}/${id}`, {}, { method: "DELETE" });

/** @param {string} id @returns {Promise<{number: number, at: string, text: string}[]>} what it has said */
export async function fetchLog(id) {
  return (await (await request(`${JOBS}/${id}/log`)).json()).lines;
}

/**
 * @param {(jobs: Jobs) => void} onJobs    all of them, whenever one has changed
 * @param {(error: unknown) => void} onLost  nothing can be told at present
 */
export function watchJobs(onJobs, onLost) {
  let timer = 0;
  const ask = async () => {
    clearTimeout(timer);
    try {
      onJobs(await fetchJobs(""));
    } catch (error) {
      onLost(error);
    }
    timer = setTimeout(ask, PAUSE);
  };
  const listen = () => {
    const events = new EventSource(addressOf(`${JOBS}/events`));
    events.addEventListener("jobs", ({ data }) => {
      clearTimeout(timer);
      onJobs(JSON.parse(data));
    });
    events.addEventListener("error", () => {
      ask();
      // The browser opens a stream again that ended, but not one that was refused.
      if (events.readyState === EventSource.CLOSED) setTimeout(listen, REST);
    });
  };
  listen();
}

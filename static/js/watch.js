/** What the server is doing meanwhile: a run that is at work, a new map, a lost connection. */

import { ApiError, fetchStatus } from "./api.js";
import { h } from "./dom.js";
import { formatCount, formatDuration } from "./format.js";

/** @typedef {import("./api.js").Status} Status */

/** Milliseconds between looks. */
const PAUSE = { running: 2_000, idle: 20_000, lost: 3_000 };

/**
 * Look again and again while the page is seen, and tell it in a place of the masthead.
 * @param {HTMLElement} place
 * @param {string | null} snapshot   that the page shows; null where there is no map yet
 * @param {() => void} onNew         show the new one
 * @param {() => void} onAnswer      the server answers
 */
export function watchLibrary(place, snapshot, onNew, onAnswer) {
  let timer = 0;
  const look = async () => {
    clearTimeout(timer);
    let pause = PAUSE.idle;
    try {
      const status = await fetchStatus();
      if (status.running) pause = PAUSE.running;
      const isNew = status.snapshot !== null && status.snapshot.id !== snapshot;
      if (isNew && snapshot === null) return onNew();
      onAnswer();
      show(place, isNew ? news(onNew) : (status.running && progress(status.running)) || null);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 0) pause = PAUSE.lost;
      show(place, error.status === 0 ? lost() : null);
    }
    if (!document.hidden) timer = setTimeout(look, pause);
  };
  document.addEventListener("visibilitychange", () => document.hidden || look());
  addEventListener("online", look);
  addEventListener("offline", look);
  look();
}

/** @param {HTMLElement} place @param {HTMLElement[] | null} content */
function show(place, content) {
  place.replaceChildren(...(content ?? []));
}

/** @param {NonNullable<Status["running"]>} running */
function progress({ stage, done, total, seconds_left: left }) {
  const counted = total ? ` ${formatCount(done)} of ${formatCount(total)}` : "";
  const rest = left === null ? "" : ` · ${formatDuration(left)} left`;
  const bar = h("progress", total ? { max: total, value: done, "aria-label": stage } : { "aria-label": stage });
  return [bar, h("span", {}, `${stage}${counted}${rest}`)];
}

/** @param {() => void} onNew */
const news = (onNew) => [
  h("span", {}, "There is a new map."),
  h("button.quiet", { type: "button", onclick: onNew }, "Show it"),
];

const lost = () => [h("span.warning", {}, "The server does not answer. Trying again …")];

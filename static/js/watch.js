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
    // Whatever is wrong (a proxy's page instead of an answer, say), the next look may go well.
    const status = await fetchStatus().catch((error) => (error instanceof ApiError && !error.status ? "lost" : null));
    const pause = status === "lost" ? PAUSE.lost : status?.running ? PAUSE.running : PAUSE.idle;
    if (!document.hidden) timer = setTimeout(look, pause);
    if (!status || status === "lost") return show(place, status && lost());
    const isNew = status.snapshot !== null && status.snapshot.id !== snapshot;
    if (isNew && snapshot === null) {
      clearTimeout(timer);
      return onNew();
    }
    onAnswer();
    show(place, isNew ? news(onNew) : (status.running && progress(status.running)) || damage(status.damaged));
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

/** @param {string[] | undefined} files */
const damage = (files) =>
  files?.length
    ? [h("span.warning", {}, `Damaged, out of service: ${files.join(", ")}. Run: flask verify --repair`)]
    : null;

const lost = () => [h("span.warning", {}, "The server does not answer. Trying again …")];

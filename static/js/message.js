/** What lies over the map when there is none: empty library, no snapshot, an error. */

import { addressOf } from "./api.js";
import { h } from "./dom.js";
import { startJob } from "./jobs/feed.js";
import { OutdatedError } from "./loader.js";

/**
 * @typedef {object} Message
 * @property {string} title
 * @property {string[]} lines       sentences
 * @property {string[]} [commands]  to type in a terminal
 * @property {{label: string, run: () => void}} [action]
 * @property {boolean} [urgent]     read out at once
 */

/**
 * @param {HTMLElement} place
 * @param {Message | null} message  null takes it away
 */
export function showMessage(place, message) {
  place.hidden = !message;
  if (!message) return place.replaceChildren();
  const { title, lines, commands = [], action, urgent = false } = message;
  place.setAttribute("role", urgent ? "alert" : "status");
  place.replaceChildren(
    h(
      "div.message-box",
      {},
      h("h2", {}, title),
      ...lines.map((line) => h("p", {}, line)),
      commands.length ? h("pre", { tabindex: 0, "aria-label": "Commands" }, commands.join("\n")) : null,
      action ? h("button", { type: "button", onclick: action.run }, action.label) : null,
    ),
  );
}

/** A line above the map that can be closed. @param {HTMLElement} place @param {string} text */
export function showNotice(place, text) {
  const close = () => (place.hidden = true);
  place.hidden = false;
  place.replaceChildren(h("span", {}, text), h("button.quiet", { type: "button", onclick: close }, "Close"));
}

const PROCESS = {
  label: "Process the library",
  run: async () => {
    // Whether it was taken, and how far it has come, is to be seen there.
    await startJob("process").catch(() => {});
    location.assign(addressOf("/jobs"));
  },
};

/** @param {number} tracks  known so far @returns {Message} why there is no map */
export function nothingToShow(tracks) {
  if (!tracks) {
    return {
      title: "No music yet",
      lines: ["Point the project at a folder of music, or let it render a small library to play with:"],
      commands: ["make demo AUDIO=~/Music", "make demo"],
      action: PROCESS,
    };
  }
  return {
    title: "No map yet",
    lines: [
      `${tracks === 1 ? "One track is" : `${tracks.toLocaleString("en")} tracks are`} known, but none has been ` +
        "through a network and onto a map. This does all that is missing, and can be stopped and resumed:",
    ],
    commands: ["flask process"],
    action: PROCESS,
  };
}

/** @type {Message} */
export const TAKEN_AWAY = {
  title: "The graphics system took the map away",
  lines: ["It comes back by itself in a moment."],
  urgent: true,
};

/** @param {unknown} error @param {() => void} again  tries it once more @returns {Message} why no map came */
export function whyNoMap(error, again) {
  const lines = [error instanceof Error ? error.message : String(error)];
  if (error instanceof OutdatedError) {
    const action = { label: "Show it", run: () => location.reload() };
    return { title: "There is something new", lines, action, urgent: true };
  }
  const action = { label: "Try again", run: again };
  return { title: "The map could not be loaded", lines, action, urgent: true };
}

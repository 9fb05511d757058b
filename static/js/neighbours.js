/** The list of the nearest neighbours. */

import { h } from "./dom.js";
import { formatTime } from "./format.js";

/** @typedef {import("./api.js").Neighbour} Neighbour */

/**
 * @param {Neighbour[]} neighbours  the nearest first
 * @param {number} ofTrack          whose neighbours they are
 * @param {object} handlers
 * @param {(neighbour: Neighbour) => void} handlers.onChoose
 * @param {(neighbour: Neighbour | null) => void} handlers.onPoint  the pointer or the focus is on it, or gone
 * @returns {HTMLElement}
 */
export function neighbourList(neighbours, ofTrack, { onChoose, onPoint }) {
  return h(
    "ol.neighbours",
    { onmouseleave: () => onPoint(null), onfocusout: () => onPoint(null) },
    ...neighbours.map((neighbour, place) => {
      const { track, start, distance } = neighbour;
      const facts = [
        track.id === ofTrack ? "same track" : track.artist,
        start === null ? null : `at ${formatTime(start)}`,
      ];
      const attributes = {
        type: "button",
        "data-track": track.id,
        "data-segment": neighbour.segment,
        onclick: () => onChoose(neighbour),
        onmouseenter: () => onPoint(neighbour),
        onfocus: () => onPoint(neighbour),
      };
      return h(
        "li",
        {},
        h(
          "button.neighbour",
          attributes,
          h("span.rank", { "aria-hidden": "true" }, String(place + 1)),
          h(
            "span.neighbour-name",
            {},
            h("span.neighbour-title", {}, track.title ?? `Track ${track.id}`),
            h("span.neighbour-artist", {}, facts.filter(Boolean).join(" · ")),
          ),
          h("span.distance.number", { title: "distance" }, distance.toPrecision(2)),
        ),
      );
    }),
  );
}

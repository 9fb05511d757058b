/** Keys while the map has the focus: from point to point, choosing, selecting, moving. */

import { formatTime } from "./format.js";

/** @typedef {import("./map/map.js").PointMap} PointMap */
/** @typedef {import("./points.js").Point} Point */

const DIRECTIONS = /** @type {Record<string, {x: number, y: number}>} */ ({
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: 1 },
  ArrowDown: { x: 0, y: -1 },
});
/** Share of the map that one press of a key moves it by. */
const PAN = 0.15;

/**
 * @typedef {object} KeyTarget
 * @property {() => boolean} isReady
 * @property {() => number | null} current      row that the keys or the pointer are at, or the chosen one
 * @property {() => number | null} hovered      row that the keys or the pointer are at
 * @property {(row: number) => void} onChoose
 * @property {(row: number) => void} onToggle   select it, or no longer
 * @property {(row: number) => void} onReach    another row is reached
 */

/**
 * @param {HTMLElement} stage
 * @param {PointMap} map
 * @param {KeyTarget} target
 */
export function bindMapKeys(stage, map, target) {
  /** @param {{x: number, y: number}} direction */
  const step = (direction) => {
    const row = map.step(target.current(), direction);
    if (row === null) return;
    map.reveal(row);
    map.hover(row);
    target.onReach(row);
  };
  stage.addEventListener("keydown", (event) => {
    const direction = DIRECTIONS[event.key];
    const hovered = target.hovered();
    if (event.ctrlKey || event.metaKey || event.altKey || !target.isReady()) return;
    if (direction) {
      if (event.shiftKey) map.panBy(direction.x * PAN, direction.y * PAN);
      else step(direction);
    } else if (event.key === "Enter" && hovered !== null) {
      if (event.shiftKey) target.onToggle(hovered);
      else target.onChoose(hovered);
    } else return;
    event.preventDefault();
  });
  stage.addEventListener("blur", () => map.hover(null));
}

/**
 * @param {import("./card.js").Knowledge} knowledge
 * @param {Point} point
 * @param {number} seconds  of a segment
 * @returns {Promise<string>} the point in words
 */
export async function inWords(knowledge, { track, segment }, seconds) {
  const known = await knowledge.track(track).catch(() => null);
  const time = segment === null ? null : `at ${formatTime(segment * seconds)}`;
  return [known?.title ?? `Track ${track}`, known?.artist, time].filter(Boolean).join(", ");
}

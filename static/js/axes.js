/** Titles and ticks of axes that mean something. */

import { svgElement } from "./dom.js";
import { overlap, within } from "./map/labels.js";

/** @typedef {import("./api.js").Axis} Axis */
/** @typedef {import("./map/labels.js").Box} Box */
/** @typedef {import("./map/map.js").PointMap} PointMap */

const PIXELS_PER_TICK = 110;
const MARGIN = 6;
/** Below this height, CSS pixels, the ticks of the x axis have their place. */
const LOWEST_TICK = 36;
/** Of the numbers at ticks, CSS pixels: at least as much as they take. */
const LETTER = { width: 7, height: 12 };

/**
 * @param {SVGElement} svg
 * @param {PointMap} map
 * @param {{x: Axis, y: Axis} | null} axes  null where they mean nothing
 * @param {number} floor     how far down they are seen, CSS pixels
 * @param {Box[]} covered    what lies over the map: no number stands under it
 */
export function drawAxes(svg, map, axes, floor, covered) {
  const { clientWidth: width, clientHeight: height } = /** @type {Element} */ (svg.parentElement);
  if (!axes) return svg.replaceChildren();
  const window = map.window;
  /** @type {SVGElement[]} */
  const parts = [];
  /** @param {string} label @param {number} x @param {number} y  foot of the text @param {number} left  its edge */
  const number = (label, x, y, left) => {
    const box = { left, right: left + label.length * LETTER.width, top: y - LETTER.height, bottom: y };
    if (!within(box, { width, height }) || covered.some((other) => overlap(box, other))) return;
    parts.push(text(label, x, y, left === x ? "tick" : "tick middle"));
  };
  for (const { value, at, label } of ticks(axes.x, window.x, width)) {
    parts.push(line(at, 0, at, height, value === 0));
    number(label, at, floor - MARGIN - 18, at - (label.length * LETTER.width) / 2);
  }
  for (const { value, at, label } of ticks(axes.y, window.y, height)) {
    const y = height - at;
    if (y > floor - LOWEST_TICK) continue;
    parts.push(line(0, y, width, y, value === 0));
    number(label, MARGIN, y - 4, MARGIN);
  }
  parts.push(text(titleOf(axes.x), width / 2, floor - MARGIN, "axis-title middle"));
  const upright = text(titleOf(axes.y), 0, 0, "axis-title middle");
  upright.setAttribute("transform", `translate(${MARGIN + 44} ${floor / 2}) rotate(-90)`);
  svg.replaceChildren(...parts, upright);
}

/** @param {Axis} axis */
const titleOf = ({ title, scale }) => (scale === "log" ? `${title}, logarithmic` : title);

/** @typedef {{value: number, at: number, label: string}} Tick  at: CSS pixels along the axis */

/**
 * @param {Axis} axis                of a logarithmic one, ends are exponents of ten
 * @param {[number, number]} window  seen part of the axis, 0 = its minimum, 1 = its maximum
 * @param {number} length            CSS pixels
 * @returns {Tick[]}
 */
export function ticks(axis, window, length) {
  const range = axis.max - axis.min || 1;
  const [low, high] = window.map((share) => axis.min + share * range);
  const logarithmic = axis.scale === "log";
  const values = logarithmic ? powers(low, high, length) : steps(low, high, length);
  return values.flatMap((value) => {
    const place = ((logarithmic ? Math.log10(value) : value) - low) / (high - low);
    if (place < 0 || place > 1) return [];
    return [{ value, at: place * length, label: String(value).replace("-", "−") }];
  });
}

/**
 * Round values, equally far apart.
 * @param {number} low @param {number} high @param {number} length  CSS pixels
 */
function steps(low, high, length) {
  const step = roundStep(((high - low) * PIXELS_PER_TICK) / length);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) {
    found.push(Number(value.toFixed(digits)) || 0);
  }
  return found;
}

/**
 * Powers of ten, with twice and five times as much where there is room, or round values where less than one
 * power is seen.
 * @param {number} low     exponent
 * @param {number} high    exponent
 * @param {number} length  CSS pixels
 */
function powers(low, high, length) {
  const room = length / (high - low) / PIXELS_PER_TICK;
  if (room > 8) return steps(10 ** low, 10 ** high, length).filter((value) => value > 0);
  const factors = room > 2 ? [1, 2, 5] : [1];
  const found = [];
  const step = Math.max(1, Math.ceil(0.6 / room));
  for (let exponent = Math.floor(low / step) * step; exponent <= high; exponent += step) {
    for (const factor of factors) found.push(Number(`${factor}e${exponent}`));
  }
  return found;
}

/** The next 1, 2 or 5 times a power of ten. @param {number} step */
function roundStep(step) {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * /** @type {number} */ ([1, 2, 5, 10].find((factor) => factor * power >= step * 0.999));
}

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {boolean} zero */
const line = (x1, y1, x2, y2, zero) =>
  svgElement("line", { x1, y1, x2, y2, class: zero ? "grid zero" : "grid" });

/** @param {string} content @param {number} x @param {number} y @param {string} name */
function text(content, x, y, name) {
  const element = svgElement("text", { x, y, class: name });
  element.textContent = content;
  return element;
}

/**
 * Lengths of the axes where a unit is as long on both; null where the axes have nothing to do with each other.
 * @param {{x: Axis, y: Axis}} axes
 * @param {import("./api.js").Projection | null} projection
 * @returns {[number, number] | null}
 */
export const lengthsOf = ({ x, y }, projection) => projection && [x.max - x.min, y.max - y.min];

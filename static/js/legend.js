/** What the colours mean. A category in it can be pressed: the others are dimmed then. */

import { colourOf } from "./colours.js";
import { h, svgElement } from "./dom.js";
import { formatCount } from "./format.js";

/** @typedef {import("./colours.js").Colouring} Colouring */
/** @typedef {import("./colours.js").Theme} Theme */

const STOPS = 24;

/** @param {[number, number, number]} colour */
const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;

/**
 * @param {HTMLElement} place
 * @param {Colouring} colouring
 * @param {Theme} theme
 * @param {number | null} focus
 * @param {(code: number | null) => void} onFocus
 */
export function showLegend(place, colouring, theme, focus, onFocus) {
  place.hidden = colouring.kind === "plain";
  if (place.hidden) return place.replaceChildren();
  const pressed = document.activeElement?.closest("[data-code]")?.getAttribute("data-code");
  place.replaceChildren(
    h("h2", {}, colouring.heading),
    colouring.kind === "scale" ? scale(colouring, theme) : categories(colouring, theme, focus, onFocus),
    colouring.note ? h("p.legend-note", {}, colouring.note) : "",
  );
  if (pressed) /** @type {HTMLElement | null} */ (place.querySelector(`[data-code="${pressed}"]`))?.focus();
}

/** @param {Colouring} colouring @param {Theme} theme */
function scale(colouring, theme) {
  const { ends, span, histogram } = /** @type {Required<Colouring>} */ (colouring);
  const colours = Array.from({ length: STOPS }, (_, stop) =>
    css(colourOf(colouring, span[0] + ((span[1] - span[0]) * stop) / (STOPS - 1), theme)),
  );
  const [low, high] = ends;
  return h(
    "div.scale",
    { role: "img", "aria-label": `Colour scale from ${low} to ${high}` },
    bars(histogram),
    h("div.scale-bar", { style: { "background-image": `linear-gradient(to right, ${colours.join()})` } }),
    h("div.scale-ends", {}, h("span", {}, low), h("span", {}, high)),
  );
}

/** How many points have which value; square roots, so that rare values are seen. @param {number[]} histogram */
function bars(histogram) {
  const heights = histogram.map((count) => Math.sqrt(count));
  const highest = Math.max(1, ...heights);
  const path = heights
    .map((height, bin) => `M${bin} 20v${-((20 * height) / highest).toFixed(2)}h1V20z`)
    .join("");
  const svg = svgElement("svg", {
    viewBox: `0 0 ${histogram.length} 20`,
    preserveAspectRatio: "none",
    class: "scale-histogram",
    "aria-hidden": "true",
  });
  svg.append(svgElement("path", { d: path }));
  return svg;
}

/**
 * @param {Colouring} colouring
 * @param {Theme} theme
 * @param {number | null} focus
 * @param {(code: number | null) => void} onFocus
 */
function categories(colouring, theme, focus, onFocus) {
  const entries = /** @type {Required<Colouring>} */ (colouring).entries;
  return h(
    "ul.categories",
    {},
    ...entries.map(({ code, label, count }) => {
      const attributes = {
        type: "button",
        "data-code": code,
        "aria-pressed": String(focus === code),
        title: focus === code ? "Show all alike" : `Only ${label}`,
        onclick: () => onFocus(focus === code ? null : code),
      };
      const swatch = h("span.swatch", {
        style: { "background-color": css(colourOf(colouring, code, theme)) },
      });
      const name = h("span.category-name", {}, label);
      return h(
        "li",
        {},
        h("button.category", attributes, swatch, name, h("span.number", {}, formatCount(count))),
      );
    }),
  );
}

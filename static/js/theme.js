/** Light or dark, as the system wants it, and the colours that the style sheet gives to the map. */

/** @typedef {import("./colours.js").Theme} Theme */

const DARK = matchMedia("(prefers-color-scheme: dark)");

/** @returns {Theme} */
export const theme = () => (DARK.matches ? "dark" : "light");

/** @param {() => void} listener */
export const onThemeChange = (listener) => DARK.addEventListener("change", listener);

/**
 * @param {HTMLElement} stage
 * @returns {{ink: import("./map/marks.js").Ink, ground: import("./map/renderer.js").Ground}}
 */
export function inkOf(stage) {
  const style = getComputedStyle(stage);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return {
    ink: {
      mark: colour("--mark"),
      accent: colour("--playing"),
      halo: colour("--ground-of-map"),
    },
    ground: {
      background: shares(colour("--ground-of-map")),
      faded: shares(colour("--faded")),
      mark: shares(colour("--mark")),
    },
  };
}

/** @param {string} hex  "#12ab9f" @returns {[number, number, number]} RGB, 0 to 1 */
function shares(hex) {
  const number = parseInt(hex.slice(1), 16);
  return [(number >> 16) / 255, ((number >> 8) & 255) / 255, (number & 255) / 255];
}

/** What this browser remembers from visit to visit. Where it keeps nothing, the page remembers until it is left. */

/** @type {Map<string, string>} */
const here = new Map();

/** @param {string} name @returns {string | null} */
export function stored(name) {
  try {
    return localStorage.getItem(name) ?? here.get(name) ?? null;
  } catch {
    return here.get(name) ?? null;
  }
}

/** @param {string} name @param {string} value */
export function store(name, value) {
  here.set(name, value);
  try {
    localStorage.setItem(name, value);
  } catch {
    // The browser is told to keep nothing, or is full.
  }
}

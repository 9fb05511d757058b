/** Whose music it is, and under which licence: what tracks of a provider have to be shown with. */

import { h } from "./dom.js";

const CREATIVE_COMMONS = /^https?:\/\/(?:www\.)?creativecommons\.org\/(licenses|publicdomain)\/([a-z-]+)\/([\d.]+)/i;
const PUBLIC_DOMAIN = new Map([
  ["zero", "CC0"],
  ["mark", "Public Domain Mark"],
]);

/** What a licence is called: "CC BY-NC-SA 3.0". @param {string} address  of its text @returns {string | null} */
export function licenceName(address) {
  const [, kind, name, version] = CREATIVE_COMMONS.exec(address) ?? [];
  if (!kind) return null;
  if (kind.toLowerCase() === "licenses") return `CC ${name.toUpperCase()} ${version}`;
  return `${PUBLIC_DOMAIN.get(name.toLowerCase()) ?? name} ${version}`;
}

/**
 * "Title by Artist, licence CC BY-NC-SA 3.0", with links; null where the track has neither page nor licence.
 * @param {import("./api.js").Track} track
 * @returns {HTMLElement | null}
 */
export function creditsOf({ title, artist, page, licence }) {
  const [home, terms] = [webAddress(page), webAddress(licence)];
  if (!home && !terms) return null;
  const what = title ?? "This track";
  return h(
    "p.player-credits",
    {},
    home ? link(home, what) : what,
    artist ? ` by ${artist}` : "",
    ...(terms ? under(terms) : []),
  );
}

/** @param {string} terms  address of a licence */
function under(terms) {
  const name = licenceName(terms);
  return name ? [", licence ", link(terms, name)] : [", ", link(terms, "licence")];
}

/** @param {string} href @param {string} text */
function link(href, text) {
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);
}

/** Only addresses of the web may be followed. @param {string | null | undefined} address */
function webAddress(address) {
  return address && /^https?:\/\//i.test(address) ? address : null;
}

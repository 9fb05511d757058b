/** Makes elements. Text is always set as text, so that no name of a track can become markup. */

/**
 * @param {string} tag  name, with classes after dots: "p.note"
 * @param {Record<string, any>} attributes  `on<event>` takes a function, `style` an object, false and null
 *   leave an attribute out
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "style") setStyle(element, value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * Properties one by one: the page's policy forbids style attributes.
 * @param {HTMLElement} element
 * @param {Record<string, string>} style
 */
function setStyle(element, style) {
  for (const [property, value] of Object.entries(style)) element.style.setProperty(property, value);
}

/**
 * An icon of 16 × 16 units, drawn in the colour of the text.
 * @param {string} path  of the outline
 * @param {{filled?: boolean}} options
 * @returns {SVGSVGElement}
 */
export function icon(path, { filled = false } = {}) {
  const svg = svgElement("svg", {
    viewBox: "0 0 16 16",
    "aria-hidden": "true",
    class: filled ? "filled" : "",
  });
  svg.append(svgElement("path", { d: path }));
  return /** @type {SVGSVGElement} */ (svg);
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @returns {SVGElement}
 */
export function svgElement(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/**
 * The element of a part of the page.
 * @param {ParentNode} root
 * @param {string} name  of its data-part
 * @returns {HTMLElement}
 */
export function part(root, name) {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (!found) throw new Error(`The page has no part ${name}.`);
  return /** @type {HTMLElement} */ (found);
}

/** @param {ParentNode} root @returns {Record<string, HTMLElement>} all parts of it, by their names */
export function partsOf(root) {
  const parts = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-part]")]);
  return Object.fromEntries(parts.map((element) => [element.dataset.part ?? "", element]));
}

/**
 * Let a place hold nothing but an element; one that is there already keeps the focus that is in it.
 * @param {Element} place
 * @param {Element} element
 */
export function showIn(place, element) {
  if (place.firstChild !== element) place.replaceChildren(element);
}

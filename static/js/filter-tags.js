/** Conditions on what is heard: how much of a tag. */

import { h } from "./dom.js";

/** @typedef {import("./filter.js").TagRange} TagRange */

/** What a tag that is added must at least have: clearly heard, in most networks. */
const HEARD = 0.2;

/**
 * @param {TagRange[]} ranges
 * @param {string[]} tags  that exist
 * @param {(ranges: TagRange[]) => void} onChange
 * @returns {HTMLElement[]}
 */
export function tagRanges(ranges, tags, onChange) {
  const rows = ranges.map((range, at) =>
    row(range, (changed) => onChange(changed ? ranges.with(at, changed) : ranges.toSpliced(at, 1))),
  );
  const rest = tags.filter((tag) => !ranges.some((range) => range.tag === tag));
  rest.sort((a, b) => a.localeCompare(b));
  const options = [
    h("option", { value: "" }, "add a tag …"),
    ...rest.map((tag) => h("option", { value: tag }, tag)),
  ];
  const select = /** @type {HTMLSelectElement} */ (
    h(
      "select",
      { onchange: () => onChange([...ranges, { tag: select.value, low: HEARD, high: 1 }]) },
      ...options,
    )
  );
  return [h("label.filter-field", {}, h("span.field-name", {}, "Heard in it"), select), ...rows];
}

/**
 * @param {TagRange} range
 * @param {(range: TagRange | null) => void} onChange  null: it is taken away
 */
function row(range, onChange) {
  const { tag, low, high } = range;
  const remove = {
    type: "button",
    title: `Remove ${tag}`,
    "aria-label": `Remove ${tag}`,
    onclick: () => onChange(null),
  };
  return h(
    "fieldset.filter-range",
    {},
    h("legend.filter-tag", {}, tag),
    h("button.quiet.remove", remove, "×"),
    slider(`At least, ${tag}`, "at least", low, (value) =>
      onChange({ tag, low: value, high: Math.max(value, high) }),
    ),
    slider(`At most, ${tag}`, "at most", high, (value) =>
      onChange({ tag, low: Math.min(value, low), high: value }),
    ),
  );
}

/**
 * @param {string} name
 * @param {string} label
 * @param {number} value
 * @param {(value: number) => void} onChange
 */
function slider(name, label, value, onChange) {
  const output = h("output.number", {}, value.toFixed(2));
  const range = /** @type {HTMLInputElement} */ (
    h("input", {
      ...{ type: "range", min: 0, max: 1, step: 0.01, value, "aria-label": name },
      oninput: () => (output.textContent = Number(range.value).toFixed(2)),
      onchange: () => onChange(Number(range.value)),
    })
  );
  return h("div.filter-slider", {}, h("span.field-name", {}, label), range, output);
}

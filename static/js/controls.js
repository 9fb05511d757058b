/** The form above a map: what it shows. It only offers what exists. */

import { choose, ORIGINAL, TAGGRAMS, TRAJECTORIES } from "./catalogue.js";
import { h } from "./dom.js";
import { formatCount } from "./format.js";
import { architectureName, columnName, networkName } from "./words.js";

/** @typedef {import("./api.js").Catalogue} Catalogue */
/** @typedef {import("./catalogue.js").Choice} Choice */
/** @typedef {import("./state.js").State} State */
/** @typedef {{value: string, label: string, group?: string}} Option */

const TAG = "tag:";
const NOTHING = "nothing";

export class Controls {
  #form;
  #catalogue;
  #onChange;

  /**
   * @param {HTMLElement} form
   * @param {Catalogue} catalogue
   * @param {(wish: Partial<State>) => void} onChange
   */
  constructor(form, catalogue, onChange) {
    this.#form = form;
    this.#catalogue = catalogue;
    this.#onChange = onChange;
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  /** @param {State} state */
  show(state) {
    const choice = choose(this.#catalogue, state);
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const name = focused && this.#form.contains(focused) ? focused.getAttribute("name") : null;
    this.#form.replaceChildren(...this.#fields(state, choice));
    if (name)
      /** @type {HTMLElement | null} */ (
        this.#form.querySelector(`[name="${name}"]:is(select, :checked)`)
      )?.focus();
  }

  /** @param {State} state @param {Choice} choice @returns {HTMLElement[]} */
  #fields(state, choice) {
    const layers = choice.network.layers.map(({ name }) => ({ value: name, label: name }));
    return [
      this.#select("network", "Network", networkOptions(this.#catalogue), state),
      this.#select("layer", "Layer", layers, state),
      this.#select("projection", "Projection", projectionOptions(choice), state),
      ...this.#axes(state, choice),
      this.#levels(state, choice),
      this.#select("colour", "Colour by", colourOptions(this.#catalogue, choice), state),
    ];
  }

  /** @param {State} state @param {Choice} choice @returns {HTMLElement[]} */
  #axes(state, choice) {
    const { axes, projection, tagAxes } = choice;
    if (projection && axes.length < 3) return [];
    const kind = projection ? "component" : tagAxes ? "tag" : "dimension";
    return /** @type {const} */ (["x", "y"]).flatMap((axis) => {
      const title = axis.toUpperCase();
      const chosen = this.#select(axis, `${title} ${kind}`, axisOptions(choice), state);
      if (!tagAxes) return [chosen];
      const less = [{ value: "", label: NOTHING }, ...tagOptions(axes)];
      const fields = [chosen, this.#select(`${axis}_minus`, `${title} minus`, less, state)];
      const scales = ["linear", "log"].map((name) => ({ value: name, label: name }));
      if (!state[`${axis}_minus`]) {
        fields.push(this.#select(`${axis}_scale`, `${title} scale`, scales, state));
      }
      return [h("div.axis-fields", {}, ...fields)];
    });
  }

  /**
   * @param {"network" | "layer" | "projection" | "x" | "y" | "x_minus" | "y_minus" | "x_scale" | "y_scale"
   *   | "colour"} name
   * @param {string} title
   * @param {Option[]} options
   * @param {State} state
   */
  #select(name, title, options, state) {
    const change = () => this.#onChange({ [name]: select.value || null });
    const select = /** @type {HTMLSelectElement} */ (
      h("select", { name, onchange: change }, ...grouped(options))
    );
    select.value = state[name] ?? "";
    select.title = select.selectedOptions[0]?.text ?? ""; // in full, where there is little room
    return h("label.field", {}, h("span.field-name", {}, title), select);
  }

  /** @param {State} state @param {Choice} choice */
  #levels(state, choice) {
    const options = choice.layer.levels.map(({ name, points }) => {
      return { name: /** @type {State["level"]} */ (name), title: `${formatCount(points)} points` };
    });
    if (options.some(({ name }) => name === "segments")) {
      options.push({ name: TRAJECTORIES, title: "Segments, joined by lines in the order of time" });
    }
    const toggles = options.map(({ name, title }) => {
      const attributes = {
        type: "radio",
        name: "level",
        value: name,
        checked: name === state.level,
        onchange: () => this.#onChange({ level: name }),
      };
      return h("label", {}, h("input", attributes), h("span", { title }, name));
    });
    return h(
      "fieldset.field.toggle",
      {},
      h("legend.field-name", {}, "Points"),
      h("div.toggle-options", {}, ...toggles),
    );
  }
}

/** @param {Option[]} options @returns {HTMLElement[]} */
function grouped(options) {
  /** @type {Map<string, HTMLElement[]>} */
  const groups = new Map();
  for (const { value, label, group = "" } of options) {
    groups.set(group, [...(groups.get(group) ?? []), h("option", { value }, label)]);
  }
  return [...groups].flatMap(([label, items]) => (label ? h("optgroup", { label }, ...items) : items));
}

/** Architectures with the datasets that each was trained on. @param {Catalogue} catalogue @returns {Option[]} */
const networkOptions = ({ networks }) =>
  networks.map(({ name, architecture }) => ({
    value: name,
    label: networkName(name),
    group: architectureName(architecture),
  }));

/** @param {Choice} choice @returns {Option[]} */
function projectionOptions({ level, layer }) {
  const pair = layer.name === TAGGRAMS ? "Two tags" : "Two dimensions";
  return [
    ...level.projections.map(({ name, title }) => ({ value: name, label: title })),
    ...(level.original === false ? [] : [{ value: ORIGINAL, label: pair }]),
  ];
}

/** @param {Choice} choice @returns {Option[]} */
function axisOptions({ axes, projection, tagAxes }) {
  if (tagAxes) return tagOptions(axes);
  if (!projection) return axes.map((axis) => ({ value: axis, label: axis }));
  const variance = projection.explained_variance ?? [];
  return axes.map((axis) => {
    const share = variance[Number(axis)];
    const part = share === undefined ? "" : ` (${(100 * share).toFixed(share < 0.01 ? 1 : 0)} %)`;
    return { value: axis, label: `${Number(axis) + 1}${part}` };
  });
}

/** In the order of the alphabet, where a tag is found. @param {string[]} tags @returns {Option[]} */
const tagOptions = (tags) =>
  [...tags].sort((a, b) => a.localeCompare(b)).map((tag) => ({ value: tag, label: tag }));

/** @param {Catalogue} catalogue @param {Choice} choice @returns {Option[]} */
function colourOptions({ attributes }, { colours, network }) {
  const known = new Set([...attributes, ...network.tags.map((tag) => TAG + tag)]);
  const columns = colours.filter((colour) => !known.has(colour) && colour !== "none");
  return [
    { value: "none", label: NOTHING },
    ...attributes.map((value) => ({ value, label: columnName(value), group: "Library" })),
    ...columns.map((value) => ({ value, label: columnName(value), group: "Map and sound" })),
    ...tagOptions(network.tags).map(({ label }) => ({
      value: TAG + label,
      label,
      group: "Activation of a tag",
    })),
  ];
}

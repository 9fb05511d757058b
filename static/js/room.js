/** Room around the points for what lies over the map, CSS pixels. */

const BARE = { top: 44, right: 66, bottom: 40, left: 40 };
const WITH_AXES = { top: 44, right: 66, bottom: 60, left: 72 };
const LEGEND_GAP = 16;

/**
 * @param {HTMLElement} stage
 * @param {HTMLElement} legend
 * @param {boolean} axes  whether there are any
 * @returns {import("./map/camera.js").Insets}
 */
export function roomIn(stage, legend, axes) {
  const room = { ...(axes ? WITH_AXES : BARE) };
  if (legend.hidden) return room;
  const floor = floorOf(stage, legend);
  if (floor < stage.clientHeight)
    room.bottom = stage.clientHeight - floor + (axes ? WITH_AXES.bottom : LEGEND_GAP);
  else room.right = stage.clientWidth - legend.offsetLeft + LEGEND_GAP;
  return room;
}

/**
 * @param {HTMLElement} stage
 * @param {HTMLElement} legend
 * @returns {number} how far down one sees the map: to the legend, where it lies at the bottom
 */
export function floorOf(stage, legend) {
  const below = !legend.hidden && legend.offsetTop > stage.clientHeight / 2;
  return below ? legend.offsetTop : stage.clientHeight;
}

/** Parts of a pane that lie over its map. */
const COVERS = ["filter-button", "counts", "filter", "legend", "selection", "tools", "zoom"];

/**
 * Tell which places are covered, now and whenever something that lies over the map comes, grows or goes.
 * @param {Record<string, HTMLElement>} parts  of a pane
 * @param {(covered: import("./map/labels.js").Box[]) => void} onChange
 */
export function watchCover(parts, onChange) {
  const over = COVERS.map((name) => parts[name]);
  const observer = new ResizeObserver(() => {
    const { left, top } = parts.stage.getBoundingClientRect();
    const boxes = over.map((element) => element.getBoundingClientRect()).filter(({ width }) => width > 0);
    onChange(
      boxes.map((box) => ({
        ...{ left: box.left - left, right: box.right - left },
        ...{ top: box.top - top, bottom: box.bottom - top },
      })),
    );
  });
  for (const element of [parts.stage, ...over]) observer.observe(element);
}

/** The page's own map engine, put through its paces. Loaded by web.py. */

import { fetchPoints } from "/static/js/api.js";
import { byActivation, coloursOf } from "/static/js/colours.js";
import { PointMap } from "/static/js/map/map.js";
import { drawnShare, finished, queryOfPage, timeEach, timeRelease } from "./web_timing.js";

const { position, colours } = queryOfPage();
const [points, guitar, techno] = await Promise.all([position, ...colours].map((query) => fetchPoints(query)));
const { x, y } = points.columns;
const colourings = [guitar, techno].map(({ columns }) =>
  coloursOf(byActivation("tag", Object.values(columns)[0]), "light"),
);
const stage = document.getElementById("stage");
const map = new PointMap(stage);
const gl = () => stage.querySelector("canvas").getContext("webgl2");
map.setPoints({ x, y, lengths: null, colours: colourings[0] });
await finished(gl());
const drawn = drawnShare(gl());
map.addEventListener("lasso", ({ detail }) => {
  const flags = new Uint8Array(x.length);
  for (const row of detail.rows) flags[row] = 1;
  map.setSelected(flags);
});

window.bench = {
  drawn,

  /** Frames with all points. */
  frames: (count) =>
    timeEach(
      count,
      (turn) => map.setView({ x: 0.5 + 0.002 * turn, y: 0.5, zoom: 1.2 }),
      () => finished(gl()),
    ),

  /** Frames as they are while a hand drags. */
  async drags(count) {
    const drag = (type, turn) =>
      stage.dispatchEvent(
        new PointerEvent(type, {
          clientX: 300 + 6 * turn,
          clientY: 300,
          pointerId: 1,
          button: 0,
          bubbles: true,
        }),
      );
    stage.setPointerCapture = () => {}; // there is no real pointer to capture here
    drag("pointerdown", 0);
    const times = await timeEach(
      count,
      (turn) => drag("pointermove", turn + 1),
      () => finished(gl()),
    );
    drag("pointerup", count + 1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    delete stage.setPointerCapture;
    return times;
  },

  lassoed: () =>
    timeRelease(
      (then) => map.addEventListener("lasso", then, { once: true }),
      () => finished(gl()),
    ),

  /** One takes less than the clock can tell: the mean of many. */
  async hovers(count) {
    map.pick(0, 0); // makes the index
    const picks = 1000;
    const times = await timeEach(
      count,
      () => {
        for (let turn = 0; turn < picks; turn++) {
          map.pick(200 + ((turn * 37) % 600), 100 + ((turn * 53) % 400));
        }
      },
      () => null,
    );
    return times.map((time) => time / picks);
  },

  recolours: (count) =>
    timeEach(
      count,
      (turn) => map.setColours(colourings[(turn + 1) % 2]),
      () => finished(gl()),
    ),
};

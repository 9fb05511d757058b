/** Plotly's scattergl with the same points: the baseline. Loaded by web.py. */

import { fetchPoints } from "/static/js/api.js";
import { look, spreadOf } from "/static/js/map/look.js";
import { drawnShare, finished, queryOfPage, timeEach, timeRelease } from "./web_timing.js";

const { position, colours } = queryOfPage();
const [points, guitar] = await Promise.all([position, colours[0]].map((query) => fetchPoints(query)));
const values = [Object.values(guitar.columns)[0]];
const stage = document.getElementById("stage");
const { x, y } = points.columns;
// Points as large and as opaque as the page draws them.
const { size, opacity } = look(x.length, stage.clientWidth * stage.clientHeight, spreadOf(x, y), 1);
const trace = {
  type: "scattergl",
  mode: "markers",
  x,
  y,
  marker: { color: values[0], colorscale: "Viridis", size, opacity },
};
const layout = {
  width: stage.clientWidth,
  height: stage.clientHeight,
  margin: { l: 0, r: 0, t: 0, b: 0 },
  dragmode: "lasso",
};
await Plotly.newPlot(stage, [trace], layout);
const gl = () => stage.querySelector(".gl-canvas-context").getContext("webgl");
await finished(gl());
document.documentElement.dataset.painted = String(performance.now());
const drawn = drawnShare(gl());
values.push(Object.values((await fetchPoints(colours[1])).columns)[0]);

/** Plotly answers the pointer at most every 50 ms; here each answer counts, not the waiting. */
const HOVER_PAUSE = 60;

window.bench = {
  drawn,

  frames: (count) =>
    timeEach(
      count,
      (turn) =>
        Plotly.relayout(stage, {
          "xaxis.range": [100 * turn, 60000 + 100 * turn],
          "yaxis.range": [0, 60000],
        }),
      () => finished(gl()),
    ),

  hovers: async (count) => {
    const times = [];
    for (let turn = 0; turn < count; turn++) {
      await new Promise((resolve) => setTimeout(resolve, HOVER_PAUSE));
      const event = { xpx: 300 + ((turn * 37) % 500), ypx: 200 + ((turn * 53) % 300) };
      times.push(
        ...(await timeEach(
          1,
          () => Plotly.Fx.hover(stage, event, "xy"),
          () => null,
        )),
      );
    }
    return times;
  },

  lassoed: () =>
    timeRelease(
      (then) => stage.once("plotly_selected", then),
      () => finished(gl()),
    ),

  recolours: (count) =>
    timeEach(
      count,
      (turn) => Plotly.restyle(stage, { "marker.color": [values[(turn + 1) % 2]] }),
      () => finished(gl()),
    ),
};

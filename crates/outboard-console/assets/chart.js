// Pictures of numbers, drawn by hand.

import { h, svg } from "./dom.js";
import { count, short } from "./format.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [640, 200, 76, 26];

function axes(top, unit, from, to) {
  const y = (share) => 8 + (HEIGHT - BOTTOM - 8) * (1 - share);
  return [0, 0.5, 1]
    .map((share) => [
      svg("line", { class: "axis", x1: LEFT, x2: WIDTH, y1: y(share), y2: y(share) }),
      svg("text", { x: LEFT - 6, y: y(share) + 4, "text-anchor": "end" }, unit(top * share)),
    ])
    .concat([
      svg("text", { x: LEFT, y: HEIGHT - 5 }, from),
      svg("text", { x: WIDTH, y: HEIGHT - 5, "text-anchor": "end" }, to),
    ]);
}

/**
 * Lines over time. `series` is a list of `{name, tone, values}`; all have as many values as there are spans of time.
 * `times` are their beginnings as texts, told where somebody points. Who cannot see it reads the same as a table.
 */
export function lines({ label, series, from, to, times = [], unit = short }) {
  const top = Math.max(1, ...series.flatMap((one) => one.values));
  const n = Math.max(1, ...series.map((one) => one.values.length));
  const x = (at) => LEFT + (n === 1 ? (WIDTH - LEFT) / 2 : ((WIDTH - LEFT - 4) * at) / (n - 1));
  const y = (value) => 8 + (HEIGHT - BOTTOM - 8) * (1 - value / top);
  const drawn = series.map((one) => [
    svg("path", {
      class: one.tone,
      d: one.values.map((value, at) => `${at ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join(""),
    }),
    n <= 60 &&
      one.values.map((value, at) =>
        svg("circle", { class: one.tone, cx: x(at).toFixed(1), cy: y(value).toFixed(1), r: 2 }),
      ),
  ]);
  const width = (WIDTH - LEFT) / n;
  const slots = times.map((time, at) =>
    svg(
      "rect",
      { class: "slot", x: x(at) - width / 2, y: 0, width, height: HEIGHT - BOTTOM },
      svg("title", {}, [time, ...series.map((one) => `${one.name}: ${unit(one.values[at])}`)].join("\n")),
    ),
  );
  const sums = series.map((one) => `${one.name}: at most ${unit(Math.max(0, ...one.values))}`).join("; ");
  return h(
    "figure",
    { class: "card" },
    h("h2", {}, label),
    svg(
      "svg",
      { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${label}. ${sums}` },
      slots,
      axes(top, unit, from, to),
      drawn,
    ),
    h(
      "div",
      { class: "legend" },
      series.map((one) => h("span", { class: one.tone }, one.name)),
    ),
  );
}

/** Bars beside each other, longest first in meaning: `{name, tone, value}`. */
export function bars({ label, rows, unit = count }) {
  const top = Math.max(1, ...rows.map((row) => row.value));
  const height = rows.length * 44;
  return svg(
    "svg",
    {
      class: "chart",
      viewBox: `0 0 640 ${height}`,
      role: "img",
      "aria-label": `${label}: ${rows.map((row) => `${row.name} ${unit(row.value)}`).join(", ")}`,
    },
    rows.map((row, at) => [
      svg("text", { x: 0, y: at * 44 + 13 }, `${row.name}: ${unit(row.value)}`),
      svg("rect", {
        class: row.tone,
        x: 0,
        y: at * 44 + 18,
        width: Math.max(2, (640 * row.value) / top),
        height: 18,
        rx: 3,
      }),
    ]),
  );
}

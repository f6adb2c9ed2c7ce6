// The calls of an execution: a waterfall of any length, and one call with what went there and came back.

import { act, look } from "../api.js";
import { block, facts, fill, h, problem } from "../dom.js";
import { bytes, count, pretty, tag, took } from "../format.js";
import { list } from "../list.js";
import { reveal } from "./reveal.js";

const PAGE = 2000;
const MOST = 50000;

const texts = (found) => [
  found.arguments !== null && [h("h3", {}, "Arguments"), block(pretty(found.arguments), "Arguments")],
  found.error
    ? [h("h3", {}, "Error"), problem(found.error)]
    : found.result !== null && [h("h3", {}, "Answer"), block(pretty(found.result), "Answer")],
];

export function calls(id, over) {
  let rows = [];
  let scale = { from: 0, length: 1 };
  let loading = false;
  const said = h("p", { class: "small soft", role: "status" });
  const one = h("section", { "aria-live": "polite" });

  const share = (us) => `${Math.max(0, Math.min(100, (us / scale.length) * 100))}%`;
  function lane(row) {
    const bar = h("div", { class: row.error ? "bar failed" : row.asked_ms ? "bar asked" : "bar" });
    bar.style.left = share(row.started_us - scale.from);
    bar.style.width = share(row.duration_us);
    return h("div", { class: "lane", "aria-hidden": "true" }, bar);
  }
  const draw = (row) => [
    h(
      "div",
      { class: "first" },
      h("span", { class: "mono" }, `${row.id} ${row.server}.${row.tool}`),
      row.error && h("span", { class: "bad small" }, row.error),
      h("span", { class: "end small soft" }, `${took(row.duration_us)} · ${row.decision}`),
    ),
    lane(row),
  ];

  async function open(row) {
    try {
      const found = await look("call", { id, number: row.id }, over);
      const shown = h("div", {});
      fill(
        one,
        h(
          "div",
          { class: "card" },
          h("h3", {}, `Call ${row.id}: ${row.server}.${row.tool}`),
          facts([
            ["Decision", tag(row.decision)],
            ["Rule", row.rule],
            ["Took", took(row.duration_us)],
            ["Attempts", row.attempts > 1 && String(row.attempts)],
            ["Asked a person for", row.asked_ms && `${row.asked_ms} ms`],
            ["Arguments", bytes(row.arguments_bytes)],
            ["Answer", bytes(row.result_bytes)],
          ]),
          texts(found),
          reveal(async (reason) => texts(await act("reveal", { id, part: "call", call: row.id, reason })), shown),
          shown,
        ),
      );
      one.scrollIntoView({ block: "nearest" });
    } catch (error) {
      if (error.name !== "AbortError") fill(one, problem(error));
    }
  }

  const lines = list({ label: "Calls", draw, open, short: true });

  async function load() {
    if (loading) return;
    loading = true;
    try {
      for (;;) {
        const got = await look("calls", { id, after: rows.at(-1)?.id ?? 0, limit: PAGE }, over);
        rows = rows.concat(got.rows);
        for (const row of got.rows) {
          if (scale.from === 0 || row.started_us < scale.from)
            scale = {
              from: row.started_us,
              length: scale.length + Math.max(0, scale.from && scale.from - row.started_us),
            };
          scale.length = Math.max(scale.length, row.started_us + row.duration_us - scale.from);
        }
        lines.set(rows, got.total);
        fill(
          said,
          rows.length === 0
            ? "No call is over yet."
            : `${count(rows.length)} of ${count(got.total)} calls; Enter shows one`,
        );
        if (got.rows.length < PAGE || rows.length >= MOST) return;
      }
    } catch (error) {
      if (error.name !== "AbortError") fill(one, problem(error));
    } finally {
      loading = false;
    }
  }

  return { element: [lines.box, said, one], load, shown: () => lines.set(rows) };
}

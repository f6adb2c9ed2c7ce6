// The calls of an execution: a waterfall of any length, and one call with what went there and came back.

import { act, look, session } from "../api.js";
import { block, facts, fill, h, problem } from "../dom.js";
import { choose, named } from "../fields.js";
import { bytes, count, pretty, tag, took } from "../format.js";
import { list } from "../list.js";
import { reveal } from "./reveal.js";

const PAGE = 2000;
const MOST = 50000;
// Calls that are made side by side end in any order: those before the last one are asked for again.
const BEHIND = 200;

const texts = (found) => [
  found.arguments !== null && [h("h3", {}, "Arguments"), block(pretty(found.arguments), "Arguments")],
  found.error
    ? [h("h3", {}, "Error"), problem(found.error)]
    : found.result !== null && [h("h3", {}, "Answer"), block(pretty(found.result), "Answer")],
];

/** What the scale of a waterfall is: its beginning and its length. */
function scaleOf(rows) {
  let [from, to] = [Infinity, -Infinity];
  for (const row of rows) {
    from = Math.min(from, row.started_us);
    to = Math.max(to, row.started_us + row.duration_us);
  }
  return { from, length: Math.max(1, to - from) };
}

/** `program()` gives the view of the program, `address(call)` keeps the open call in the address of the page. */
export function calls(id, over, { program, address, first }) {
  const known = new Map();
  let rows = [];
  let scale = scaleOf(rows);
  let total = 0;
  let [loading, again] = [false, false];
  // The line of the call that is open.
  let chosen = null;
  const said = h("p", { class: "small soft said-of-list", role: "status" });
  const one = h("section", { "aria-live": "polite" });
  const only = { line: null, what: "" };

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
      h(
        "span",
        { class: "end small soft" },
        [row.line && `line ${row.line}`, row.decision !== "allow" && row.decision, took(row.duration_us)]
          .filter(Boolean)
          .join(" · "),
      ),
    ),
    lane(row),
  ];

  async function open(row) {
    address(row.id);
    chosen = row.line;
    program()?.mark("seen", chosen);
    try {
      const found = await look("call", { id, number: row.id }, over).catch((error) => {
        if (error.name === "AbortError") throw error;
        return { arguments: null, result: null, error: null, absent: error };
      });
      const shown = h("div", {});
      const line = h("button", { type: "button", class: "quiet", onclick: () => program()?.box.focus() }, `line ${row.line}`);
      fill(
        one,
        h(
          "div",
          { class: "card" },
          h("h3", {}, `Call ${row.id}: ${row.server}.${row.tool}`),
          facts([
            ["Made by", row.line && line],
            ["Decision", tag(row.decision)],
            ["Rule", row.rule],
            ["Took", took(row.duration_us)],
            ["Attempts", row.attempts > 1 && String(row.attempts)],
            ["Asked a person for", row.asked_ms && took(row.asked_ms * 1000)],
            ["Arguments", bytes(row.arguments_bytes)],
            ["Answer", bytes(row.result_bytes)],
          ]),
          found.absent ? problem(found.absent) : texts(found),
          !session.only &&
            !found.absent &&
            reveal(async (reason) => texts(await act("reveal", { id, part: "call", call: row.id, reason })), shown),
          shown,
        ),
      );
      one.scrollIntoView({ block: "nearest" });
    } catch (error) {
      if (error.name !== "AbortError") fill(one, problem(error));
    }
  }

  const lines = list({
    label: "Calls",
    kind: "short",
    draw,
    open,
    point: (row) => program()?.mark("seen", row.line),
  });
  lines.box.addEventListener("mouseleave", () => program()?.mark("seen", chosen));

  const fits = (row) =>
    (only.line === null || row.line === only.line) &&
    (only.what !== "errors" || row.error) &&
    (only.what !== "asked" || row.asked_ms);
  const everything = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => ofLine(null) }, "");
  const what = choose([["", "all calls"], ["errors", "with errors"], ["asked", "that a person was asked about"]], "", {
    onchange: (event) => {
      only.what = event.target.value;
      show();
    },
  });

  function show(anew = false) {
    const fitting = only.line === null && only.what === "" ? rows : rows.filter(fits);
    lines.set(fitting, fitting === rows ? total : fitting.length, anew);
    const shown = fitting === rows ? "" : `${count(fitting.length)} fit; `;
    fill(
      said,
      rows.length === 0 ? "No call is over yet." : `${shown}${count(rows.length)} of ${count(total)} calls; Enter shows one`,
    );
  }

  /** Shows only the calls that a line made; all again without one. */
  function ofLine(line) {
    only.line = line;
    everything.hidden = line === null;
    fill(everything, line !== null && `of line ${line} only: show all`);
    show();
    if (line !== null) lines.focus();
  }

  function take(found) {
    for (const row of found) known.set(row.id, row);
    rows = [...known.values()].sort((a, b) => a.id - b.id);
    const before = scale;
    scale = scaleOf(rows);
    const made = new Map();
    for (const row of rows) if (row.line) made.set(row.line, (made.get(row.line) ?? 0) + 1);
    program()?.count(made);
    show(before.from !== scale.from || before.length !== scale.length);
  }

  async function read(from) {
    for (let after = from; ; ) {
      const got = await look("calls", { id, after, limit: PAGE }, over);
      total = got.total;
      take(got.rows);
      if (got.rows.length < PAGE || rows.length >= MOST) return;
      after = got.rows.at(-1).id;
    }
  }

  async function load() {
    if (loading) {
      again = true;
      return;
    }
    loading = true;
    try {
      do {
        again = false;
        await read(Math.max(0, (rows.at(-1)?.id ?? 0) - BEHIND));
        if (rows.length < total && rows.length < MOST) await read(0);
      } while (again);
      const wanted = first && known.get(first);
      first = null;
      if (wanted) open(wanted);
    } catch (error) {
      if (error.name !== "AbortError") fill(one, problem(error));
    } finally {
      loading = false;
    }
  }

  return {
    element: [
      h("div", { class: "bar-of-fields" }, named("Show", what), everything),
      lines.box,
      said,
      one,
    ],
    load,
    ofLine,
    shown: () => show(true),
  };
}

// One execution: program, calls, journal, tokens, and what a person can do about it.

import { act, look, session } from "../api.js";
import { bars } from "../chart.js";
import { code } from "../code.js";
import { block, copying, fill, h, part, problem, say, table, tiles } from "../dom.js";
import { ago, bytes, count, isOver, pretty, saved, tag, took, when } from "../format.js";
import { calls } from "./calls.js";
import { open } from "./doubt.js";
import { reveal } from "./reveal.js";

function tokens(found) {
  if (!found) return h("p", { class: "soft" }, "Counted when it is over.");
  const programs = found.model_in + found.model_out;
  return [
    bars({
      label: "Tokens through the model",
      rows: [
        { name: "as direct calls", tone: "two", value: found.direct_equivalent },
        { name: "as this program", tone: "one", value: programs },
      ],
    }),
    h(
      "p",
      { class: "small soft" },
      `${count(found.model_out)} written, ${count(found.model_in)} read at most. Saved: ${saved(found.direct_equivalent, programs)}.`,
    ),
  ];
}

function revealed(found) {
  return [
    ["Program", found.code],
    ["Input", found.input],
    ["Result", found.result],
    ["Console", found.stdout],
  ]
    .filter(([, text]) => text)
    .map(([name, text]) => [h("h3", {}, name), block(pretty(text), `${name}, with private values`)]);
}

const texts = (found) =>
  [
    ["Result", found.result && pretty(found.result)],
    ["Console", found.stdout],
    ["Input", found.input && pretty(found.input)],
  ]
    .filter(([, text]) => text)
    .map(([name, text]) => [h("h2", {}, name), block(text, name)]);

const events = (rows) =>
  table(
    "Journal",
    ["Place", "When", "What", "Call", "Size"],
    rows.map((row) => [String(row.id), when(row.at_ms), row.kind, row.call ? String(row.call) : "", bytes(row.bytes)]),
  );

const decisions = (rows) =>
  rows.length > 0 && [
    h("h2", {}, "Decisions of people"),
    table(
      "Decisions of people",
      ["Call", "Tool", "Rule", "Status", "By", "Why"],
      rows.map((one) => [
        String(one.call),
        `${one.server}.${one.tool}`,
        one.rule,
        tag(one.status),
        one.answered_by ?? "",
        one.answer_reason ?? "",
      ]),
    ),
  ];

function trouble(found) {
  const waits = found.approvals.filter((one) => one.status === "pending");
  const place = found.error?.line && `Line ${found.error.line}${found.error.column ? `, column ${found.error.column}` : ""}`;
  return [
    found.error && [problem(found.error), place && h("p", { class: "small soft" }, place)],
    waits.length > 0 &&
      h(
        "div",
        { class: "notice" },
        `${waits[0].server}.${waits[0].tool}${waits.length > 1 ? ` and ${waits.length - 1} more` : ""} waits for a person. `,
        session.only ? "" : h("a", { href: "#/approvals" }, "Answer"),
      ),
  ];
}

/** What is said above the program about where it is. */
function position(found) {
  if (found.error?.line) return `Program: line ${found.error.line} failed`;
  if (!found.place) return "Program";
  return isOver(found.status) ? "Program" : `Program: at line ${found.place.line}`;
}

function facts(found) {
  return tiles([
    ["Began", ago(found.started_ms)],
    ["Took", found.ended_ms ? took((found.ended_ms - found.started_ms) * 1000) : "under way"],
    ["Calls", count(found.total_calls)],
    ["CPU", found.cpu_ms !== null && took(found.cpu_ms * 1000)],
    ["Language", found.language],
    ["Session", found.session],
    ["Principal", found.principal],
  ]);
}

export async function page({ rest, query, over, entitle }) {
  const id = rest[0];
  let program = null;
  let status = null;
  const journal = h("div", {});
  const address = (call) => history.replaceState(null, "", `#/executions/${encodeURIComponent(id)}?call=${call}`);
  const lines = calls(id, over, { program: () => program, address, first: Number(query.get("call")) || null });

  async function cancel(event) {
    const button = event.currentTarget;
    button.disabled = true;
    try {
      await act("cancel", { id });
      say("asked to end");
    } catch (error) {
      button.disabled = false;
      say(error.message);
    }
    draw();
  }

  const head = part((now) => [
    h("h1", {}, "Execution"),
    tag(now),
    h("span", { class: "mono" }, id),
    copying(id, "Copy the id"),
    h(
      "div",
      { class: "buttons" },
      !session.only && h("a", { href: `#/audit?execution=${encodeURIComponent(id)}` }, "Its audit rows"),
      !session.only && !isOver(now) && h("button", { type: "button", class: "danger", onclick: cancel }, "Cancel"),
    ),
  ]);
  head.place.className = "head";
  const parts = {
    facts: part(facts),
    trouble: part(trouble),
    open: part((found) => open(id, found, draw)),
    where: part((text) => h("h2", {}, text)),
    tokens: part(tokens),
    texts: part(texts),
    decisions: part(decisions),
    isolation: part((text) => h("p", { class: "small soft" }, `Confined by: ${text}`)),
  };
  const place = h("div", {});
  let known = null;

  /** Each part is drawn anew only where it changed; the program stays, and its mark moves. */
  async function draw() {
    const found = await look("execution", { id }, over);
    status = found.status;
    head.set(found.status);
    parts.facts.set({ ...found, approvals: null, code: null });
    parts.trouble.set({ error: found.error, approvals: found.approvals });
    parts.open.set({ calls: found.open_calls, status: found.status });
    parts.where.set(position(found));
    parts.tokens.set(found.tokens);
    parts.texts.set({ result: found.result, stdout: found.stdout, input: found.input });
    parts.decisions.set(found.approvals);
    parts.isolation.set(found.isolation);
    if (known !== found.code) {
      known = found.code;
      program = code(found.code, "Program", lines.ofLine);
      fill(place, h("div", { class: "with-copy" }, program.box, copying(found.code, "Copy the program")));
      entitle(`${found.code.trim().split("\n")[0].slice(0, 40)} – Execution`);
    }
    mark(found);
  }

  function mark(found) {
    program.mark("failed", found.error?.line);
    program.mark("here", isOver(found.status) ? null : found.place?.line);
  }

  const more = h(
    "button",
    {
      type: "button",
      onclick: async () => {
        const { rows } = await look("events", { id, limit: 500 }, over);
        fill(journal, rows.length === 0 ? h("p", { class: "soft" }, "Nothing was delivered yet.") : events(rows));
      },
    },
    "Show the journal",
  );

  await draw();
  const shown = h("div", {});
  // They come a page at a time; what is there shows at once.
  lines.load();
  return {
    element: [
      h("p", { class: "small" }, h("a", { href: "#/executions" }, "All executions")),
      head.place,
      parts.facts.place,
      parts.trouble.place,
      parts.open.place,
      h(
        "div",
        { class: "grid" },
        h("section", { class: "card" }, parts.where.place, place),
        h("section", { class: "card" }, h("h2", {}, "Tokens"), parts.tokens.place, parts.texts.place),
      ),
      !session.only &&
        reveal(async (reason) => revealed(await act("reveal", { id, part: "program", reason })), shown),
      shown,
      parts.decisions.place,
      h("h2", {}, "Calls"),
      lines.element,
      h("h2", {}, "Journal"),
      h("div", { class: "buttons" }, more),
      journal,
      parts.isolation.place,
    ],
    changed: async () => {
      if (isOver(status)) return;
      await draw();
      await lines.load();
    },
    shown: lines.shown,
  };
}

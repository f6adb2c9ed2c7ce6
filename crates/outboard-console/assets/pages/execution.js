// One execution: program, calls, journal, tokens, and what a person can do about it.

import { act, look } from "../api.js";
import { bars } from "../chart.js";
import { block, facts, fill, h, problem, say, table } from "../dom.js";
import { bytes, count, isOver, pretty, tag, took, when } from "../format.js";
import { calls } from "./calls.js";
import { reveal } from "./reveal.js";

function program(text, line, label) {
  const rows = text
    .split("\n")
    .slice(0, 5000)
    .map((one, at) =>
      h(
        "div",
        { class: at + 1 === line ? "row here" : "row", "aria-current": at + 1 === line && "true" },
        h("span", { class: "number", "aria-hidden": "true" }, String(at + 1)),
        h("span", { class: "text" }, one || " "),
      ),
    );
  return h("div", { class: "code mono", tabindex: "0", role: "region", "aria-label": label }, rows);
}

function tokens(found) {
  if (!found) return h("p", { class: "empty" }, "Counted when it is over.");
  const code = found.model_in + found.model_out;
  const saved = found.direct_equivalent > 0 ? Math.round((1 - code / found.direct_equivalent) * 100) : 0;
  return [
    bars({
      label: "Tokens through the model",
      rows: [
        { name: "as direct calls", tone: "two", value: found.direct_equivalent },
        { name: "as this program", tone: "one", value: code },
      ],
    }),
    h(
      "p",
      { class: "small soft" },
      found.direct_equivalent > code
        ? `${saved} % fewer: ${count(found.model_out)} written, ${count(found.model_in)} read at most.`
        : `${count(found.model_out)} written, ${count(found.model_in)} read at most: direct calls would have been as short.`,
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

function open(id, found, again) {
  const rows = found.open_calls.map((call) => {
    const answer = h("input", { type: "text", "aria-label": `Answer of call ${call.id} as JSON`, placeholder: "{}" });
    const resolve = (verdict) => async () => {
      try {
        const given = { id, call: call.id, verdict };
        if (verdict === "done") given.answer = JSON.parse(answer.value || "null");
        await act("resolve", given);
        say("noted");
        again();
      } catch (error) {
        say(error.message);
      }
    };
    return [
      String(call.id),
      `${call.server}.${call.tool}`,
      when(call.at_ms),
      call.may_be_repeated ? "may be repeated" : "in doubt if its process is gone",
      h(
        "div",
        { class: "buttons" },
        answer,
        h("button", { type: "button", onclick: resolve("done") }, "Was done"),
        h("button", { type: "button", onclick: resolve("not_done") }, "Was not done"),
        h("button", { type: "button", onclick: resolve("unknown") }, "Cannot tell"),
      ),
    ];
  });
  return (
    rows.length > 0 && [
      h("h2", {}, "Calls without an answer"),
      table("Calls without an answer", ["Call", "Tool", "Left", "", "What became of it"], rows),
    ]
  );
}

const events = (rows) =>
  table(
    "Journal",
    ["Place", "When", "What", "Call", "Size"],
    rows.map((row) => [String(row.id), when(row.at_ms), row.kind, row.call ? String(row.call) : "", bytes(row.bytes)]),
  );

export async function page({ rest, over }) {
  const id = rest[0];
  const [head, body, journal] = [h("div", {}), h("div", {}), h("div", {})];
  const lines = calls(id, over);
  let status = null;

  async function draw() {
    const found = await look("execution", { id }, over);
    status = found.status;
    const cancel = h(
      "button",
      {
        type: "button",
        class: "danger",
        onclick: async () => {
          cancel.disabled = true;
          try {
            await act("cancel", { id });
            say("asked to end");
          } catch (error) {
            say(error.message);
          }
          draw();
        },
      },
      "Cancel",
    );
    fill(
      head,
      h("p", {}, tag(found.status), " ", h("span", { class: "mono" }, id)),
      !isOver(status) && h("div", { class: "buttons" }, cancel),
      facts([
        ["Began", when(found.started_ms)],
        ["Took", found.ended_ms && took((found.ended_ms - found.started_ms) * 1000)],
        ["Language", found.language],
        ["Session", found.session],
        ["Principal", found.principal],
        ["Calls", count(found.total_calls)],
        ["CPU", found.cpu_ms !== null && `${found.cpu_ms} ms`],
        ["Confinement", found.isolation],
      ]),
    );
    // What somebody fills in stays.
    if (body.contains(document.activeElement) && document.activeElement.matches("input, summary")) return;
    const shown = h("div", {});
    const failure = found.error;
    fill(
      body,
      failure && [
        h("h2", {}, "Why it did not succeed"),
        problem(failure),
        failure.line &&
          h("p", { class: "small" }, `Line ${failure.line}${failure.column ? `, column ${failure.column}` : ""}`),
      ],
      found.approvals.some((one) => one.status === "pending") &&
        h("p", {}, h("a", { href: "#/approvals" }, "A call of it waits for approval")),
      open(id, found, draw),
      h(
        "div",
        { class: "grid" },
        h("section", {}, h("h2", {}, "Program"), program(found.code, failure?.line, "Program")),
        h(
          "section",
          {},
          h("h2", {}, "Tokens"),
          tokens(found.tokens),
          found.result !== null && [h("h2", {}, "Result"), block(pretty(found.result), "Result")],
          found.stdout && [h("h2", {}, "Console"), block(found.stdout, "Console")],
          found.input && [h("h2", {}, "Input"), block(pretty(found.input), "Input")],
        ),
      ),
      reveal(async (reason) => revealed(await act("reveal", { id, part: "program", reason })), shown),
      shown,
      found.approvals.length > 0 && [
        h("h2", {}, "Decisions of people"),
        table(
          "Decisions of people",
          ["Call", "Tool", "Rule", "Status", "By", "Why"],
          found.approvals.map((one) => [
            String(one.call),
            `${one.server}.${one.tool}`,
            one.rule,
            tag(one.status),
            one.answered_by ?? "",
            one.answer_reason ?? "",
          ]),
        ),
      ],
    );
  }

  const more = h(
    "button",
    {
      type: "button",
      onclick: async () => {
        const { rows } = await look("events", { id, limit: 500 }, over);
        fill(journal, rows.length === 0 ? h("p", { class: "empty" }, "Nothing was delivered yet.") : events(rows));
      },
    },
    "Show the journal",
  );

  await draw();
  // They come a page at a time; what is there shows at once.
  lines.load();
  return {
    element: [
      h("p", {}, h("a", { href: "#/executions" }, "All executions")),
      h("h1", {}, "Execution"),
      head,
      body,
      h("h2", {}, "Calls"),
      lines.element,
      h("h2", {}, "Journal"),
      h("div", { class: "buttons" }, more),
      journal,
    ],
    changed: async () => {
      if (!isOver(status)) {
        await draw();
        await lines.load();
      }
    },
    shown: lines.shown,
  };
}

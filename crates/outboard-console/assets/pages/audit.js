// What was decided and done.

import { look } from "../api.js";
import { copying, facts, fill, h, nothing, problem } from "../dom.js";
import { filled, filters, searched } from "../fields.js";
import { ago, count, tag, took, when } from "../format.js";
import { list } from "../list.js";

const PAGE = 200;
const draw = (row) => [
  h(
    "div",
    { class: "first" },
    h("span", { class: "mono" }, `${row.seq} ${row.kind}`),
    h("span", {}, [row.server, row.tool].filter(Boolean).join(".")),
    h("span", {}, row.decision),
    h("span", { class: "end small soft" }, row.outcome ?? ""),
  ),
  h("div", { class: "second" }, ago(row.at_ms), ["", row.principal, row.execution, row.rule].filter((text) => text !== null).join(" · ")),
];

export async function page({ query, over }) {
  let rows = [];
  let next = null;
  let busy = false;
  let turn = 0;
  const [fault, one, checked] = [
    h("div", {}),
    h("section", { "aria-live": "polite" }),
    h("div", { "aria-live": "polite" }),
  ];
  const said = h("p", { class: "small soft said-of-list", role: "status" });
  const none = h("div", {});
  const field = (name, label) => searched(label, name, query.get(name), { "data-search": name === "text" });
  const fields = filters(
    "Filters",
    "audit",
    [
      field("text", "Words"),
      field("execution", "Execution"),
      field("server", "Server"),
      field("tool", "Tool"),
      field("decision", "Decision"),
      field("principal", "Principal"),
    ],
    () => load(true),
  );

  const open = (row) =>
    fill(
      one,
      h(
        "div",
        { class: "card" },
        h("h2", {}, `Row ${row.seq}`),
        facts([
          ["When", when(row.at_ms)],
          ["Kind", row.kind],
          ["Decision", row.decision],
          ["Rule", row.rule],
          ["Outcome", row.outcome && tag(row.outcome)],
          ["Tool", row.tool && `${row.server}.${row.tool}`],
          ["Principal", row.principal],
          [
            "Execution",
            row.execution && h("a", { href: `#/executions/${encodeURIComponent(row.execution)}` }, row.execution),
          ],
          ["Call", row.call && String(row.call)],
          ["Approval", row.approval],
          ["Took", row.duration_us && took(row.duration_us)],
          ["Digest of the arguments", row.arguments_digest && h("code", {}, row.arguments_digest)],
          ["Hash of the row", [h("code", {}, row.hash), copying(row.hash, "Copy the hash")]],
        ]),
      ),
    );
  const lines = list({
    label: "Audit rows",
    draw,
    open,
    more: () => {
      if (next !== null && !busy) load(false);
    },
  });

  async function load(fresh) {
    const mine = ++turn;
    busy = true;
    try {
      // A look for words ends after so many rows, whether any of them fits or not.
      let found = [];
      let from = fresh ? null : next;
      do {
        const got = await look(
          "audit",
          { ...filled(fields), ...(from === null ? {} : { before: from }), limit: PAGE },
          over,
        );
        if (mine !== turn) return;
        found = got.rows.map((row) => ({ ...row, id: row.seq }));
        from = got.next;
      } while (found.length === 0 && from !== null);
      rows = fresh ? found : rows.concat(found);
      next = from;
      lines.set(rows);
      fill(fault);
      fill(
        said,
        rows.length > 0 && `${count(rows.length)} rows${next === null ? "" : "; older ones follow when you scroll"}`,
      );
      lines.box.hidden = rows.length === 0;
      fill(none, rows.length === 0 && nothing("No row fits.", h("a", { href: "#/audit" }, "Show all rows")));
    } catch (error) {
      if (error.name !== "AbortError") fill(fault, problem(error));
    } finally {
      if (mine === turn) busy = false;
    }
  }
  const verify = h(
    "button",
    {
      type: "button",
      onclick: async () => {
        verify.disabled = true;
        try {
          const found = await look("audit_check", {}, over);
          fill(
            checked,
            found.fault
              ? problem({ code: "tampered", message: `row ${found.fault.seq}: ${found.fault.detail}` })
              : h("p", { class: "good" }, `${count(found.rows)} rows follow each other, as they were written.`),
          );
        } catch (error) {
          fill(checked, problem(error));
        } finally {
          verify.disabled = false;
        }
      },
    },
    "Verify the chain",
  );
  await load(true);
  return {
    element: [
      h("h1", {}, "Audit"),
      fields,
      h("div", { class: "buttons" }, verify),
      checked,
      fault,
      lines.box,
      none,
      said,
      one,
    ],
    shown: () => lines.set(rows),
  };
}

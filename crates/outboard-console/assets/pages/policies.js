// The rules in force, and what they would decide.

import { look } from "../api.js";
import { block, fill, h, nothing, problem, table } from "../dom.js";
import { choose, filled, named } from "../fields.js";
import { tag } from "../format.js";

const verdict = (given) => {
  if (given === "matched") return "matches";
  if (given.matched_unsure) return `taken to match: ${given.matched_unsure}`;
  return `no: ${given.not_matched.field}: ${given.not_matched.why}`;
};

function told(found) {
  return [
    h(
      "p",
      {},
      tag(found.decision.action),
      " ",
      found.decision.rule,
      found.decision.reason && `: ${found.decision.reason}`,
    ),
    found.steps.length > 0 &&
      table(
        "Every rule",
        ["Rule", "Action", "Verdict"],
        found.steps.map((step) => [step.rule, tag(step.action), verdict(step.verdict)]),
      ),
  ];
}

export async function page({ query, over }) {
  const policy = await look("policy", {}, over);
  const said = h("div", { "aria-live": "polite" });
  const text = (name, label, value) =>
    named(
      label,
      h("input", {
        name,
        type: "text",
        value,
        autocomplete: "off",
        required: ["server", "tool"].includes(name),
        "data-search": name === "server",
      }),
    );
  const fields = h(
    "form",
    {
      class: "card",
      onsubmit: async (event) => {
        event.preventDefault();
        history.replaceState(null, "", `#/policies?${new URLSearchParams(filled(fields))}`);
        try {
          fill(said, told(await look("decision", Object.fromEntries(new FormData(fields)), over)));
        } catch (error) {
          fill(said, problem(error));
        }
      },
    },
    h("h2", {}, "Dry run"),
    h("p", { class: "small soft" }, "Nothing is called."),
    h(
      "div",
      { class: "bar-of-fields" },
      text("server", "Server", query.get("server") ?? ""),
      text("tool", "Tool", query.get("tool") ?? ""),
      text("principal", "Principal", "local"),
      text("session", "Session", "default"),
      named("Asked by", choose(["program", "model", "person"], "program", { name: "origin" })),
    ),
    h(
      "label",
      { class: "field" },
      "Arguments (JSON)",
      h("textarea", { name: "arguments", rows: 3, value: query.get("arguments") ?? "{}", spellcheck: "false" }),
    ),
    h("div", { class: "buttons" }, h("button", { class: "first", type: "submit" }, "Decide")),
    said,
  );
  const rules = policy.rules.map((rule) =>
    h(
      "article",
      { class: "card", "aria-label": rule.id },
      h("h3", {}, tag(rule.action), " ", rule.id),
      rule.reason && h("p", {}, rule.reason),
      h("p", { class: "small" }, rule.tools.length > 0 ? rule.tools.join(", ") : "every tool"),
      h("details", {}, h("summary", {}, "The rule as it is read"), block(JSON.stringify(rule, null, 2), rule.id)),
    ),
  );
  return {
    element: [
      h("h1", {}, "Policies"),
      h(
        "p",
        {},
        "Profile ",
        h("strong", {}, policy.profile),
        ` decides where no rule matches. A denial always counts; of the others the first that matches. Version ${policy.version.slice(0, 12)}.`,
      ),
      fields,
      h("h2", {}, "Rules in force"),
      rules.length > 0 ? rules : nothing("No rules are written; the profile decides.", "Write ", h("code", {}, "[[policy.rules]]"), " in outboard.toml."),
    ],
  };
}

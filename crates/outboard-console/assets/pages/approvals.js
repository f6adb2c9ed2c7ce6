// Calls that wait for a person.

import { act, look } from "../api.js";
import { difference, shown } from "../diff.js";
import { block, facts, fill, h, problem, say, table } from "../dom.js";
import { tag, when } from "../format.js";

const SCOPES = {
  once: "this call",
  execution: "such calls of this execution",
  session: "such calls of this session",
  always: "always (writes a rule)",
};

function card(question, again) {
  const { id } = question;
  const before = h("div", {});
  const said = h("div", {});
  const reason = h("input", { type: "text", maxlength: "300", autocomplete: "off" });
  const scope = h(
    "select",
    {},
    Object.entries(SCOPES).map(([word, text]) => h("option", { value: word }, text)),
  );
  const buttons = [];
  const answer = (approve) => async () => {
    buttons.forEach((button) => {
      button.disabled = true;
    });
    try {
      const given = { id, approve, scope: scope.value };
      if (reason.value) given.reason = reason.value;
      const { counted, record } = await act("answer", given);
      say(
        counted ? `${record.status}: ${record.server}.${record.tool}` : `not counted: it is ${record.status} already`,
      );
      again();
    } catch (error) {
      fill(said, problem(error));
      buttons.forEach((button) => {
        button.disabled = false;
      });
    }
  };
  buttons.push(
    h("button", { type: "button", class: "first", onclick: answer(true) }, "Approve"),
    h("button", { type: "button", class: "danger", onclick: answer(false) }, "Deny"),
  );
  look("call_before", { id })
    .then((found) => {
      if (!found.arguments)
        return fill(
          before,
          h("p", { class: "small soft" }, "This session has called the tool with no other arguments before."),
        );
      const lines = difference(found.arguments, question.arguments);
      fill(
        before,
        h("h3", {}, "Against the call before"),
        lines.every(([sign]) => sign === " ")
          ? h("p", { class: "small soft" }, "The same arguments.")
          : shown(lines, "What is different from the call before"),
      );
    })
    .catch((error) => fill(before, problem(error)));
  return h(
    "article",
    { class: "card", "data-approval": id, "aria-label": `${question.server}.${question.tool}` },
    h("h2", {}, `${question.server}.${question.tool}`),
    facts([
      ["Why", question.reason],
      ["Rule", question.rule],
      ["Execution", h("a", { href: `#/executions/${encodeURIComponent(question.execution)}` }, question.execution)],
      ["Session", question.session],
      ["Principal", question.principal],
      ["Asked", when(question.created_ms)],
      ["No answer is a no from", when(question.expires_ms)],
      ["Waiting with it", question.similar > 0 && `${question.similar} more of this tool`],
    ]),
    h("h3", {}, "Arguments"),
    block(question.arguments, "Arguments"),
    before,
    h(
      "div",
      { class: "buttons" },
      h("label", {}, "Reason (the program reads it)", reason),
      h("label", {}, "A yes is for", scope),
      buttons,
    ),
    said,
  );
}

export async function page({ over }) {
  const [waiting, closed] = [h("div", {}), h("div", {})];
  const cards = new Map();
  async function draw() {
    const found = await look("approvals", {}, over);
    const ids = new Set(found.open.map((question) => question.id));
    // A card stays as it is while somebody fills it in.
    for (const [id, element] of cards)
      if (!ids.has(id)) {
        element.remove();
        cards.delete(id);
      }
    waiting.querySelector(".empty")?.remove();
    for (const question of found.open) {
      if (cards.has(question.id)) continue;
      const element = card(question, draw);
      cards.set(question.id, element);
      waiting.appendChild(element);
    }
    if (found.open.length === 0) fill(waiting, h("p", { class: "empty" }, "No call waits for approval."));
    fill(
      closed,
      found.closed.length > 0 && [
        h("h2", {}, "Answered lately"),
        table(
          "Answered lately",
          ["Tool", "Status", "By", "Through", "Why", "When"],
          found.closed.map((one) => [
            `${one.server}.${one.tool}`,
            tag(one.status),
            one.answered_by ?? "",
            one.channel ?? "",
            one.answer_reason ?? "",
            when(one.answered_ms),
          ]),
        ),
      ],
    );
  }
  await draw();
  return { element: [h("h1", {}, "Approvals"), waiting, closed], changed: draw };
}

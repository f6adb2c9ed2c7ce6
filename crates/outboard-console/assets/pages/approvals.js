// Calls and skills that wait for a person.

import { act, look } from "../api.js";
import { difference, shown, unified } from "../diff.js";
import { block, facts, fill, h, nothing, part, problem, say, table } from "../dom.js";
import { choose, named } from "../fields.js";
import { ago, tag } from "../format.js";

const SCOPES = [
  ["once", "this call"],
  ["execution", "such calls of this execution"],
  ["session", "such calls of this session"],
  ["always", "always (writes a rule)"],
];

const execution = (id) => id && h("a", { href: `#/executions/${encodeURIComponent(id)}` }, id);

/** Yes and no, with a reason; `send(approve, reason)` gives what is said when it is done. */
function answers(send, label, again, more) {
  const said = h("div", {});
  const reason = h("input", { type: "text", maxlength: "300", autocomplete: "off" });
  const buttons = [];
  const answer = (approve) => async () => {
    buttons.forEach((button) => {
      button.disabled = true;
    });
    try {
      say(await send(approve, reason.value || undefined));
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
  return [h("div", { class: "buttons" }, named(label, reason), more, buttons), said];
}

function before(question) {
  const place = h("div", {});
  look("call_before", { id: question.id })
    .then((found) => {
      if (!found.arguments)
        return fill(place, h("p", { class: "small soft" }, "The first call of this tool in this session with arguments."));
      const lines = difference(found.arguments, question.arguments);
      fill(
        place,
        h("h3", {}, "Against the call before"),
        lines.every(([sign]) => sign === " ")
          ? h("p", { class: "small soft" }, "The same arguments.")
          : shown(lines, "What is different from the call before"),
      );
    })
    .catch((error) => fill(place, problem(error)));
  return place;
}

function card(question, again) {
  const { id } = question;
  const scope = choose(SCOPES, "once");
  const send = async (approve, reason) => {
    const { counted, record } = await act("answer", { id, approve, scope: scope.value, ...(reason ? { reason } : {}) });
    return counted ? `${record.status}: ${record.server}.${record.tool}` : `not counted: it is ${record.status} already`;
  };
  return h(
    "article",
    { class: "card", "data-approval": id, "aria-label": `${question.server}.${question.tool}` },
    h("div", { class: "head" }, h("h2", {}, `${question.server}.${question.tool}`), tag("pending")),
    question.reason && h("div", { class: "notice" }, question.reason),
    h(
      "div",
      { class: "grid" },
      h("div", {}, h("h3", {}, "Arguments"), block(question.arguments, "Arguments"), before(question)),
      facts([
        ["Rule", question.rule],
        ["Execution", execution(question.execution)],
        ["Line", question.line && h("code", {}, `${question.line}: ${question.source}`)],
        ["Session", question.session],
        ["Principal", question.principal],
        ["Asked", ago(question.created_ms)],
        ["Without an answer", h("span", {}, "denied ", ago(question.expires_ms))],
        ["Waiting with it", question.similar > 0 && `${question.similar} more of this tool`],
      ]),
    ),
    answers(send, "Reason (the program reads it)", again, named("A yes is for", scope)),
  );
}

/** A skill that a program saved: all that changes, before it joins the project's. */
function skill(one, again) {
  const send = async (approve, reason) => {
    await act("answer_skill", { id: one.id, approve, ...(reason ? { reason } : {}) });
    return `${approve ? "approved" : "denied"}: skill ${one.skill}`;
  };
  const what = one.replaces ? "Change of a skill" : "New skill";
  return h(
    "article",
    { class: "card", "data-approval": one.id, "aria-label": `Skill ${one.skill}` },
    h("div", { class: "head" }, h("h2", {}, `${what}: ${one.skill}`), tag("pending")),
    one.description && h("p", {}, one.description),
    facts([
      ["Version", one.replaces ? `${one.replaces} → ${one.version}` : one.version],
      ["Session", one.session],
      ["Execution", execution(one.execution)],
      ["Saved", ago(one.created_ms)],
    ]),
    h("h3", {}, "What changes"),
    unified(one.diff.trimEnd(), `Changes of ${one.skill}`),
    answers(send, "Reason", again),
  );
}

const closed = (rows) =>
  rows.length > 0 && [
    h("h2", {}, "Answered lately"),
    table(
      "Answered lately",
      ["Tool", "Status", "By", "Through", "Why", "When", "Execution"],
      rows.map((one) => [
        `${one.server}.${one.tool}`,
        tag(one.status),
        one.answered_by ?? "",
        one.channel ?? "",
        one.answer_reason ?? "",
        ago(one.answered_ms),
        execution(one.execution),
      ]),
    ),
  ];

export async function page({ over }) {
  const [waiting, none, lately] = [h("div", {}), h("div", {}), part(closed)];
  const cards = new Map();
  async function draw() {
    const found = await look("approvals", {}, over);
    const all = [...found.open.map((one) => [one, card]), ...found.skills.map((one) => [one, skill])];
    const ids = new Set(all.map(([one]) => one.id));
    // A card stays as it is while somebody fills it in.
    for (const [id, element] of cards)
      if (!ids.has(id)) {
        element.remove();
        cards.delete(id);
      }
    for (const [one, make] of all) {
      if (cards.has(one.id)) continue;
      const element = make(one, draw);
      cards.set(one.id, element);
      waiting.appendChild(element);
    }
    fill(
      none,
      all.length === 0 &&
        nothing("No call waits for approval.", "Rules with ", h("code", {}, 'action = "ask"'), " bring calls here. ", h("a", { href: "#/policies" }, "The rules in force")),
    );
    lately.set(found.closed);
  }
  await draw();
  return { element: [h("h1", {}, "Approvals"), waiting, none, lately.place], changed: draw };
}

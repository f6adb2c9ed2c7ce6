// Calls that left and have no answer: under way, or in doubt once their process is gone.

import { act, session } from "../api.js";
import { h, problem, say, table } from "../dom.js";
import { ago, isOver } from "../format.js";

function verdict(id, call, again) {
  const answer = h("input", { type: "text", "aria-label": `Answer of call ${call.id} as JSON`, placeholder: "{}" });
  const said = h("div", {});
  const button = (word, text) =>
    h(
      "button",
      {
        type: "button",
        onclick: async () => {
          try {
            const given = { id, call: call.id, verdict: word };
            if (word === "done") given.answer = JSON.parse(answer.value || "null");
            await act("resolve", given);
            document.activeElement?.blur();
            say("noted; the program goes on with it");
            again();
          } catch (error) {
            said.replaceChildren(problem(error));
          }
        },
      },
      text,
    );
  return h(
    "details",
    {},
    h("summary", {}, "Its process is gone: say what became of it"),
    h("p", { class: "small soft" }, "Look at the server itself. The program gets what you say as the answer of the call."),
    h(
      "div",
      { class: "buttons" },
      answer,
      button("done", "Was done"),
      button("not_done", "Was not done"),
      button("unknown", "Cannot tell"),
    ),
    said,
  );
}

/** The calls, each with what a person can say of it. */
export function open(id, { calls, status }, again) {
  if (calls.length === 0 || isOver(status)) return null;
  return [
    h("h2", {}, calls.length === 1 ? "A call without an answer yet" : `${calls.length} calls without an answer yet`),
    table(
      "Calls without an answer",
      ["Call", "Tool", "Left", ""],
      calls.slice(0, 50).map((call) => [
        String(call.id),
        `${call.server}.${call.tool}`,
        ago(call.at_ms),
        call.may_be_repeated || session.only ? "may be repeated" : verdict(id, call, again),
      ]),
    ),
  ];
}

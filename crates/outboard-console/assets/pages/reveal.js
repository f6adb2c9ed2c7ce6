// Seeing private values: with a reason, which the audit log keeps.

import { fill, h, problem, say } from "../dom.js";

/** Asks why, then shows what is private. */
export function reveal(send, place) {
  const reason = h("input", {
    type: "text",
    name: "reason",
    required: true,
    minlength: "3",
    maxlength: "300",
    autocomplete: "off",
  });
  const form = h(
    "form",
    {
      class: "buttons",
      onsubmit: async (event) => {
        event.preventDefault();
        try {
          fill(place, await send(reason.value));
          say("shown; the audit log says so");
        } catch (error) {
          fill(place, problem(error));
        }
      },
    },
    h("label", {}, "Reason, for the audit log", reason),
    h("button", { type: "submit" }, "Reveal private values"),
  );
  return h("details", {}, h("summary", {}, "Private values are tokens here"), form);
}

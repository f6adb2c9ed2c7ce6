// Coming in with a token.

import { login } from "../api.js";
import { fill, h, problem } from "../dom.js";

export function page(enter) {
  const said = h("div", {});
  const token = h("input", { type: "password", autocomplete: "off", id: "token", required: true, spellcheck: "false" });
  const button = h("button", { class: "first", type: "submit" }, "Log in");
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await login({ token: token.value });
      enter();
    } catch (error) {
      fill(said, problem(error));
      token.focus();
    } finally {
      button.disabled = false;
    }
  };
  return h(
    "form",
    { class: "login card", onsubmit: submit },
    h("h1", {}, "Outboard console"),
    h("label", { for: "token" }, "Token"),
    token,
    h(
      "p",
      { class: "small soft" },
      "The bearer token that was printed when Outboard started, or OUTBOARD_TOKEN. “outboard console” prints a link that needs none. A token of “outboard token create” shows what ran for its principal.",
    ),
    h("div", { class: "buttons" }, button),
    said,
  );
}

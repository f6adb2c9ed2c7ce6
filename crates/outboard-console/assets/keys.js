// Keys that work on every page, and the list of them.

import { fill, h } from "./dom.js";

/** The letters behind `g` that go to a page. */
export const LETTERS = {
  e: "executions",
  a: "approvals",
  c: "catalogue",
  s: "servers",
  k: "skills",
  p: "policies",
  f: "figures",
  l: "audit",
};

const LISTED = [
  [["/"], "go to the search field of the page"],
  [["j", "k"], "move in a list; arrows, Page Up, Page Down, Home and End too"],
  [["Enter"], "open what is chosen"],
  [["Esc"], "leave a field; close this"],
  [["?"], "show this list"],
];

function help(names) {
  const dialog = h("dialog", { "aria-labelledby": "keys-title" });
  const row = (keys, text) => [h("dt", {}, keys.map((key) => [h("kbd", {}, key), " "])), h("dd", {}, text)];
  const close = h("button", { type: "button", onclick: () => dialog.close() }, "Close");
  fill(
    dialog,
    h("h2", { id: "keys-title" }, "Keys"),
    h(
      "dl",
      { class: "facts" },
      LISTED.map(([keys, text]) => row(keys, text)),
      Object.entries(LETTERS)
        .filter(([, page]) => names[page])
        .map(([letter, page]) => row(["g", letter], names[page])),
    ),
    h("div", { class: "buttons" }, close),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.appendChild(dialog);
  dialog.showModal();
}

/** Listens. `names()` gives the pages that there are; `go(page)` shows one. */
export function listen(main, names, go) {
  let waits = 0;
  const box = () => main.querySelector("[role=listbox]");
  const focus = (event, element) => {
    if (!element) return;
    event.preventDefault();
    element.focus();
  };
  document.getElementById("keys").addEventListener("click", () => help(names()));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select")) {
      if (event.key === "Escape") focus(event, box() ?? main);
      return;
    }
    const goes = Date.now() - waits < 1500 && LETTERS[event.key];
    waits = event.key === "g" ? Date.now() : 0;
    if (goes && names()[goes]) {
      event.preventDefault();
      event.stopImmediatePropagation();
      go(goes);
    } else if (event.key === "/") focus(event, main.querySelector("[data-search]"));
    else if (event.key === "?") help(names());
    else if (
      ["j", "k", "ArrowDown", "ArrowUp"].includes(event.key) &&
      event.target.closest("[role=listbox], .table, pre, .code, .diff") === null
    )
      focus(event, box());
  }, true);
}

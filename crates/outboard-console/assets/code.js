// Program text with numbers, the line that failed or is at work, and how many calls each line made.

import { h } from "./dom.js";

const LONGEST = 5000;

/** `calls(line)` is called when somebody asks for the calls of a line. */
export function code(text, label, calls) {
  const lines = text.split("\n").slice(0, LONGEST);
  const places = lines.map(() => h("span", { class: "calls" }));
  const rows = lines.map((one, at) =>
    h(
      "div",
      { class: "row" },
      h("span", { class: "number", "aria-hidden": "true" }, String(at + 1)),
      places[at],
      h("span", { class: "text" }, one || " "),
    ),
  );
  const box = h("div", { class: "code mono", tabindex: "0", role: "region", "aria-label": label }, rows);
  const marked = new Map();

  function see(row) {
    const [top, height] = [row.offsetTop - box.offsetTop, row.offsetHeight];
    if (top < box.scrollTop || top + height > box.scrollTop + box.clientHeight)
      box.scrollTop = Math.max(0, top - box.clientHeight / 2);
  }

  /** Marks one line as `here`, `failed` or `seen`, in the place of the one before; none without a number. */
  function mark(kind, line) {
    const [before, now] = [marked.get(kind), rows[line - 1]];
    if (before === now) return;
    before?.classList.remove(kind);
    before?.removeAttribute("aria-current");
    marked.set(kind, now);
    if (!now) return;
    now.classList.add(kind);
    if (kind !== "seen") now.setAttribute("aria-current", "true");
    see(now);
  }

  const known = new Map();
  /** Says how many calls each line made: a map of numbers. */
  function count(found) {
    for (const [line, number] of found) {
      if (known.get(line) === number || !places[line - 1]) continue;
      known.set(line, number);
      const said = `${number} ${number === 1 ? "call" : "calls"} of line ${line}`;
      const button = h("button", { type: "button", onclick: () => calls(line), "aria-label": said, title: said }, `×${number}`);
      places[line - 1].replaceChildren(button);
    }
  }
  return { box, mark, count };
}

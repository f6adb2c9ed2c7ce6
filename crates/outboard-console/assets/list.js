// A list of any length: only the lines that are seen are there. Arrows or j and k move, Enter opens.

import { fresh, h } from "./dom.js";

const LINE = 52;
const AROUND = 8;

/**
 * `draw(row)` gives the children of a line, `open(row)` is called for the one that is chosen, `more()` when the end
 * comes near, `point(row)` for the one under the pointer. Rows are known by `row.id`.
 */
export function list({ label, draw, open, more, point, kind = "" }) {
  const room = h("div", { class: "room", role: "presentation" });
  const box = h("div", { class: `list ${kind}`, role: "listbox", tabindex: "0", "aria-label": label }, room);
  const name = fresh("line");
  let rows = [];
  let total = 0;
  let active = 0;

  // Lines that are there, by their place: the element, and what it shows.
  const drawn = new Map();
  function line(at) {
    const element = h(
      "div",
      {
        class: "line",
        role: "option",
        id: `${name}-${at}`,
        onclick: () => {
          move(at);
          open(rows[at]);
        },
        onmouseenter: () => point?.(rows[at]),
      },
      draw(rows[at]),
    );
    element.style.top = `${at * LINE}px`;
    return element;
  }

  function dress(at, element) {
    element.classList.toggle("active", at === active);
    element.setAttribute("aria-selected", String(at === active));
    element.setAttribute("aria-setsize", String(Math.max(total, rows.length)));
    element.setAttribute("aria-posinset", String(at + 1));
  }

  function show() {
    const from = Math.max(0, Math.floor(box.scrollTop / LINE) - AROUND);
    const to = Math.min(rows.length, Math.ceil((box.scrollTop + box.clientHeight) / LINE) + AROUND);
    for (const [at, { element }] of drawn) {
      if (at < from || at >= to) {
        element.remove();
        drawn.delete(at);
      }
    }
    for (let at = from; at < to; at += 1) {
      let one = drawn.get(at);
      if (!one) {
        one = { element: line(at), row: rows[at] };
        drawn.set(at, one);
        room.appendChild(one.element);
      }
      dress(at, one.element);
    }
    const height = `${rows.length * LINE}px`;
    if (room.style.height !== height) {
      room.style.height = height;
      // A short list is no higher than its lines.
      if (kind === "short") box.style.height = `min(24rem, ${Math.max(1, rows.length) * LINE + 2}px)`;
    }
    if (rows.length > 0 && drawn.has(active)) box.setAttribute("aria-activedescendant", `${name}-${active}`);
    else box.removeAttribute("aria-activedescendant");
    if (more && to >= rows.length - 20) more();
  }

  function move(at) {
    active = Math.max(0, Math.min(rows.length - 1, at));
    const top = active * LINE;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + LINE > box.scrollTop + box.clientHeight) box.scrollTop = top + LINE - box.clientHeight;
    show();
  }

  const page = () => Math.max(1, Math.floor(box.clientHeight / LINE) - 1);
  const KEYS = {
    ArrowDown: () => move(active + 1),
    j: () => move(active + 1),
    ArrowUp: () => move(active - 1),
    k: () => move(active - 1),
    PageDown: () => move(active + page()),
    PageUp: () => move(active - page()),
    Home: () => move(0),
    End: () => move(rows.length - 1),
    Enter: () => rows[active] && open(rows[active]),
  };
  box.addEventListener("keydown", (event) => {
    const key = KEYS[event.key];
    if (!key || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    key();
  });
  let asked = false;
  box.addEventListener(
    "scroll",
    () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        show();
      });
    },
    { passive: true },
  );
  new ResizeObserver(() => show()).observe(box);

  return {
    box,
    /** Shows other rows, and keeps the chosen one if it is among them. Lines that show the same stay as they are. */
    set(now, known = now.length, anew = false) {
      const chosen = rows[active]?.id;
      rows = now;
      total = known;
      const at = chosen === undefined ? -1 : rows.findIndex((row) => row.id === chosen);
      active = at >= 0 ? at : Math.min(active, Math.max(0, rows.length - 1));
      for (const [place, { element, row }] of drawn) {
        const same = !anew && (rows[place] === row || JSON.stringify(rows[place]) === JSON.stringify(row));
        if (!same) {
          element.remove();
          drawn.delete(place);
        }
      }
      show();
    },
    focus: () => box.focus(),
  };
}

// Making elements. Text only ever becomes a text node: nothing that a program, a server or a model wrote is markup.

// Characters that hide, reorder or break text: shown as escapes.
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/gu;

/** Text as a person may read it. */
export function visible(text) {
  return String(text).replace(HIDDEN, (found) => `\\u{${found.codePointAt(0).toString(16)}}`);
}

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected", "type", "min", "max", "rows"]);

function adopt(parent, child) {
  if (child === null || child === undefined || child === false) return;
  if (Array.isArray(child)) child.forEach((one) => adopt(parent, one));
  else if (child instanceof Node) parent.appendChild(child);
  else parent.appendChild(document.createTextNode(visible(child)));
}

function dress(element, given) {
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "href") element.setAttribute("href", String(value).startsWith("#") ? value : "#/");
    else if (PROPERTIES.has(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : visible(value));
  }
}

/** An element with attributes, listeners (`onclick`) and children. */
export function h(name, given, ...children) {
  const element = document.createElement(name);
  dress(element, given);
  adopt(element, children);
  return element;
}

/** The same for pictures. */
export function svg(name, given, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  dress(element, given);
  adopt(element, children);
  return element;
}

/** Puts children in the place of those that were there. */
export function fill(parent, ...children) {
  parent.replaceChildren();
  adopt(parent, children);
  return parent;
}

let counter = 0;
/** An id that nothing else has. */
export const fresh = (name) => `${name}-${(counter += 1)}`;

/** Says something to the person, aloud too. */
export function say(text) {
  const place = document.getElementById("said");
  place.textContent = visible(text);
  clearTimeout(say.timer);
  say.timer = setTimeout(() => {
    place.textContent = "";
  }, 6000);
}

/** What went wrong, and what to do. */
export function problem(error) {
  return h(
    "div",
    { class: "problem", role: "alert" },
    h("p", {}, h("strong", {}, error.code ?? "error"), ": ", error.message),
    error.hint && h("p", { class: "soft" }, error.hint),
  );
}

/** A table that scrolls by itself where it is too wide. */
export function table(label, heads, rows) {
  return h(
    "div",
    { class: "table", role: "region", "aria-label": label, tabindex: "0" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          heads.map((head) => h("th", { scope: "col" }, head)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            row.map((cell) => h("td", {}, cell)),
          ),
        ),
      ),
    ),
  );
}

/** Names and values. */
export function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "");
  return h(
    "dl",
    { class: "facts" },
    shown.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}

/** Figures in a row. */
export function tiles(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "");
  return h(
    "dl",
    { class: "tiles" },
    shown.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

/** A button that puts a text on the clipboard, as it is. */
export function copying(text, label = "Copy") {
  const copy = async (event) => {
    event.stopPropagation();
    try {
      await navigator.clipboard.writeText(text);
      say("copied");
    } catch {
      say("the browser does not let this page copy; mark the text instead");
    }
  };
  return h("button", { type: "button", class: "quiet", onclick: copy, "aria-label": label }, "Copy");
}

/** Text that scrolls by itself, reachable with the keyboard, and can be copied. */
export function block(text, label) {
  return h(
    "div",
    { class: "with-copy" },
    h("pre", { tabindex: "0", role: "region", "aria-label": label }, text),
    copying(text, `Copy: ${label}`),
  );
}

/** What is there before there is anything: what it means, and what to do. */
export const nothing = (what, ...next) => h("div", { class: "empty" }, h("p", {}, h("strong", {}, what)), h("p", {}, next));

/**
 * A place that is drawn anew when what it shows is another one, and stays as it is otherwise: what somebody marked,
 * scrolled or fills in is not lost to news.
 */
export function part(draw, name = "div") {
  const place = h(name, {});
  let known;
  const busy = () => place.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
  return {
    place,
    set(value) {
      const now = JSON.stringify(value ?? null);
      if (now === known || busy()) return;
      known = now;
      fill(place, draw(value));
    },
  };
}

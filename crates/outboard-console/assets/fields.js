// Fields of filters and forms.

import { h } from "./dom.js";

/** Words to choose from: `options` is a list of words, or of pairs of a word and how it is shown. */
export function choose(options, given, more = {}) {
  return h(
    "select",
    more,
    options.map((option) => {
      const [value, text] = Array.isArray(option) ? option : [option, String(option).replaceAll("_", " ")];
      return h("option", { value, selected: value === given }, text);
    }),
  );
}

/** A field with its name above it. */
export const named = (label, control) => h("label", {}, label, control);

/** A text to look for. */
export const searched = (label, name, given, more = {}) =>
  named(label, h("input", { type: "search", name, value: given ?? "", autocomplete: "off", ...more }));

/** What a form of filters says; fields without a value say nothing. */
export const filled = (form) => Object.fromEntries([...new FormData(form)].filter(([, value]) => value));

/**
 * A row of filters. `apply` is called with what they say shortly after somebody changed them, and the address of the
 * page says the same, so that it can be kept, sent and gone back to.
 */
export function filters(label, page, fields, apply) {
  const now = () => {
    clearTimeout(timer);
    const query = new URLSearchParams(filled(form));
    history.replaceState(null, "", `#/${page}${query.size ? `?${query}` : ""}`);
    apply();
  };
  let timer;
  const form = h(
    "form",
    {
      class: "bar-of-fields",
      role: "search",
      "aria-label": label,
      onsubmit: (event) => {
        event.preventDefault();
        now();
      },
    },
    fields,
  );
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(now, 250);
  });
  return form;
}

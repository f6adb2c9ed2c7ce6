// A form from a JSON Schema. What it cannot draw is written as JSON.

import { fresh, h } from "./dom.js";

const DEEPEST = 4;

function resolved(root, schema, depth = 0) {
  const reference = schema?.$ref;
  if (typeof reference !== "string" || !reference.startsWith("#/") || depth > 8) return schema ?? {};
  let place = root;
  for (const part of reference.slice(2).split("/")) {
    const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    place = Object.hasOwn(place ?? {}, key) ? place[key] : undefined;
  }
  return resolved(root, place ?? {}, depth + 1);
}

const kind = (schema) => (Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type);

function labelled(name, required, schema, control) {
  const id = fresh("field");
  control.id = id;
  const about = schema.description && h("span", { class: "small soft", id: `${id}-about` }, schema.description);
  if (about) control.setAttribute("aria-describedby", `${id}-about`);
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, `${name}${required ? " (required)" : ""}`),
    control,
    about,
  );
}

function choice(values, given) {
  return h(
    "select",
    {},
    h("option", { value: "" }, "–"),
    values.map((value, at) =>
      h(
        "option",
        { value: String(at), selected: value === given },
        typeof value === "string" ? value : JSON.stringify(value),
      ),
    ),
  );
}

/** `{element, read}`: `read()` gives the value, `undefined` where nothing was filled in. */
export function field(root, given, name, required = false, depth = 0) {
  const schema = resolved(root, given);
  const type = kind(schema);
  if (Array.isArray(schema.enum)) {
    const control = choice(schema.enum, schema.default);
    return {
      element: labelled(name, required, schema, control),
      read: () => schema.enum[control.value === "" ? -1 : Number(control.value)],
    };
  }
  if (type === "boolean") {
    const control = choice([true, false], schema.default);
    return {
      element: labelled(name, required, schema, control),
      read: () => [true, false][control.value === "" ? -1 : Number(control.value)],
    };
  }
  if (type === "object" && schema.properties && depth < DEEPEST) return group(root, schema, name, depth);
  if (type === "number" || type === "integer") {
    const control = h("input", { type: "text", inputmode: "decimal" });
    if (typeof schema.default === "number") control.value = String(schema.default);
    const read = () => {
      if (control.value.trim() === "") return undefined;
      const number = Number(control.value);
      if (!Number.isFinite(number)) throw new Error(`${name}: ${control.value} is no number`);
      return number;
    };
    return { element: labelled(name, required, schema, control), read };
  }
  if (type === "string") {
    const control = h("input", { type: "text" });
    if (typeof schema.default === "string") control.value = schema.default;
    return {
      element: labelled(name, required, schema, control),
      read: () => (control.value === "" && !required ? undefined : control.value),
    };
  }
  const control = h("textarea", { rows: 3, spellcheck: "false", placeholder: type === "array" ? "[]" : "{}" });
  const read = () => {
    if (control.value.trim() === "") return undefined;
    try {
      return JSON.parse(control.value);
    } catch (error) {
      throw new Error(`${name}: this is not JSON: ${error.message}`);
    }
  };
  return { element: labelled(`${name} (JSON)`, required, schema, control), read };
}

function group(root, schema, name, depth) {
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const parts = Object.entries(schema.properties)
    .slice(0, 100)
    .map(([key, part]) => [key, field(root, part, key, required.has(key), depth + 1)]);
  parts.sort(([a], [b]) => required.has(b) - required.has(a));
  const read = () => {
    const value = new Map();
    for (const [key, part] of parts) {
      const found = part.read();
      if (found !== undefined) value.set(key, found);
    }
    return value.size > 0 || depth === 0 ? Object.fromEntries(value) : undefined;
  };
  const inside = parts.map(([, part]) => part.element);
  const element = depth === 0 ? h("div", {}, inside) : h("fieldset", {}, h("legend", {}, name), inside);
  return { element, read };
}

/** The form of a tool's arguments. */
export function form(schema) {
  if (kind(schema ?? {}) === "object" && schema.properties) return group(schema, schema, "arguments", 0);
  const whole = field(schema, { description: "all arguments" }, "arguments");
  return { element: whole.element, read: () => whole.read() ?? {} };
}

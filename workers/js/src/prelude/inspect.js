// Values as readable text, in the manner of node's util.inspect.
const WIDTH = 76;

function quote(text) {
  const body = JSON.stringify(text).slice(1, -1).replaceAll("\\\"", "\"");
  if (!text.includes("'")) return `'${body}'`;
  return text.includes("\"") ? `'${body.replaceAll("'", "\\'")}'` : `"${body}"`;
}

function inspect(value, options = {}) {
  const settings = { depth: 4, maxArrayLength: 100, maxStringLength: 10000, ...options };
  if (settings.depth === null) settings.depth = Infinity;
  try { return show(value, settings, 0, []); } catch (error) { return `[not inspectable: ${error?.message}]`; }
}

function show(value, settings, depth, above) {
  switch (typeof value) {
    case "string": return quote(value.length > settings.maxStringLength ? `${value.slice(0, settings.maxStringLength)}… ${value.length - settings.maxStringLength} more characters` : value);
    case "bigint": return `${value}n`;
    case "number": return Object.is(value, -0) ? "-0" : String(value);
    case "symbol": return value.toString();
    case "function": return showFunction(value);
    case "object": return value === null ? "null" : showObject(value, settings, depth, above);
    default: return String(value);
  }
}

function showFunction(value) {
  const text = Function.prototype.toString.call(value);
  if (text.startsWith("class")) return `[class ${value.name || "(anonymous)"}]`;
  const kind = /^async/.test(text) ? "AsyncFunction" : "Function";
  return value.name ? `[${kind}: ${value.name}]` : `[${kind} (anonymous)]`;
}

function showError(error, settings, depth, above) {
  const stack = String(error.stack ?? "").split("\n").filter((line) => line.includes("(/") || /at \//.test(line)).map((line) => `\n    ${line.trim()}`).join("");
  const head = `${error.name ?? "Error"}${error.message ? `: ${error.message}` : ""}`;
  const extra = Object.keys(error).filter((key) => key !== "stack" && key !== "message" && error[key] !== "");
  const cause = error.cause === undefined ? "" : `\n  [cause]: ${show(error.cause, settings, depth + 1, above)}`;
  if (!extra.length) return head + stack + cause;
  const fields = extra.map((key) => `${key}: ${show(error[key], settings, depth + 1, above)}`);
  return `${head}${stack} { ${fields.join(", ")} }${cause}`;
}

function className(value) {
  const proto = Object.getPrototypeOf(value);
  return proto === null ? "[Object: null prototype]" : proto.constructor?.name ?? "";
}

// By its shape: the class itself is compiled only where a program uses it.
function isUrl(value) { return typeof value === "object" && value !== null && value.constructor?.name === "URL" && typeof value.href === "string"; }

function showObject(value, settings, depth, above) {
  if (above.includes(value)) return "[Circular]";
  const name = className(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Promise) return "Promise { … }";
  if (value instanceof WeakMap || value instanceof WeakSet) return `${name} { … }`;
  if (value instanceof Number || value instanceof String || value instanceof Boolean) return `[${name}: ${show(value.valueOf(), settings, depth, above)}]`;
  const own = value[Symbol.for("nodejs.util.inspect.custom")];
  above.push(value);
  try {
    if (typeof own === "function") { const text = own.call(value, settings.depth - depth, settings, inspect); return typeof text === "string" ? text : show(text, settings, depth, above); }
    if (value instanceof Error) return showError(value, settings, depth, above);
    if (depth > settings.depth) return Array.isArray(value) ? "[Array]" : `[${name || "Object"}]`;
    return showParts(value, name, settings, depth, above);
  } finally { above.pop(); }
}

function cut(items, total, settings) {
  if (total > items.length) items.push(`... ${total - items.length} more item${total - items.length > 1 ? "s" : ""}`);
  return items;
}

function showParts(value, name, settings, depth, above) {
  const inner = (item) => show(item, settings, depth + 1, above);
  const most = settings.maxArrayLength ?? Infinity;
  if (Array.isArray(value)) {
    const items = [];
    for (let at = 0; at < Math.min(value.length, most); at++) items.push(at in value ? inner(value[at]) : "<empty>");
    return join(cut(items, value.length, settings), name === "Array" ? "" : `${name}(${value.length}) `, "[", "]", depth);
  }
  if (name === "Buffer" && value instanceof Uint8Array) return `<Buffer ${Array.from(value.subarray(0, 50), (byte) => byte.toString(16).padStart(2, "0")).join(" ")}${value.length > 50 ? ` ... ${value.length - 50} more bytes` : ""}>`;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items = Array.from(value.subarray(0, most), inner);
    return join(cut(items, value.length, settings), `${name}(${value.length}) `, "[", "]", depth);
  }
  if (value instanceof ArrayBuffer) return `ArrayBuffer { byteLength: ${value.byteLength} }`;
  if (value instanceof Map) {
    const items = Array.from(value, ([k, v]) => `${inner(k)} => ${inner(v)}`);
    return join(cut(items.slice(0, most), items.length, settings), `Map(${value.size}) `, "{", "}", depth);
  }
  if (value instanceof Set) {
    const items = Array.from(value, inner);
    return join(cut(items.slice(0, most), items.length, settings), `Set(${value.size}) `, "{", "}", depth);
  }
  if (isUrl(value)) return `URL { '${value.href}' }`;
  const label = name === "Object" || name === "" ? "" : `${name} `;
  const items = Object.keys(value).map((key) => `${showKey(key)}: ${showProperty(value, key, inner)}`);
  for (const key of Object.getOwnPropertySymbols(value)) {
    if (Object.prototype.propertyIsEnumerable.call(value, key)) items.push(`[${key.toString()}]: ${inner(value[key])}`);
  }
  return join(items, label, "{", "}", depth);
}

function showProperty(value, key, inner) {
  const property = Object.getOwnPropertyDescriptor(value, key);
  if (property?.get) return property.set ? "[Getter/Setter]" : "[Getter]";
  return inner(property ? property.value : value[key]);
}

function showKey(key) {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key);
}

function join(items, label, open, close, depth) {
  if (items.length === 0) return `${label}${open}${close}`;
  const line = items.join(", ");
  if (line.length + label.length + depth * 2 <= WIDTH && !line.includes("\n")) return `${label}${open} ${line} ${close}`;
  const indent = "  ".repeat(depth + 1);
  const short = items.length > 6 && items.every((item) => item.length <= 16);
  const body = short ? rows(items, indent) : items.join(`,\n${indent}`);
  return `${label}${open}\n${indent}${body}\n${"  ".repeat(depth)}${close}`;
}

function rows(items, indent) {
  const lines = [];
  let line = "";
  for (const item of items) {
    if (line && line.length + item.length + 2 > WIDTH) { lines.push(line); line = ""; }
    line += line ? `, ${item}` : item;
  }
  return [...lines, line].join(`,\n${indent}`);
}

function format(...args) {
  let at = 0;
  let text = "";
  if (typeof args[0] === "string") {
    at = 1;
    text = args[0].replace(/%[sdifjoOc%]/g, (mark) => {
      if (mark === "%%") return "%";
      if (at >= args.length) return mark;
      const value = args[at++];
      switch (mark) {
        case "%s": return typeof value === "object" && value !== null ? inspect(value, { depth: 1 }) : String(value);
        case "%d": return String(Number(value));
        case "%i": return String(Number.parseInt(value, 10));
        case "%f": return String(Number.parseFloat(value));
        case "%j": return JSON.stringify(value);
        case "%c": return "";
        default: return inspect(value);
      }
    });
  }
  const rest = args.slice(at).map((value) => (typeof value === "string" ? value : inspect(value)));
  return (at ? [text, ...rest] : rest).join(" ");
}

// console.*: text for the report, one line ending a call.
const counts = new Map();
const clocks = new Map();
let indent = "";

function emit(isError, text) {
  const lines = indent ? text.split("\n").map((line) => indent + line).join("\n") : text;
  host.console(isError, `${lines}\n`.toWellFormed());
}

const out = (...args) => emit(false, format(...args));
const err = (...args) => emit(true, format(...args));

function table(data, columns) {
  if (data === null || typeof data !== "object") return out(data);
  const entries = data instanceof Map ? [...data] : Array.isArray(data) ? data.map((row, at) => [at, row]) : Object.entries(data);
  const keys = columns ?? [...new Set(entries.flatMap(([, row]) => (row !== null && typeof row === "object" ? Object.keys(row) : [])))];
  const withValue = entries.some(([, row]) => row === null || typeof row !== "object");
  const head = ["(index)", ...keys, ...(withValue ? ["Values"] : [])];
  const cell = (value) => (value === undefined ? "" : typeof value === "string" ? value : inspect(value, { depth: 0 }));
  const body = entries.map(([at, row]) => {
    const isRow = row !== null && typeof row === "object";
    return [String(at), ...keys.map((key) => (isRow ? cell(row[key]) : "")), ...(withValue ? [isRow ? "" : cell(row)] : [])];
  });
  const widths = head.map((title, at) => Math.max(title.length, ...body.map((row) => row[at].length)));
  const line = (row) => `| ${row.map((text, at) => text.padEnd(widths[at])).join(" | ")} |`;
  out([line(head), `|${widths.map((w) => "-".repeat(w + 2)).join("|")}|`, ...body.map(line)].join("\n"));
}

function elapsed(label) {
  const since = clocks.get(label);
  return since === undefined ? undefined : `${label}: ${(performance.now() - since).toFixed(3)}ms`;
}

const console = {
  log: out, info: out, debug: out, error: err, warn: err, table,
  dir: (value, options) => out(inspect(value, options)),
  dirxml: out,
  trace: (...args) => err(`Trace: ${format(...args)}\n${new Error("trace").stack}`),
  assert(condition, ...args) { if (!condition) err(args.length ? `Assertion failed: ${format(...args)}` : "Assertion failed"); },
  count(label = "default") { counts.set(label, (counts.get(label) ?? 0) + 1); out(`${label}: ${counts.get(label)}`); },
  countReset(label = "default") { counts.delete(label); },
  time(label = "default") { clocks.set(label, performance.now()); },
  timeLog(label = "default", ...args) { out(elapsed(label) ?? `${label}: no such timer`, ...args); },
  timeEnd(label = "default") { out(elapsed(label) ?? `${label}: no such timer`); clocks.delete(label); },
  group(...args) { if (args.length) out(...args); indent += "  "; },
  groupEnd() { indent = indent.slice(2); },
  clear() {},
};
console.groupCollapsed = console.group;
hidden("console", console);

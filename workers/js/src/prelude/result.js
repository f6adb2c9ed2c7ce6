// How a program is run, what its value is, and how a value or an error is written for the host.
const program = { last: undefined, default: undefined, names: {} };

function named(key) {
  // A getter throws while its variable is not initialised: the program returned before it got there.
  try { return program.names[key]?.(); } catch { return undefined; }
}

function isClass(value) { return Function.prototype.toString.call(value).startsWith("class"); }

async function main(body) {
  let value = await body();
  if (value === undefined) value = await (named("default") ?? program.default);
  if (typeof value === "function" && !isClass(value) && value === (named("default") ?? program.default)) value = await value(globalThis.input);
  if (value === undefined && !program.runCalled) {
    const run = named("run");
    if (typeof run === "function") value = await run(globalThis.input);
  }
  if (value === undefined) value = await program.last;
  if (value === undefined && !program.runCalled) {
    const run = named("plainRun");
    if (typeof run === "function") value = await run(globalThis.input);
  }
  lib.value = value;
}

const MAX_DEPTH = 400;

function plain(value, above) {
  switch (typeof value) {
    case "bigint": return value.toString();
    case "function": return `[Function ${value.name || "anonymous"}]`;
    case "symbol": return value.toString();
    case "object": break;
    default: return value;
  }
  if (value === null) return null;
  if (above.includes(value)) return "[Circular]";
  if (above.length > MAX_DEPTH) return "[Too deep]";
  above.push(value);
  try { return plainObject(value, above); } finally { above.pop(); }
}

function plainObject(value, above) {
  if (Array.isArray(value)) return Array.from(value, (item) => { const v = plain(item, above); return v === undefined ? null : v; });
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Map) {
    return Object.fromEntries(Array.from(value, ([k, v]) => [typeof k === "object" && k ? JSON.stringify(plain(k, above)) : String(k), plain(v, above)]));
  }
  if (value instanceof Set) return Array.from(value, (item) => plain(item, above));
  if (value instanceof Error) {
    return { ...plainEntries(value, above), name: value.name, message: value.message };
  }
  if (value instanceof Promise) return "[Promise: it was not awaited]";
  if (value instanceof RegExp || isUrl(value)) return String(value);
  if (value instanceof Number || value instanceof String || value instanceof Boolean) return value.valueOf();
  if (value instanceof ArrayBuffer) return plainObject(new Uint8Array(value), above);
  if (ArrayBuffer.isView(value)) return value instanceof Uint8Array ? value.toBase64() : Array.from(value, (v) => plain(v, above));
  if (typeof value.toJSON === "function") return plain(value.toJSON(), above);
  return plainEntries(value, above);
}

function plainEntries(value, above) {
  const out = {};
  for (const key of Object.keys(value)) {
    if (key === "stack") continue;
    const item = plain(value[key], above);
    if (item !== undefined) Object.defineProperty(out, key, { value: item, enumerable: true, writable: true, configurable: true });
  }
  return out;
}

function encodeResult() {
  const value = plain(lib.value, []);
  return value === undefined ? undefined : JSON.stringify(value);
}

// An error in parts, as JSON text.
function describe(error) {
  if (!(error instanceof Error)) {
    const parts = typeof error === "object" && error !== null ? error : {};
    const stack = typeof parts.stack === "string" ? parts.stack : "";
    return JSON.stringify({ thrown: true, message: `The program threw ${inspect(error, { depth: 2 })}, which is not an Error.`, stack });
  }
  const text = (value) => (typeof value === "string" ? value : "");
  const { code, hint, cause } = error;
  let message = `${text(error.name) || "Error"}: ${text(error.message)}`;
  if (error instanceof AggregateError) message += ` (${error.errors.slice(0, 3).map((e) => e?.message ?? inspect(e)).join("; ")})`;
  if (cause !== undefined) message += ` (caused by ${cause instanceof Error ? `${cause.name}: ${cause.message}` : inspect(cause, { depth: 1 })})`;
  const gone = /^Could not find export '(.+)' in module '(.+)'$/.exec(text(error.message));
  if (gone) return JSON.stringify({ name: "ImportError", message: `ImportError: "${gone[2]}" does not export "${gone[1]}".`, stack: "", hint: missingExport(gone[1], gone[2]) });
  const missing = /^(?:'?)([A-Za-z_$][\w$]*)'? is not defined$/.exec(text(error.message));
  return JSON.stringify({
    name: text(error.name), class: text(error.constructor?.name), message, stack: text(error.stack),
    code: error instanceof ToolError ? text(code) : undefined,
    hint: typeof hint === "string" ? hint : missing ? freeNameHint(missing[1]) : undefined,
  });
}

// The message about an import of a name that the module does not have.
function missingExport(name, module) {
  const offered = exportsOf(module);
  if (!offered.length) return undefined;
  return didYouMean(nearest(name, offered), `It exports ${offered.slice(0, 12).join(", ")}${offered.length > 12 ? ", …" : ""}.`);
}

// The small modules of node: path, util, assert, os, querystring.
const { inspect, format, segmentsOf, className, TextEncoder, TextDecoder } = common;
const path = {
  sep: "/",
  delimiter: ":",
  normalize(text) {
    const absolute = text.startsWith("/");
    const out = [];
    for (const part of text.split("/")) {
      if (part === "" || part === ".") continue;
      if (part === ".." && out.length && out[out.length - 1] !== "..") out.pop();
      else if (part !== ".." || !absolute) out.push(part);
    }
    const body = out.join("/") + (text.endsWith("/") && out.length ? "/" : "");
    return (absolute ? "/" : "") + body || (absolute ? "/" : ".");
  },
  join: (...list) => path.normalize(list.filter((part) => part !== "").join("/") || "."),
  resolve(...list) {
    let out = "";
    for (const part of list.toReversed()) {
      out = out ? `${part}/${out}` : part;
      if (part.startsWith("/")) break;
    }
    return path.normalize(`/${out}`).replace(/(.)\/$/, "$1");
  },
  isAbsolute: (text) => text.startsWith("/"),
  dirname(text) {
    const at = text.replace(/\/+$/, "").lastIndexOf("/");
    return at < 0 ? "." : at === 0 ? "/" : text.slice(0, at);
  },
  basename(text, end) {
    const name = text.replace(/\/+$/, "").split("/").pop();
    return end && name !== end && name.endsWith(end) ? name.slice(0, -end.length) : name;
  },
  extname(text) {
    const name = path.basename(text);
    const at = name.lastIndexOf(".");
    return at <= 0 ? "" : name.slice(at);
  },
  parse(text) {
    const base = path.basename(text);
    const ext = path.extname(base);
    const root = text.startsWith("/") ? "/" : "";
    const dir = path.dirname(text);
    return { root, dir: dir === "." && !text.startsWith(".") ? "" : dir, base, ext, name: ext ? base.slice(0, -ext.length) : base };
  },
  format: ({ dir, root = "", base, name = "", ext = "" }) => (dir ? `${dir}${dir.endsWith("/") ? "" : "/"}` : root) + (base ?? name + ext),
  relative(from, to) {
    const [a, b] = [from, to].map((text) => segmentsOf(path.resolve(text)));
    let same = 0;
    while (same < a.length && a[same] === b[same]) same++;
    return [...a.slice(same).map(() => ".."), ...b.slice(same)].join("/");
  },
};
path.posix = path;

path.toNamespacedPath = (text) => text;

const tagOf = (value) => Object.prototype.toString.call(value).slice(8, -1);
const isKind = (name) => (value) => typeof value === "object" && value !== null && tagOf(value) === name;
const types = {
  isPromise: (v) => v instanceof Promise, isDate: isKind("Date"), isRegExp: (v) => v instanceof RegExp, isMap: (v) => v instanceof Map, isSet: (v) => v instanceof Set, isWeakMap: (v) => v instanceof WeakMap, isWeakSet: (v) => v instanceof WeakSet,
  isNativeError: (v) => v instanceof Error, isArrayBuffer: (v) => v instanceof ArrayBuffer, isAnyArrayBuffer: (v) => v instanceof ArrayBuffer, isDataView: (v) => v instanceof DataView, isArrayBufferView: (v) => ArrayBuffer.isView(v), isTypedArray: (v) => ArrayBuffer.isView(v) && !(v instanceof DataView), isUint8Array: (v) => v instanceof Uint8Array,
  isAsyncFunction: (v) => typeof v === "function" && tagOf(v).startsWith("Async"), isGeneratorFunction: (v) => typeof v === "function" && tagOf(v).endsWith("GeneratorFunction"), isGeneratorObject: isKind("Generator"),
  isNumberObject: (v) => v instanceof Number, isStringObject: (v) => v instanceof String, isBooleanObject: (v) => v instanceof Boolean, isBoxedPrimitive: (v) => v instanceof Number || v instanceof String || v instanceof Boolean,
};

const custom = Symbol.for("nodejs.util.promisify.custom");
function promisify(call) {
  if (typeof call !== "function") throw Object.assign(new TypeError("The \"original\" argument must be of type function"), { code: "ERR_INVALID_ARG_TYPE" });
  if (call[custom]) return call[custom];
  if (call === globalThis.setTimeout) return (ms, value) => new Promise((done) => { setTimeout(done, ms, value); });
  return function (...args) { return new Promise((done, fail) => { call.call(this, ...args, (error, value) => (error ? fail(error) : done(value))); }); };
}
promisify.custom = custom;

const util = {
  inspect: Object.assign((value, options, depth = 2) => inspect(value, { depth: 2, ...(typeof options === "object" ? options : { depth }) }), { custom: Symbol.for("nodejs.util.inspect.custom"), defaultOptions: {} }),
  format, promisify, types, TextEncoder, TextDecoder, isDeepStrictEqual: (a, b) => deepEqual(a, b, true), isArray: Array.isArray,
  callbackify: (call) => (...args) => { const done = args.pop(); call(...args).then((value) => done(null, value), (error) => done(error ?? new Error("rejected without a reason"))); },
  deprecate: (call) => call, inherits(child, parent) { Object.setPrototypeOf(child.prototype, parent.prototype); }, debuglog: () => () => undefined, toUSVString: (text) => String(text).toWellFormed(),
  stripVTControlCharacters: (text) => String(text).replace(/\u001b\[[0-9;]*[A-Za-z]/g, ""), styleText: (_, text) => String(text),
};

function deepEqual(a, b, strict, seen = new Map()) {
  if (strict ? Object.is(a, b) : a == b || (a !== a && b !== b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  const same = (x, y) => deepEqual(x, y, strict, seen);
  if (a instanceof Date || b instanceof Date) return a instanceof Date && b instanceof Date && Object.is(a.getTime(), b.getTime());
  if (a instanceof RegExp || b instanceof RegExp) return String(a) === String(b);
  if (a instanceof Error && (a.message !== b.message || a.name !== b.name)) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (a instanceof Map) return b instanceof Map && a.size === b.size && [...a].every(([key, value]) => (b.has(key) ? same(value, b.get(key)) : typeof key === "object" && [...b].some(([k, v]) => same(key, k) && same(value, v))));
  if (a instanceof Set) return b instanceof Set && a.size === b.size && [...a].every((one) => b.has(one) || (typeof one === "object" && [...b].some((other) => same(one, other))));
  if (ArrayBuffer.isView(a) && !(a instanceof DataView)) return ArrayBuffer.isView(b) && a.length === b.length && a.every((one, at) => Object.is(one, b[at]));
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

class AssertionError extends Error {
  constructor(parts = {}) {
    super(parts.message ?? "Failed");
    const { actual, expected, operator = "fail" } = parts;
    Object.assign(this, { code: "ERR_ASSERTION", actual, expected, operator, generatedMessage: parts.message === undefined });
  }
}
Object.defineProperty(AssertionError.prototype, "name", { value: "AssertionError", writable: true, configurable: true });

function makeAssert(strict) {
  const check = (right, message, otherwise, parts) => { if (!right) throw message instanceof Error ? message : new AssertionError({ ...parts, message: message ?? otherwise }); };
  const assert = (value, message) => check(value, message, "The expression evaluated to a falsy value", { actual: value, expected: true, operator: "==" });
  const compare = (operator, test, wording) => (actual, expected, message) => check(test(actual, expected), message, wording(actual, expected), { actual, expected, operator });
  const differs = (a, b) => `Expected ${inspect(b)}, got ${inspect(a)}`;
  const sameAs = (a, b) => `Expected another value than ${inspect(b)}`;
  const loose = (a, b) => a == b || (a !== a && b !== b);
  const fits = (error, wanted) => {
    if (wanted === undefined) return true;
    if (wanted instanceof RegExp) return wanted.test(String(error));
    if (typeof wanted === "function") return wanted.prototype !== undefined && error instanceof wanted ? true : !(wanted === Error || Error.isPrototypeOf(wanted)) && wanted.call({}, error) === true;
    return typeof wanted !== "object" || Object.keys(wanted).every((key) => (wanted[key] instanceof RegExp && typeof error?.[key] === "string" ? wanted[key].test(error[key]) : deepEqual(error?.[key], wanted[key], true)));
  };
  const thrown = (error, wanted, message) => { if (!fits(error, wanted)) throw typeof wanted === "function" || wanted instanceof RegExp ? new AssertionError({ message: message ?? `The error does not fit ${inspect(wanted)}: ${String(error)}`, actual: error, expected: wanted, operator: "throws" }) : new AssertionError({ message: message ?? differs(error, wanted), actual: error, expected: wanted, operator: "throws" }); };
  const strictEqual = compare("strictEqual", Object.is, differs);
  const deepStrictEqual = compare("deepStrictEqual", (a, b) => deepEqual(a, b, true), differs);
  const notStrictEqual = compare("notStrictEqual", (a, b) => !Object.is(a, b), sameAs);
  const notDeepStrictEqual = compare("notDeepStrictEqual", (a, b) => !deepEqual(a, b, true), sameAs);
  const all = {
    ok: assert, strictEqual, notStrictEqual, deepStrictEqual, notDeepStrictEqual, AssertionError,
    equal: strict ? strictEqual : compare("==", loose, differs), notEqual: strict ? notStrictEqual : compare("!=", (a, b) => !loose(a, b), sameAs),
    deepEqual: strict ? deepStrictEqual : compare("deepEqual", (a, b) => deepEqual(a, b, false), differs), notDeepEqual: strict ? notDeepStrictEqual : compare("notDeepEqual", (a, b) => !deepEqual(a, b, false), sameAs),
    match: (text, pattern, message) => check(pattern.test(text), message, `${inspect(text)} does not match ${pattern}`, { actual: text, expected: pattern, operator: "match" }),
    doesNotMatch: (text, pattern, message) => check(!pattern.test(text), message, `${inspect(text)} matches ${pattern}`, { actual: text, expected: pattern, operator: "doesNotMatch" }),
    fail(message = "Failed") { throw message instanceof Error ? message : new AssertionError({ message }); },
    ifError(value) { if (value !== null && value !== undefined) throw value; },
    throws(call, wanted, message) {
      let error;
      try { call(); } catch (caught) { error = { caught }; }
      if (!error) throw new AssertionError({ message: message ?? (typeof wanted === "string" ? wanted : "Missing expected exception."), operator: "throws" });
      thrown(error.caught, typeof wanted === "string" ? undefined : wanted, message);
    },
    async rejects(call, wanted, message) {
      let error;
      try { await (typeof call === "function" ? call() : call); } catch (caught) { error = { caught }; }
      if (!error) throw new AssertionError({ message: message ?? (typeof wanted === "string" ? wanted : "Missing expected rejection."), operator: "rejects" });
      thrown(error.caught, typeof wanted === "string" ? undefined : wanted, message);
    },
    doesNotThrow(call, ...rest) { try { call(); } catch (error) { throw new AssertionError({ message: `Got unwanted exception: ${error?.message}${typeof rest.at(-1) === "string" ? ` (${rest.at(-1)})` : ""}`, actual: error, operator: "doesNotThrow" }); } },
    async doesNotReject(call) { try { await (typeof call === "function" ? call() : call); } catch (error) { throw new AssertionError({ message: `Got unwanted rejection: ${error?.message}`, actual: error, operator: "doesNotReject" }); } },
  };
  return Object.assign(assert, all);
}
const assert = makeAssert(false);
assert.strict = makeAssert(true);
assert.strict.strict = assert.strict;

const querystring = {
  escape: (text) => encodeURIComponent(text), unescape(text) { try { return decodeURIComponent(text); } catch { return text; } },
  parse(text, between = "&", equals = "=") {
    const out = Object.create(null);
    for (const pair of String(text).split(between).filter(Boolean)) {
      const at = pair.indexOf(equals);
      const [key, value] = (at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + equals.length)]).map((part) => querystring.unescape(part.replaceAll("+", " ")));
      out[key] = key in out ? [].concat(out[key], value) : value;
    }
    return out;
  },
  stringify: (object, between = "&", equals = "=") => Object.entries(object ?? {}).flatMap(([key, value]) => [].concat(value).map((one) => `${querystring.escape(key)}${equals}${querystring.escape(["string", "number", "bigint", "boolean"].includes(typeof one) ? String(one) : "")}`)).join(between),
};
querystring.encode = querystring.stringify;
querystring.decode = querystring.parse;

const os = {
  EOL: "\n", platform: () => "linux", type: () => "Linux", arch: () => "x64", release: () => "", tmpdir: () => "/tmp", homedir: () => "/workspace", hostname: () => "outboard", endianness: () => "LE",
  cpus: () => [{ model: "", speed: 0 }], availableParallelism: () => 1, totalmem: () => 0, freemem: () => 0, uptime: () => performance.now() / 1000, loadavg: () => [0, 0, 0], networkInterfaces: () => ({}), userInfo: () => ({ username: "agent", homedir: "/workspace", shell: null, uid: -1, gid: -1 }),
};
return { modules: { path, "path/posix": path, util, "util/types": types, assert, "assert/strict": assert.strict, os, perf_hooks: { performance: globalThis.performance }, querystring } };

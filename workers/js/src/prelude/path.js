// path (posix), os and util.
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

const util = {
  inspect, format,
  promisify: (call) => (...args) => new Promise((done, fail) => { call(...args, (error, value) => (error ? fail(error) : done(value))); }),
  isDeepStrictEqual: (a, b) => deepEqual(a, b),
  types: { isPromise: (v) => v instanceof Promise, isDate: (v) => v instanceof Date, isRegExp: (v) => v instanceof RegExp },
  TextEncoder, TextDecoder,
};

function deepEqual(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof Map || a instanceof Set) return deepEqual([...a], [...b]);
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key]));
}

class AssertionError extends Error {}
AssertionError.prototype.name = "AssertionError";
function assert(value, message = "The expression evaluated to a falsy value") {
  if (!value) throw message instanceof Error ? message : new AssertionError(message);
}
const differs = (a, b) => `Expected ${inspect(b)}, got ${inspect(a)}`;
assert.ok = assert;
assert.equal = assert.strictEqual = (a, b, message) => assert(Object.is(a, b), message ?? differs(a, b));
assert.notEqual = assert.notStrictEqual = (a, b, message) => assert(!Object.is(a, b), message ?? `Expected another value than ${inspect(b)}`);
assert.deepEqual = assert.deepStrictEqual = (a, b, message) => assert(deepEqual(a, b), message ?? differs(a, b));

builtins.set("path", path);
builtins.set("path/posix", path);
builtins.set("util", util);
builtins.set("assert", assert);
builtins.set("os", { EOL: "\n", platform: () => "linux", tmpdir: () => "/tmp", homedir: () => "/workspace", hostname: () => "outboard", cpus: () => [{ model: "", speed: 0 }], type: () => "Linux" });
builtins.set("perf_hooks", { performance });
builtins.set("crypto", { ...webCrypto, webcrypto: webCrypto, randomBytes: (size) => wrapBytes(randomBytes(size)), randomInt: (low, high) => (high === undefined ? Math.floor(Math.random() * low) : low + Math.floor(Math.random() * (high - low))) });

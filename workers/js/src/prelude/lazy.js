// Parts that are compiled when a program first needs them: a worker that waits pays for a name, not for what is behind it.
// A part is a function of `common`; it gives back its names, the modules of its own, and methods of the language's classes.
const loadedParts = new Map();

function use(part) {
  if (!loadedParts.has(part)) loadedParts.set(part, host.part(part)(common));
  return loadedParts.get(part);
}

// A name of the global object; what a program puts there itself stays.
function lazyGlobal(name, part) {
  Object.defineProperty(globalThis, name, {
    configurable: true, enumerable: false,
    get() { const value = use(part)[name]; hidden(name, value); return value; },
    set(value) { Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true }); },
  });
}

const namesOfParts = {
  intl: ["Intl"], events: ["Event", "CustomEvent", "EventTarget", "AbortSignal", "AbortController"], url: ["URL", "URLSearchParams"], buffer: ["Buffer"], clone: ["structuredClone"],
  web: ["Headers", "Blob", "File", "FormData", "fetch", "Request", "Response"],
};
for (const [part, names] of Object.entries(namesOfParts)) for (const name of names) lazyGlobal(name, part);

const modulesOfParts = {
  node: ["path", "path/posix", "util", "util/types", "assert", "assert/strict", "os", "perf_hooks", "querystring"],
  events: ["events"], url: ["url"], buffer: ["buffer"], crypto: ["crypto"], csv: ["outboard:csv", "outboard:jsonl"],
};
for (const [part, names] of Object.entries(modulesOfParts)) for (const name of names) lazyBuiltins.set(name, () => use(part).modules[name]);

const methodsOfIntl = {
  Number: ["toLocaleString"], BigInt: ["toLocaleString"], Array: ["toLocaleString"], String: ["localeCompare", "toLocaleUpperCase", "toLocaleLowerCase"],
  Date: ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"],
};
for (const [kind, names] of Object.entries(methodsOfIntl)) {
  for (const name of names) {
    const method = { [name](a, b, c) { return use("intl").methods[kind][name].call(this, a, b, c); } }[name];
    hiddenIn(globalThis[kind].prototype, name, method);
  }
}
Object.defineProperty(webCrypto, "subtle", { configurable: true, enumerable: true, get: () => use("crypto").subtle });

const packageAdvice = (spec) => use("packages").advice(spec);

const common = {
  host, use, hidden, hiddenIn, builtins, inspect, format, isPlain, className, bytesOf, plainBytes, randomBytes, webCrypto, segmentsOf, request, pending, ToolError, TextEncoder, TextDecoder,
};

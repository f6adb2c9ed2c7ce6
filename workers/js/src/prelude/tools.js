// Tools as functions: ToolError, callMCPTool, the namespaces, searchTools.
// The surface is read from /servers/.api on first use and never before.
class ToolError extends Error {
  constructor(parts = {}) {
    const { code = "program_error", message = "", server = "", tool = "", retryable = false, hint } =
      typeof parts === "string" ? { message: parts } : parts;
    super(message);
    Object.assign(this, { code, server, tool, retryable });
    if (hint !== undefined && hint !== null) this.hint = hint;
  }
}
Object.defineProperty(ToolError.prototype, "name", { value: "ToolError", writable: true, configurable: true });

const pending = new Map();
let lastCall = 0;

function argumentText(value, server, tool) {
  const refuse = (why) => new ToolError({
    code: "invalid_arguments", message: `The arguments cannot be written as JSON: ${why}`, server, tool,
    hint: "Pass plain objects, arrays, strings, numbers and booleans; write a BigInt as String(value).",
  });
  let text;
  try { text = JSON.stringify(value); } catch (error) { throw refuse(error.message); }
  if (text === undefined) throw refuse(`${typeof value} is not JSON`);
  return text;
}

function request(send) {
  const id = ++lastCall;
  // The stack of the place that calls: says its line, and a failure arrives later, without one.
  const site = new Error("call");
  return new Promise((resolve, reject) => {
    pending.set(id, { resolve, reject, site });
    send(id, site.stack);
  });
}

function settle(id, ok, value) {
  const call = pending.get(id);
  if (!call) return;
  pending.delete(id);
  if (ok) return call.resolve(value);
  const error = new ToolError(value);
  Object.defineProperty(error, "stack", { value: call.site.stack, writable: true, configurable: true });
  call.reject(error);
}

function callTool(server, tool, args) {
  try {
    if (args === null || typeof args !== "object" || Array.isArray(args)) {
      throw new ToolError({ code: "invalid_arguments", server, tool,
        message: `Arguments are one object, not ${args === null ? "null" : Array.isArray(args) ? "an array" : typeof args}.` });
    }
    const text = argumentText(args, server, tool);
    return request((id, stack) => host.send(id, server, tool, text, stack));
  } catch (error) {
    return Promise.reject(error);
  }
}

function callMCPTool(...args) {
  const [first, second, third] = args;
  if (typeof first !== "string") {
    return Promise.reject(new ToolError({ code: "invalid_arguments",
      message: "callMCPTool takes a tool's name first, such as callMCPTool(\"google-drive__get_document\", {…})." }));
  }
  if (typeof second === "string") return callTool(first, second, third ?? {});
  return callTool("", first, second ?? {});
}

function searchTools(query, options) {
  const args = typeof query === "object" && query !== null ? query
    : { query: String(query ?? ""), ...(typeof options === "string" ? { detail: options } : options) };
  try {
    const text = argumentText({ language: "typescript", ...args }, "", "search_tools");
    return request((id) => host.search(id, text));
  } catch (error) {
    return Promise.reject(error);
  }
}

function isPlain(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  const proto = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}

function argumentsFor(entry, tool, values) {
  while (values.length && values[values.length - 1] === undefined) values.pop();
  if (values.length === 0) return {};
  if (values.length === 1 && isPlain(values[0])) return values[0];
  if (values.length > tool.params.length) {
    throw new ToolError({ code: "invalid_arguments", server: entry.server, tool: tool.tool,
      message: `${tool.ts} takes at most ${tool.params.length} arguments, ${values.length} were given.`,
      hint: tool.params.length ? `In order: ${tool.params.join(", ")}; or one object with these keys.` : "Call it without arguments." });
  }
  const named = {};
  values.forEach((value, at) => { if (value !== undefined) named[tool.params[at]] = value; });
  return named;
}

// What generated modules say: positional arguments by the names of the parameters; one plain object stays as it is.
function toArguments(names, given) {
  return argumentsFor({ server: "" }, { ts: "this function", tool: "", params: Array.from(names) }, Array.from(given));
}

function toolFunction(entry, tool) {
  const call = (...values) => {
    try { return callTool(entry.server, tool.tool, argumentsFor(entry, tool, values)); }
    catch (error) { return Promise.reject(error); }
  };
  Object.defineProperty(call, "name", { value: tool.ts, configurable: true });
  return call;
}

// The functions of one server. The host writes each on a line of its own, so that those that a program names are found
// without reading the others, of which there may be ten thousand.
function listingOf(entry) {
  const text = host.readText(`/servers/.api/${entry.folder}.json`);
  const [found, made] = [new Map(), new Map()];
  let tools, byName;
  const all = () => (tools ??= JSON.parse(text).tools);
  // Who asks for one after the other has them all by name.
  const named = () => (byName ??= new Map(all().map((tool) => [tool.ts, tool])));
  const line = (key, name) => {
    const at = text.indexOf(`"${key}":${JSON.stringify(name)}`);
    if (at < 0) return undefined;
    const end = text.indexOf("\n", at);
    try {
      const tool = JSON.parse(text.slice(text.lastIndexOf("\n", at) + 1, end < 0 ? undefined : end).replace(/,$/, ""));
      return tool[key] === name ? tool : undefined;
    } catch { return undefined; }
  };
  const first = (look) => look("ts") ?? look("tool") ?? look("py");
  return {
    all() { named(); return all(); },
    // A function by any of its names; undefined where none or more than one is meant.
    find(name) {
      if (!found.has(name)) {
        const exact = () => first((key) => all().find((tool) => tool[key] === name));
        found.set(name, byName?.get(name) ?? first((key) => line(key, name)) ?? exact() ?? soleTool(all(), name));
      }
      return found.get(name);
    },
    call(tool) {
      if (!made.has(tool.ts)) made.set(tool.ts, toolFunction(entry, tool));
      return made.get(tool.ts);
    },
  };
}

const surface = {
  entries: null,
  apis: new Map(),
  proxies: new Map(),
  index() {
    if (!this.entries) {
      try { this.entries = JSON.parse(host.readText("/servers/.api/index.json")); } catch { this.entries = []; }
    }
    return this.entries;
  },
  find(name) {
    const all = this.index();
    return all.find((e) => e.server === name || e.folder === name)
      ?? all.find((e) => e.namespace === name || e.package === name) ?? soleServer(name);
  },
  api(entry) {
    if (!this.apis.has(entry.folder)) this.apis.set(entry.folder, listingOf(entry));
    return this.apis.get(entry.folder);
  },
  // A tool by any of its names.
  tool(entry, name) { return this.api(entry).find(String(name)); },
  // The tool of exactly this name.
  called(entry, name) {
    const tool = this.tool(entry, name);
    return tool?.ts === name ? tool : undefined;
  },
  functions(entry) { return this.api(entry).all().map((tool) => tool.ts); },
  call(entry, tool) { return this.api(entry).call(tool); },
  proxy(entry) {
    if (!this.proxies.has(entry.folder)) this.proxies.set(entry.folder, serverProxy(entry));
    return this.proxies.get(entry.folder);
  },
};

// Names that the language itself asks any object for: an unknown one is absent, not an error.
const languageNames = new Set(["then", "toJSON", "constructor", "toString", "valueOf", "inspect", "default", "__esModule", "nodeType", "length"]);

function lazyObject(label, find, names, unknown) {
  return new Proxy({}, {
    get(_, name) {
      if (name === Symbol.toStringTag) return label;
      if (typeof name === "symbol") return undefined;
      const value = find(name);
      if (value !== undefined) return value;
      if (languageNames.has(name)) return name === "toString" ? () => `[${label}]` : undefined;
      throw unknown(name);
    },
    has: (_, name) => typeof name === "string" && find(name) !== undefined,
    ownKeys: () => names(),
    getOwnPropertyDescriptor: (_, name) => {
      const value = typeof name === "string" ? find(name) : undefined;
      return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: true };
    },
    set() { throw new TypeError(`${label} cannot be changed`); },
  });
}

function serverProxy(entry) {
  return lazyObject(entry.namespace,
    (name) => { const tool = surface.tool(entry, name); return tool && surface.call(entry, tool); },
    () => surface.functions(entry),
    (name) => unknownTool(entry, name));
}

const servers = lazyObject("servers",
  (name) => { const entry = surface.find(name); return entry && surface.proxy(entry); },
  () => surface.index().map((e) => e.server),
  (name) => unknownServer(name));

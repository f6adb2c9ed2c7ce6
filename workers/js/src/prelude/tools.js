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

// Functions are made as they are asked for: a server may have ten thousand, and a program calls a few.
function functionsOf(entry, tools) {
  const [named, made] = [new Map(), new Map()];
  for (const tool of tools) named.set(tool.ts, tool);
  return {
    named,
    get(name) {
      const tool = named.get(name);
      if (tool && !made.has(name)) made.set(name, toolFunction(entry, tool));
      return made.get(name);
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
    let api = this.apis.get(entry.folder);
    if (!api) {
      const tools = JSON.parse(host.readText(`/servers/.api/${entry.folder}.json`)).tools;
      api = { tools, functions: functionsOf(entry, tools) };
      this.apis.set(entry.folder, api);
    }
    return api;
  },
  tool(entry, name) {
    const { tools, functions } = this.api(entry);
    return functions.named.get(name) ?? tools.find((t) => t.tool === name) ?? tools.find((t) => t.py === name) ?? soleTool(tools, name);
  },
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
    (name) => { const tool = surface.tool(entry, name); return tool && surface.api(entry).functions.get(tool.ts); },
    () => surface.api(entry).tools.map((t) => t.ts),
    (name) => unknownTool(entry, name));
}

const servers = lazyObject("servers",
  (name) => { const entry = surface.find(name); return entry && surface.proxy(entry); },
  () => surface.index().map((e) => e.server),
  (name) => unknownServer(name));

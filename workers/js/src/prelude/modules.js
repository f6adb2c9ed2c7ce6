// Import paths: where each of the ways to write one leads, and the text of modules that are no files.
const builtins = new Map();
// Modules that are made when a program first asks for them.
const lazyBuiltins = new Map();

function builtin(name) {
  if (!builtins.has(name) && lazyBuiltins.has(name)) builtins.set(name, lazyBuiltins.get(name)());
  return builtins.get(name);
}

const isBuiltin = (name) => builtins.has(name) || lazyBuiltins.has(name);
const builtinNames = () => [...new Set([...builtins.keys(), ...lazyBuiltins.keys()])].sort();
// The name of a module of ours, from the name that the engine knows it by.
const builtinOf = (name) => (name.startsWith("node:") ? name.slice(5) : isBuiltin(name) ? name : undefined);

function segmentsOf(path) {
  const out = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") out.pop(); else out.push(part);
  }
  return out;
}

const extension = /\.(d\.ts|[cm]?[jt]sx?)$/;

function serverModule(rest, spec) {
  const parts = rest.map((part, at) => (at === rest.length - 1 ? part.replace(extension, "") : part));
  if (parts[parts.length - 1] === "index") parts.pop();
  if (parts.length === 0) return "/servers/index.ts";
  const entry = surface.find(parts[0]);
  if (!entry) throw unknownServer(parts[0]);
  if (parts.length === 1) return `/servers/${entry.folder}/${spec.endsWith("?namespace") ? "namespace" : "index.ts"}`;
  const tool = surface.tool(entry, parts[1]);
  if (!tool || parts.length > 2) throw unknownTool(entry, parts.slice(1).join("/"));
  return `/servers/${entry.folder}/${tool.ts}.ts`;
}

function fileModule(path, spec) {
  const stem = path.replace(extension, "");
  const tries = [path, ...[".ts", ".js", ".mjs", ".json"].flatMap((end) => [path + end, stem + end]), path + "/index.ts", path + "/index.js"];
  const found = tries.find((candidate) => host.kind(candidate) === "file");
  if (found) return found;
  const folder = path.slice(0, path.lastIndexOf("/")) || "/";
  let near = [];
  try { near = nearest(path.slice(folder.length), host.list(folder).map((e) => e.name)); } catch { /* no such folder: nothing is near */ }
  throw new Error(`Cannot find module "${spec}": there is no ${path}. ${didYouMean(near, "")}`.trim());
}

function resolve(base, spec) {
  const name = spec.replace(/^node:/, "");
  if (isBuiltin(name)) return name.startsWith("outboard:") ? name : `node:${name}`;
  if (spec.startsWith("node:") && !spec.startsWith("node:/")) return refusePackage(spec);
  if (spec === "outboard" || spec === "outboard:client") return "outboard:client";
  let path = spec.replace(/^file:\/\//, "").replace(/[?#].*$/, "");
  if (/^\.{1,2}(\/|$)/.test(path)) path = base.slice(0, base.lastIndexOf("/") + 1) + path;
  else if (/^(servers|skills|workspace|tmp)(\/|$)/.test(path)) path = "/" + path;
  else if (!path.startsWith("/")) return refusePackage(spec);
  const parts = segmentsOf(path);
  path = "/" + parts.join("/");
  if (parts[0] === "servers" && !/\/client\.[jt]s$/.test(path)) return serverModule(parts.slice(1), spec);
  if (/\/client(\.[cm]?[jt]s)?$/.test(path) && host.kind(path) !== "file") return "outboard:client";
  const at = parts.indexOf("servers");
  if (at > 0 && host.kind(path) === "none") return serverModule(parts.slice(at + 1), spec);
  return fileModule(path, spec);
}

function refusePackage(spec) {
  const advice = packageAdvice(spec);
  const near = advice === undefined ? nearest(spec.replace(/^node:/, ""), builtinNames()) : [];
  const hint = advice === undefined ? didYouMean(near, "") : `Use instead: ${advice}.`;
  const text = `Cannot import "${spec}": packages are not available here. ${hint} There are /servers, /skills, /workspace and ${builtinNames().join(", ")}.`;
  throw new Error(text.replace("  ", " "));
}

const parts = new Map();

function exportsText(name, value, keys) {
  parts.set(name, value);
  const lines = keys.filter((key) => /^[A-Za-z_$][\w$]*$/.test(key) && key !== "default")
    .map((key, at) => `const x${at}=m[${JSON.stringify(key)}];export{x${at} as ${key}};`);
  return `const m=__outboard_module(${JSON.stringify(name)});export default m;${lines.join("")}`;
}

// The text of a synthesised module; undefined for a file.
function moduleText(name) {
  if (builtinOf(name) !== undefined) {
    const value = builtin(builtinOf(name));
    return exportsText(name, value, Object.keys(value));
  }
  if (name === "outboard:client") return exportsText(name, client, Object.keys(client));
  if (!name.startsWith("/servers/")) return undefined;
  const [folder, file] = name.slice("/servers/".length).split("/");
  if (file === undefined) return serversText();
  const entry = surface.find(folder);
  if (file === "namespace") return exportsText(name, surface.proxy(entry), []);
  if (file === "index.ts") return exportsText(name, surface.proxy(entry), surface.functions(entry));
  const stem = file.slice(0, -3);
  const call = surface.call(entry, surface.tool(entry, stem));
  parts.set(name, call);
  return `const m=__outboard_module(${JSON.stringify(name)});export default m;export{m as ${stem}};`;
}

function serversText() {
  parts.set("/servers", servers);
  const lines = surface.index().map((e, at) => `const x${at}=m[${JSON.stringify(e.server)}];export{x${at} as ${e.namespace}};`);
  return `const m=__outboard_module("/servers");export default m;${lines.join("")}`;
}

// What a module offers, for the message about a name that it does not offer.
function exportsOf(name) {
  if (builtinOf(name) !== undefined) return Object.keys(builtin(builtinOf(name)) ?? {});
  if (name === "outboard:client") return Object.keys(client);
  if (name === "/servers/index.ts") return surface.index().map((e) => e.namespace);
  const [, , folder, file] = name.split("/");
  if (!name.startsWith("/servers/")) return [];
  return file === "index.ts" ? surface.functions(surface.find(folder)) : [file.slice(0, -3)];
}

// Whether a module offers a name; of a server only the one function is looked up.
function isOffered(module, name) {
  const [, folder] = /^\/servers\/([^/]+)\/index\.ts$/.exec(module) ?? [];
  return folder === undefined ? exportsOf(module).includes(name) : surface.called(surface.find(folder), name) !== undefined;
}

function require(spec) {
  const name = resolve("/program.ts", String(spec));
  if (builtinOf(name) !== undefined) return builtin(builtinOf(name));
  if (name === "outboard:client") return client;
  if (name.endsWith(".json")) return JSON.parse(host.readText(name));
  if (!name.startsWith("/servers/")) throw new Error(`require("${spec}") cannot load a module file: write import, or await import("${spec}").`);
  const [folder, file] = name.slice("/servers/".length).split("/");
  if (file === undefined) return servers;
  const entry = surface.find(folder);
  return file === "index.ts" ? surface.proxy(entry) : { [file.slice(0, -3)]: surface.call(entry, surface.tool(entry, file.slice(0, -3))) };
}

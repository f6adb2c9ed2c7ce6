// Questions about a program that only the engine can answer, and slips in names that have one meaning.
function normalName(name) { return String(name).toLowerCase().replace(/[^a-z0-9]/g, ""); }

// The one tool that a misspelt case or a missing sign can mean.
function soleTool(tools, name) {
  const wanted = normalName(name);
  const found = wanted ? tools.filter((tool) => normalName(tool.ts) === wanted) : [];
  return found.length === 1 ? found[0] : undefined;
}

function soleServer(name) {
  const wanted = normalName(name);
  const found = wanted ? surface.index().filter((entry) => normalName(entry.server) === wanted) : [];
  return found.length === 1 ? found[0] : undefined;
}

const allServers = new Set(["mcp", "mcpservers", "tools", "outboard", "api", "sdk"]);

// What a name that nobody defines means all the same.
function meantBy(name) {
  if (surface.index().length === 0) return undefined;
  if (allServers.has(name.toLowerCase())) return servers;
  const entry = soleServer(name);
  if (entry) return surface.proxy(entry);
  const owners = surface.index().filter((one) => surface.tool(one, name) !== undefined);
  return owners.length === 1 ? surface.call(owners[0], surface.tool(owners[0], name)) : undefined;
}

function nameFault(name) {
  if (name in globalThis || name === "input" || name.startsWith("__outboard")) return undefined;
  if (surface.index().some((entry) => [entry.namespace, entry.package, entry.folder].includes(name))) return undefined;
  if (onDemand[name] || Object.hasOwn(ownNames, name) || toolsNamed(name).length === 1 || meantBy(name) !== undefined) return undefined;
  const other = { print: "console.log(…)", None: "null", True: "true", False: "false", len: ".length", str: "String(…)", int: "Number(…)" }[name];
  const hint = other ? `In TypeScript write ${other}.` : freeNameHint(name) ?? "Define or import it first.";
  return `${name} is not defined. ${hint}`;
}

function importFault(spec, names) {
  let module;
  try { module = resolve("/program.ts", spec); } catch (error) { return [error.message, error.hint].filter(Boolean).join(" "); }
  if (!module.startsWith("/servers/") && !module.startsWith("node:")) return undefined;
  const missing = names.find((name) => name !== "default" && !isOffered(module, name));
  const offered = missing === undefined ? [] : exportsOf(module);
  if (offered.length === 0) return undefined;
  return `"${spec}" does not export ${missing}. ${didYouMean(nearest(missing, offered), `It exports ${offered.slice(0, 12).join(", ")}.`)}`;
}

// A file may define what the program then uses.
function isFile(spec) {
  try { return !/^(\/servers\/|node:|outboard:)/.test(resolve("/program.ts", spec)); } catch { return false; }
}

function preflight(text) {
  const { names, imports } = JSON.parse(text);
  if (imports.some(([spec]) => isFile(spec))) names.length = 0;
  const told = (list, fault) => list.map((one, at) => [at, fault(one)]).filter(([, message]) => message !== undefined);
  return JSON.stringify({ names: told(names, nameFault), imports: told(imports, ([spec, used]) => importFault(spec, used)) });
}

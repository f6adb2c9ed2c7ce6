// Unknown names: what was probably meant; and bare names that the surface can answer.
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

function words(name) {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z0-9]+/).filter(Boolean);
}

function nearest(wanted, among, max = 3) {
  const wantedWords = words(wanted);
  const flat = wantedWords.join("").slice(0, 64);
  const scored = [];
  for (const name of among) {
    const own = words(name);
    const text = own.join("").slice(0, 64);
    const shared = own.filter((w) => wantedWords.includes(w)).length;
    const far = distance(flat, text) / Math.max(flat.length, text.length, 1);
    const score = far - shared / Math.max(own.length, wantedWords.length, 1);
    if (far <= 0.4 || shared > 0 || text.includes(flat)) scored.push([score, name]);
  }
  return scored.sort((a, b) => a[0] - b[0]).slice(0, max).map(([, name]) => name);
}

function didYouMean(near, otherwise) {
  return near.length ? `Did you mean ${near.join(", ")}?` : otherwise;
}

function unknownServer(name) {
  const all = surface.index();
  const near = nearest(name, all.map((e) => e.server));
  const listed = all.slice(0, 12).map((e) => e.server).join(", ") + (all.length > 12 ? ", …" : "");
  return new ToolError({ code: "unknown_server", server: name,
    message: `No server is named "${name}".`, hint: didYouMean(near, listed ? `Servers: ${listed}` : "No servers are configured.") });
}

function unknownTool(entry, name) {
  const near = nearest(name, surface.functions(entry));
  return new ToolError({ code: "unknown_tool", server: entry.server, tool: name,
    message: `The server "${entry.server}" has no tool "${name}".`,
    hint: didYouMean(near, `List them with await searchTools("", { server: "${entry.server}" }) or in /servers/${entry.folder}.`) });
}

function toolsNamed(name) {
  return surface.index().filter((entry) => surface.called(entry, name) !== undefined);
}

const onDemand = {
  fs: () => builtin("fs"), path: () => builtin("path"), os: () => builtin("os"), util: () => builtin("util"), assert: () => builtin("assert"),
};

// Names the program uses and nobody defines: a server's namespace, a tool that only one server has.
function bindFree(names) {
  for (const name of names) {
    if (name in globalThis) continue;
    const entry = surface.index().find((e) => e.namespace === name || e.package === name || e.folder === name);
    let value = entry ? surface.proxy(entry) : onDemand[name]?.();
    if (value === undefined) {
      const owners = toolsNamed(name);
      if (owners.length === 1) value = surface.call(owners[0], surface.called(owners[0], name));
    }
    value ??= ownNames[name] ?? meantBy(name);
    if (value !== undefined) hidden(name, value);
  }
}

function freeNameHint(name) {
  const owners = toolsNamed(name);
  if (owners.length > 1) return `Several servers have ${name}: ${owners.slice(0, 4).map((e) => `${e.namespace}.${name}`).join(", ")}.`;
  const tools = surface.index().flatMap((e) => surface.functions(e).map((name) => `${e.namespace}.${name}`));
  const spaces = surface.index().map((e) => e.namespace);
  const near = [...nearest(name, spaces, 2), ...nearest(name, tools, 3)];
  return near.length ? `Did you mean ${near.join(", ")}?` : undefined;
}

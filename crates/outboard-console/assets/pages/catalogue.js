// What there is to call: servers, tools, definitions, and trying one.

import { act, look } from "../api.js";
import { block, facts, fill, h, nothing, problem } from "../dom.js";
import { choose, filters, named, searched } from "../fields.js";
import { form } from "../form.js";
import { count, pretty, tag, took } from "../format.js";
import { list } from "../list.js";

const draw = (row) => [
  h(
    "div",
    { class: "first" },
    h("span", { class: "mono" }, row.tool ? `${row.server}.${row.tool}` : row.server),
    !row.tool && h("span", { class: "end small soft" }, `${count(row.tools)} tools`),
  ),
  h("div", { class: "second" }, row.description),
];

const hints = (given) =>
  Object.entries(given)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${value ? "" : "not "}${name.replaceAll("_", " ")}`)
    .join(", ");

function attempt(server, tool, schema) {
  const fields = form(schema);
  const said = h("div", { "aria-live": "polite" });
  const button = h("button", { class: "first", type: "submit" }, "Call it");
  const submit = async (event) => {
    event.preventDefault();
    const began = performance.now();
    try {
      const given = fields.read();
      button.disabled = true;
      fill(
        said,
        h("p", { class: "soft" }, "Under way. If a rule asks a person, answer under Approvals in another window."),
      );
      const found = await act("call", { server, tool, arguments: given });
      fill(
        said,
        h("p", { class: "small soft" }, `Answered in ${took(Math.round((performance.now() - began) * 1000))}`),
        block(pretty(found.value), "Answer"),
      );
    } catch (error) {
      fill(said, problem(error));
    } finally {
      button.disabled = false;
    }
  };
  return h(
    "form",
    { onsubmit: submit, class: "card" },
    h("h3", {}, "Try it"),
    h(
      "p",
      { class: "small soft" },
      "A real call, in your name, through the same rules as every other. It is in the audit log.",
    ),
    fields.element,
    h("div", { class: "buttons" }, button),
    said,
  );
}

function shownTool(found) {
  const dry = new URLSearchParams({ server: found.server, tool: found.tool });
  return [
    h("h2", {}, `${found.server}.${found.tool}`),
    facts([
      ["Title", found.title],
      ["What its server claims", hints(found.hints)],
      ["Rules", found.decision && [tag(found.decision.action), " ", h("a", { href: `#/policies?${dry}` }, "dry run")]],
      ["Because", found.decision?.rule],
    ]),
    h("p", {}, found.description),
    h("h3", {}, "TypeScript"),
    block(found.typescript, "TypeScript"),
    h("h3", {}, "Python"),
    block(found.python, "Python"),
    attempt(found.server, found.tool, found.input_schema),
    h(
      "details",
      {},
      h("summary", {}, "Definition as the server sent it"),
      block(pretty(found.definition), "Definition"),
    ),
  ];
}

export async function page({ rest, query, over }) {
  const one = h("section", { "aria-live": "polite" });
  const fault = h("div", {});
  const said = h("p", { class: "small soft said-of-list", role: "status" });
  const { rows: servers } = await look("tools", {}, over);
  const names = servers.map((server) => [server.server, `${server.server} (${server.tools})`]);
  const choice = choose([["", "all servers"], ...names], rest[0] ?? query.get("server"), { name: "server" });
  const fields = filters(
    "Find tools",
    "catalogue",
    [named("Server", choice), searched("Search", "q", query.get("q"), { "data-search": true })],
    () => load(),
  );

  async function open(row) {
    if (!row.tool) {
      choice.value = row.server;
      return load();
    }
    try {
      const found = await look("tool", { server: row.server, tool: row.tool }, over);
      const path = [row.server, row.tool].map(encodeURIComponent).join("/");
      history.replaceState(null, "", `#/catalogue/${path}`);
      fill(one, shownTool(found));
      if (matchMedia("(max-width: 52rem)").matches) one.scrollIntoView();
    } catch (error) {
      if (error.name !== "AbortError") fill(one, problem(error));
    }
  }

  const lines = list({ label: "Tools", draw, open });
  async function load() {
    try {
      const wanted = { server: choice.value, query: fields.elements.q.value };
      const all = !wanted.server && !wanted.query;
      const rows = all ? servers.map((server) => ({ ...server, id: server.server })) : (await look("tools", wanted, over)).rows;
      lines.set(rows);
      fill(fault);
      fill(said, all ? `${count(rows.length)} servers; Enter shows the tools of one` : `${count(rows.length)} tools`);
    } catch (error) {
      if (error.name !== "AbortError") fill(fault, problem(error));
    }
  }
  if (servers.length === 1) choice.value = servers[0].server;
  await load();
  if (rest[1]) await open({ server: rest[0], tool: rest[1] });
  else
    fill(
      one,
      servers.length === 0
        ? nothing("No server is configured.", "Add one with ", h("code", {}, "outboard add"), " or take over those of a client with ", h("code", {}, "outboard import"), ".")
        : nothing("Choose a tool.", "Its definition, its signatures, what the rules say, and a form to try it."),
    );
  return {
    element: [
      h("h1", {}, "Catalogue"),
      fields,
      fault,
      h("div", { class: "split" }, h("div", {}, lines.box, said), one),
    ],
    shown: load,
  };
}

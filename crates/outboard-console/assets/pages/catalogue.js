// What there is to call: servers, tools, definitions, and trying one.

import { act, look } from "../api.js";
import { block, facts, fill, h, problem } from "../dom.js";
import { form } from "../form.js";
import { pretty, tag, took } from "../format.js";
import { list } from "../list.js";

const draw = (row) => [
  h("div", { class: "first" }, h("span", { class: "mono" }, `${row.server}.${row.tool}`)),
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

export async function page({ rest, query, over }) {
  const one = h("section", { "aria-live": "polite" });
  const fault = h("div", {});
  const said = h("p", { class: "small soft", role: "status" });
  const { rows: servers } = await look("tools", {}, over);
  const choice = h(
    "select",
    {},
    h("option", { value: "" }, "all servers"),
    servers.map((server) =>
      h("option", { value: server.server, selected: server.server === rest[0] }, `${server.server} (${server.tools})`),
    ),
  );
  const search = h("input", { type: "search", "data-search": true, autocomplete: "off", value: query.get("q") ?? "" });

  async function open(row) {
    try {
      const found = await look("tool", { server: row.server, tool: row.tool }, over);
      fill(
        one,
        h("h2", {}, `${found.server}.${found.tool}`),
        facts([
          ["Title", found.title],
          ["What its server claims", hints(found.hints)],
          ["Rules", tag(found.decision.action)],
          ["Because", found.decision.rule],
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
      );
      if (matchMedia("(max-width: 52rem)").matches) one.scrollIntoView();
    } catch (error) {
      if (error.name !== "AbortError") fill(one, problem(error));
    }
  }

  const lines = list({ label: "Tools", draw, open });
  async function load() {
    try {
      if (!choice.value && !search.value) {
        lines.set([]);
        fill(said, `${servers.length} servers. Choose one, or search all.`);
        return;
      }
      const { rows } = await look("tools", { server: choice.value, query: search.value }, over);
      lines.set(rows);
      fill(fault);
      fill(said, `${rows.length} tools`);
    } catch (error) {
      if (error.name !== "AbortError") fill(fault, problem(error));
    }
  }
  let timer;
  const fields = h(
    "form",
    {
      class: "bar-of-fields",
      role: "search",
      "aria-label": "Find tools",
      onsubmit: (event) => {
        event.preventDefault();
        load();
      },
    },
    h("label", {}, "Server", choice),
    h("label", {}, "Search", search),
  );
  fields.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(load, 200);
  });
  if (servers.length === 1) choice.value = servers[0].server;
  await load();
  if (rest[1]) await open({ server: rest[0], tool: rest[1] });
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

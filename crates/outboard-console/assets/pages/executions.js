// What ran, runs and waits.

import { look } from "../api.js";
import { fill, h, problem } from "../dom.js";
import { count, tag, took, when } from "../format.js";
import { list } from "../list.js";

const STATUSES = [
  "queued",
  "running",
  "waiting_approval",
  "suspended",
  "succeeded",
  "failed",
  "cancelled",
  "limit_exceeded",
];
const LANGUAGES = ["typescript", "python", "bash"];
const PAGE = 100;

function draw(row) {
  const span = row.ended_ms ? took((row.ended_ms - row.started_ms) * 1000) : "";
  return [
    h(
      "div",
      { class: "first" },
      tag(row.status),
      h("span", { class: "mono" }, row.title || row.id),
      h("span", { class: "end small soft" }, span),
    ),
    h(
      "div",
      { class: "second" },
      [when(row.started_ms), row.language, row.session, row.principal, row.error_code, row.id]
        .filter(Boolean)
        .join(" · "),
    ),
  ];
}

const select = (name, words, given) =>
  h(
    "label",
    {},
    name,
    h(
      "select",
      { name: name.toLowerCase() },
      h("option", { value: "" }, "all"),
      words.map((word) => h("option", { value: word, selected: word === given }, word.replaceAll("_", " "))),
    ),
  );

export async function page({ query, over }) {
  let rows = [];
  let next = null;
  let busy = false;
  let number = 0;
  let looked = 0;
  const said = h("p", { class: "small soft", role: "status" });
  const fault = h("div", {});
  const input = (name, label, search) =>
    h(
      "label",
      {},
      label,
      h("input", { name, type: "search", value: query.get(name) ?? "", "data-search": search, autocomplete: "off" }),
    );
  const fields = h(
    "form",
    { class: "bar-of-fields", role: "search", "aria-label": "Filters" },
    select("Status", STATUSES, query.get("status")),
    select("Language", LANGUAGES, query.get("language")),
    input("session", "Session"),
    input("principal", "Principal"),
    input("text", "Text in program, id or error", true),
  );

  const filter = () => Object.fromEntries([...new FormData(fields)].filter(([, value]) => value));
  const lines = list({
    label: "Executions",
    draw,
    open: (row) => {
      location.hash = `#/executions/${encodeURIComponent(row.id)}`;
    },
    more,
  });

  function tell() {
    const rest = next && rows.length > 0 ? "; older ones follow when you scroll" : "";
    const found = rows.length > 0 ? `${count(rows.length)} shown` : next ? "Nothing fits so far" : "Nothing fits";
    fill(said, `${found}${rest}${looked > rows.length ? `; ${count(looked)} looked at` : ""}`);
  }

  async function load(fresh) {
    if (busy && !fresh) return;
    busy = true;
    const mine = (number += 1);
    try {
      const wanted = fresh ? PAGE : rows.length + PAGE;
      let first = fresh;
      // A text is looked for in some thousand programs at a time.
      do {
        const from = first || !next ? {} : { before_ms: next.started_ms, before_id: next.id };
        const got = await look("executions", { ...filter(), ...from, limit: PAGE }, over);
        if (mine !== number) return;
        rows = first ? got.rows : rows.concat(got.rows);
        looked = first ? got.looked_at : looked + got.looked_at;
        next = got.next;
        first = false;
        fill(fault);
        lines.set(rows);
        tell();
      } while (next && rows.length < wanted);
    } catch (error) {
      if (error.name !== "AbortError" && mine === number) fill(fault, problem(error));
    } finally {
      if (mine === number) busy = false;
    }
  }

  function more() {
    if (next && !busy) load(false);
  }

  /** The newest page again: new rows come before, known ones are exchanged, the rest stays. */
  async function changed() {
    if (busy) return;
    const mine = number;
    const got = await look("executions", { ...filter(), limit: PAGE }, over);
    if (busy || mine !== number) return;
    const now = new Set(got.rows.map((row) => row.id));
    const last = got.rows.at(-1);
    const older = last
      ? rows.filter(
          (row) =>
            !now.has(row.id) &&
            (row.started_ms < last.started_ms || (row.started_ms === last.started_ms && row.id < last.id)),
        )
      : [];
    if (older.length === 0 || rows.length <= PAGE) next = got.next;
    rows = got.rows.concat(older);
    lines.set(rows);
    tell();
  }

  let timer;
  const apply = () => {
    const chosen = new URLSearchParams(filter());
    history.replaceState(null, "", `#/executions${chosen.size ? `?${chosen}` : ""}`);
    load(true);
  };
  fields.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
  fields.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 250);
  });
  await load(true);
  return {
    element: [h("h1", {}, "Executions"), fields, fault, lines.box, said],
    changed,
    shown: () => lines.set(rows),
  };
}

// What ran, runs and waits.

import { look, session } from "../api.js";
import { fill, h, nothing, part, problem, tiles } from "../dom.js";
import { choose, filled, filters, named, searched } from "../fields.js";
import { ago, count, saved, tag, took } from "../format.js";
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
const EVERY = 10000;

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
      ago(row.started_ms),
      [" ", row.error_code, row.language, row.session, row.principal, row.id].filter(Boolean).join(" · ").slice(1),
    ),
  ];
}

/** The last day in figures; at most every ten seconds, as they are counted over all of it. */
function day(over) {
  // Their place is there before they are: nothing moves when they come.
  const shown = part((sums) =>
    tiles([
      ["Ended in 24 h", sums ? count(sums.executions) : "–"],
      ["Did not succeed", sums ? count(sums.failed) : "–"],
      ["Calls", sums ? count(sums.calls) : "–"],
      ["Calls with errors", sums ? count(sums.errors) : "–"],
      ["Tokens saved, about", sums ? saved(Math.round(sums.bytes / 4), sums.model_tokens) : "–"],
    ]),
  );
  if (!session.only) shown.set(null);
  let last = 0;
  async function refresh() {
    if (session.only || Date.now() - last < EVERY) return;
    last = Date.now();
    const { spans } = await look("figures", { hours: 24 }, over).catch(() => ({ spans: null }));
    if (!spans) return;
    const sum = (name) => spans.reduce((all, span) => all + span[name], 0);
    const names = ["executions", "failed", "calls", "errors", "bytes", "model_tokens"];
    shown.set(Object.fromEntries(names.map((name) => [name, sum(name)])));
  }
  return { place: shown.place, refresh };
}

const empty = (asked) =>
  asked
    ? nothing("Nothing fits.", h("a", { href: "#/executions" }, "Show all executions"))
    : nothing(
        "Nothing ran yet.",
        "Connect a client with ",
        h("code", {}, "outboard install CLIENT"),
        ", or try ",
        h("code", {}, "outboard run program.ts"),
        ". What runs shows here by itself.",
      );

export async function page({ query, over }) {
  let rows = [];
  let next = null;
  let busy = false;
  let number = 0;
  let looked = 0;
  const said = h("p", { class: "small soft said-of-list", role: "status" });
  const [fault, none, figures] = [h("div", {}), h("div", {}), day(over)];
  const all = [["", "all"]];
  const fields = filters(
    "Filters",
    "executions",
    [
      named("Status", choose([...all, ...STATUSES], query.get("status"), { name: "status" })),
      named("Language", choose([...all, ...LANGUAGES], query.get("language"), { name: "language" })),
      searched("Session", "session", query.get("session")),
      !session.only && searched("Principal", "principal", query.get("principal")),
      searched("Text in program, id or error", "text", query.get("text"), { "data-search": true }),
    ],
    () => load(true),
  );
  const lines = list({
    label: "Executions",
    kind: "states",
    draw,
    open: (row) => {
      location.hash = `#/executions/${encodeURIComponent(row.id)}`;
    },
    more,
  });

  function tell() {
    const rest = next && rows.length > 0 ? "; older ones follow when you scroll" : "";
    const found = rows.length > 0 ? `${count(rows.length)} shown` : next ? "Nothing fits so far" : "";
    fill(said, `${found}${rest}${looked > rows.length ? `; ${count(looked)} looked at` : ""}`);
    const over = rows.length === 0 && !next;
    lines.box.hidden = over;
    fill(none, over && empty(Object.keys(filled(fields)).length > 0));
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
        const got = await look("executions", { ...filled(fields), ...from, limit: PAGE }, over);
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
    figures.refresh();
    if (busy) return;
    const mine = number;
    const got = await look("executions", { ...filled(fields), limit: PAGE }, over);
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

  figures.refresh();
  await load(true);
  return {
    element: [h("h1", {}, "Executions"), figures.place, fields, fault, lines.box, none, said],
    changed,
    shown: () => lines.set(rows),
  };
}

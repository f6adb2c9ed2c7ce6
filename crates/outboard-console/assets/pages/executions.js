// What ran, runs and waits.

import { look } from "../api.js";
import { fill, h, problem } from "../dom.js";
import { count, tag, took, when } from "../format.js";
import { list } from "../list.js";

const STATUSES = ["queued", "running", "waiting_approval", "suspended", "succeeded", "failed", "cancelled", "limit_exceeded"];
const LANGUAGES = ["typescript", "python", "bash"];
const PAGE = 100;

function draw(row) {
  const span = row.ended_ms ? took((row.ended_ms - row.started_ms) * 1000) : "";
  return [
    h("div", { class: "first" }, tag(row.status), h("span", { class: "mono" }, row.title || row.id), h("span", { class: "end small soft" }, span)),
    h("div", { class: "second" }, [when(row.started_ms), row.language, row.session, row.principal, row.error_code, row.id].filter(Boolean).join(" · ")),
  ];
}

const select = (name, words, given) => h("label", {}, name,
  h("select", { name: name.toLowerCase() }, h("option", { value: "" }, "all"), words.map((word) => h("option", { value: word, selected: word === given }, word.replaceAll("_", " ")))));

export async function page({ query, over }) {
  let rows = [];
  let next = null;
  let busy = false;
  let number = 0;
  const said = h("p", { class: "small soft", role: "status" });
  const fault = h("div", {});
  const input = (name, label, search) => h("label", {}, label, h("input", { name, type: "search", value: query.get(name) ?? "", "data-search": search, autocomplete: "off" }));
  const fields = h("form", { class: "bar-of-fields", role: "search", "aria-label": "Filters" },
    select("Status", STATUSES, query.get("status")), select("Language", LANGUAGES, query.get("language")),
    input("session", "Session"), input("principal", "Principal"), input("text", "Text in program, id or error", true));

  const filter = () => Object.fromEntries([...new FormData(fields)].filter(([, value]) => value));
  const lines = list({ label: "Executions", draw, open: (row) => { location.hash = `#/executions/${encodeURIComponent(row.id)}`; }, more });

  function tell(looked) {
    const rest = next ? "; older ones follow when you scroll" : "";
    fill(said, rows.length === 0 ? "Nothing fits." : `${count(rows.length)} shown${rest}${looked > rows.length ? `; ${count(looked)} looked at` : ""}`);
  }

  async function load(fresh) {
    if (busy && !fresh) return;
    busy = true;
    const mine = (number += 1);
    try {
      const from = fresh || !next ? {} : { before_ms: next.started_ms, before_id: next.id };
      const got = await look("executions", { ...filter(), ...from, limit: PAGE }, over);
      if (mine !== number) return;
      rows = fresh ? got.rows : rows.concat(got.rows);
      next = got.next;
      fill(fault);
      lines.set(rows);
      tell(got.looked_at);
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
    const got = await look("executions", { ...filter(), limit: PAGE }, over);
    const now = new Set(got.rows.map((row) => row.id));
    const last = got.rows.at(-1);
    const older = last ? rows.filter((row) => !now.has(row.id) && (row.started_ms < last.started_ms || (row.started_ms === last.started_ms && row.id < last.id))) : [];
    if (older.length === 0 || rows.length <= PAGE) next = got.next;
    rows = got.rows.concat(older);
    lines.set(rows);
    tell(0);
  }

  let timer;
  const apply = () => {
    const chosen = new URLSearchParams(filter());
    history.replaceState(null, "", `#/executions${chosen.size ? `?${chosen}` : ""}`);
    load(true);
  };
  fields.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
  fields.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(apply, 250); });
  await load(true);
  return { element: [h("h1", {}, "Executions"), fields, fault, lines.box, said], changed, shown: () => lines.set(rows) };
}

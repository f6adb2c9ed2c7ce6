// Which page is shown, the way between them, keys that work everywhere.

import { follow, logout, login, look, resume } from "./api.js";
import { fill, h, problem, say } from "./dom.js";
import * as approvals from "./pages/approvals.js";
import * as audit from "./pages/audit.js";
import * as catalogue from "./pages/catalogue.js";
import * as execution from "./pages/execution.js";
import * as executions from "./pages/executions.js";
import * as figures from "./pages/figures.js";
import * as loginPage from "./pages/login.js";
import * as policies from "./pages/policies.js";
import * as servers from "./pages/servers.js";
import * as skills from "./pages/skills.js";

const PAGES = { executions, approvals, catalogue, servers, skills, policies, figures, audit };
const NAMES = {
  executions: "Executions",
  approvals: "Approvals",
  catalogue: "Catalogue",
  servers: "Servers",
  skills: "Skills",
  policies: "Policies",
  figures: "Charts",
  audit: "Audit",
};

const main = document.getElementById("main");
const nav = document.getElementById("nav");
const badge = h("span", { class: "badge", hidden: true });
let present = null;
let listening = null;

/** The words of the address behind the `#/`. */
function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path
    .split("/")
    .filter(Boolean)
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
  return { name: parts[0] || "executions", rest: parts.slice(1), query: new URLSearchParams(query ?? "") };
}

function drawNav(name) {
  fill(
    nav,
    Object.entries(NAMES).map(([key, text]) =>
      h("a", { href: `#/${key}`, "aria-current": key === name && "page" }, text, key === "approvals" && badge),
    ),
  );
}

/** Shows the page of the address; the one before hears that it is over. */
async function show() {
  if (location.hash.startsWith("#login=") || !listening) return;
  const { name, rest, query } = place();
  const page = name === "executions" && rest.length > 0 ? execution : (PAGES[name] ?? executions);
  present?.over.abort();
  const now = { over: new AbortController(), changed: null };
  present = now;
  drawNav(PAGES[name] ? name : "executions");
  document.title = `${NAMES[name] ?? "Executions"} – Outboard`;
  fill(main, h("p", { class: "soft" }, "Loading …"));
  try {
    const made = await page.page({ rest, query, over: now.over.signal });
    if (present !== now) return;
    now.changed = made.changed;
    fill(main, made.element);
    made.shown?.();
  } catch (error) {
    if (present === now && error.name !== "AbortError") fill(main, h("h1", {}, NAMES[name] ?? "Page"), problem(error));
  }
}

async function countOpen() {
  const { open } = await look("approvals");
  if (open.length > Number(badge.textContent || 0)) say(`${open.length} call(s) wait for approval`);
  badge.textContent = String(open.length);
  badge.hidden = open.length === 0;
  badge.setAttribute("aria-label", `${open.length} open`);
}

/** News come in bursts: they are heard at most twice a second, and the last one always. */
function gently(work) {
  let [running, again] = [false, false];
  return async function run() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await work();
    } catch {
      /* the page says what is wrong where somebody looks */
    }
    await new Promise((done) => setTimeout(done, 500));
    running = false;
    if (again) {
      again = false;
      run();
    }
  };
}

const heard = gently(async () => {
  await Promise.all([countOpen(), present?.changed?.()]);
});

function enter() {
  document.getElementById("top").hidden = false;
  listening = new AbortController();
  follow(heard, listening.signal);
  if (location.hash.startsWith("#login=")) history.replaceState(null, "", "/console/#/executions");
  show();
}

function leave() {
  listening?.abort();
  listening = null;
  present?.over.abort();
  present = null;
  document.getElementById("top").hidden = true;
  document.title = "Log in – Outboard";
  fill(main, loginPage.page(enter));
  main.querySelector("input")?.focus();
}

async function start() {
  const link = location.hash.startsWith("#login=") ? location.hash.slice(7) : null;
  if (link) {
    // The secret leaves the address before anything else happens.
    history.replaceState(null, "", "/console/");
    try {
      await login({ link });
      return enter();
    } catch (error) {
      if (!(await resume().catch(() => false))) {
        leave();
        say(error.message);
        return;
      }
      return enter();
    }
  }
  if (await resume().catch(() => false)) enter();
  else leave();
}

document.addEventListener("gone", () => {
  if (listening) leave();
});
document.getElementById("leave").addEventListener("click", async () => {
  await logout();
  leave();
});
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener("hashchange", () => {
  if (location.hash !== "#main") show();
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    const search = main.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  } else if (
    ["j", "k", "ArrowDown", "ArrowUp"].includes(event.key) &&
    event.target.closest("[role=listbox], .table, pre, .code, .diff") === null
  ) {
    const box = main.querySelector("[role=listbox]");
    if (box) {
      event.preventDefault();
      box.focus();
    }
  }
});

start();

// Which page is shown, and the way between them.

import { follow, logout, login, look, resume, session } from "./api.js";
import { fill, h, nothing, problem, say } from "./dom.js";
import { listen } from "./keys.js";
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
const linkState = document.getElementById("link-state");
const badge = h("span", { class: "badge", hidden: true });
let present = null;
let listening = null;

/** The pages that there are for who is logged in: a principal sees its executions. */
const names = () => (session.only ? { executions: NAMES.executions } : NAMES);

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
    Object.entries(names()).map(([key, text]) =>
      h("a", { href: `#/${key}`, "aria-current": key === name && "page" }, text, key === "approvals" && badge),
    ),
  );
}

/** What stands in the title of the window: questions first, so that a tab in the background tells of them. */
function entitle(text) {
  if (text) entitle.text = text;
  const open = Number(badge.textContent || 0);
  document.title = `${open > 0 ? `(${open}) ` : ""}${entitle.text} – Outboard`;
}

const missing = {
  page: () => ({
    element: [
      h("h1", {}, "No such page"),
      nothing("This address leads nowhere.", h("a", { href: "#/executions" }, "All executions")),
    ],
  }),
};

/** Whether a page was shown since the window was opened. */
const shown = { before: false };

/** Shows the page of the address once it is there; the one before hears that it is over. */
async function show() {
  if (location.hash.startsWith("#login=") || !listening) return;
  const { name, rest, query } = place();
  const found = names()[name] ? PAGES[name] : missing;
  const page = name === "executions" && rest.length > 0 ? execution : found;
  present?.over.abort();
  const now = { over: new AbortController(), changed: null };
  present = now;
  drawNav(name);
  entitle(names()[name] ?? "No such page");
  main.setAttribute("aria-busy", "true");
  try {
    const made = await page.page({ rest, query, over: now.over.signal, entitle });
    if (present !== now) return;
    now.changed = made.changed;
    fill(main, made.element);
    scrollTo(0, 0);
    // Who came by a key goes on from here, and who listens hears where that is. The first page leaves the way to skip.
    if (shown.before) main.focus({ preventScroll: true });
    shown.before = true;
    made.shown?.();
  } catch (error) {
    if (present !== now || error.name === "AbortError") return;
    const again = h("button", { type: "button", onclick: show }, "Try again");
    fill(main, h("h1", {}, NAMES[name] ?? "Page"), problem(error), h("div", { class: "buttons" }, again));
  } finally {
    if (present === now) main.removeAttribute("aria-busy");
  }
}

async function countOpen() {
  if (session.only) return;
  const { open, skills: waiting } = await look("approvals");
  const all = open.length + waiting.length;
  if (all > Number(badge.textContent || 0)) say(`${all} ${all === 1 ? "question waits" : "questions wait"} for your answer`);
  badge.textContent = String(all);
  badge.hidden = all === 0;
  badge.setAttribute("aria-label", `${all} open`);
  entitle();
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

function linked(is) {
  linkState.dataset.live = is ? "yes" : "no";
  linkState.textContent = is ? (session.only ?? "live") : "connecting …";
}

function enter() {
  document.getElementById("top").hidden = false;
  listening = new AbortController();
  linked(false);
  follow(heard, linked, listening.signal);
  if (location.hash.startsWith("#login=")) history.replaceState(null, "", "/console/#/executions");
  show();
}

function leave() {
  listening?.abort();
  listening = null;
  present?.over.abort();
  present = null;
  main.removeAttribute("aria-busy");
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
listen(main, names, (page) => {
  location.hash = `#/${page}`;
});

start();

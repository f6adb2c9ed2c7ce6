// Numbers, times and words for people.

import { h } from "./dom.js";

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const SPAN = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
const COUNT = new Intl.NumberFormat();
const SHORT = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });

export const when = (ms) => (ms ? WHEN.format(new Date(ms)) : "");
export const hour = (ms) => (ms ? SPAN.format(new Date(ms)) : "");
export const count = (number) => COUNT.format(number ?? 0);
export const short = (number) => SHORT.format(number ?? 0);

function distance(ms) {
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

function told(ms) {
  const away = ms - Date.now();
  if (Math.abs(away) > 14 * 86400000) return DAY.format(new Date(ms));
  if (away < 0) return away > -3000 ? "now" : `${distance(away)} ago`;
  return `in ${distance(away)}`;
}

/** How long ago, or how long until; says the time itself where somebody points at it. */
export function ago(ms) {
  if (!ms) return "";
  const title = when(ms);
  return h("time", { datetime: new Date(ms).toISOString(), title, "data-at": String(ms) }, told(ms));
}

// What is said of times goes on while a page is open; the width of a line may change, its height does not.
setInterval(() => {
  for (const one of document.querySelectorAll("time[data-at]")) {
    const now = told(Number(one.dataset.at));
    if (one.textContent !== now) one.textContent = now;
  }
}, 5000);

/** A time span, from microseconds. */
export function took(us) {
  if (us === null || us === undefined) return "";
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 1e6) return `${(us / 1e3).toFixed(us < 1e4 ? 1 : 0)} ms`;
  if (us < 6e7) return `${(us / 1e6).toFixed(us < 1e7 ? 2 : 1)} s`;
  if (us < 36e8) return `${Math.floor(us / 6e7)} min ${Math.round((us % 6e7) / 1e6)} s`;
  return `${Math.floor(us / 36e8)} h ${Math.round((us % 36e8) / 6e7)} min`;
}

export function bytes(number) {
  if (number < 1024) return `${number} B`;
  if (number < 1048576) return `${(number / 1024).toFixed(1)} KiB`;
  return `${(number / 1048576).toFixed(1)} MiB`;
}

/** What direct calls put through a model, and what programs did, in words. */
export function saved(direct, programs) {
  if (direct <= programs || direct === 0) return "none yet";
  const share = (1 - programs / direct) * 100;
  // No program is for nothing: what is nearly all is not said to be all.
  return `${short(direct - programs)} (${share > 99 ? Math.floor(share * 10) / 10 : Math.round(share)} %)`;
}

const TONES = {
  succeeded: "good",
  approved: "good",
  ready: "good",
  active: "good",
  allow: "good",
  closed: "good",
  failed: "bad",
  denied: "bad",
  limit_exceeded: "bad",
  deny: "bad",
  open: "bad",
  expired: "bad",
  running: "wait",
  queued: "wait",
  waiting_approval: "wait",
  suspended: "wait",
  pending: "wait",
  ask: "wait",
  starting: "wait",
  waiting: "wait",
  probing: "wait",
};

/** A word for a state; the colour says nothing that the word does not. */
export const tag = (word) => h("span", { class: `tag ${TONES[word] ?? "soft"}` }, String(word).replaceAll("_", " "));

export const isOver = (status) => ["succeeded", "failed", "cancelled", "limit_exceeded"].includes(status);

/** JSON text with indents; other text as it is. */
export function pretty(text) {
  if (typeof text !== "string") return JSON.stringify(text, null, 2);
  if (text.length > 500000) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// Numbers, times and words for people.

import { h } from "./dom.js";

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const COUNT = new Intl.NumberFormat();

export const when = (ms) => (ms ? WHEN.format(new Date(ms)) : "");
export const count = (number) => COUNT.format(number ?? 0);

/** A time span, from microseconds. */
export function took(us) {
  if (us === null || us === undefined) return "";
  if (us < 1000) return `${us} µs`;
  if (us < 1e6) return `${(us / 1e3).toFixed(1)} ms`;
  if (us < 6e7) return `${(us / 1e6).toFixed(2)} s`;
  return `${Math.floor(us / 6e7)} min ${Math.round((us % 6e7) / 1e6)} s`;
}

export function bytes(number) {
  if (number < 1024) return `${number} B`;
  if (number < 1048576) return `${(number / 1024).toFixed(1)} KiB`;
  return `${(number / 1048576).toFixed(1)} MiB`;
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

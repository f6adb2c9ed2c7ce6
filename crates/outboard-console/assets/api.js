// Talking to the program: reading, changing, hearing of news.

const HEADER = "x-outboard-console";
let token = null;

/** Who is logged in: the only principal whose executions are shown, or nobody in particular. */
export const session = { only: null };

function opened(found) {
  token = found.token;
  session.only = found.only;
}

/** What the program said no with. */
export class Refused extends Error {
  constructor(status, error) {
    super(error?.message ?? `the program answered with status ${status}`);
    this.status = status;
    this.code = error?.code ?? "unreachable";
    this.hint = error?.hint;
  }
}

async function ask(path, options = {}) {
  const headers = { ...(options.headers ?? {}) };
  if (token) headers[HEADER] = token;
  let response;
  try {
    response = await fetch(`/console/api/${path}`, {
      ...options,
      headers,
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch {
    throw new Refused(0, { message: "the program does not answer", hint: "is it still running?", code: "unreachable" });
  }
  const body = await response.json().catch(() => null);
  if (response.ok) return body;
  if (response.status === 401) document.dispatchEvent(new CustomEvent("gone"));
  throw new Refused(response.status, body?.error);
}

const send = (path, body) =>
  ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}) });

/** Reads something. */
export function look(what, given = {}, signal = undefined) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && value !== null && value !== "") query.set(name, value);
  }
  return ask(`look/${what}?${query}`, { signal });
}

/** Changes something. */
export const act = (what, given) => send(`act/${what}`, given);

/** Goes on with the session that the browser has a cookie of. */
export async function resume() {
  const found = await fetch("/console/api/session", { credentials: "same-origin", cache: "no-store" });
  if (!found.ok) return false;
  opened(await found.json());
  return true;
}

/** Opens a session with what somebody brought. */
export async function login(brought) {
  token = null;
  opened(await send("login", brought));
}

/** Ends it. */
export async function logout() {
  await send("logout").catch(() => null);
  token = null;
}

/**
 * Calls `heard` whenever something was recorded, until `signal` ends it; connects again by itself, and tells `linked`
 * whether it is connected.
 */
export async function follow(heard, linked, signal) {
  let pause = 500;
  while (!signal.aborted) {
    try {
      const response = await fetch("/console/api/live", { headers: { [HEADER]: token }, signal, cache: "no-store" });
      if (response.status === 401) return document.dispatchEvent(new CustomEvent("gone"));
      if (!response.ok) throw new Error("not now");
      pause = 500;
      linked(true);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        rest += value;
        const parts = rest.split("\n\n");
        rest = parts.pop();
        if (parts.some((part) => part.startsWith("event: changed"))) heard();
      }
    } catch {
      if (signal.aborted) return;
    }
    linked(false);
    await new Promise((done) => setTimeout(done, pause));
    pause = Math.min(pause * 2, 10000);
  }
}

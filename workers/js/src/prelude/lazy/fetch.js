// fetch: the host makes the request, where it is granted. Never here: what is granted, beyond saying so.
const LARGEST_BODY = 16 << 20;
const usualMethods = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH"]);
const emptyStatuses = new Set([101, 204, 205, 304]);

class Request extends Body {
  constructor(input, init = {}) {
    const from = input instanceof Request ? input : undefined;
    const given = init.body !== undefined ? bodyOf(init.body) : { bytes: from ? bodyCopy(from) : null };
    super(given.bytes);
    const method = String(init.method ?? from?.method ?? "GET");
    this.method = usualMethods.has(method.toUpperCase()) ? method.toUpperCase() : method;
    if (given.bytes !== null && (this.method === "GET" || this.method === "HEAD")) throw new TypeError(`a request with method ${this.method} has no body`);
    this.url = from ? from.url : addressOf(input);
    this.headers = new Headers(init.headers ?? from?.headers);
    if (given.type && !this.headers.has("content-type")) this.headers.set("content-type", given.type);
    this.redirect = String(init.redirect ?? from?.redirect ?? "follow");
    if (!["follow", "error", "manual"].includes(this.redirect)) throw new TypeError('redirect is "follow", "error" or "manual"');
    this.signal = init.signal ?? from?.signal ?? new AbortSignal();
  }
  clone() { return new Request(this); }
}

class Response extends Body {
  constructor(body, init = {}) {
    const given = bodyOf(body);
    super(given.bytes);
    const status = init.status ?? 200;
    if (!Number.isInteger(status) || status < 100 || status > 599) throw new RangeError(`${status} is no status of a response`);
    this.status = status;
    this.statusText = String(init.statusText ?? "");
    this.ok = status >= 200 && status < 300;
    this.url = "";
    this.redirected = false;
    this.type = "default";
    this.headers = new Headers(init.headers);
    if (given.type && !this.headers.has("content-type")) this.headers.set("content-type", given.type);
  }
  clone() { return Object.assign(new Response(bodyCopy(this), this), { url: this.url, redirected: this.redirected, type: this.type }); }
  static json(data, init = {}) {
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new Response(JSON.stringify(data), { ...init, headers });
  }
  static redirect(url, status = 302) { return new Response(null, { status, headers: { location: addressOf(url) } }); }
  static error() { return Object.assign(new Response(null), { status: 0, ok: false, type: "error" }); }
}

function addressOf(input) {
  let url;
  try { url = input instanceof URL ? input : new URL(String(input)); } catch {
    throw new TypeError(`fetch takes a whole address such as "https://api.example.com/path", not ${JSON.stringify(String(input).slice(0, 200))}`);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") throw new TypeError(`fetch speaks https and http, not ${url.protocol}`);
  if (urlPart(url, "username") || urlPart(url, "password")) throw new TypeError("an address for fetch has no user name and no password; use an Authorization header");
  return url.href;
}

function noNetwork(address) {
  const url = new URL(address);
  const port = urlPart(url, "port") || (url.protocol === "http:" ? "80" : "443");
  return new ToolError({ code: "network_denied",
    message: `no network: the operator can grant it with [sandbox.network] allow = ["${urlPart(url, "hostname")}:${port}"]` });
}

function responseOf(answer) {
  const bytes = emptyStatuses.has(answer.status) ? null : Uint8Array.fromBase64(answer.body ?? "");
  const response = new Response(bytes, { status: answer.status, statusText: answer.status_text });
  for (const [name, value] of answer.headers ?? []) response.headers.append(name, value);
  return Object.assign(response, { url: answer.url, redirected: !!answer.redirected, type: "basic" });
}

function sendRequest(asked, body) {
  let id;
  const text = JSON.stringify({
    method: asked.method, url: asked.url, headers: [...asked.headers], redirect: asked.redirect,
    ...(body === null ? {} : { body: body.toBase64() }),
  });
  const answer = request((number) => { id = number; host.fetch(number, text); });
  // The host is not told: the request may have arrived. Its answer is dropped.
  const giveUp = () => {
    const call = pending.get(id);
    if (!call) return;
    pending.delete(id);
    host.forget(id);
    call.reject(asked.signal.reason);
  };
  asked.signal.addEventListener("abort", giveUp, { once: true });
  return answer.finally(() => asked.signal.removeEventListener("abort", giveUp));
}

async function fetch(input, init) {
  const asked = new Request(input, init ?? {});
  asked.signal.throwIfAborted();
  if (host.granted() === undefined) throw noNetwork(asked.url);
  const body = bodyCopy(asked);
  if (body !== null && body.length > LARGEST_BODY) {
    throw new ToolError({ code: "limit_exceeded", message: `the body has ${body.length} bytes; at most ${LARGEST_BODY >> 20} MiB can be sent` });
  }
  return responseOf(await sendRequest(asked, body));
}
return { Headers, Blob, File, FormData, fetch, Request, Response };

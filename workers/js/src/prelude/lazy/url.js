// URL and URLSearchParams for the schemes that programs meet: http, https, ftp, ws, wss, file and opaque ones.
const ports = { "http:": "80", "https:": "443", "ftp:": "21", "ws:": "80", "wss:": "443", "file:": "" };

function percent(text, keep) {
  return Array.from(text.toWellFormed(), (letter) => (keep.test(letter) ? letter : encodeURIComponent(letter).replace(/^[!'()*]$/, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`))).join("");
}

const pathLetters = /[A-Za-z0-9\-._~!$&'()*+,;=:@/%[\]|^]/;
const queryLetters = /[A-Za-z0-9\-._~!$&()*+,;=:@/?%[\]|^`{}\\]/;

function formEncode(text) {
  return encodeURIComponent(String(text).toWellFormed()).replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll("%20", "+");
}

function formDecode(text) {
  const spaced = text.replaceAll("+", " ");
  try { return decodeURIComponent(spaced); } catch { return spaced; }
}

class URLSearchParams {
  #list = [];
  #changed;
  constructor(init = "", changed) {
    this.#changed = typeof changed === "function" ? changed : () => undefined;
    if (typeof init === "string") this.#parse(init);
    else if (init instanceof URLSearchParams) this.#list = [...init];
    else if (init && typeof init[Symbol.iterator] === "function") for (const [key, value] of init) this.#list.push([String(key), String(value)]);
    else for (const [key, value] of Object.entries(init ?? {})) this.#list.push([key, String(value)]);
  }
  #parse(text) {
    for (const part of text.replace(/^\?/, "").split("&")) {
      if (part === "") continue;
      const at = part.indexOf("=");
      this.#list.push(at < 0 ? [formDecode(part), ""] : [formDecode(part.slice(0, at)), formDecode(part.slice(at + 1))]);
    }
  }
  get size() { return this.#list.length; }
  append(key, value) { this.#list.push([String(key), String(value)]); this.#changed(); }
  delete(key, value) { this.#list = this.#list.filter(([one, own]) => one !== String(key) || (value !== undefined && own !== String(value))); this.#changed(); }
  get(key) { return this.#list.find(([one]) => one === String(key))?.[1] ?? null; }
  getAll(key) { return this.#list.filter(([one]) => one === String(key)).map(([, value]) => value); }
  has(key, value) { return this.#list.some(([one, own]) => one === String(key) && (value === undefined || own === String(value))); }
  set(key, value) {
    const at = this.#list.findIndex(([one]) => one === String(key));
    this.#list = this.#list.filter(([one], index) => one !== String(key) || index === at);
    if (at < 0) this.#list.push([String(key), String(value)]); else this.#list[at][1] = String(value);
    this.#changed();
  }
  sort() { this.#list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); this.#changed(); }
  forEach(callback, self) { for (const [key, value] of this.#list) callback.call(self, value, key, this); }
  *entries() { for (const pair of this.#list) yield [...pair]; }
  *keys() { for (const [key] of this.#list) yield key; }
  *values() { for (const [, value] of this.#list) yield value; }
  [Symbol.iterator]() { return this.entries(); }
  toString() { return this.#list.map(([key, value]) => `${formEncode(key)}=${formEncode(value)}`).join("&"); }
}

function cleanPath(path) {
  const out = [];
  const parts = path.split("/").slice(1);
  parts.forEach((part, at) => {
    const last = at === parts.length - 1;
    if (part === "..") { out.pop(); if (last) out.push(""); }
    else if (part === ".") { if (last) out.push(""); }
    else out.push(part);
  });
  return `/${out.join("/")}`;
}

function parseUrl(text, base) {
  const bad = () => Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL", input: text });
  const found = /^([A-Za-z][A-Za-z0-9+.-]*:)(.*)$/s.exec(text);
  if (!found) {
    if (!base) throw bad();
    const from = base instanceof URL ? base : new URL(base);
    const origin = `${from.protocol}//${from.username ? `${from.username}${from.password ? `:${from.password}` : ""}@` : ""}${from.host}`;
    if (text.startsWith("//")) return parseUrl(from.protocol + text);
    if (text.startsWith("/")) return parseUrl(origin + text);
    if (text.startsWith("?")) return parseUrl(origin + from.pathname + text);
    if (text.startsWith("#") || text === "") return parseUrl(origin + from.pathname + from.search + text);
    return parseUrl(origin + from.pathname.replace(/[^/]*$/, "") + text);
  }
  const protocol = found[1].toLowerCase();
  const [, body, search = "", hash = ""] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(found[2]);
  const tail = { search: search === "?" ? "" : percent(search, queryLetters), hash: hash === "#" ? "" : hash && `#${percent(hash.slice(1), queryLetters)}` };
  if (!(protocol in ports)) return { protocol, username: "", password: "", hostname: "", port: "", pathname: body, opaque: !body.startsWith("//"), ...tail };
  if (protocol === "file:") return { protocol, username: "", password: "", hostname: "", port: "", pathname: cleanPath(percent(body.replace(/^\/\/[^/]*/, "") || "/", pathLetters)), ...tail };
  const [, authority, path] = /^[/\\]*([^/\\]*)(.*)$/s.exec(body);
  const [, user = "", password = "", hostname, port = ""] = /^(?:([^:@]*)(?::([^@]*))?@)?(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority) ?? [];
  if (!hostname || /[\s<>"`{}|\\^%]/.test(hostname) || Number(port) > 65535) throw bad();
  return { protocol, username: user, password, hostname: hostname.toLowerCase(), port: port === ports[protocol] ? "" : port && String(Number(port)), pathname: cleanPath(percent(path.replaceAll("\\", "/") || "/", pathLetters)), ...tail };
}

class URL {
  #parts;
  #params;
  constructor(url, base) { this.#parts = parseUrl(String(url).trim(), base); }
  static canParse(url, base) { try { return !!new URL(url, base); } catch { return false; } }
  static parse(url, base) { try { return new URL(url, base); } catch { return null; } }
  get href() {
    const p = this.#parts;
    if (!(p.protocol in ports)) return p.protocol + p.pathname + p.search + p.hash;
    const user = p.username || p.password ? `${p.username}${p.password ? `:${p.password}` : ""}@` : "";
    return `${p.protocol}//${user}${this.host}${p.pathname}${p.search}${p.hash}`;
  }
  set href(value) { this.#parts = parseUrl(String(value)); this.#params = undefined; }
  get origin() { return this.#parts.protocol in ports && this.#parts.protocol !== "file:" ? `${this.#parts.protocol}//${this.host}` : "null"; }
  get host() { return this.#parts.hostname + (this.#parts.port ? `:${this.#parts.port}` : ""); }
  get searchParams() {
    this.#params ??= new URLSearchParams(this.#parts.search, () => {
      const text = this.#params.toString();
      this.#parts.search = text ? `?${text}` : "";
    });
    return this.#params;
  }
  get search() { return this.#parts.search; }
  set search(value) { const text = String(value).replace(/^\?/, ""); this.#parts.search = text ? `?${percent(text, queryLetters)}` : ""; this.#params = undefined; }
  get hash() { return this.#parts.hash; }
  set hash(value) { const text = String(value).replace(/^#/, ""); this.#parts.hash = text ? `#${percent(text, queryLetters)}` : ""; }
  get pathname() { return this.#parts.pathname; }
  set pathname(value) { const text = String(value); this.#parts.pathname = cleanPath(percent(text.startsWith("/") ? text : `/${text}`, pathLetters)); }
  toString() { return this.href; }
  toJSON() { return this.href; }
  // What the parser kept under the same name.
  static part(url, name) { return url.#parts[name]; }
  static setPart(url, name, value) { url.#parts[name] = value; }
}
const { part: urlPart, setPart } = URL;
delete URL.part;
delete URL.setPart;
for (const name of ["protocol", "username", "password", "hostname", "port"]) {
  const set = function (value) { setPart(this, name, name === "protocol" ? `${String(value).replace(/:?$/, "")}:` : String(value)); };
  Object.defineProperty(URL.prototype, name, { get() { return urlPart(this, name); }, set, configurable: true });
}
const legacy = (text) => {
  const url = URL.parse(text);
  if (!url) { const [, pathname, search, hash] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(String(text)); return { href: String(text), protocol: null, host: null, hostname: null, port: null, pathname, search: search ?? null, query: search?.slice(1) ?? null, hash: hash ?? null }; }
  return { href: url.href, protocol: url.protocol, host: url.host, hostname: url.hostname, port: url.port || null, pathname: url.pathname, search: url.search || null, query: url.search.slice(1) || null, hash: url.hash || null };
};
const module = {
  URL, URLSearchParams, fileURLToPath: (url) => decodeURIComponent(new URL(url).pathname), pathToFileURL: (path) => new URL(`file://${encodeURI(path).replace(/[?#]/g, encodeURIComponent)}`),
  format: (url) => (url instanceof URL || typeof url === "string" ? String(url) : `${url.protocol ? `${String(url.protocol).replace(/:?$/, ":")}//` : ""}${url.host ?? (url.hostname ?? "") + (url.port ? `:${url.port}` : "")}${url.pathname ?? ""}${url.search ?? (url.query ? `?${new URLSearchParams(url.query)}` : "")}${url.hash ?? ""}`),
  parse: legacy, resolve: (from, to) => new URL(to, from).href, urlToHttpOptions: (url) => ({ ...legacy(url.href), path: url.pathname + url.search }),
};
return { URL, URLSearchParams, urlPart, modules: { url: module } };

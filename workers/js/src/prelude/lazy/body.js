// What requests and answers are made of: Headers, Blob, FormData, and bodies that are read once.
const { host, use, bytesOf, randomBytes, isPlain, request, pending, ToolError } = common;
const { URL, URLSearchParams, urlPart } = use("url");
const { AbortSignal } = use("events");
const tokenLetters = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

class Headers {
  #map = new Map();
  constructor(init) {
    if (init === undefined || init === null) return;
    if (typeof init !== "object") throw new TypeError("Headers take an object, a list of pairs, or other Headers");
    const pairs = typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
    for (const pair of pairs) {
      const [name, value, ...more] = pair;
      if (value === undefined || more.length) throw new TypeError("each header is a pair of name and value");
      this.append(name, value);
    }
  }
  static #name(name) {
    if (!tokenLetters.test(String(name))) throw new TypeError(`${JSON.stringify(String(name))} cannot be the name of a header`);
    return String(name).toLowerCase();
  }
  static #value(name, value) {
    const text = String(value).trim();
    if (/[\0\r\n]/.test(text)) throw new TypeError(`the header ${name} holds a line break or a zero byte`);
    return text;
  }
  append(name, value) {
    const key = Headers.#name(name);
    this.#map.set(key, [...(this.#map.get(key) ?? []), Headers.#value(name, value)]);
  }
  set(name, value) { this.#map.set(Headers.#name(name), [Headers.#value(name, value)]); }
  get(name) { return this.#map.get(Headers.#name(name))?.join(", ") ?? null; }
  has(name) { return this.#map.has(Headers.#name(name)); }
  delete(name) { this.#map.delete(Headers.#name(name)); }
  getSetCookie() { return [...(this.#map.get("set-cookie") ?? [])]; }
  *entries() {
    for (const name of [...this.#map.keys()].sort()) {
      const values = this.#map.get(name);
      if (name === "set-cookie") for (const value of values) yield [name, value];
      else yield [name, values.join(", ")];
    }
  }
  *keys() { for (const [name] of this.entries()) yield name; }
  *values() { for (const [, value] of this.entries()) yield value; }
  forEach(callback, self) { for (const [name, value] of this.entries()) callback.call(self, value, name, this); }
  [Symbol.iterator]() { return this.entries(); }
  toJSON() { return Object.fromEntries(this.entries()); }
}

function joinBytes(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
}

const textBytes = (text) => host.encode(String(text).toWellFormed());

class Blob {
  #bytes;
  constructor(parts = [], options = {}) {
    this.#bytes = joinBytes(Array.from(parts, (part) => (part instanceof Blob ? part.#bytes : typeof part === "string" ? textBytes(part) : bytesOf(part))));
    this.size = this.#bytes.length;
    this.type = String(options.type ?? "").toLowerCase();
  }
  async bytes() { return this.#bytes.slice(); }
  async arrayBuffer() { return this.#bytes.slice().buffer; }
  async text() { return new TextDecoder().decode(this.#bytes); }
  slice(start, end, type) { return new Blob([this.#bytes.slice(start, end)], { type }); }
  static bytesOf(blob) { return blob.#bytes; }
}
const { bytesOf: blobBytes } = Blob;
delete Blob.bytesOf;

class File extends Blob {
  constructor(parts, name, options = {}) {
    super(parts, options);
    Object.assign(this, { name: String(name), lastModified: options.lastModified ?? Date.now() });
  }
}

class FormData {
  #list = [];
  append(name, value, filename) { this.#list.push([String(name), FormData.#value(value, filename)]); }
  set(name, value, filename) { this.delete(name); this.append(name, value, filename); }
  delete(name) { this.#list = this.#list.filter(([one]) => one !== String(name)); }
  get(name) { return this.#list.find(([one]) => one === String(name))?.[1] ?? null; }
  getAll(name) { return this.#list.filter(([one]) => one === String(name)).map(([, value]) => value); }
  has(name) { return this.#list.some(([one]) => one === String(name)); }
  *entries() { yield* this.#list.map((pair) => [...pair]); }
  *keys() { for (const [name] of this.#list) yield name; }
  *values() { for (const [, value] of this.#list) yield value; }
  forEach(callback, self) { for (const [name, value] of this.#list) callback.call(self, value, name, this); }
  [Symbol.iterator]() { return this.entries(); }
  static #value(value, filename) {
    if (!(value instanceof Blob)) return String(value);
    return new File([value], filename ?? value.name ?? "blob", { type: value.type });
  }
}

// A form as multipart text, and its type.
function multipart(form) {
  const boundary = `----outboard${randomBytes(12).toHex()}`;
  const quoted = (text) => text.replace(/\r\n|\r|\n/g, "%0D%0A").replaceAll('"', "%22");
  const parts = [];
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"`;
    if (value instanceof Blob) parts.push(textBytes(`${head}; filename="${quoted(value.name)}"\r\nContent-Type: ${value.type || "application/octet-stream"}\r\n\r\n`), blobBytes(value), textBytes("\r\n"));
    else parts.push(textBytes(`${head}\r\n\r\n${value}\r\n`));
  }
  return { bytes: joinBytes([...parts, textBytes(`--${boundary}--\r\n`)]), type: `multipart/form-data; boundary=${boundary}` };
}

// The bytes of whatever may be a body, and the type that goes with it.
function bodyOf(value) {
  if (value === undefined || value === null) return { bytes: null };
  if (value instanceof URLSearchParams) return { bytes: textBytes(value), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  if (value instanceof FormData) return multipart(value);
  if (value instanceof Blob) return { bytes: blobBytes(value), type: value.type || undefined };
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return { bytes: bytesOf(value).slice() };
  if (typeof value === "object" && (typeof value.getReader === "function" || typeof value[Symbol.asyncIterator] === "function")) throw new TypeError("a body is sent whole: read the stream first, then pass its text or bytes");
  if (isPlain(value) || Array.isArray(value)) throw new TypeError("a body is text or bytes: pass JSON.stringify(value)");
  return { bytes: textBytes(value), type: "text/plain;charset=UTF-8" };
}

class Body {
  #bytes;
  bodyUsed = false;
  constructor(bytes) {
    this.#bytes = bytes;
    Object.defineProperty(this, "bodyUsed", { enumerable: false });
  }
  #take() {
    if (this.bodyUsed) throw new TypeError("the body was read already; use clone() to read it twice");
    this.bodyUsed = this.#bytes !== null;
    return this.#bytes ?? new Uint8Array(0);
  }
  get body() {
    if (this.#bytes === null) return null;
    const take = () => this.#take();
    async function* chunks() { yield take(); }
    return {
      [Symbol.asyncIterator]: chunks,
      getReader() { const all = chunks(); return { read: () => all.next(), releaseLock() {}, cancel: async () => undefined }; },
      cancel: async () => undefined,
    };
  }
  async bytes() { return this.#take(); }
  async arrayBuffer() { const bytes = this.#take(); return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength); }
  async text() { return new TextDecoder().decode(this.#take()); }
  async blob() { return new Blob([this.#take()], { type: this.headers.get("content-type") ?? "" }); }
  async json() {
    const text = new TextDecoder().decode(this.#take());
    try { return JSON.parse(text); } catch (error) {
      const from = this.url ? ` of ${this.url}` : "";
      throw new SyntaxError(`the body${from} is not JSON: ${error.message}; it starts with ${JSON.stringify(text.slice(0, 80))}`);
    }
  }
  // A copy of the bytes for a clone.
  static copy(from) {
    if (from.bodyUsed) throw new TypeError("the body was read already; clone it before");
    return from.#bytes === null ? null : from.#bytes.slice();
  }
}
const { copy: bodyCopy } = Body;
delete Body.copy;

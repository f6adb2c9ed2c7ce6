// Digests: the part of WebCrypto and of node's crypto that needs no secrets of the host.
const { use, webCrypto, randomBytes, plainBytes, bytesOf } = common;
const more = common.host.more();
const { wrapBytes, decodeText, encodeBytes } = use("buffer");
const algorithms = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];

function algorithmOf(value) {
  const name = String(typeof value === "object" && value !== null ? value.name : value);
  const found = name.toLowerCase().replace(/^rsa-/, "").replace(/[-_]/g, "");
  if (!algorithms.includes(found)) throw Object.assign(new Error(`Digest method not supported: ${name}; there is ${algorithms.join(", ")}`), { code: "ERR_CRYPTO_INVALID_DIGEST" });
  return found;
}
const dataOf = (data, encoding) => plainBytes(typeof data === "string" ? decodeText(data, encoding) : bytesOf(data));
const shown = (bytes, encoding) => (encoding === undefined || encoding === "buffer" ? wrapBytes(bytes) : encodeBytes(bytes, encoding));

class Hash {
  #parts = [];
  #finish;
  #done = false;
  constructor(finish) { this.#finish = finish; }
  update(data, encoding) {
    if (this.#done) throw Object.assign(new Error("Digest already called"), { code: "ERR_CRYPTO_HASH_FINALIZED" });
    this.#parts.push(dataOf(data, encoding).slice());
    return this;
  }
  digest(encoding) {
    if (this.#done) throw Object.assign(new Error("Digest already called"), { code: "ERR_CRYPTO_HASH_FINALIZED" });
    this.#done = true;
    return shown(this.#finish(plainBytes(use("buffer").Buffer.concat(this.#parts))), encoding);
  }
  copy() { const copy = new Hash(this.#finish); copy.#parts = [...this.#parts]; return copy; }
}

function createHash(name) { const algorithm = algorithmOf(name); return new Hash((bytes) => more.digest(algorithm, bytes)); }
function createHmac(name, key) {
  const [algorithm, secret] = [algorithmOf(name), dataOf(key?.bytes ?? key)];
  return new Hash((bytes) => more.hmac(algorithm, secret, bytes));
}

const refuse = (what) => { throw new DOMException(`crypto.subtle.${what} is not available here: there are digest, and sign and verify with HMAC`, "NotSupportedError"); };
const hmacKeys = new WeakMap();
function keyOf(key, what) { return hmacKeys.get(key) ?? refuse(what); }
const subtle = {
  async digest(algorithm, data) { return more.digest(algorithmOf(algorithm), dataOf(data)).buffer; },
  async importKey(format, data, algorithm, extractable, usages) {
    if (format !== "raw" || String(algorithm?.name).toUpperCase() !== "HMAC") refuse(`importKey(${format})`);
    const key = { type: "secret", extractable: !!extractable, algorithm: { name: "HMAC", hash: { name: String(algorithm.hash?.name ?? algorithm.hash) } }, usages: [...(usages ?? [])] };
    hmacKeys.set(key, { algorithm: algorithmOf(algorithm.hash), secret: dataOf(data).slice() });
    return key;
  },
  async sign(_, key, data) { const { algorithm, secret } = keyOf(key, "sign"); return more.hmac(algorithm, secret, dataOf(data)).buffer; },
  async verify(_, key, signature, data) { return timingSafeEqual(bytesOf(signature), new Uint8Array(await subtle.sign(_, key, data)), false); },
};
for (const name of ["encrypt", "decrypt", "generateKey", "deriveKey", "deriveBits", "exportKey", "wrapKey", "unwrapKey"]) subtle[name] = async () => refuse(name);

function timingSafeEqual(a, b, strict = true) {
  const [left, right] = [bytesOf(a), bytesOf(b)];
  if (left.length !== right.length) { if (strict) throw new RangeError("Input buffers must have the same byte length"); return false; }
  let different = 0;
  for (let at = 0; at < left.length; at++) different |= left[at] ^ right[at];
  return different === 0;
}

function randomInt(low, high, callback) {
  if (high === undefined || typeof high === "function") return randomInt(0, low, high);
  const value = low + Math.floor(Math.random() * (high - low));
  if (typeof callback === "function") queueMicrotask(() => callback(null, value));
  return value;
}

const crypto = {
  createHash, createHmac, subtle, timingSafeEqual, randomInt, webcrypto: webCrypto, getHashes: () => [...algorithms], hash: (name, data, encoding = "hex") => createHash(name).update(data).digest(encoding),
  randomUUID: () => webCrypto.randomUUID(), getRandomValues: (view) => webCrypto.getRandomValues(view),
  randomBytes(size, callback) { const bytes = wrapBytes(randomBytes(size)); if (typeof callback === "function") queueMicrotask(() => callback(null, bytes)); return bytes; },
  randomFillSync(view) { bytesOf(view).set(randomBytes(view.byteLength)); return view; },
};
return { subtle, modules: { crypto } };

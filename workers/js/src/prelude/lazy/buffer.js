// node's Buffer: text and bytes in the usual encodings, and numbers in them.
const { host, bytesOf, plainBytes } = common;
const encodings = ["utf8", "utf-8", "hex", "base64", "base64url", "latin1", "binary", "ascii", "ucs2", "ucs-2", "utf16le", "utf-16le"];

class Buffer extends Uint8Array {
  static from(value, encoding, length) {
    if (typeof value === "string") return wrapBytes(decodeText(value, encoding));
    if (value instanceof ArrayBuffer) return new Buffer(value, encoding, length);
    if (value === null || typeof value !== "object") throw Object.assign(new TypeError(`Buffer.from takes text, bytes or an array, not ${value === null ? "null" : typeof value}`), { code: "ERR_INVALID_ARG_TYPE" });
    if (value.type === "Buffer" && Array.isArray(value.data)) return Buffer.from(value.data);
    if (value instanceof String) return Buffer.from(String(value), encoding);
    const bytes = new Buffer(value.length ?? 0);
    bytes.set(ArrayBuffer.isView(value) || Array.isArray(value) ? value : Array.from(value));
    return bytes;
  }
  static of(...items) { return Buffer.from(items); }
  static alloc(size, fill = 0, encoding) { return new Buffer(size).fill(fill, 0, size, encoding); }
  static allocUnsafe(size) { return new Buffer(size); }
  static allocUnsafeSlow(size) { return new Buffer(size); }
  static isBuffer(value) { return value instanceof Buffer; }
  static isEncoding(name) { return encodings.includes(String(name).toLowerCase()); }
  static byteLength(value, encoding) { return typeof value === "string" ? decodeText(value, encoding).length : value.byteLength; }
  static concat(list, total = list.reduce((sum, one) => sum + one.length, 0)) {
    const bytes = new Buffer(total);
    let at = 0;
    for (const one of list) {
      bytes.set(one.subarray(0, Math.max(0, total - at)), at);
      at += one.length;
      if (at >= total) break;
    }
    return bytes;
  }
  static compare(a, b) { return Buffer.prototype.compare.call(a, b); }
  toString(encoding = "utf8", start = 0, end = this.length) { return encodeBytes(this.subarray(Math.max(0, start), end), encoding); }
  toLocaleString(encoding) { return this.toString(encoding); }
  toJSON() { return { type: "Buffer", data: Array.from(this) }; }
  slice(start, end) { return this.subarray(start, end); }
  equals(other) { return this.compare(other) === 0; }
  compare(other, start = 0, end = other.length, from = 0, to = this.length) {
    const [mine, theirs] = [this.subarray(from, to), other.subarray(start, end)];
    for (let at = 0; at < Math.min(mine.length, theirs.length); at++) {
      if (mine[at] !== theirs[at]) return mine[at] < theirs[at] ? -1 : 1;
    }
    return Math.sign(mine.length - theirs.length);
  }
  fill(value, start, end, encoding) {
    if (typeof start === "string") return this.fill(value, 0, this.length, start);
    if (typeof value === "number" || value === undefined) return super.fill(value ?? 0, start, end);
    const bytes = typeof value === "string" ? decodeText(value, encoding) : value;
    const from = start ?? 0;
    for (let at = from; at < (end ?? this.length); at++) this[at] = bytes.length ? bytes[(at - from) % bytes.length] : 0;
    return this;
  }
  write(text, offset = 0, length, encoding) {
    if (typeof offset === "string") return this.write(text, 0, this.length, offset);
    if (typeof length === "string") return this.write(text, offset, this.length - offset, length);
    let bytes = decodeText(text, encoding).subarray(0, Math.min(length ?? Infinity, this.length - offset));
    // A letter that does not fit whole is not written.
    if (/^utf-?8$/i.test(encoding ?? "utf8")) while (bytes.length && (decodeText(text)[bytes.length] & 0xc0) === 0x80) bytes = bytes.subarray(0, -1);
    this.set(bytes, offset);
    return bytes.length;
  }
  copy(target, at = 0, start = 0, end = this.length) {
    const part = this.subarray(start, Math.min(end, start + target.length - at));
    target.set(part, at);
    return part.length;
  }
  includes(value, from, encoding) { return this.indexOf(value, from, encoding) >= 0; }
  indexOf(value, from = 0, encoding) {
    if (typeof from === "string") return this.indexOf(value, 0, from);
    if (typeof value === "number") return super.indexOf(value & 255, from);
    const wanted = typeof value === "string" ? decodeText(value, encoding) : value;
    for (let at = from < 0 ? Math.max(0, this.length + from) : from; at + wanted.length <= this.length; at++) if (startsAt(this, wanted, at)) return at;
    return -1;
  }
  lastIndexOf(value, from = this.length, encoding) {
    const wanted = typeof value === "string" ? decodeText(value, encoding) : typeof value === "number" ? [value & 255] : value;
    for (let at = Math.min(from < 0 ? this.length + from : from, this.length - wanted.length); at >= 0; at--) if (startsAt(this, wanted, at)) return at;
    return -1;
  }
  swap16() { return swapped(this, 2); }
  swap32() { return swapped(this, 4); }
  swap64() { return swapped(this, 8); }
  get parent() { return this.buffer; }
}

function startsAt(bytes, wanted, at) {
  for (let index = 0; index < wanted.length; index++) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}

function swapped(bytes, size) {
  if (bytes.length % size) throw new RangeError(`Buffer size must be a multiple of ${size * 8}-bits`);
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
  return bytes;
}

const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function checked(bytes, at, size) {
  if (!Number.isInteger(at) || at < 0 || at + size > bytes.length) throw Object.assign(new RangeError(`The value of "offset" is out of range. It must be >= 0 and <= ${bytes.length - size}. Received ${at}`), { code: "ERR_OUT_OF_RANGE" });
  return at;
}

// readInt32LE and its like, under both ways to write "Uint".
const numberKinds = { UInt8: ["Uint8", 1], Int8: ["Int8", 1], UInt16: ["Uint16", 2], Int16: ["Int16", 2], UInt32: ["Uint32", 4], Int32: ["Int32", 4], Float: ["Float32", 4], Double: ["Float64", 8], BigInt64: ["BigInt64", 8], BigUInt64: ["BigUint64", 8] };
for (const [kind, [view, size]] of Object.entries(numberKinds)) {
  for (const order of size === 1 ? [""] : ["LE", "BE"]) {
    const read = function (at = 0) { return viewOf(this)[`get${view}`](checked(this, at, size), order === "LE"); };
    const write = function (value, at = 0) { viewOf(this)[`set${view}`](checked(this, at, size), value, order === "LE"); return at + size; };
    for (const name of new Set([kind, kind.replace("UInt", "Uint")])) {
      common.hiddenIn(Buffer.prototype, `read${name}${order}`, read);
      common.hiddenIn(Buffer.prototype, `write${name}${order}`, write);
    }
  }
}
for (const [name, big, signed] of [["UIntBE", true, false], ["UIntLE", false, false], ["IntBE", true, true], ["IntLE", false, true]]) {
  common.hiddenIn(Buffer.prototype, `read${name}`, function (at, size) {
    const bytes = [...this.subarray(checked(this, at, size), at + size)];
    const value = (big ? bytes : bytes.reverse()).reduce((sum, byte) => sum * 256 + byte, 0);
    return signed && value >= 2 ** (size * 8 - 1) ? value - 2 ** (size * 8) : value;
  });
  common.hiddenIn(Buffer.prototype, `write${name}`, function (value, at, size) {
    let rest = BigInt.asUintN(size * 8, BigInt(value));
    for (let index = 0; index < size; index++, rest >>= 8n) this[checked(this, at, size) + (big ? size - 1 - index : index)] = Number(rest & 255n);
    return at + size;
  });
}

function wrapBytes(bytes) { return new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength); }

function unknownEncoding(name) { return Object.assign(new TypeError(`Unknown encoding: ${name}`), { code: "ERR_UNKNOWN_ENCODING" }); }

function decodeText(text, encoding = "utf8") {
  switch (String(encoding).toLowerCase()) {
    case "hex": return Uint8Array.fromHex(/^(?:[0-9a-f]{2})*/i.exec(text)[0]);
    case "base64": case "base64url": return Uint8Array.fromBase64(text.replace(/=.*$/s, "").replaceAll("-", "+").replaceAll("_", "/").replace(/[^A-Za-z0-9+/]/g, "").replace(/^((?:.{4})*).$/s, "$1"));
    case "latin1": case "binary": case "ascii": return Uint8Array.from({ length: text.length }, (_, at) => text.charCodeAt(at) & 0xff);
    case "ucs2": case "ucs-2": case "utf16le": case "utf-16le": return Uint8Array.from({ length: text.length * 2 }, (_, at) => (text.charCodeAt(at >> 1) >> ((at & 1) * 8)) & 0xff);
    case "utf8": case "utf-8": return host.encode(text.toWellFormed());
    default: throw unknownEncoding(encoding);
  }
}

function lettersOf(bytes, of) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...Array.from(bytes.subarray(at, at + 8192), of));
  return text;
}

function encodeBytes(bytes, encoding) {
  switch (String(encoding ?? "utf8").toLowerCase()) {
    case "hex": return bytes.toHex();
    case "base64": return bytes.toBase64();
    case "base64url": return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
    case "latin1": case "binary": return lettersOf(bytes, (byte) => byte);
    case "ascii": return lettersOf(bytes, (byte) => byte & 127);
    case "ucs2": case "ucs-2": case "utf16le": case "utf-16le": return lettersOf(new Uint16Array(plainBytes(bytes).slice(0, bytes.length & ~1).buffer), (unit) => unit);
    case "utf8": case "utf-8": return host.decode(plainBytes(bytes), false);
    default: throw unknownEncoding(encoding);
  }
}
const buffer = {
  Buffer, constants: { MAX_LENGTH: 2 ** 31 - 1, MAX_STRING_LENGTH: 2 ** 29 }, kMaxLength: 2 ** 31 - 1, atob: (text) => atob(text), btoa: (text) => btoa(text),
  isUtf8(data) { try { host.decode(plainBytes(bytesOf(data)), true); return true; } catch { return false; } }, isAscii: (data) => bytesOf(data).every((byte) => byte < 128),
};
return { Buffer, wrapBytes, decodeText, encodeBytes, modules: { buffer } };

// The part of node's Buffer that programs use: text and bytes in the usual encodings.
class Buffer extends Uint8Array {
  static from(value, encoding, length) {
    if (typeof value === "string") return wrapBytes(decodeText(value, encoding));
    if (value instanceof ArrayBuffer) return new Buffer(value, encoding, length);
    if (value && value.type === "Buffer" && Array.isArray(value.data)) return Buffer.from(value.data);
    const bytes = new Buffer(value.length);
    bytes.set(value);
    return bytes;
  }
  static alloc(size, fill = 0, encoding) { return new Buffer(size).fill(fill, 0, size, encoding); }
  static allocUnsafe(size) { return new Buffer(size); }
  static isBuffer(value) { return value instanceof Buffer; }
  static isEncoding(name) { return ["utf8", "utf-8", "hex", "base64", "base64url", "latin1", "binary", "ascii"].includes(String(name).toLowerCase()); }
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
  static compare(a, b) { return a.compare(b); }
  toString(encoding = "utf8", start = 0, end = this.length) { return encodeBytes(this.subarray(start, end), encoding); }
  toJSON() { return { type: "Buffer", data: Array.from(this) }; }
  slice(start, end) { return this.subarray(start, end); }
  equals(other) { return this.compare(other) === 0; }
  compare(other) {
    for (let at = 0; at < Math.min(this.length, other.length); at++) {
      if (this[at] !== other[at]) return this[at] < other[at] ? -1 : 1;
    }
    return Math.sign(this.length - other.length);
  }
  fill(value, start, end, encoding) {
    if (typeof value !== "string") return super.fill(value, start, end);
    const bytes = decodeText(value, encoding);
    for (let at = start ?? 0; at < (end ?? this.length); at++) this[at] = bytes.length ? bytes[at % bytes.length] : 0;
    return this;
  }
  write(text, offset = 0, length, encoding) {
    const bytes = decodeText(text, typeof length === "string" ? length : encoding).subarray(0, this.length - offset);
    this.set(bytes, offset);
    return bytes.length;
  }
  copy(target, at = 0, start = 0, end = this.length) {
    const part = this.subarray(start, Math.min(end, start + target.length - at));
    target.set(part, at);
    return part.length;
  }
  includes(value, from) { return typeof value === "number" ? super.includes(value, from) : this.indexOf(value, from) >= 0; }
  indexOf(value, from = 0) {
    if (typeof value === "number") return super.indexOf(value, from);
    const wanted = typeof value === "string" ? decodeText(value) : value;
    for (let at = from; at + wanted.length <= this.length; at++) {
      if (wanted.every((byte, index) => this[at + index] === byte)) return at;
    }
    return -1;
  }
  readUInt8(at = 0) { return this[at]; }
  readUInt16BE(at = 0) { return viewOf(this).getUint16(at); }
  readUInt16LE(at = 0) { return viewOf(this).getUint16(at, true); }
  readUInt32BE(at = 0) { return viewOf(this).getUint32(at); }
  readUInt32LE(at = 0) { return viewOf(this).getUint32(at, true); }
  readInt32BE(at = 0) { return viewOf(this).getInt32(at); }
  readInt32LE(at = 0) { return viewOf(this).getInt32(at, true); }
}

function viewOf(bytes) { return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength); }

function wrapBytes(bytes) { return new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength); }

function decodeText(text, encoding = "utf8") {
  switch (String(encoding).toLowerCase()) {
    case "hex": return Uint8Array.fromHex(text.slice(0, text.length & ~1));
    case "base64": case "base64url": return Uint8Array.fromBase64(text.replaceAll("-", "+").replaceAll("_", "/").replace(/[^A-Za-z0-9+/]/g, ""));
    case "latin1": case "binary": case "ascii": return Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff);
    default: return host.encode(text.toWellFormed());
  }
}

function encodeBytes(bytes, encoding) {
  switch (String(encoding ?? "utf8").toLowerCase()) {
    case "hex": return bytes.toHex();
    case "base64": return bytes.toBase64();
    case "base64url": return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
    case "latin1": case "binary": case "ascii": return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    default: return host.decode(plainBytes(bytes), false);
  }
}
hidden("Buffer", Buffer);
builtins.set("buffer", { Buffer });

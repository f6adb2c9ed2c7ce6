// TextEncoder, TextDecoder, and random values.
class TextEncoder {
  get encoding() { return "utf-8"; }
  encode(text = "") { return host.encode(String(text).toWellFormed()); }
  encodeInto(text, target) {
    let read = 0;
    let written = 0;
    for (const letter of String(text)) {
      const bytes = this.encode(letter);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      written += bytes.length;
      read += letter.length;
    }
    return { read, written };
  }
}

function bytesOf(data) {
  if (data === undefined) return new Uint8Array(0);
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError("expected an ArrayBuffer or a view of one");
}

// The engine's binding wants exactly a Uint8Array, not one of its subclasses.
function plainBytes(data) {
  const bytes = bytesOf(data);
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const encodingNames = { utf8: "utf-8", unicode11utf8: "utf-8", utf16: "utf-16le", utf16le: "utf-16le", ucs2: "utf-16le", unicode: "utf-16le", utf16be: "utf-16be" };
for (const name of ["latin1", "iso88591", "ascii", "usascii", "windows1252", "cp1252", "l1"]) encodingNames[name] = "windows-1252";
// What windows-1252 has from 0x80 to 0x9f.
const windowsLetters = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

class TextDecoder {
  #kept = [];
  constructor(label = "utf-8", options = {}) {
    const name = encodingNames[String(label).trim().toLowerCase().replace(/[_-]/g, "")];
    if (!name) throw new RangeError(`TextDecoder: the encoding "${label}" is not supported; there is utf-8, utf-16le, utf-16be and windows-1252 (latin1).`);
    this.encoding = name;
    this.fatal = !!options.fatal;
    this.ignoreBOM = !!options.ignoreBOM;
  }
  // Bytes that belong to the next letter wait for it, where more is announced.
  #whole(bytes, stream) {
    if (this.#kept.length) { bytes = Uint8Array.from([...this.#kept, ...bytes]); this.#kept = []; }
    if (!stream) return bytes;
    const whole = this.encoding === "utf-8" ? wholeLetters(bytes) : bytes.length & ~1;
    this.#kept = [...bytes.subarray(whole)];
    return bytes.subarray(0, whole);
  }
  #wide(bytes) {
    let text = "";
    const big = this.encoding === "utf-16be" ? 1 : 0;
    for (let at = 0; at + 1 < bytes.length; at += 2) text += String.fromCharCode(bytes[at + big] | (bytes[at + 1 - big] << 8));
    if (bytes.length % 2) text += "\ufffd";
    if (this.fatal && (bytes.length % 2 || !text.isWellFormed())) throw new TypeError(`The encoded data was not valid for encoding ${this.encoding}`);
    return text.toWellFormed();
  }
  decode(data, options = {}) {
    if (this.encoding === "windows-1252") return Array.from(bytesOf(data), (byte) => (byte >= 0x80 && byte < 0xa0 ? windowsLetters[byte - 0x80] : String.fromCharCode(byte))).join("");
    const bytes = this.#whole(bytesOf(data), !!options.stream);
    const text = this.encoding === "utf-8" ? host.decode(plainBytes(bytes), this.fatal) : this.#wide(bytes);
    return this.ignoreBOM ? text : text.replace(/^\uFEFF/, "");
  }
}

// How many bytes from the start hold whole letters.
function wholeLetters(bytes) {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return size > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

function randomBytes(size) {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65536) bytes.set(host.random(Math.min(65536, size - at)), at);
  return bytes;
}

const webCrypto = {
  getRandomValues(view) {
    bytesOf(view).set(randomBytes(view.byteLength));
    return view;
  },
  randomUUID() {
    const bytes = randomBytes(16);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  },
};
hidden("TextEncoder", TextEncoder);
hidden("TextDecoder", TextDecoder);
hidden("crypto", webCrypto);

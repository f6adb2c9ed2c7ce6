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

class TextDecoder {
  #strict;
  #latin;
  #kept = [];
  constructor(label = "utf-8", options = {}) {
    const name = String(label).toLowerCase().replace(/[_-]/g, "");
    if (!["utf8", "latin1", "iso88591", "ascii", "windows1252"].includes(name)) throw new RangeError(`TextDecoder: the encoding "${label}" is not supported; there is utf-8.`);
    this.#latin = name !== "utf8";
    this.#strict = !!options.fatal;
    this.encoding = this.#latin ? "windows-1252" : "utf-8";
  }
  decode(data, options = {}) {
    let bytes = bytesOf(data);
    if (this.#latin) return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    if (this.#kept.length) { bytes = Uint8Array.from([...this.#kept, ...bytes]); this.#kept = []; }
    if (options.stream) {
      const whole = wholeLetters(bytes);
      this.#kept = [...bytes.subarray(whole)];
      bytes = bytes.subarray(0, whole);
    }
    return host.decode(plainBytes(bytes), this.#strict).replace(/^\uFEFF/, "");
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

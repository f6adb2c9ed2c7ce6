// The shape of the whole: `host` is what the Rust part offers, `lib` what it calls back.
const lib = {};

function hidden(name, value) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

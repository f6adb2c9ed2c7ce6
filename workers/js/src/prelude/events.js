// Event, EventTarget, AbortController, and node's EventEmitter.
class Event {
  constructor(type, options = {}) {
    Object.assign(this, { type: String(type), bubbles: !!options.bubbles, cancelable: !!options.cancelable, defaultPrevented: false, target: null, timeStamp: performance.now() });
  }
  preventDefault() { if (this.cancelable) this.defaultPrevented = true; }
  stopPropagation() {}
  stopImmediatePropagation() { this.stopped = true; }
}

class CustomEvent extends Event {
  constructor(type, options = {}) { super(type, options); this.detail = options.detail ?? null; }
}

class EventTarget {
  #listeners = new Map();
  addEventListener(type, listener, options = {}) {
    const once = typeof options === "object" && options !== null && !!options.once;
    const list = this.#listeners.get(type) ?? [];
    if (listener && !list.some((one) => one.listener === listener)) list.push({ listener, once });
    this.#listeners.set(type, list);
  }
  removeEventListener(type, listener) {
    this.#listeners.set(type, (this.#listeners.get(type) ?? []).filter((one) => one.listener !== listener));
  }
  dispatchEvent(event) {
    event.target = this;
    for (const { listener, once } of [...(this.#listeners.get(event.type) ?? [])]) {
      if (once) this.removeEventListener(event.type, listener);
      if (typeof listener === "function") listener.call(this, event); else listener.handleEvent(event);
      if (event.stopped) break;
    }
    return !event.defaultPrevented;
  }
}

class AbortSignal extends EventTarget {
  aborted = false;
  reason = undefined;
  onabort = null;
  throwIfAborted() { if (this.aborted) throw this.reason; }
  static abort(reason) { const signal = new AbortSignal(); abort(signal, reason); return signal; }
  static timeout(ms) {
    const signal = new AbortSignal();
    setTimeout(() => abort(signal, new DOMException("The operation timed out.", "TimeoutError")), ms);
    return signal;
  }
  static any(signals) {
    const signal = new AbortSignal();
    for (const one of signals) {
      if (one.aborted) { abort(signal, one.reason); break; }
      one.addEventListener("abort", () => abort(signal, one.reason), { once: true });
    }
    return signal;
  }
}

function abort(signal, reason = new DOMException("This operation was aborted", "AbortError")) {
  if (signal.aborted) return;
  signal.aborted = true;
  signal.reason = reason;
  const event = new Event("abort");
  signal.onabort?.(event);
  signal.dispatchEvent(event);
}

class AbortController {
  signal = new AbortSignal();
  abort(reason) { abort(this.signal, reason); }
}

class EventEmitter {
  #handlers = new Map();
  on(name, handler) { this.#handlers.set(name, [...(this.#handlers.get(name) ?? []), handler]); return this; }
  addListener(name, handler) { return this.on(name, handler); }
  once(name, handler) {
    const wrapped = (...args) => { this.off(name, wrapped); handler.apply(this, args); };
    wrapped.original = handler;
    return this.on(name, wrapped);
  }
  off(name, handler) {
    this.#handlers.set(name, (this.#handlers.get(name) ?? []).filter((one) => one !== handler && one.original !== handler));
    return this;
  }
  removeListener(name, handler) { return this.off(name, handler); }
  removeAllListeners(name) { if (name === undefined) this.#handlers.clear(); else this.#handlers.delete(name); return this; }
  emit(name, ...args) {
    const list = this.#handlers.get(name) ?? [];
    if (!list.length && name === "error") throw args[0];
    for (const handler of [...list]) handler.apply(this, args);
    return list.length > 0;
  }
  listenerCount(name) { return (this.#handlers.get(name) ?? []).length; }
  setMaxListeners() { return this; }
}
EventEmitter.EventEmitter = EventEmitter;
EventEmitter.once = (emitter, name) => new Promise((done, fail) => {
  emitter.once(name, (...args) => done(args));
  if (name !== "error") emitter.once("error", fail);
});
for (const [name, value] of Object.entries({ Event, CustomEvent, EventTarget, AbortSignal, AbortController })) hidden(name, value);
builtins.set("events", EventEmitter);

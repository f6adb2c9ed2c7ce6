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
  #add(name, handler, first) {
    if (typeof handler !== "function") throw Object.assign(new TypeError("The \"listener\" argument must be of type function"), { code: "ERR_INVALID_ARG_TYPE" });
    const list = this.#handlers.get(name) ?? [];
    this.#handlers.set(name, first ? [handler, ...list] : [...list, handler]);
    return this;
  }
  #wrapped(name, handler) {
    const wrapped = (...args) => { this.off(name, wrapped); handler.apply(this, args); };
    wrapped.original = handler;
    return wrapped;
  }
  on(name, handler) { return this.#add(name, handler, false); }
  addListener(name, handler) { return this.on(name, handler); }
  prependListener(name, handler) { return this.#add(name, handler, true); }
  once(name, handler) { return this.on(name, this.#wrapped(name, handler)); }
  prependOnceListener(name, handler) { return this.#add(name, this.#wrapped(name, handler), true); }
  off(name, handler) {
    const list = this.#handlers.get(name) ?? [];
    const at = list.findLastIndex((one) => one === handler || one.original === handler);
    if (at >= 0) this.#handlers.set(name, list.toSpliced(at, 1));
    return this;
  }
  removeListener(name, handler) { return this.off(name, handler); }
  removeAllListeners(name) { if (name === undefined) this.#handlers.clear(); else this.#handlers.delete(name); return this; }
  emit(name, ...args) {
    const list = this.#handlers.get(name) ?? [];
    if (!list.length && name === "error") throw args[0] instanceof Error ? args[0] : Object.assign(new Error(`Unhandled error. (${String(args[0])})`), { code: "ERR_UNHANDLED_ERROR", context: args[0] });
    for (const handler of [...list]) handler.apply(this, args);
    return list.length > 0;
  }
  listenerCount(name) { return (this.#handlers.get(name) ?? []).length; }
  listeners(name) { return (this.#handlers.get(name) ?? []).map((one) => one.original ?? one); }
  rawListeners(name) { return [...(this.#handlers.get(name) ?? [])]; }
  eventNames() { return [...this.#handlers].filter(([, list]) => list.length).map(([name]) => name); }
  setMaxListeners() { return this; }
  getMaxListeners() { return 10; }
}
EventEmitter.EventEmitter = EventEmitter;
EventEmitter.once = (emitter, name) => new Promise((done, fail) => {
  const failed = (error) => { emitter.off(name, arrived); fail(error); };
  const arrived = (...args) => { emitter.off?.("error", failed); done(args); };
  if (typeof emitter.addEventListener === "function") return emitter.addEventListener(name, (event) => done([event]), { once: true });
  emitter.once(name, arrived);
  if (name !== "error") emitter.once("error", failed);
});
// The events of a kind, one after the other, until the signal says stop.
EventEmitter.on = (emitter, name, { signal } = {}) => {
  const [ready, waiting] = [[], []];
  const put = (...args) => { const next = waiting.shift(); if (next) next.done({ value: args, done: false }); else ready.push(args); };
  const end = async () => { emitter.off(name, put); for (const next of waiting.splice(0)) next.done({ value: undefined, done: true }); return { value: undefined, done: true }; };
  emitter.on(name, put);
  signal?.addEventListener("abort", () => { emitter.off(name, put); for (const next of waiting.splice(0)) next.fail(signal.reason); }, { once: true });
  return {
    next: () => (ready.length ? Promise.resolve({ value: ready.shift(), done: false }) : signal?.aborted ? Promise.reject(signal.reason) : new Promise((done, fail) => waiting.push({ done, fail }))),
    return: end, [Symbol.asyncIterator]() { return this; },
  };
};
return { Event, CustomEvent, EventTarget, AbortSignal, AbortController, EventEmitter, modules: { events: EventEmitter } };

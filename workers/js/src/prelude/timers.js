// Timers and sleep. The host part keeps the times; here are the functions to call.
const timers = new Map();
let lastTimer = 0;

class Timeout {
  constructor(id) { this.id = id; }
  ref() { return this; }
  unref() { return this; }
  hasRef() { return true; }
  [Symbol.toPrimitive]() { return this.id; }
}

function delay(ms) {
  const value = Number(ms);
  return value >= 1 ? Math.min(value, 2147483647) : 0;
}

function startTimer(callback, ms, args, every) {
  if (typeof callback !== "function") throw new TypeError("a timer needs a function to call");
  const id = ++lastTimer;
  timers.set(id, { callback, args, every });
  host.timer(id, every ?? delay(ms), every === undefined);
  return new Timeout(id);
}

function stopTimer(handle) {
  const id = handle instanceof Timeout ? handle.id : Number(handle);
  if (timers.delete(id)) host.untimer(id);
}

// Called by the host when a timer is due.
function fire(id) {
  const timer = timers.get(id);
  if (!timer) return;
  if (timer.every === undefined) timers.delete(id); else host.timer(id, timer.every, false);
  timer.callback(...timer.args);
}

const sleep = (ms, value) => new Promise((done) => { startTimer(done, ms, [value]); });

hidden("setTimeout", (callback, ms, ...args) => startTimer(callback, ms, args));
hidden("setInterval", (callback, ms, ...args) => startTimer(callback, ms, args, Math.max(1, delay(ms))));
hidden("setImmediate", (callback, ...args) => startTimer(callback, 0, args));
for (const name of ["clearTimeout", "clearInterval", "clearImmediate"]) hidden(name, stopTimer);
hidden("sleep", sleep);
builtins.set("timers", { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate });

// A wait that a signal can end.
function patient(ms, value, { signal } = {}) {
  if (!signal) return sleep(ms, value);
  return new Promise((done, fail) => {
    const stop = () => { stopTimer(timer); fail(Object.assign(new Error("The operation was aborted", { cause: signal.reason }), { name: "AbortError", code: "ABORT_ERR" })); };
    const timer = startTimer(() => { signal.removeEventListener("abort", stop); done(value); }, ms, []);
    if (signal.aborted) stop(); else signal.addEventListener("abort", stop, { once: true });
  });
}
async function* ticks(ms, value) { for (;;) { await sleep(Math.max(1, delay(ms))); yield value; } }
builtins.set("timers/promises", { setTimeout: patient, setImmediate: (value) => sleep(0, value), setInterval: ticks, scheduler: { wait: (ms, options) => patient(ms, undefined, options), yield: () => sleep(0) } });

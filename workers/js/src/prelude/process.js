// process: what programs ask of it without a host behind it.
const stream = (isError) => ({ isTTY: false, columns: 80, write(text) { host.console(isError, String(text).toWellFormed()); return true; } });
const processObject = {
  env: {}, argv: ["outboard", "/program.ts"], platform: "linux", arch: "x64", version: "v22.0.0", versions: { node: "22.0.0" }, pid: 1, exitCode: undefined,
  cwd: () => "/",
  exit: (code = 0) => host.exit(Number(code) || 0),
  uptime: () => performance.now() / 1000,
  hrtime: Object.assign((since = [0, 0]) => {
    const now = performance.now() / 1000 - since[0] - since[1] / 1e9;
    return [Math.floor(now), Math.floor((now % 1) * 1e9)];
  }, { bigint: () => BigInt(Math.floor(performance.now() * 1e6)) }),
  memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0 }),
  nextTick: (callback, ...args) => queueMicrotask(() => callback(...args)),
  on() { return this; },
  once() { return this; },
  // Nothing is ever typed: loops over it end at once.
  stdin: { isTTY: false, on() { return this; }, once() { return this; }, setEncoding() { return this; }, async *[Symbol.asyncIterator]() {} },
  stdout: stream(false),
  stderr: stream(true),
};
hidden("process", processObject);
builtins.set("process", processObject);

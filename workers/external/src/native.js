// What Bun has itself takes the place of the worker's own parts.
const sleep = (ms, value) => new Promise((done) => { setTimeout(done, ms, value); });
hidden("sleep", sleep);
const fire = () => undefined;
const began = { at: 0 };
const offered = ["assert", "buffer", "crypto", "events", "fs", "fs/promises", "os", "path", "stream", "timers", "timers/promises", "url", "util", "zlib"];
for (const name of offered) builtins.set(name, host.native(name));
lib.exportsOf = exportsOf;

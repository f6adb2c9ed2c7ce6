// What the engine has itself takes the place of the worker's own parts.
const offered = ["assert", "buffer", "crypto", "events", "fs", "fs/promises", "os", "path", "stream", "url", "util", "zlib"];
for (const name of offered) builtins.set(name, host.native(name));
lib.exportsOf = exportsOf;
lib.sleep = sleep;

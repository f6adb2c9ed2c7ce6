// ---- The guest: frames, the parts of a program that no engine knows, the run -----------------------------------------
{
  const fs = engine.native("fs");
  const MAX_OUTGOING = 32 << 20;
  const decoder = new TextDecoder();
  let room = 0, dropped = 0, done = false;
  let started: (kind: string, content: any) => void = () => {};

  function send(kind: string, content: object) {
    const body = Buffer.from(JSON.stringify({ [kind]: content }));
    const frame = Buffer.allocUnsafe(4 + body.length);
    frame.writeUInt32LE(body.length, 0);
    body.copy(frame, 4);
    for (let at = 0; at < frame.length;) {
      const size = engine.write(frame.subarray(at));
      if (size <= 0) process.exit(0); // the host is gone
      at += size;
    }
  }

  // Once something was left out, nothing later is sent: the text has no holes.
  function print(isError: boolean, text: string) {
    const bytes = Buffer.from(text);
    let fits = Math.min(room, bytes.length);
    while (fits < bytes.length && fits > 0 && (bytes[fits] & 0xc0) === 0x80) fits--;
    dropped += bytes.length - fits;
    room = fits < bytes.length ? 0 : room - fits;
    if (fits > 0) send("console", { stream: isError ? "err" : "out", text: bytes.toString("utf8", 0, fits) });
  }

  function kind(path: string) {
    try { return fs.statSync(path).isDirectory() ? "folder" : "file"; } catch { return "none"; }
  }

  // Numbers of timers among those of requests.
  const TIMERS = 2 ** 52;
  const timers = new Map<number, any>();

  function timer(id: number, ms: number) {
    if (fate.isHost()) return send("timer", { id: TIMERS + id, ms });
    timers.set(id, fate.machine.later(() => { timers.delete(id); lib.fire(id); }, ms));
  }

  const lib = prelude({
    now: fate.now,
    random: fate.bytes,
    timer,
    untimer: (id: number) => fate.machine.clear(timers.get(id)),
    console: print,
    kind,
    list: (path: string) => fs.readdirSync(path).map((name: string) => ({ name })),
    readText: (path: string) => fs.readFileSync(path, "utf8"),
    send: (id: number, server: string, tool: string, text: string) => send("call", { id, server, tool, arguments: JSON.parse(text) }),
    search: (id: number, text: string) => send("search", { id, arguments: JSON.parse(text) }),
    native: engine.native,
  });

  function last(kind: string, content: object) {
    if (done) return;
    done = true;
    send(kind, { ...content, dropped_bytes: dropped });
    process.exit(0);
  }

  function fail(error: unknown, code?: string) {
    const parts = JSON.parse(lib.describe(error));
    last("error", { error: { code: code ?? (parts.code || "program_error"), message: parts.message, hint: parts.hint, stack: [] } });
  }

  // Everything that a program may export becomes a plain declaration, as it runs as a script.
  function withoutExports(code: string) {
    const names: Record<string, string> = {};
    const text = code.replace(/^#!.*/, "")
      .replace(/^export\s+default\s+(?=(?:async\s+)?function\b\s*\*?\s*([\w$]+)|(?:abstract\s+)?class\s+([\w$]+))/gm,
        (_, one, other) => { names.default = one ?? other; return ""; })
      .replace(/^export\s+default\s+/gm, "__outboard_program.default = ")
      .replace(/^export\s+(?=(?:async\s+function|function|const|let|var|class|abstract|enum|namespace|interface|type|declare)\b)/gm, "")
      .replace(/^export\s*\{([^}]*)\}\s*;?/gm, (_, list: string) => {
        for (const one of list.split(",")) {
          const [local, as] = one.trim().split(/\s+as\s+/);
          if (as === "default" || as === "run") names[as] = local;
        }
        return "";
      });
    if (/^(?:async\s+)?function\s+run\b|^(?:const|let|var)\s+run\b/m.test(text)) names[/^export\b.*\brun\b/m.test(code) ? "run" : "plainRun"] ??= "run";
    return { text, names };
  }

  // Imports become awaited ones, as a script with a top-level `return` is no module.
  function withoutImports(code: string) {
    const lines = (text: string) => "\n".repeat(text.split("\n").length - 1);
    return code
      .replace(/^import\s+type\s[^;]*?\bfrom\s*["'][^"'\n]+["']\s*;?/gm, lines)
      .replace(/^import\s*(["'][^"'\n]+["'])\s*;?/gm, "await import($1);")
      .replace(/^import\s+([\w$*{][^;"']*?)\s*\bfrom\s*(["'][^"'\n]+["'])\s*;?/gm, (whole, clause: string, from) => {
        const braces = /\{([^}]*)\}/.exec(clause)?.[1];
        const space = /\*\s*as\s+([\w$]+)/.exec(clause)?.[1];
        const byDefault = /^([\w$]+)/.exec(clause)?.[1];
        const names = (braces ?? "").split(",").map((one) => one.trim()).filter((one) => one && !one.startsWith("type "));
        if (byDefault) names.push(`default as ${byDefault}`);
        const parts = names.map((one) => one.replace(/\s+as\s+/, ": ")).join(", ");
        const all = [space && `const ${space} = await import(${from});`, parts && `const { ${parts} } = await import(${from});`];
        return all.filter(Boolean).join(" ") + lines(whole);
      });
  }

  async function compile(code: string) {
    const plain = withoutExports(code);
    const [text, names] = [withoutImports(plain.text), plain.names];
    let script: string;
    try { script = await engine.strip(text); } catch (error: any) {
      if (!engine.isReturn(error)) throw error;
      script = await engine.strip(`await (async () => {${text}\n})()`); // a script that awaits has no `return` of its own
    }
    const calls = text.replace(/\bfunction\s+run\s*\(/g, "").match(/(^|[^\w.$])run\(/);
    script = script.replace(/\bimport\(/g, "__outboard_import(");
    return { script, names, runCalled: calls !== null };
  }

  function inspection(code: string) {
    const all = (pattern: RegExp, part: number) => [...new Set([...code.matchAll(pattern)].map((found) => found[part]))].slice(0, 200);
    return {
      imports: all(/\b(?:from|import|require)\s*\(?\s*["']([^"'\n]{1,200})["']/g, 1),
      tools: all(/\bcallMCPTool\s*\(\s*["']([^"'\n]{1,200})["']/g, 1).concat(all(/\b([A-Za-z_$][\w$]{0,60}\.[A-Za-z_$][\w$]{0,100})\s*\(/g, 1)).slice(0, 200),
      dynamic: all(/\b(eval|Function)\s*\(/g, 1).map((name) => `text run as code by ${name}`),
    };
  }

  (globalThis as any).__outboard_import = async (spec: string) => {
    const name = lib.resolve("/program.ts", String(spec));
    const text = lib.moduleText(name);
    if (text === undefined) return import(name);
    const module = (globalThis as any).__outboard_module(name);
    if (name.startsWith("/servers/") && name.split("/").length === 4 && name.endsWith("/index.ts")) {
      return new Proxy(module, { get: (target, key) => (key === "default" ? module : target[key]) });
    }
    const space: any = { default: module };
    for (const [, key, as] of text.matchAll(/=m\[("(?:[^"\\]|\\.)*")\];export\{x\d+ as ([\w$]+)\}/g)) space[as] = module[JSON.parse(key)];
    for (const [, as] of text.matchAll(/export\{m as ([\w$]+)\}/g)) space[as] = module;
    return space;
  };

  // The engine's own fetch would look for a way out that is not there: it is led to the proxy, or told at once.
  function reach(network: any) {
    const native = globalThis.fetch;
    const advice = (url: any) => {
      let host = "host:443";
      try { const at = new URL(url?.url ?? url); host = `${at.hostname}:${at.port || (at.protocol === "http:" ? 80 : 443)}`; } catch {}
      return `no network: the operator can grant it with [sandbox.network] allow = ["${host}"]`;
    };
    const way = network?.proxy ? engine.way(network.proxy) : {};
    const led = (input: any, init?: any) => (native as any)(input, { ...init, ...way });
    (globalThis as any).fetch = network?.proxy ? led : async (input: any) => { throw new Error(advice(input)); };
  }

  async function run(start: any, go: Promise<void>) {
    reach(start.network);
    if (start.durable) fate.follow(start.durable, lib.sleep);
    let compiled: Awaited<ReturnType<typeof compile>>;
    try { compiled = await compile(start.code); } catch (error: any) {
      return last("error", { error: { code: "syntax_error", ...engine.problem(error), stack: [] } });
    }
    if (start.hold) { send("inspected", { inspection: inspection(start.code) }); await go; }
    const words = [...new Set<string>(start.code.match(/[A-Za-z_$][\w$]*/g) ?? [])];
    try {
      const input = start.input === undefined ? undefined : JSON.stringify(start.input);
      lib.begin(input, words, compiled.runCalled);
      const program = (globalThis as any).__outboard_program;
      program.names = Object.fromEntries(Object.entries(compiled.names).map(([name, local]) => [name, () => (0, eval)(local)]));
      await (globalThis as any).__outboard_main(() => engine.run(compiled.script, (value: any) => { program.last = value; }));
      const text = lib.encodeResult();
      if (text !== undefined && text.length > MAX_OUTGOING) return fail(new Error("the result is too large; return a summary and write the rest to a file under /workspace"), "limit_exceeded");
      last("result", text === undefined ? {} : { value: JSON.parse(text) });
    } catch (error) { fail(error); }
  }

  // Frames are cut from what a blocking read on another thread brings.
  let buffered = Buffer.alloc(0);
  let allow = () => {};
  const go = new Promise<void>((resolve) => { allow = resolve; });

  function take(kind: string, content: any) {
    if (kind === "start") { room = content.stdout_bytes; run(content, go); }
    else if (kind === "go") allow();
    else if (kind === "clock") fate.told(content.now_ms);
    else if (kind === "done" && content.id >= TIMERS) lib.fire(content.id - TIMERS);
    else if (kind === "done") lib.settle(content.id, true, content.value);
    else if (kind === "fail") lib.settle(content.id, false, content.error);
  }

  // One answer at a time, and everything that follows from it before the next: what a program does depends on the order
  // of its answers and never on how they were cut into reads.
  const answers: [string, any][] = [];
  let giving = false;

  function give() {
    const next = answers.shift();
    giving = next !== undefined;
    if (!next) return;
    take(...next);
    fate.machine.soon(give);
  }

  function cut() {
    let at = 0;
    while (buffered.length - at >= 4) {
      const size = buffered.readUInt32LE(at);
      if (buffered.length - at < 4 + size) break;
      const [[kind, content]] = Object.entries(JSON.parse(decoder.decode(buffered.subarray(at + 4, at + 4 + size))));
      at += 4 + size;
      if (fate.isHost()) answers.push([kind, content]); else take(kind, content);
    }
    buffered = buffered.subarray(at);
    if (answers.length && !giving) give();
  }

  async function read() {
    for (;;) {
      const chunk = await engine.read();
      if (chunk.length === 0) process.exit(0); // the host is gone
      buffered = Buffer.concat([buffered, chunk]);
      cut();
    }
  }

  process.on("unhandledRejection", (error) => fail(error));
  process.on("uncaughtException", (error) => fail(error));
  send("ready", { version: 1, engine: engine.name });
  read();
}

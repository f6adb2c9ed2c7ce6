const sleep = (ms, value) => new Promise((done) => { setTimeout(done, ms, value); });
const builtin = () => undefined;
for (const [name, value] of Object.entries({ callMCPTool, toArguments, ToolError, searchTools, sleep, servers })) hidden(name, value);
for (const entry of surface.index()) if (!(entry.namespace in globalThis)) hidden(entry.namespace, surface.proxy(entry));
const tool = (server, name, ts, params) => toolFunction({ server }, { tool: name, ts, params });
return { settle, tool, callMCPTool, searchTools, sleep, servers, ToolError };
})();
export const { tool, callMCPTool, searchTools, sleep, servers, ToolError } = api;

// ---- The connection: opened by the first call, one for this process, one execution in Outboard's records -------------
const MAX_INCOMING = 64 << 20;
const waiting = new Map(); // what was asked and not answered, by number
let opening, socket, over;
let buffered = Buffer.alloc(0);

host.send = (id, server, tool, text) => ask(id, "call", `"server":${JSON.stringify(server)},"tool":${JSON.stringify(tool)},"arguments":${text}`);
host.search = (id, text) => ask(id, "search", `"arguments":${text}`);

const lost = (message) => ({ code: "worker_lost", message, hint: "`outboard executions` lists what became of it" });

async function ask(id, kind, rest) {
  waiting.set(id, true);
  try {
    await (opening ??= open().catch((error) => { opening = undefined; throw error; }));
    if (over) throw over;
    socket.ref();
    write(`{"${kind}":{"id":${id},${rest}}}`);
  } catch (error) { answer(id, false, error.code ? error : lost(error.message)); }
}

function answer(id, ok, value) {
  if (!waiting.delete(id)) return;
  api.settle(id, ok, value);
  // A program that waits for nothing more may end.
  if (waiting.size === 0) socket?.unref();
}

function write(text) {
  const body = Buffer.from(text);
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32LE(body.length, 0);
  body.copy(frame, 4);
  socket.write(frame);
}

const connected = () => new Promise((done, fail) => {
  const made = net.connect({ path: settings.socket });
  made.once("connect", () => done(made)).once("error", fail);
});

// Nobody listens before the first program of the day: then this one starts it, and waits a little.
async function reach() {
  let started;
  for (let tries = 0; ; tries++) {
    try { return await connected(); } catch (error) {
      if (tries >= 200) throw Object.assign(new Error(`no Outboard answers at ${settings.socket}: ${error.message}`), lost(`see ${settings.log}`));
    }
    started ??= start();
    await sleep(50);
  }
}

function start() {
  const log = fs.openSync(settings.log, "a", 0o600);
  const [program, ...rest] = settings.start;
  const child = spawn(program, rest, { cwd: settings.folder, detached: true, stdio: ["ignore", log, log] });
  child.on("error", (error) => fs.writeSync(log, `${error}\n`));
  child.unref();
  return child;
}

function ownText() {
  try { return fs.readFileSync(process.argv[1], "utf8").slice(0, 1 << 20); } catch { return ""; }
}

async function open() {
  const key = fs.readFileSync(settings.key, "utf8");
  socket = await reach();
  const go = new Promise((done, fail) => {
    host.begin = (kind) => {
      if (kind === "start") write('{"inspected":{"inspection":{}}}');
      else if (kind === "go") done();
    };
    host.refuse = fail;
  });
  socket.on("data", take).on("error", () => {}).on("close", () => end(lost("the connection to Outboard ended")));
  const session = process.env.OUTBOARD_SESSION ?? "default";
  socket.write(JSON.stringify({ key, language: "typescript", code: ownText(), session }) + "\n");
  process.on("exit", () => finish("result", {}));
  process.on("uncaughtExceptionMonitor", (error) => finish("error", { error: { code: error?.code ?? "program_error", message: String(error) } }));
  await go;
}

function end(error) {
  over ??= Object.assign(new Error(error.message), error);
  host.refuse?.(over);
  for (const id of [...waiting.keys()]) answer(id, false, over);
}

// Written as the process ends: what the kernel does not take at once is lost, and the record then says so.
function finish(kind, content) {
  if (!socket || over) return;
  over = Object.assign(new Error("the program is over"), lost("the program is over"));
  write(JSON.stringify({ [kind]: { ...content, dropped_bytes: 0 } }));
}

function take(chunk) {
  buffered = buffered.length ? Buffer.concat([buffered, chunk]) : chunk;
  let at = 0;
  while (buffered.length - at >= 4) {
    const size = buffered.readUInt32LE(at);
    if (size > MAX_INCOMING) return socket.destroy();
    if (buffered.length - at < 4 + size) break;
    const [[kind, content]] = Object.entries(JSON.parse(buffered.toString("utf8", at + 4, at + 4 + size)));
    at += 4 + size;
    if (kind === "done") answer(content.id, true, content.value);
    else if (kind === "fail" && content.id === 0) end(content.error);
    else if (kind === "fail") answer(content.id, false, content.error);
    else host.begin(kind);
  }
  buffered = buffered.subarray(at);
}

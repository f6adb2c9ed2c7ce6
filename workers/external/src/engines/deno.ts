// ---- What is Deno's own ---------------------------------------------------------------------------------------------
const engine = (() => {
  const native = (name: string): any => process.getBuiltinModule(`node:${name}`);
  // Deno numbers its files itself, so the channel is read and written as the C library does.
  const words = ["i32", "buffer", "usize"] as const;
  const library = Deno.dlopen("libc.so.6", {
    read: { parameters: words, result: "isize", nonblocking: true },
    write: { parameters: words, result: "isize" },
  });
  const { stripTypeScriptTypes } = native("module");
  const session = new (native("inspector").Session)();
  session.connect();

  // What the inspector answers; its evaluation knows `await` and the value of the last expression.
  const ask = (what: string, about: object): Promise<any> => new Promise((resolve, reject) => {
    session.post(what, about, (error: any, answer: any) => (error ? reject(error) : resolve(answer)));
  });

  // The value that an answer stands for.
  async function meant(answer: any): Promise<any> {
    const { objectId, unserializableValue, value } = answer;
    const argument = objectId ? { objectId } : unserializableValue ? { unserializableValue } : { value };
    const { result: { objectId: holder } } = await ask("Runtime.evaluate", { expression: "({})" });
    const put = "function (holder, value) { globalThis.__outboard_meant = value; }";
    await ask("Runtime.callFunctionOn", { functionDeclaration: put, objectId: holder, arguments: [{ objectId: holder }, argument] });
    const found = (globalThis as any).__outboard_meant;
    delete (globalThis as any).__outboard_meant;
    return found;
  }

  return {
    name: `deno ${Deno.version.deno}`,
    native,
    write: (bytes: Uint8Array): number => Number(library.symbols.write(3, bytes as any, BigInt(bytes.length))),

    async read(): Promise<Uint8Array> {
      const chunk = new Uint8Array(1 << 20);
      const size = Number(await library.symbols.read(3, chunk, BigInt(chunk.length)));
      return chunk.subarray(0, Math.max(size, 0));
    },

    // Also lets the engine parse it, in front of which nothing of it can run.
    async strip(text: string): Promise<string> {
      const script = stripTypeScriptTypes(text, { mode: "transform" });
      const { result } = await ask("Runtime.evaluate", { expression: `throw null;${script}`, replMode: true });
      if (result.className === "SyntaxError") throw new SyntaxError(result.description.split("\n")[0].replace(/^SyntaxError: /, ""));
      return script;
    },
    isReturn: (error: any) => error.message === "Illegal return statement",

    problem(error: any) {
      const text = String(error.message ?? error);
      const [, line, column] = /:(\d+):(\d+)\s*$/.exec(text) ?? [];
      const [, excerpt] = /^\s*\d+ \| (.*)$/m.exec(text) ?? [];
      return { message: text.split("\n")[0], line: line && Number(line), column: column && Number(column), excerpt };
    },

    async run(script: string, keep: (value: any) => void) {
      const { result, exceptionDetails } = await ask("Runtime.evaluate", { expression: script, replMode: true, awaitPromise: true });
      if (exceptionDetails) throw await meant(exceptionDetails.exception);
      keep(await meant(result));
    },

    way: (proxy: string) => ({ client: Deno.createHttpClient({ proxy: { url: proxy } }) }),
    follow() {},
  };
})();

// ---- What is Bun's own ----------------------------------------------------------------------------------------------
const engine = {
  name: `bun ${Bun.version}`,
  native: (name: string) => require(`node:${name}`),

  // Writes some of it to the host; 0 where there is none any more.
  write(bytes: Uint8Array): number {
    for (;;) {
      try { return engine.native("fs").writeSync(3, bytes); } catch (error: any) {
        if (error.code !== "EAGAIN") return 0;
        Bun.sleepSync(1);
      }
    }
  },

  // What comes from the host; nothing at its end. Another thread waits for it.
  read(): Promise<Uint8Array> {
    const chunk = Buffer.allocUnsafe(1 << 20);
    return new Promise((resolve) => {
      const wait = () => engine.native("fs").read(3, chunk, 0, chunk.length, null, (error: any, size: number) => {
        if (error?.code === "EAGAIN") return void fate.machine.later(wait, 1);
        resolve(chunk.subarray(0, error ? 0 : size));
      });
      wait();
    });
  },

  // TypeScript to a script whose value is that of its last expression.
  strip: async (text: string): Promise<string> => new Bun.Transpiler({ loader: "ts", target: "browser", replMode: true } as any).transformSync(text),
  isReturn: (error: any) => /top-level return/i.test(String(error.errors?.[0]?.message ?? error.message)),

  problem(error: any) {
    const first = error.errors?.[0] ?? error;
    const { line, column, lineText } = first.position ?? {};
    return { message: String(first.message ?? first), line, column, excerpt: lineText };
  },

  // Gives what the script returns; keeps the value of its last expression.
  async run(script: string, keep: (value: any) => void) {
    const value = await (0, eval)(script);
    const wrapped = value !== null && typeof value === "object" && Object.getPrototypeOf(value) === null && "value" in value;
    if (!wrapped) return value;
    keep(value.value);
  },

  // How a request is led to the proxy.
  way: (proxy: string) => ({ proxy }),

  // Its own functions that tell the time or draw numbers.
  follow(put: any, { look, sleep, nanoseconds, uuid }: any) {
    put(Bun, "sleep", (ms: any) => sleep(ms instanceof Date ? ms.getTime() - look() : ms));
    put(Bun, "nanoseconds", () => Number(nanoseconds()));
    put(Bun, "randomUUIDv7", uuid);
  },
};

// ---- Where clock, random numbers and timers come from: the host, once it says so, else the machine ------------------
const fate = (() => {
  const TICK = 0.001; // how far the clock moves with each look, so that waiting by looking ends
  const machine = { now: Date.now.bind(Date), later: setTimeout, clear: clearTimeout, soon: setImmediate };
  const crypto = engine.native("crypto");
  const { createHash, randomFillSync } = crypto;
  let now: number | undefined;
  let seed: Buffer, drawn = 0, pool = Buffer.alloc(0);

  function bytes(count: number): Uint8Array {
    if (now === undefined) return randomFillSync(new Uint8Array(count));
    const blocks = [pool];
    for (let size = pool.length; size < count; size += 32) {
      const place = Buffer.alloc(8);
      place.writeBigUInt64LE(BigInt(drawn++));
      blocks.push(createHash("sha256").update(seed).update(place).digest());
    }
    const all = Buffer.concat(blocks);
    pool = all.subarray(count);
    return new Uint8Array(all.subarray(0, count));
  }

  function fill(array: any) {
    new Uint8Array(array.buffer ?? array, array.byteOffset ?? 0, array.byteLength).set(bytes(array.byteLength));
    return array;
  }

  function uuid() {
    const own = bytes(16);
    own[6] = (own[6] & 15) | 64;
    own[8] = (own[8] & 63) | 128;
    const text = Buffer.from(own).toString("hex");
    return [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]].map(([from, to]) => text.slice(from, to)).join("-");
  }

  function whole(min: any, max: any, done: any) {
    if (typeof max !== "number") [min, max, done] = [0, min, max];
    const value = min + Number(Buffer.from(bytes(8)).readBigUInt64LE() % BigInt(max - min));
    return done ? done(undefined, value) : value;
  }

  const put = (object: any, name: string, value: any) => {
    try { object[name] = value; } catch {} // some can be set and not defined anew, some the other way round
    if (object[name] === value) return;
    try { Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: true }); } catch {}
  };

  // What else the engine offers takes the host's time and numbers too; the rest of it, such as the order of its files, stays its own.
  function install(sleep: any) {
    const nanoseconds = () => BigInt(Math.round(look() * 1e6));
    for (const object of [crypto, globalThis.crypto]) {
      put(object, "randomUUID", uuid);
      put(object, "getRandomValues", fill);
    }
    put(crypto, "randomBytes", (count: number, done?: any) => { const own = Buffer.from(bytes(count)); return done ? done(undefined, own) : own; });
    put(crypto, "randomFillSync", fill);
    put(crypto, "randomInt", whole);
    engine.follow(put, { look, sleep, nanoseconds, uuid });
    const hrtime: any = (before?: [number, number]) => {
      const [seconds, rest] = [Number(nanoseconds() / 1000000000n), Number(nanoseconds() % 1000000000n)];
      if (!before) return [seconds, rest];
      const apart = (seconds - before[0]) * 1e9 + rest - before[1];
      return [Math.floor(apart / 1e9), apart % 1e9];
    };
    hrtime.bigint = nanoseconds;
    put(process, "hrtime", hrtime);
  }

  function look() { return now === undefined ? machine.now() : (now += TICK); }

  return {
    machine, now: look, bytes,
    isHost: () => now !== undefined,
    told(ms: number) { if (now !== undefined) now = Math.max(now, ms); },
    follow(durable: any, sleep: any) {
      seed = Buffer.from(String(durable.seed).padStart(64, "0"), "hex");
      now = durable.now_ms;
      install(sleep);
    },
  };
})();

// What programs find in every jail, as far as editors need to know it.

declare const console: { [level in "log" | "info" | "warn" | "error" | "debug"]: (...values: unknown[]) => void };

declare function setTimeout(work: (...given: any[]) => void, milliseconds?: number, ...given: any[]): number;
declare function clearTimeout(timer?: number): void;
declare function setInterval(work: (...given: any[]) => void, milliseconds?: number, ...given: any[]): number;
declare function clearInterval(timer?: number): void;
declare function queueMicrotask(work: () => void): void;
declare function structuredClone<T>(value: T): T;
declare function require(name: string): any;

/** Only where hosts are granted. */
declare function fetch(url: string | URL, options?: Record<string, any>): Promise<any>;

declare class URL {
  constructor(url: string, base?: string | URL);
  href: string;
  origin: string;
  protocol: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  hash: string;
  readonly searchParams: URLSearchParams;
  toString(): string;
}

declare class URLSearchParams {
  constructor(values?: string | Record<string, string> | [string, string][]);
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  append(name: string, value: string): void;
  delete(name: string): void;
  entries(): IterableIterator<[string, string]>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
  toString(): string;
}

declare class TextEncoder {
  encode(text?: string): Uint8Array;
}

declare class TextDecoder {
  constructor(encoding?: string);
  decode(bytes?: Uint8Array): string;
}

declare class AbortController {
  readonly signal: any;
  abort(reason?: any): void;
}

declare const crypto: { randomUUID(): string };
declare const process: { env: Record<string, string | undefined> };
declare const Buffer: any;

declare module "fs";
declare module "node:fs";
declare module "fs/promises";
declare module "node:fs/promises";
declare module "path";
declare module "node:path";

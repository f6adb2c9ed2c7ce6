/** Calls a tool. With two arguments the first is a joined name such as "google-drive__get_document". */
declare function callMCPTool<T = any>(server: string, tool: string, input?: Record<string, any>): Promise<T>;
declare function callMCPTool<T = any>(name: string, input?: Record<string, any>): Promise<T>;

/** Turns positional arguments into one object: one plain object stays as it is. */
declare function toArguments(names: string[], given: any[]): Record<string, any>;

/** What a failed call throws. */
declare class ToolError extends Error {
  /** A stable code such as "tool_failed", "invalid_arguments" or "timeout". */
  code: string;
  server: string;
  tool: string;
  /** Whether the same call may be repeated. */
  retryable: boolean;
  hint?: string;
}

/** Waits. */
declare function sleep(milliseconds: number): Promise<void>;

/** Finds functions, as the tool search_tools does. */
declare function searchTools(query: string, options?: { server?: string; limit?: number; detail?: "name" | "summary" | "full" }):
  Promise<{ server: string; tool: string; kind: string; score: number; signature: string; description?: string }[]>;

/** What this session keeps for later programs: JSON by key, written once however often a program is run again. */
declare const state: {
  /** The value, or `fallback` (null) where there is none. */
  get<T = any>(key: string, fallback?: T): Promise<T>;
  set(key: string, value: unknown): Promise<null>;
  /** Sets the key to what `change` makes of its value, again until nobody else changed it meanwhile. */
  update<T = any>(key: string, change: (value: T) => T | Promise<T>, fallback?: T): Promise<T>;
  delete(key: string): Promise<boolean>;
  list(prefix?: string): Promise<string[]>;
};

/** The token of a private value, such as "[EMAIL_1]"; from now on the session hides the value wherever it is shown. */
declare function tokenize(value: string, kind?: string): Promise<string>;

/** Whether a text is such a token of this session, and nothing else. */
declare function isToken(text: string): Promise<boolean>;

/** The value that came with the program. */
declare const input: any;

/** Tables as text: rows are objects by the names in the first row. */
declare module "outboard:csv" {
  type Reading = {
    /** `false`: rows as lists; names: there is no first row with them. */
    columns?: boolean | string[];
    delimiter?: string;
    quote?: string;
    comment?: string;
    trim?: boolean;
    skipEmptyLines?: boolean;
    /** `true` turns numbers and booleans into values; a function decides. */
    cast?: boolean | ((cell: string, column?: string) => unknown);
    [option: string]: unknown;
  };
  type Writing = {
    columns?: string[] | Record<string, string> | { key: string; header?: string }[];
    header?: boolean;
    delimiter?: string;
    newline?: string;
    [option: string]: unknown;
  };
  export function parse(text: string, options?: Reading): any[];
  export function stringify(rows: Iterable<any>, options?: Writing): string;
}

/** One value of JSON a line. */
declare module "outboard:jsonl" {
  export function parse(text: string, options?: { skipInvalid?: boolean }): any[];
  export function stringify(values: Iterable<unknown>): string;
}

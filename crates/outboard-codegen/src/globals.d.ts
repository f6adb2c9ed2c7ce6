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

/** The value that came with the program. */
declare const input: any;

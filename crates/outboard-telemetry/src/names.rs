//! Names of attributes, in one place: the conventions for GenAI and MCP are still moving.
//!
//! Followed: `open-telemetry/semantic-conventions-genai` as of 2026-05, status Development.

/// The name of the instrumentation scope.
pub const SCOPE: &str = "outboard";

pub(crate) const OPERATION: &str = "gen_ai.operation.name";
pub(crate) const EXECUTE_TOOL: &str = "execute_tool";
pub(crate) const INVOKE_AGENT: &str = "invoke_agent";
pub(crate) const CHAT: &str = "chat";
pub(crate) const AGENT_NAME: &str = "gen_ai.agent.name";
pub(crate) const PROVIDER: &str = "gen_ai.provider.name";
pub(crate) const REQUEST_MODEL: &str = "gen_ai.request.model";
pub(crate) const USAGE_INPUT: &str = "gen_ai.usage.input_tokens";
pub(crate) const USAGE_OUTPUT: &str = "gen_ai.usage.output_tokens";
pub(crate) const USAGE_CACHED: &str = "gen_ai.usage.cache_read.input_tokens";
pub(crate) const TOOL_NAME: &str = "gen_ai.tool.name";
pub(crate) const TOOL_TYPE: &str = "gen_ai.tool.type";
pub(crate) const CALL_ID: &str = "gen_ai.tool.call.id";
pub(crate) const CALL_ARGUMENTS: &str = "gen_ai.tool.call.arguments";
pub(crate) const CALL_RESULT: &str = "gen_ai.tool.call.result";
pub(crate) const CONVERSATION: &str = "gen_ai.conversation.id";
pub(crate) const MCP_METHOD: &str = "mcp.method.name";
pub(crate) const MCP_VERSION: &str = "mcp.protocol.version";
pub(crate) const REQUEST_ID: &str = "jsonrpc.request.id";
pub(crate) const RPC_STATUS: &str = "rpc.response.status_code";
pub(crate) const TRANSPORT: &str = "network.transport";
pub(crate) const ADDRESS: &str = "server.address";
pub(crate) const PORT: &str = "server.port";
pub(crate) const ERROR: &str = "error.type";
pub(crate) const HTTP_METHOD: &str = "http.request.method";
pub(crate) const HTTP_STATUS: &str = "http.response.status_code";
/// Langfuse's own names, only where they are wanted.
pub(crate) const LANGFUSE_TYPE: &str = "langfuse.observation.type";
pub(crate) const LANGFUSE_SESSION: &str = "langfuse.session.id";
pub(crate) const LANGFUSE_INPUT: &str = "langfuse.observation.input";
pub(crate) const LANGFUSE_OUTPUT: &str = "langfuse.observation.output";
pub(crate) const LANGFUSE_LEVEL: &str = "langfuse.observation.level";
pub(crate) const LANGFUSE_STATUS: &str = "langfuse.observation.status_message";

pub(crate) const EXECUTION: &str = "outboard.execution.id";
pub(crate) const STATUS: &str = "outboard.status";
pub(crate) const LANGUAGE: &str = "outboard.language";
pub(crate) const PRINCIPAL: &str = "outboard.principal";
pub(crate) const ISOLATION: &str = "outboard.sandbox.isolation";
pub(crate) const GENERATION: &str = "outboard.surface.generation";
pub(crate) const POLICY: &str = "outboard.policy.version";
pub(crate) const CALLS: &str = "outboard.calls";
pub(crate) const CALLS_FAILED: &str = "outboard.calls.failed";
pub(crate) const CPU_MS: &str = "outboard.cpu_ms";
pub(crate) const BYTES: &str = "outboard.bytes";
pub(crate) const RESULT_BYTES: &str = "outboard.result.bytes";
pub(crate) const ARGUMENTS_BYTES: &str = "outboard.arguments.bytes";
pub(crate) const TOKENS_OUT: &str = "outboard.tokens.model_out";
pub(crate) const TOKENS_IN: &str = "outboard.tokens.model_in";
pub(crate) const TOKENS_DIRECT: &str = "outboard.tokens.direct_equivalent";
pub(crate) const TOKENS_SAVED: &str = "outboard.tokens.saved";
pub(crate) const TOKENS_ARGUMENTS: &str = "outboard.tokens.arguments";
pub(crate) const TOKENS_RESULT: &str = "outboard.tokens.result";
/// Which tokenizer counted; `estimate` where a token was taken for every four bytes.
pub(crate) const TOKENS_COUNTER: &str = "outboard.tokens.counter";
pub(crate) const TURN: &str = "outboard.agent.turn";
pub(crate) const TURNS: &str = "outboard.agent.turns";
pub(crate) const MODE: &str = "outboard.agent.mode";
pub(crate) const COST: &str = "outboard.agent.cost_micros";
pub(crate) const SERVER: &str = "outboard.server";
pub(crate) const NUMBER: &str = "outboard.call.number";
pub(crate) const LINE: &str = "code.line.number";
pub(crate) const DECISION: &str = "outboard.policy.decision";
pub(crate) const RULE: &str = "outboard.policy.rule";
pub(crate) const APPROVAL: &str = "outboard.approval.id";
pub(crate) const APPROVAL_WAIT: &str = "outboard.approval.wait_ms";
pub(crate) const ATTEMPTS: &str = "outboard.attempts";
pub(crate) const ATTEMPT: &str = "outboard.attempt";
pub(crate) const REPLAYED: &str = "outboard.replayed";
pub(crate) const GROUP: &str = "outboard.parallel.group";
pub(crate) const GROUP_SIZE: &str = "outboard.parallel.size";
pub(crate) const LINK: &str = "outboard.link";
pub(crate) const WORKER_END: &str = "outboard.worker.end";
pub(crate) const WORKER_READY: &str = "outboard.worker.ready_ms";
pub(crate) const WORKER_MEMORY: &str = "outboard.worker.peak_memory";

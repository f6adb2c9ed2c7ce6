"""The primitives below the generated modules; workers provide them."""

from typing import Any, Awaitable, Sequence

from typing_extensions import TypedDict as TypedDict

def tool(server: str, name: str, params: Sequence[str] = ..., module: str = ...) -> Any: ...
def call_mcp_tool(name: str, *args: Any, **kwargs: Any) -> Any: ...
def search_tools(query: str = ..., **options: Any) -> Any: ...
def sleep(seconds: float) -> Awaitable[None]: ...

class ToolError(Exception):
    code: str
    message: str
    server: str
    tool: str
    retryable: bool
    hint: str | None

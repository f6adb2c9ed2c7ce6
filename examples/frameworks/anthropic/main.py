"""The Anthropic SDK's tool runner with all of Outboard's servers behind four tools."""

import asyncio
import os
import sys

from anthropic import AsyncAnthropic
from anthropic.lib.tools.mcp import async_mcp_tool
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client


def outboard() -> Client:
    if url := os.environ.get("OUTBOARD_URL"):
        headers = {"Authorization": f"Bearer {os.environ['OUTBOARD_TOKEN']}"}
        return Client(streamable_http_client(url, http_client=create_mcp_http_client(headers=headers)))
    return Client(StdioServerParameters(command="outboard", args=["serve"]))


async def main(task: str) -> None:
    async with outboard() as client:
        tools = [async_mcp_tool(tool, client) for tool in (await client.list_tools()).tools]
        runner = AsyncAnthropic().beta.messages.tool_runner(
            model=os.environ.get("MODEL", "claude-sonnet-4-5"),
            max_tokens=4096,
            messages=[{"role": "user", "content": task}],
            tools=tools,
            # The conversation is kept here and not at the provider, so that any endpoint with this API will do.
            thread=False,
        )
        message = await runner.until_done()
        print("".join(block.text for block in message.content if block.type == "text"))


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "How many pages do the logs have, twice?"))

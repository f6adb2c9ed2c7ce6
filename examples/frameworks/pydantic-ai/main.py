"""A Pydantic AI agent with all of Outboard's servers behind four tools."""

import asyncio
import os
import sys

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset


def outboard() -> MCPToolset:
    if url := os.environ.get("OUTBOARD_URL"):
        return MCPToolset(url, headers={"Authorization": f"Bearer {os.environ['OUTBOARD_TOKEN']}"})
    return MCPToolset(StdioTransport(command="outboard", args=["serve"]))


async def main(task: str) -> None:
    agent = Agent("openai:" + os.environ.get("MODEL", "gpt-5.2"), toolsets=[outboard()])
    async with agent:
        print((await agent.run(task)).output)


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "How many pages do the logs have, twice?"))

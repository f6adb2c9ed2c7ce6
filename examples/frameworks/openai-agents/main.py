"""An agent of the OpenAI Agents SDK with all of Outboard's servers behind four tools."""

import asyncio
import os
import sys

from agents import Agent, Runner
from agents.mcp import MCPServerStdio, MCPServerStreamableHttp


def outboard():
    # Programs may take longer than the SDK's five seconds.
    patience = {"client_session_timeout_seconds": 300}
    if url := os.environ.get("OUTBOARD_URL"):
        headers = {"Authorization": f"Bearer {os.environ['OUTBOARD_TOKEN']}"}
        return MCPServerStreamableHttp(params={"url": url, "headers": headers}, **patience)
    return MCPServerStdio(params={"command": "outboard", "args": ["serve"]}, **patience)


async def main(task: str) -> None:
    async with outboard() as server:
        agent = Agent(name="Assistant", model=os.environ.get("MODEL", "gpt-5.2"), mcp_servers=[server])
        result = await Runner.run(agent, task)
        print(result.final_output)


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "How many pages do the logs have, twice?"))

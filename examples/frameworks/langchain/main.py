"""A LangChain agent (on LangGraph) with all of Outboard's servers behind four tools."""

import asyncio
import os
import sys

from langchain.agents import create_agent
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools
from langchain_openai import ChatOpenAI


def outboard() -> dict:
    if url := os.environ.get("OUTBOARD_URL"):
        headers = {"Authorization": f"Bearer {os.environ['OUTBOARD_TOKEN']}"}
        return {"transport": "streamable_http", "url": url, "headers": headers}
    return {"transport": "stdio", "command": "outboard", "args": ["serve"]}


async def main(task: str) -> None:
    client = MultiServerMCPClient({"outboard": outboard()})
    # One session for the whole task: `client.get_tools()` would open one, and start a process, for each call.
    async with client.session("outboard") as session:
        agent = create_agent(ChatOpenAI(model=os.environ.get("MODEL", "gpt-5.2")), await load_mcp_tools(session))
        result = await agent.ainvoke({"messages": [("user", task)]})
        print(result["messages"][-1].text)


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "How many pages do the logs have, twice?"))

//! Real clients in front of Outboard.

use super::install::installed;
use crate::support::Place;
use std::process::Command;

/// The official Python client: handshake, listing, a program, progress.
const CLIENT: &str = r#"
import asyncio, sys
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

async def main():
    server = StdioServerParameters(command=sys.argv[1], args=["serve"], cwd=sys.argv[2])
    async with stdio_client(server) as (read, write):
        async with ClientSession(read, write) as session:
            await session.initialize()
            tools = await session.list_tools()
            print([tool.name for tool in tools.tools][:4])
            code = "const p = await logs.listPages(); return p.pages * 2"
            result = await session.call_tool("run_code", {"code": code})
            print(result.content[0].text)

asyncio.run(main())
"#;

#[test]
fn the_python_client_runs_a_program() {
    let place = Place::with(&["logs"]);
    place.write("client.py", CLIENT);
    let output = Command::new(installed().python("python"))
        .arg(place.path().join("client.py"))
        .arg(env!("CARGO_BIN_EXE_outboard"))
        .arg(place.path())
        .env("HOME", place.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.starts_with("['search_tools', 'run_code', 'call_tool', 'wait']"), "{text}");
    assert!(text.contains("result: 60"), "{text}");
}

#[test]
fn the_inspector_lists_and_calls() {
    let real = installed();
    let place = Place::with(&["logs"]);
    let inspect = |more: &[&str]| {
        let mut command = Command::new(&real.node);
        command.arg(real.npm("mcp-inspector")).args(["--cli", env!("CARGO_BIN_EXE_outboard"), "serve"]).args(more);
        let path = std::env::join_paths([real.node.parent().unwrap(), "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
        let output = command.current_dir(place.path()).env("HOME", place.path()).env("PATH", path).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        text
    };
    let list = inspect(&["--method", "tools/list"]);
    assert!(list.contains("\"search_tools\"") && list.contains("\"wait\""), "{list}");
    let call = inspect(&["--method", "tools/call", "--tool-name", "search_tools", "--tool-arg", "query=read a page"]);
    assert!(call.contains("logs.getPage("), "{call}");
}

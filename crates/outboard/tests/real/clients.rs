//! Real clients in front of Outboard.

use super::install::installed;
use crate::listening::Listening;
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

/// The same client with a person behind it, in both eras, over both transports.
const PERSON: &str = r#"
import asyncio, sys
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import ElicitResult

CODE = """
const ids = ['00Q000000000001', '00Q000000000002', '00Q000000000003'];
const all = await Promise.allSettled(ids.map((recordId) =>
    salesforce.updateRecord({ objectType: 'Lead', recordId, data: { Notes: 'x' } })));
return all.map((one) => one.reason?.code ?? one.status);
"""
asked = []

async def person(context, params):
    asked.append(params.message)
    decision = "deny" if "00Q000000000002" in params.message else "approve once"
    return ElicitResult(action="accept", content={"decision": decision})

async def main():
    outboard, folder, url = sys.argv[1:]
    stdio = lambda: StdioServerParameters(command=outboard, args=["serve"], cwd=folder)
    web = lambda: streamable_http_client(url, http_client=create_mcp_http_client(headers={"authorization": "Bearer t0ken"}))
    for name, server in (("stdio", stdio), ("http", web)):
        for mode in ("legacy", "2026-07-28"):
            asked.clear()
            async with Client(server(), mode=mode, elicitation_callback=person) as client:
                result = await client.call_tool("run_code", {"code": CODE})
                print(name, mode, len(asked), result.content[0].text.splitlines()[1], flush=True)

asyncio.run(main())
"#;

#[test]
fn a_person_behind_the_python_client_is_asked_in_both_eras() {
    let place = Place::with(&["salesforce"]);
    let servers = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!(
        "expose = \"code\"\n{servers}[[policy.rules]]\ntools = [\"salesforce.update_record\"]\naction = \"ask\"\n"
    ));
    place.write("person.py", PERSON);
    let web = Listening::of(&place, "t0ken");
    let output = Command::new(installed().python("python"))
        .arg(place.path().join("person.py"))
        .arg(env!("CARGO_BIN_EXE_outboard"))
        .arg(place.path())
        .arg(format!("http://{}/mcp", web.address))
        .env("HOME", place.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let expected = "3 result: [\"fulfilled\",\"approval_denied\",\"fulfilled\"]";
    for way in ["stdio legacy", "stdio 2026-07-28", "http legacy", "http 2026-07-28"] {
        assert!(text.contains(&format!("{way} {expected}")), "{text}");
    }
}

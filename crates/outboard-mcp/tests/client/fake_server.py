"""A scripted stdio MCP server that misbehaves on request. Usage: fake_server.py MODE [LOG]

Everything received is appended to LOG, one JSON line each, after a line {"start": PID}.
"""
import json
import os
import signal
import sys
import time

MODE = sys.argv[1]
LOG = open(sys.argv[2], "a", buffering=1) if len(sys.argv) > 2 else None
OUT, IN = sys.stdout.buffer, sys.stdin.buffer
INFO = {"name": "fake", "title": "Fake server", "version": "1"}
MODERN = {"modern", "modern-sticky", "modern-late", "modern-code"}
state = {"era": None, "version": 1}


def log(entry):
    if LOG:
        LOG.write(json.dumps(entry) + "\n")


def put(message):
    OUT.write(json.dumps(message).encode() + b"\n")
    OUT.flush()


def result(id, value):
    if MODE in MODERN:
        value = {"resultType": "complete", **value, "_meta": {"io.modelcontextprotocol/serverInfo": {**INFO, "icons": ["x" * 8000]}}}
    put({"jsonrpc": "2.0", "id": id, "result": value})


def error(id, code, message):
    put({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})


def text(id, value, **more):
    result(id, {"content": [{"type": "text", "text": value}], **more})


def discover(id):
    if MODE in {"silent-probe", "silent"}:
        return
    if MODE == "dies-on-probe":
        sys.exit("cannot read server/discover")
    if MODE == "modern-code":
        return error(id, -32021, "missing capability")
    if MODE not in MODERN:
        return error(id, -32602, "Invalid request parameters")
    if MODE == "modern-late":
        time.sleep(0.8)
    state["era"] = "modern"
    result(id, {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {"listChanged": True}}, "instructions": "Be kind.", "ttlMs": 0, "cacheScope": "private"})


def initialize(id, params):
    if MODE == "silent":
        return
    if state["era"] == "modern" or MODE == "modern-code":
        return error(id, -32022, "this connection speaks 2026-07-28")
    state["era"] = "legacy"
    version = {"old": "2024-11-05", "ancient": "1999-01-01"}.get(MODE, params["protocolVersion"])
    result(id, {"protocolVersion": version, "capabilities": {"tools": {"listChanged": True}}, "serverInfo": INFO, "instructions": "Be kind."})


def tool(name, **more):
    return {"name": name, "inputSchema": {"type": "object"}, "x-unknown": {"kept": [1.50]}, **more}


def list_tools(id, params):
    if MODE == "pages":
        page = int(params.get("cursor", "0"))
        more = {"nextCursor": str(page + 1)} if page < 2 else {}
        return result(id, {"tools": [tool(f"page_{page}")], **more})
    if MODE == "endless":
        page = int(params.get("cursor", "0"))
        return result(id, {"tools": [tool(f"page_{page}")], "nextCursor": str(page + 1)})
    if MODE == "no-tools":
        return error(id, -32601, "Method not found")
    if MODE == "huge-line":
        return result(id, {"tools": [tool("echo", description="d" * 2_000_000)]})
    if MODE == "bad-listing":
        return result(id, {"tools": "none"})
    result(id, {"tools": [tool("echo"), tool("get_one"), tool("get_two"), tool(f"version_{state['version']}")]})


def ask(method):
    put({"jsonrpc": "2.0", "id": "ask-" + method, "method": method, "params": {}})
    return json.loads(IN.readline())


def daemon(id):
    ready, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(told, str(os.getpid()).encode())
        time.sleep(600)
        os._exit(0)
    os.waitpid(pid, 0)
    text(id, os.read(ready, 20).decode())


def call(id, params):
    name, arguments = params["name"], params.get("arguments", {})
    if MODE == "noisy":
        OUT.write(b"[INFO] working\n\x1b[31m{not json\n\n")
    if MODE == "wrong-id":
        text(999_999, "not yours")
        put({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "who?"}})
    if MODE == "text-id":
        id = str(id)
    if MODE == "old":
        OUT.write(json.dumps([{"jsonrpc": "2.0", "method": "notifications/message"}, {"jsonrpc": "2.0", "id": id, "result": {"content": []}}]).encode() + b"\n")
        return OUT.flush()
    match name:
        case "crash":
            sys.stderr.write("\x1b[31mout of \x07cheese\n")
            sys.stderr.flush()
            os._exit(3)
        case "hang":
            log({"hanging": id})
        case "gate":
            log({"gate": id})
            while not os.path.exists(arguments["file"]):
                time.sleep(0.02)
            text(id, "opened")
        case "fail":
            text(id, "no such row", isError=True)
        case "refuse":
            error(id, arguments["code"], "I would rather not")
        case "big":
            text(id, "b" * arguments["bytes"])
        case "ask":
            text(id, json.dumps([ask("ping"), ask("sampling/createMessage")]))
        case "meta":
            text(id, json.dumps(params.get("_meta")))
        case "input":
            put({"jsonrpc": "2.0", "id": id, "result": {"resultType": "input_required", "inputRequests": {}}})
        case "env":
            text(id, json.dumps(dict(os.environ)))
        case "daemon":
            daemon(id)
        case "change":
            state["version"] += 1
            put({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
            text(id, "changed")
        case _:
            result(id, {"content": [{"type": "text", "text": name}], "structuredContent": arguments})


def main():
    log({"start": os.getpid()})
    if MODE == "broken":
        sys.exit("no configuration: set TOKEN")
    if MODE == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if MODE == "slow-start":
        time.sleep(0.6)
    if MODE == "noisy":
        OUT.write(b"starting up on port 0\n")
    for line in IN:
        message = json.loads(line)
        log(message)
        id, params = message.get("id"), message.get("params", {})
        match message.get("method"):
            case "server/discover":
                discover(id)
            case "initialize":
                initialize(id, params)
            case "tools/list":
                list_tools(id, params)
            case "tools/call":
                call(id, params)
            case method if id is not None and method not in {None, "subscriptions/listen"}:
                error(id, -32601, "Method not found")
    while MODE == "stubborn":
        time.sleep(1)


main()

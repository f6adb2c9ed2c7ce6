"""A scripted HTTP MCP server. Usage: fake_http.py MODE [CERTIFICATE]; prints its port. GET /log tells what it received.

Modes: json, sse (legacy with sessions), modern, auth, redirect, resume (answers break off), older (HTTP+SSE).
"""
import json
import queue
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODE = sys.argv[1]
INFO = {"name": "fake-http", "version": "1"}
sessions, received = set(), []
changed = threading.Event()
answers = queue.Queue()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def note(self, method):
        received.append({"http": self.command, "method": method, **{k.lower(): v for k, v in self.headers.items()}})

    def send(self, status, body=b"", kind="application/json", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def answer(self, message, status=200, **headers):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        if MODE == "sse" and status == 200:
            before = b': keep-alive\n\nevent: message\ndata: {"jsonrpc":"2.0","id":"s1","method":"ping"}\n\n'
            return self.send(200, before + b"data: " + body + b"\n\n", "text/event-stream", **headers)
        self.send(status, body, **headers)

    def do_GET(self):
        if self.path == "/log":
            return self.send(200, json.dumps(received).encode())
        self.note("GET")
        if MODE == "older":
            return self.stream()
        if MODE == "resume" and self.headers.get("Last-Event-ID") == "e1":
            return self.send(200, b"id: e2\ndata: " + answers.get() + b"\n\n", "text/event-stream")
        if MODE != "sse":
            return self.send(405)
        changed.wait(5)
        self.send(200, b'data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n', "text/event-stream")

    def stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"event: endpoint\ndata: /messages?session=1\n\n")
        while True:
            self.wfile.write(b"event: message\ndata: " + answers.get() + b"\n\n")

    def do_DELETE(self):
        self.note("DELETE")
        sessions.discard(self.headers.get("Mcp-Session-Id"))
        self.send(200)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = json.loads(body)
        method, id, params = message.get("method"), message.get("id"), message.get("params", {})
        self.note(method or f"answer:{json.dumps(message.get('result'))}")
        if MODE == "older":
            if not self.path.startswith("/messages"):
                return self.send(405)
            self.send(202)
            if id is None:
                return
            value = {"protocolVersion": "2024-11-05", "capabilities": {}, "serverInfo": INFO}
            if method == "tools/list":
                value = {"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]}
            if method == "tools/call":
                value = {"content": [], "structuredContent": params["arguments"]}
            return answers.put(json.dumps({"jsonrpc": "2.0", "id": id, "result": value}).encode())
        if MODE == "redirect" and self.path == "/mcp":
            return self.send(308, Location="/moved")
        if MODE == "auth":
            return self.send(401, b"who are you?", "text/plain")
        if MODE == "modern":
            return self.modern(method, id, params)
        self.legacy(method, id, params)

    def legacy(self, method, id, params):
        session = self.headers.get("Mcp-Session-Id")
        if method == "initialize":
            session = f"session-{len(received)}"
            sessions.add(session)
            capabilities = {"tools": {"listChanged": True}}
            value = {"protocolVersion": params["protocolVersion"], "capabilities": capabilities, "serverInfo": INFO}
            return self.answer({"id": id, "result": value}, Mcp_Session_Id=session)
        if method == "server/discover":
            return self.send(400, b"Bad Request: no session", "text/plain")
        if session not in sessions:
            return self.send(404, b"unknown session", "text/plain")
        if id is None or method is None:
            return self.send(202)
        self.work(method, id, params)

    def modern(self, method, id, params):
        headers = self.headers
        right = headers.get("Mcp-Method") == method and headers.get("MCP-Protocol-Version") == "2026-07-28"
        if method == "tools/call":
            right = right and headers.get("Mcp-Name") == params["name"]
        if "io.modelcontextprotocol/protocolVersion" not in params.get("_meta", {}) or not right:
            return self.answer({"id": id, "error": {"code": -32020, "message": "header mismatch"}}, 400)
        if method == "server/discover":
            value = {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "_meta": {"io.modelcontextprotocol/serverInfo": INFO}}
            return self.answer({"id": id, "result": value})
        self.work(method, id, params)

    def work(self, method, id, params):
        if method == "tools/list":
            mirrored = lambda header: {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": header}}}
            tools = [{"name": "echo", "inputSchema": {"type": "object"}}]
            tools += [{"name": "mirror", "inputSchema": mirrored("Region")}, {"name": "spoiled", "inputSchema": mirrored("My Region")}]
            return self.answer({"id": id, "result": {"tools": tools}})
        if method != "tools/call":
            return self.answer({"id": id, "error": {"code": -32601, "message": "Method not found"}}, 404)
        match params["name"]:
            case "forget":
                sessions.clear()
            case "change":
                changed.set()
            case "break":
                return self.send(500, b"<html>oops</html>", "text/html")
            case "hang":
                changed.wait(5)
        if MODE == "resume":
            value = {"content": [], "structuredContent": params["arguments"]}
            answers.put(json.dumps({"jsonrpc": "2.0", "id": id, "result": value}).encode())
            return self.send(200, b"id: e1\nretry: 50\ndata:\n\n", "text/event-stream")
        self.answer({"id": id, "result": {"content": [{"type": "text", "text": params["name"]}], "structuredContent": params["arguments"]}})


class Server(ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 2:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()

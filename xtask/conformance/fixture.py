"""An MCP server over stdio with everything that the conformance suite looks for. Usage: fixture.py legacy|modern.

It speaks one era only, so that what stands between it and the suite has to translate where the eras differ.
"""
import base64
import hashlib
import hmac
import json
import os
import queue
import sys
import threading
import time

ERA = sys.argv[1]
MODERN = "2026-07-28"
INFO = {"name": "fixture", "title": "Conformance fixture", "version": "1"}
SECRET = os.urandom(16)
META = "io.modelcontextprotocol/"
PNG = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
        "0000000d49444154789c63f8cfc0f01f0005000105028ad20e0000000049454e44ae426082"
    )
).decode()
WAV = base64.b64encode(b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00@\x1f\x00\x00@\x1f\x00\x00\x01\x00\x08\x00data\x00\x00\x00\x00").decode()

write_lock = threading.Lock()
waiting = {}
listeners = {}
state = {"next": 0, "capabilities": {}, "level": "debug"}


def send(message):
    with write_lock:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()


def notify(method, params):
    send({"method": method, "params": params})


class Refused(Exception):
    def __init__(self, code, message, data=None):
        self.error = {"code": code, "message": message, **({"data": data} if data is not None else {})}


class InputRequired(Exception):
    """Ends a modern request with questions."""

    def __init__(self, requests, request_state=None):
        self.result = {"resultType": "input_required", "inputRequests": requests}
        if request_state is not None:
            self.result["requestState"] = request_state


def seal(text):
    return text + "." + hmac.new(SECRET, text.encode(), hashlib.sha256).hexdigest()


def unseal(sealed):
    text, _, mark = (sealed or "").rpartition(".")
    if not hmac.compare_digest(mark, hmac.new(SECRET, text.encode(), hashlib.sha256).hexdigest()):
        raise Refused(-32602, "requestState was changed")
    return text


class Request:
    def __init__(self, params):
        self.params = params
        self.meta = params.get("_meta", {})
        self.capabilities = self.meta.get(META + "clientCapabilities", {}) if ERA == "modern" else state["capabilities"]

    def need(self, capability):
        if ERA == "modern" and capability not in self.capabilities:
            raise Refused(-32021, f"the client did not declare {capability}", {"requiredCapabilities": {capability: {}}})

    def ask(self, requests, request_state=None):
        """Answers to questions by their names, in the way of the era."""
        for request in requests.values():
            self.need({"elicitation/create": "elicitation", "sampling/createMessage": "sampling"}.get(request["method"], "roots"))
        if ERA == "modern":
            answers = self.params.get("inputResponses") or {}
            if all(isinstance(answers.get(name), dict) for name in requests):
                if request_state is not None:
                    if unseal(self.params.get("requestState")) != request_state:
                        raise Refused(-32602, "requestState is of another round")
                return answers
            raise InputRequired(requests, None if request_state is None else seal(request_state))
        return {name: call_client(request["method"], request["params"]) for name, request in requests.items()}

    def progress(self, done):
        if "progressToken" in self.meta:
            notify("notifications/progress", {"progressToken": self.meta["progressToken"], "progress": done, "total": 100})

    def log(self, text, level="info"):
        levels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]
        least = self.meta.get(META + "logLevel") if ERA == "modern" else state["level"]
        if least in levels and levels.index(level) >= levels.index(least):
            notify("notifications/message", {"level": level, "logger": "fixture", "data": text})


def call_client(method, params):
    state["next"] += 1
    id = f"s{state['next']}"
    answers = waiting[id] = queue.Queue()
    send({"id": id, "method": method, "params": params})
    answer = answers.get(timeout=60)
    if "error" in answer:
        raise RuntimeError(answer["error"].get("message", "refused"))
    return answer["result"]


def form(message, properties, required=None):
    schema = {"type": "object", "properties": properties, "required": required if required is not None else list(properties)}
    return {"method": "elicitation/create", "params": {"message": message, "requestedSchema": schema}}


def sampling(text, tokens=100):
    content = {"type": "text", "text": text}
    return {"method": "sampling/createMessage", "params": {"messages": [{"role": "user", "content": content}], "maxTokens": tokens}}


ROOTS = {"method": "roots/list", "params": {}}


def text(value):
    return {"content": [{"type": "text", "text": value}]}


def block(kind, value):
    return {"type": kind, **value}


def resource(uri, mime, **body):
    return block("resource", {"resource": {"uri": uri, "mimeType": mime, **body}})


TOOLS = {}
SUPPORT = {}


def tool(description, properties=None, required=None, schema=None, task=None):
    """Adds a tool; `task` says whether it is done as a task: `optional` or `required`."""

    def add(function):
        given = schema or {"type": "object", "properties": properties or {}, **({"required": required} if required else {})}
        definition = {"name": function.__name__, "description": description, "inputSchema": given}
        if task:
            SUPPORT[function.__name__] = task
            definition["execution"] = {"taskSupport": task}
        TOOLS[function.__name__] = (definition, function)
        return function

    return add


STRING = {"type": "string"}


@tool("Returns a text.")
def test_simple_text(request, arguments):
    return text("This is a simple text response for testing.")


@tool("Returns an image.")
def test_image_content(request, arguments):
    return {"content": [block("image", {"data": PNG, "mimeType": "image/png"})]}


@tool("Returns a sound.")
def test_audio_content(request, arguments):
    return {"content": [block("audio", {"data": WAV, "mimeType": "audio/wav"})]}


@tool("Returns a resource.")
def test_embedded_resource(request, arguments):
    return {"content": [resource("test://embedded-resource", "text/plain", text="This is an embedded resource content.")]}


@tool("Returns several kinds of content.")
def test_multiple_content_types(request, arguments):
    return {
        "content": [
            {"type": "text", "text": "Multiple content types test:"},
            block("image", {"data": PNG, "mimeType": "image/png"}),
            resource("test://mixed-content-resource", "application/json", text='{"test":"data","value":123}'),
        ]
    }


@tool("Tells what it does.")
def test_tool_with_logging(request, arguments):
    for line in ["Tool execution started", "Tool processing data", "Tool execution completed"]:
        request.log(line)
        time.sleep(0.05)
    return text("Logged three messages")


@tool("Tells what it does.")
def test_logging_tool(request, arguments):
    request.log("working")
    return text("Logged")


@tool("Always fails.")
def test_error_handling(request, arguments):
    raise RuntimeError("This tool intentionally returns an error for testing")


@tool("Tells how far it is.")
def test_tool_with_progress(request, arguments):
    for done in (0, 50, 100):
        request.progress(done)
        time.sleep(0.05)
    return text("Done")


@tool("Asks the client's model.", {"prompt": STRING}, ["prompt"])
def test_sampling(request, arguments):
    answer = request.ask({"sampling": sampling(arguments["prompt"])})["sampling"]
    content = answer["content"]
    return text("LLM response: " + (content.get("text", "") if isinstance(content, dict) else json.dumps(content)))


@tool("Asks the person.", {"message": STRING}, ["message"])
def test_elicitation(request, arguments):
    properties = {"username": {**STRING, "description": "User's response"}, "email": {**STRING, "description": "User's email address"}}
    answer = request.ask({"user": form(arguments["message"], properties)})["user"]
    return text(f"User response: {json.dumps(answer)}")


@tool("Asks the person, with defaults.")
def test_elicitation_sep1034_defaults(request, arguments):
    properties = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    answer = request.ask({"user": form("Please check", properties, [])})["user"]
    return text(f"Elicitation completed: action={answer['action']}, content={json.dumps(answer.get('content'))}")


@tool("Asks the person, with choices.")
def test_elicitation_sep1330_enums(request, arguments):
    titled = lambda word, count=3: [{"const": f"value{at}", "title": f"{name} {word}"} for at, name in list(enumerate(["First", "Second", "Third"], 1))[:count]]
    properties = {
        "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
        "titledSingle": {"type": "string", "oneOf": titled("Option")},
        "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled("Choice")}},
    }
    answer = request.ask({"user": form("Please choose", properties, [])})["user"]
    return text(f"Elicitation completed: action={answer['action']}, content={json.dumps(answer.get('content'))}")


@tool("Needs a client that samples.")
def test_missing_capability(request, arguments):
    if ERA == "modern":
        request.need("sampling")
    else:
        request.ask({"sampling": sampling("hello")})
    return text("The client samples")


@tool("Asks in the middle of a stream.")
def test_streaming_elicitation(request, arguments):
    request.progress(0)
    answer = request.ask({"user": form("Go on?", {"ok": {"type": "boolean"}})})["user"]
    return text(json.dumps(answer))


NAME = {"name": STRING}


@tool("Asks for a name.")
def test_input_required_result_elicitation(request, arguments):
    answer = request.ask({"user_name": form("What is your name?", NAME)})["user_name"]
    return text(f"Hello, {(answer.get('content') or {}).get('name', 'nobody')}!")


@tool("Asks the client's model.")
def test_input_required_result_sampling(request, arguments):
    answer = request.ask({"capital_question": sampling("What is the capital of France?")})["capital_question"]
    return text(f"The model says: {json.dumps(answer.get('content'))}")


@tool("Asks for roots.")
def test_input_required_result_list_roots(request, arguments):
    return text(f"Roots: {json.dumps(request.ask({'client_roots': ROOTS})['client_roots'].get('roots'))}")


OK = {"ok": {"type": "boolean"}}


@tool("Asks, and remembers.")
def test_input_required_result_request_state(request, arguments):
    request.ask({"confirm": form("Please confirm", OK)}, "round-1")
    return text("state-ok")


@tool("Asks, and looks whether its memory was changed.")
def test_input_required_result_tampered_state(request, arguments):
    request.ask({"confirm": form("Please confirm", OK)}, "round-1")
    return text("state-ok")


@tool("Asks for three things.")
def test_input_required_result_multiple_inputs(request, arguments):
    questions = {"user_name": form("What is your name?", NAME), "greeting": sampling("Generate a greeting", 50), "client_roots": ROOTS}
    return text(f"All there: {json.dumps(request.ask(questions, 'all'))}")


@tool("Asks twice.")
def test_input_required_result_multi_round(request, arguments):
    first, second = form("Step 1: What is your name?", NAME), form("Step 2: What is your favorite color?", {"color": STRING})
    if ERA != "modern":
        return text(json.dumps([request.ask({"step1": first}), request.ask({"step2": second})]))
    if not request.params.get("requestState"):
        raise InputRequired({"step1": first}, seal("1"))
    if unseal(request.params["requestState"]) == "1":
        raise InputRequired({"step2": second}, seal("2"))
    return text(f"Both rounds are done: {json.dumps(request.params.get('inputResponses'))}")


@tool("Asks only for what the client can do.")
def test_input_required_result_capabilities(request, arguments):
    able = {"sampling": sampling("hello"), "elicitation": form("Your name?", NAME)}
    return text(json.dumps(request.ask({name: question for name, question in able.items() if name in request.capabilities})))


@tool("Changes the list of tools.")
def test_trigger_tool_change(request, arguments):
    changed("tools", "toolsListChanged")
    return text("changed")


@tool("Changes the list of prompts.")
def test_trigger_prompt_change(request, arguments):
    changed("prompts", "promptsListChanged")
    return text("changed")


def changed(what, flag):
    method = f"notifications/{what}/list_changed"
    if ERA != "modern":
        return notify(method, {})
    for id, wanted in list(listeners.items()):
        if wanted.get(flag):
            notify(method, {"_meta": {META + "subscriptionId": id}})


class Cancelled(Exception):
    pass


class Task(Request):
    """A call that is done later: it asks by being looked at, and not by its answer."""

    def __init__(self, request):
        super().__init__(request.params)
        self.capabilities, self.id = request.capabilities, f"task-{os.urandom(8).hex()}"
        self.status, self.outcome, self.open, self.answers = "working", {}, {}, {}
        self.changed, self.created = threading.Condition(), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def begin(self, function, arguments):
        tasks[self.id] = self
        threading.Thread(target=self.work, args=(function, arguments), daemon=True).start()

    def work(self, function, arguments):
        try:
            self.end("completed", result={**({"resultType": "complete"} if ERA == "modern" else {}), **function(self, arguments)})
        except Cancelled:
            self.end("cancelled", error={"code": -32603, "message": "it was cancelled"})
        except Refused as refused:
            self.end("failed", error=refused.error)
        except Exception as error:
            self.end("completed", result={**text(str(error)), "isError": True})

    def end(self, status, **outcome):
        with self.changed:
            if self.status not in ENDED:
                self.status, self.outcome = status, outcome
            self.changed.notify_all()

    def pause(self, seconds):
        with self.changed:
            if self.changed.wait_for(lambda: self.status in ENDED, seconds):
                raise Cancelled

    def ask(self, requests, request_state=None):
        if ERA != "modern":
            answers, threads = {}, []
            for name, request in requests.items():
                one = lambda name=name, request=request: answers.update({name: call_client(request["method"], request["params"])})
                threads.append(threading.Thread(target=one, daemon=True))
                threads[-1].start()
            for thread in threads:
                thread.join()
            return answers
        with self.changed:
            self.status, self.open = "input_required", dict(requests)
            self.changed.wait_for(lambda: not self.open or self.status in ENDED, 60)
            if self.status in ENDED:
                raise Cancelled
            self.status = "working"
            return self.answers

    def answer(self, answers):
        with self.changed:
            for name in [name for name in answers if name in self.open]:
                del self.open[name]
                self.answers[name] = answers[name]
            self.changed.notify_all()

    def seen(self, whole):
        state = {"taskId": self.id, "status": self.status, "createdAt": self.created, "lastUpdatedAt": self.created}
        if ERA != "modern":
            return {**state, "ttl": 60000, "pollInterval": 50}
        extra = {**self.outcome, **({"inputRequests": self.open} if self.open else {})} if whole else {}
        return {**state, "ttlMs": 60000, "pollIntervalMs": 50, **extra}


ENDED = ("completed", "failed", "cancelled")
tasks = {}


def wants_task(request, name):
    """Whether the call is to be a task: in the modern era we decide, in the other the client does."""
    if ERA == "modern":
        able = META + "tasks" in request.capabilities.get("extensions", {})
        if SUPPORT.get(name) == "required" and not able:
            raise Refused(-32021, "the client does not follow tasks", {"requiredCapabilities": {"extensions": {META + "tasks": {}}}})
        return able and name in SUPPORT
    wanted = "task" in request.params
    if wanted and name not in SUPPORT or not wanted and SUPPORT.get(name) == "required":
        raise Refused(-32601, f"{name} is {'no' if wanted else 'only a'} task")
    return wanted


def about_task(method, params):
    task = tasks.get(params.get("taskId"))
    if task is None:
        raise Refused(-32602, "no such task")
    if method == "tasks/get":
        return task.seen(True)
    if method == "tasks/cancel":
        task.end("cancelled", error={"code": -32603, "message": "it was cancelled"})
        return {} if ERA == "modern" else task.seen(False)
    if method == "tasks/update" and ERA == "modern":
        task.answer(params.get("inputResponses") or {})
        return {}
    if method == "tasks/result" and ERA != "modern":
        with task.changed:
            task.changed.wait_for(lambda: task.status in ENDED)
        if "error" in task.outcome:
            raise Refused(task.outcome["error"]["code"], task.outcome["error"]["message"])
        return task.outcome["result"]
    raise Refused(-32601, f"method {method} is not known")


@tool("Says hello.", {"name": STRING}, ["name"])
def greet(request, arguments):
    return text(f"Hello, {arguments['name']}!")


@tool("Takes its time.", {"seconds": {"type": "number"}, "label": STRING}, task="optional")
def slow_compute(request, arguments):
    seconds = arguments.get("seconds", 0)
    request.pause(seconds) if isinstance(request, Task) else time.sleep(seconds)
    return text(f"{arguments.get('label', 'it')} took {seconds} s")


@tool("Fails after a while.", task="required")
def failing_job(request, arguments):
    request.pause(1)
    raise RuntimeError("This job always fails")


@tool("Breaks the protocol.", task="optional")
def protocol_error_job(request, arguments):
    if isinstance(request, Task):
        request.pause(0.5)
    raise Refused(-32603, "This job breaks")


@tool("Deletes a file, after asking.", {"filename": STRING}, ["filename"], task="optional")
def confirm_delete(request, arguments):
    answer = request.ask({"confirm": form(f"Delete {arguments['filename']}?", {"confirm": {"type": "boolean"}})})["confirm"]
    return text(f"deleted: {answer['action']}")


@tool("Asks two things at once.", task="optional")
def multi_input(request, arguments):
    return text(json.dumps(request.ask({"first": form("First?", NAME), "second": form("Second?", NAME)})))


@tool("Asks, and is a task from then on.", task="required")
def test_tool_with_task(request, arguments):
    request.pause(0.2)
    return text(f"Done for {arguments['answer']}")


@tool("Has an argument that goes into a header too.", {"region": {**STRING, "x-mcp-header": "Region"}}, ["region"])
def test_header_argument(request, arguments):
    return text(f"in {arguments['region']}")


SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {"$anchor": "addressDef", "type": "object", "properties": {"street": STRING, "city": STRING}},
    },
    "properties": {
        "name": STRING,
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": STRING,
        "email": STRING,
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


@tool("Tool with JSON Schema 2020-12 features", schema=SCHEMA)
def json_schema_2020_12_tool(request, arguments):
    return text(json.dumps(arguments))


RESOURCES = [
    {"uri": "test://static-text", "name": "Static text", "description": "A text", "mimeType": "text/plain"},
    {"uri": "test://static-binary", "name": "Static image", "description": "An image", "mimeType": "image/png"},
    {"uri": "test://watched-resource", "name": "Watched", "description": "Can be watched", "mimeType": "text/plain"},
]
TEMPLATES = [{"uriTemplate": "test://template/{id}/data", "name": "Data by id", "description": "Data", "mimeType": "application/json"}]
PROMPTS = [
    {"name": "test_simple_prompt", "description": "A prompt"},
    {"name": "test_prompt_with_arguments", "description": "With arguments", "arguments": [{"name": n, "required": True} for n in ("arg1", "arg2")]},
    {"name": "test_prompt_with_embedded_resource", "description": "With a resource", "arguments": [{"name": "resourceUri", "required": True}]},
    {"name": "test_prompt_with_image", "description": "With an image"},
    {"name": "test_input_required_result_prompt", "description": "Asks for context"},
]


def read(uri):
    if uri == "test://static-text":
        return {"mimeType": "text/plain", "text": "This is the content of the static text resource."}
    if uri == "test://static-binary":
        return {"mimeType": "image/png", "blob": PNG}
    if uri == "test://watched-resource":
        return {"mimeType": "text/plain", "text": "watched"}
    if uri.startswith("test://template/") and uri.endswith("/data"):
        id = uri.split("/")[3]
        return {"mimeType": "application/json", "text": json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})}
    raise Refused(-32602 if ERA == "modern" else -32002, "Resource not found", {"uri": uri})


def prompt(request, name, arguments):
    say = lambda content: {"role": "user", "content": content}
    words = lambda value: say({"type": "text", "text": value})
    if name == "test_simple_prompt":
        return {"messages": [words("This is a simple prompt for testing.")]}
    if name == "test_prompt_with_arguments":
        return {"messages": [words(f"Prompt with arguments: arg1='{arguments.get('arg1')}', arg2='{arguments.get('arg2')}'")]}
    if name == "test_prompt_with_embedded_resource":
        inner = resource(arguments.get("resourceUri", ""), "text/plain", text="Embedded resource content for testing.")
        return {"messages": [say(inner), words("Please process the embedded resource above.")]}
    if name == "test_prompt_with_image":
        return {"messages": [say(block("image", {"data": PNG, "mimeType": "image/png"})), words("Please analyze the image above.")]}
    if name == "test_input_required_result_prompt":
        answer = request.ask({"user_context": form("What context should the prompt use?", {"context": STRING})})["user_context"]
        return {"messages": [words(f"Context: {json.dumps(answer.get('content'))}")]}
    raise Refused(-32602, f"no prompt is named {name}")


CAPABILITIES = {
    "tools": {"listChanged": True},
    "prompts": {"listChanged": True},
    "resources": {"listChanged": True, "subscribe": True},
    "completions": {},
    "logging": {},
}
LISTS = {"prompts/list": ("prompts", PROMPTS), "resources/list": ("resources", RESOURCES), "resources/templates/list": ("resourceTemplates", TEMPLATES)}


def call_tool(request, name, arguments):
    if name not in TOOLS:
        raise Refused(-32602, f"no tool is named {name}")
    try:
        function = TOOLS[name][1]
        if not wants_task(request, name):
            return function(request, arguments)
        if name == "test_tool_with_task":
            arguments = {"answer": json.dumps(request.ask({"user_name": form("What is your name?", NAME)})["user_name"])}
        task = Task(request)
        task.begin(function, arguments)
        return {"resultType": "task", **task.seen(False)} if ERA == "modern" else {"task": task.seen(False)}
    except (Refused, InputRequired):
        raise
    except Exception as error:
        return {**text(str(error)), "isError": True}


def answer(id, method, params):
    request = Request(params)
    if ERA == "modern" and method != "server/discover" and request.meta.get(META + "protocolVersion") != MODERN:
        raise Refused(-32600, "this server speaks the stateless revision only")
    if method == "initialize" and ERA == "legacy":
        state["capabilities"] = params.get("capabilities", {})
        able = {**CAPABILITIES, "tasks": {"cancel": {}, "requests": {"tools": {"call": {}}}}}
        return {"protocolVersion": "2025-11-25", "capabilities": able, "serverInfo": INFO}
    if method == "server/discover" and ERA == "modern":
        able = {**CAPABILITIES, "extensions": {META + "tasks": {}}}
        return {"supportedVersions": [MODERN], "capabilities": able, "_meta": {META + "serverInfo": INFO}}
    if method == "tools/list":
        return {"tools": [definition for definition, _ in TOOLS.values()]}
    if method in LISTS:
        return {LISTS[method][0]: LISTS[method][1]}
    if method == "tools/call":
        return call_tool(request, params["name"], params.get("arguments") or {})
    if method.startswith("tasks/"):
        return about_task(method, params)
    if method == "resources/read":
        return {"contents": [{"uri": params["uri"], **read(params["uri"])}]}
    if method == "prompts/get":
        return prompt(request, params["name"], params.get("arguments") or {})
    if method == "completion/complete":
        start = params["argument"]["value"]
        return {"completion": {"values": [word for word in ("paris", "park", "party") if word.startswith(start)], "hasMore": False}}
    if ERA == "legacy" and method in ("ping", "resources/subscribe", "resources/unsubscribe"):
        return {}
    if ERA == "legacy" and method == "logging/setLevel":
        state["level"] = params["level"]
        return {}
    if ERA == "modern" and method == "subscriptions/listen":
        listeners[id] = params.get("notifications", {})
        notify("notifications/subscriptions/acknowledged", {"_meta": {META + "subscriptionId": id}, "notifications": listeners[id]})
        return None
    raise Refused(-32601, f"method {method} is not known")


def work(id, method, params):
    try:
        result = answer(id, method, params)
        if result is None:
            return
        if ERA == "modern":
            result = {"resultType": "complete", **result}
        send({"id": id, "result": result})
    except InputRequired as question:
        send({"id": id, "result": question.result})
    except Refused as refused:
        send({"id": id, "error": refused.error})
    except Exception as error:
        send({"id": id, "error": {"code": -32603, "message": repr(error)}})


for line in sys.stdin:
    message = json.loads(line)
    if "method" in message and "id" in message:
        threading.Thread(target=work, args=(message["id"], message["method"], message.get("params") or {}), daemon=True).start()
    elif message.get("method") == "notifications/cancelled":
        listeners.pop(message["params"].get("requestId"), None)
    elif "id" in message and message["id"] in waiting:
        waiting.pop(message["id"]).put(message)

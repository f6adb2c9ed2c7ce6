# Made by bundle.py from parts/: change those.
"""The guest program for CPython: runs one program, passes its tool calls to the host, reports how it ended.

It speaks `crates/outboard-worker-protocol` on descriptor 3, for one program of one principal, and then ends. Everything here
runs inside the jail beside the program and is at its mercy, so nothing here protects anything: limits and
permissions are the host's. Never here: policy, settings, secrets, or what a tool means.

Usage: python -I -B worker.py [--root DIR] [MODULE ...]; MODULEs are imported before the worker says it is ready.
"""

import ast
import asyncio
import base64
import builtins
import codecs
import collections
import collections.abc
import concurrent.futures.thread
import dataclasses
import datetime
import decimal
import difflib
import enum
import errno
import functools
import gc
import importlib
import importlib.machinery
import importlib.util
import inspect
import io
import itertools
import json
import linecache
import os
import random
import re
import select
import signal
import socket
import struct
import sys
import threading
import time
import traceback
import types
import typing

VERSION = 1
SOCKET_FD = 3
MAX_INCOMING = 64 << 20
MAX_OUTGOING = 30 << 20  # the host accepts frames of 32 MiB; the rest is room for the envelope
PROGRAM = "program.py"
# Imported before `ready`, so that programs find them loaded.
PRELOAD = (
    "argparse bisect calendar contextlib copy csv fractions glob hashlib heapq html logging "
    "math operator pathlib pprint queue random secrets shutil statistics string tempfile textwrap unicodedata "
    "urllib.parse uuid zoneinfo"
).split()


# ---- Frames ---------------------------------------------------------------------------------------------------------


def utf8(text):
    """Encodes text; surrogates that no JSON reader accepts are joined to characters or replaced."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode("utf-8")


def die(reason):
    """Ends the process over a host that breaks the protocol."""
    os.write(2, f"outboard python worker: {reason}\n".encode("utf-8", "replace"))
    os._exit(2)


def lenient_int(digits):
    """Reads an integer; beyond the digits that CPython converts, as a float."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


class Waiter:
    """One request under way: a blocked thread, or a future of an event loop."""

    __slots__ = ("id", "label", "gate", "loop", "future", "ok", "payload", "at", "handle")

    def __init__(self, number, label, loop):
        self.id, self.label, self.loop = number, label, loop
        self.ok = self.payload = self.at = self.handle = None
        self.future = loop.create_future() if loop else None
        self.gate = threading.Lock()
        self.gate.acquire()

    def outcome(self):
        """The value, or the error raised; for the program, the time of the answer is now."""
        FATE.told(self.at)
        if self.ok:
            return self.payload
        raise ToolError.of_failure(self.payload)


class Channel:
    """The socket. A blocked caller reads it itself while it is alone; as soon as calls overlap, a thread does."""

    def __init__(self, fd):
        self.fd = fd
        self.pending = {}
        self._ids = itertools.count(1)
        self._buffer = bytearray()
        self._missing = 0
        self._write_lock = threading.Lock()
        self._read_lock = threading.Lock()
        self._outbox = collections.deque()  # one object for good: threads append to it without a lock
        self._turn = None
        self._at = 0
        self._reader = None
        self._forked = False
        os.set_inheritable(fd, False)
        if not os.get_blocking(fd):
            os.set_blocking(fd, True)
        os.register_at_fork(after_in_child=self._in_child)

    def _in_child(self):
        self._forked = True

    # Writing.

    def send(self, body):
        """Sends one frame, after those that wait in the outbox."""
        self._outbox.append(struct.pack("<I", len(body)) + body)
        self.flush()

    def post(self, body, loop):
        """Sends one frame together with the others of this turn of the event loop."""
        self._outbox.append(struct.pack("<I", len(body)) + body)
        if self._turn is not loop:
            self._turn = loop
            loop.call_soon(self._end_turn)

    def _end_turn(self):
        self._turn = None
        self.flush()

    def flush(self):
        """Writes the outbox. Does nothing in a forked child, which must not speak for its parent."""
        if self._forked:
            return
        with self._write_lock:
            frames = []
            while self._outbox:
                frames.append(self._outbox.popleft())
            view = memoryview(b"".join(frames))
            while view:
                try:
                    view = view[os.write(self.fd, view) :]
                except OSError:
                    os._exit(0)  # the host is gone

    # Reading.

    def read_frames(self):
        """Blocks for at least one whole frame; ends the process when the host has hung up."""
        while True:
            frames = self._cut()
            if frames:
                return frames
            chunk = os.read(self.fd, max(65536, min(self._missing, 4 << 20)))
            if not chunk:
                os._exit(0)
            self._buffer += chunk

    def await_go(self):
        """Blocks until the host lets the program run."""
        while all(parse_frame(frame)[0] != "go" for frame in self.read_frames()):
            pass

    def _cut(self):
        frames, at, buffer = [], 0, self._buffer
        self._missing = 0
        while len(buffer) - at >= 4:
            (size,) = struct.unpack_from("<I", buffer, at)
            if size > MAX_INCOMING:
                die(f"a frame of {size} bytes is over the limit of {MAX_INCOMING} bytes")
            if len(buffer) - at < 4 + size:
                self._missing = 4 + size - (len(buffer) - at)
                break
            frames.append(bytes(buffer[at + 4 : at + 4 + size]))
            at += 4 + size
        if at:
            del buffer[:at]
        return frames

    def _dispatch(self, frames):
        batches = {}
        for body in frames:
            ok, number, payload = parse_answer(body)
            if ok is None:
                self._at = payload
                continue
            waiter = self.pending.pop(number, None)
            if waiter is None:
                continue  # nobody waits any more
            waiter.payload, waiter.ok, waiter.at = payload, ok, self._at
            waiter.gate.release()
            if waiter.loop is not None:
                batches.setdefault(waiter.loop, []).append(waiter)
        for loop, waiters in batches.items():
            try:
                loop.call_soon_threadsafe(settle_futures, waiters)
            except RuntimeError:
                pass  # that event loop is closed

    # Requests.

    def request(self, kind, rest, label):
        """Sends a call or search: blocks for its value, or returns an awaitable inside a running event loop."""
        if self._forked:
            raise RuntimeError("tools cannot be called from a forked process; use threads or asyncio.gather")
        if len(rest) > MAX_OUTGOING:
            raise ToolError(f"the arguments of {label} take {len(rest)} bytes; at most {MAX_OUTGOING} fit", "limit_exceeded")
        loop = asyncio._get_running_loop()
        waiter = Waiter(next(self._ids), label, loop)
        body = b'{"%s":{"id":%d,%s}}' % (kind, waiter.id, rest)
        self.pending[waiter.id] = waiter
        CONSOLE.flush()
        if loop is None:
            self.send(body)
            return self._wait(waiter)
        self._start_reader()
        self.post(body, loop)
        return UnawaitedCall(waiter)

    def timer(self, seconds, loop=None, handle=None):
        """Asks the host for a timer; without a loop, blocks until it is due."""
        waiter = Waiter(next(self._ids), "a timer", loop)
        waiter.handle = handle
        body = b'{"timer":{"id":%d,"ms":%s}}' % (waiter.id, repr(float(seconds) * 1000).encode())
        self.pending[waiter.id] = waiter
        if loop is None:
            self.send(body)
            self._wait(waiter)
        else:
            self._start_reader()
            self.post(body, loop)

    def _wait(self, waiter):
        if self._reader is None and self._read_lock.acquire(blocking=False):
            try:
                while waiter.ok is None:
                    self._dispatch(self.read_frames())
            finally:
                self._read_lock.release()
            # A thread that found the lock taken has registered before it looked, so it is seen here.
            if self.pending:
                self._start_reader()
        else:
            waiter.gate.acquire()
        return waiter.outcome()

    def _start_reader(self):
        if self._reader is None:
            self._reader = threading.Thread(target=self._read_for_all, name="outboard-reader", daemon=True)
            self._reader.start()

    def _read_for_all(self):
        with self._read_lock:
            while True:
                self._dispatch(self.read_frames())

    def watch_host(self):
        """Starts a thread that ends the process when the host hangs up, whatever the program is doing."""
        poll = select.poll()
        poll.register(self.fd, select.POLLHUP | getattr(select, "POLLRDHUP", 0))

        def watch():
            poll.poll()
            os._exit(0)

        threading.Thread(target=watch, name="outboard-watch", daemon=True).start()


def parse_answer(body):
    """Takes a `done` or `fail` frame apart: (succeeded, id, value or failure)."""
    try:
        kind, content = parse_frame(body)
        if kind == "clock":
            return None, None, float(content["now_ms"])
        if kind == "done":
            return True, content["id"], content["value"]
        if kind == "fail":
            return False, content["id"], dict(content["error"])
    except (RecursionError, MemoryError) as error:
        found = re.match(rb'\s*\{\s*"\w+"\s*:\s*\{\s*"id"\s*:\s*(\d+)', body[:200])
        if found:
            message = "the answer is nested too deeply or is too large for this program's memory"
            return False, int(found[1]), {"code": "limit_exceeded", "message": f"{message} ({type(error).__name__})"}
    except (KeyError, TypeError, ValueError):
        pass
    die("the host sent a frame that is no answer")


def parse_frame(body):
    """The one key of a frame and what it holds."""
    try:
        message = json.loads(body)
    except json.JSONDecodeError:
        raise
    except ValueError:
        message = json.loads(body, parse_int=lenient_int)
    ((kind, content),) = message.items() if isinstance(message, dict) else [(None, None)]
    return kind, content


def settle_futures(waiters):
    """Runs in the event loop: gives futures their outcomes, in the order of the frames."""
    for waiter in waiters:
        FATE.told(waiter.at)
        if waiter.handle is not None:
            if not waiter.handle.cancelled():
                waiter.handle._run()
            continue
        if waiter.future.done():
            continue
        if waiter.ok:
            waiter.future.set_result(waiter.payload)
        else:
            waiter.future.set_exception(ToolError.of_failure(waiter.payload))
            waiter.future.exception()  # marks it as seen: un-awaited failures are reported at the end


# ---- What programs hold ---------------------------------------------------------------------------------------------


class ToolError(Exception):
    """A tool call, or a search, that gave no result. `code` is stable; `hint` says what to do about it."""

    def __init__(self, message="", code="tool_failed", server="", tool="", retryable=False, hint=None):
        super().__init__(message)
        self.message, self.code, self.server, self.tool = message, code, server, tool
        self.retryable, self.hint = retryable, hint

    @classmethod
    def of_failure(cls, failure):
        """Builds the exception from the `error` of a `fail` frame."""
        get = failure.get
        message, code = str(get("message") or ""), str(get("code") or "tool_failed")
        return cls(message, code, get("server") or "", get("tool") or "", bool(get("retryable")), get("hint"))

    def __str__(self):
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.code}: {self.message}{hint}"


class UnawaitedCall:
    """A call under way inside an event loop: await it, gather it, or make it a task. Any other use is refused."""

    __slots__ = ("_waiter", "_steps", "__weakref__")
    unused = set()

    def __init__(self, waiter):
        self._waiter, self._steps = waiter, None
        self.unused.add(self)

    def __await__(self):
        self.unused.discard(self)
        return self._waiter.future.__await__()

    # The coroutine protocol, which asyncio.create_task and TaskGroup ask for.

    def send(self, value):
        if self._steps is None:
            self._steps = self.__await__()
        return self._steps.send(value)

    def throw(self, kind, value=None, trace=None):
        self.unused.discard(self)
        if self._steps is None:
            raise value if value is not None else kind
        return self._steps.throw(kind if value is None else value)

    def close(self):
        self.unused.discard(self)

    def __repr__(self):
        return f"<call of {self._waiter.label}, not awaited>"

    def __getattr__(self, name):
        if name.startswith(("__", "cr_", "gi_", "_asyncio", "_is_coroutine")):
            raise AttributeError(name)
        self._refuse()

    def _refuse(self, *_others, **_more):
        label = self._waiter.label
        raise TypeError(f"{label}(...) is not awaited: inside async code write `await {label}(...)`, or gather several")


for _name in (
    "str format bool len iter getitem setitem delitem contains call enter exit int float index round abs neg pos invert "
    "add radd iadd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow and rand or ror xor eq ne lt le gt ge"
).split():
    setattr(UnawaitedCall, f"__{_name}__", UnawaitedCall._refuse)
UnawaitedCall.__hash__ = object.__hash__


def normal(name):
    """A name without case and punctuation, for names that mean the same."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def nearest(wanted, names, what):
    """An ending for an error message: the names that are meant, or else what there is."""
    names = list(dict.fromkeys(names))
    close = difflib.get_close_matches(wanted, names, 3, 0.6)
    if close:
        return f"; did you mean {' or '.join(close)}?"
    more = ", …" if len(names) > 12 else ""
    return f"; {what}: {', '.join(names[:12])}{more}" if names else f"; there are no {what}"


class Tool:
    """The function of one tool."""

    def __init__(self, server, entry, module):
        self._server, self._tool = server, entry["tool"]
        self._params = tuple(entry.get("params") or ())
        self._names = {entry.get("py"), entry.get("ts")}
        self.__name__ = self.__qualname__ = entry.get("py") or self._tool
        self.__module__ = module
        self.__doc__ = f"{self.__name__}({', '.join(self._params)}): tool {self._tool} of server {server}."

    def __call__(self, *args, **kwargs):
        return invoke(self._server, self._tool, self._arguments(args, kwargs), self.__name__)

    def __getattr__(self, name):
        # `import servers.x.f as f` binds this object where Python would bind the module that holds it.
        if not name.startswith("_") and name in self._names:
            return self
        raise AttributeError(f"the function {self.__name__} has no attribute {name!r}; call it: {self.__name__}(...)")

    def __repr__(self):
        return f"<function {self.__module__}.{self.__name__}({', '.join(self._params)})>"

    def _arguments(self, args, kwargs):
        if len(args) == 1 and not kwargs and isinstance(args[0], collections.abc.Mapping):
            return args[0]
        named = {self._key(name): value for name, value in kwargs.items()}
        if len(args) > len(self._params):
            raise self._refusal(f"{len(args)} positional arguments, but it takes at most {len(self._params)}")
        for name, value in zip(self._params, args):
            if name in named:
                raise self._refusal(f"the argument {name} twice")
        return {**dict(zip(self._params, args)), **named}

    def _key(self, name):
        """The schema's own name of a keyword argument written in Python's manner: `document_id`, `from_`."""
        if name in self._params:
            return name
        found = [param for param in self._params if normal(param) == normal(name)]
        return found[0] if len(found) == 1 else name

    def _refusal(self, what):
        hint = f"write {self.__name__}({', '.join(name + '=…' for name in self._params)})"
        return ToolError(f"{self.__name__} was given {what}", "invalid_arguments", self._server, self._tool, False, hint)


def invoke(server, tool, arguments, label):
    """Calls a tool by the names that the program wrote; the host decides what they mean."""
    head = f'"server":{json.dumps(server)},"tool":{json.dumps(tool)},"arguments":'
    return CHANNEL.request(b"call", head.encode() + dump(arguments), label)


def call_mcp_tool(tool_name, *rest, **kwargs):
    """Calls a tool: call_mcp_tool("google_drive.get_document", {...}) or call_mcp_tool(server, tool, {...})."""
    server = ""
    if rest and isinstance(rest[0], str):
        server, tool_name, rest = tool_name, rest[0], rest[1:]
    if not rest and len(kwargs) == 1 and isinstance(next(iter(kwargs.values())), dict):
        name = next(iter(kwargs))
        if name in ("input_data", "arguments", "input", "args"):
            rest, kwargs = (kwargs[name],), {}
    if len(rest) > 1 or (rest and not isinstance(rest[0], (collections.abc.Mapping, type(None)))):
        raise ToolError("call_mcp_tool takes a tool's name and one dict of arguments", "invalid_arguments", server, tool_name)
    return invoke(server, tool_name, {**(rest[0] if rest and rest[0] else {}), **kwargs}, "call_mcp_tool")


def search_tools(query="", **options):
    """Searches the tools' documentation; returns a list. Options are those of the `search_tools` tool."""
    return CHANNEL.request(b"search", b'"arguments":' + dump({"query": query, **options}), "search_tools")


def sleep(seconds):
    """Waits: blocks in synchronous code, awaitable inside a running event loop."""
    CONSOLE.flush()
    if asyncio._get_running_loop() is not None:
        return asyncio.sleep(seconds)
    time.sleep(seconds)


def tool(server, name, params=(), module="servers"):
    """The function of one tool, for generated modules: tool("google-drive", "get_document", ["documentId"])."""
    return Tool(server, {"tool": name, "py": name, "params": params}, module)


# ---- Imports: /servers and /skills ----------------------------------------------------------------------------------


class Surface:
    """The generated listing under /servers/.api, read as far as a program asks."""

    def __init__(self, root):
        self.folder = os.path.join(root, "servers", ".api")
        self._index = None
        self._listings = {}

    @property
    def index(self):
        """All servers; None as long as there is no listing."""
        if self._index is None:
            try:
                with ORIGINAL_OPEN(os.path.join(self.folder, "index.json"), encoding="utf-8") as file:
                    self._index = json.load(file)
            except (OSError, ValueError):
                pass
        return self._index

    @functools.cached_property
    def by_name(self):
        """Every name of a server, as it is and normalised, to its entry."""
        names = {}
        for entry in self.index or ():
            for key in ("server", "folder", "namespace", "package"):
                names.setdefault(normal(entry[key]), entry)
        for entry in self.index or ():
            names.update({entry[key]: entry for key in ("server", "folder", "namespace", "package")})
        return names

    def server(self, name):
        """The entry of a server by any of its names, or None."""
        return self.by_name.get(name) or self.by_name.get(normal(name))

    def unknown(self, name):
        """The error text for a server that is not there."""
        return f"no server {name!r}" + nearest(name, (entry["package"] for entry in self.index or ()), "servers")

    def tools(self, entry):
        """Every name of every tool of a server to the tool's entry."""
        folder = entry["folder"]
        if folder not in self._listings:
            with ORIGINAL_OPEN(os.path.join(self.folder, f"{folder}.json"), encoding="utf-8") as file:
                listing = json.load(file)["tools"]
            names = {}
            for key in ("ts", "py", "tool"):
                for item in listing:
                    names.setdefault(normal(item[key]), item)
            for key in ("tool", "ts", "py"):
                names.update({item[key]: item for item in listing})
            self._listings[folder] = (names, [item["py"] for item in listing])
        return self._listings[folder]


class ServersModule(types.ModuleType):
    """`servers`: servers.google_drive, getattr(servers, "google-drive"), servers["google-drive"]."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        entry = SURFACE.server(name)
        if entry is None:
            raise AttributeError(SURFACE.unknown(name))
        module = importlib.import_module(f"servers.{entry['package']}")
        self.__dict__[name] = module
        return module

    __getitem__ = __getattr__

    def __dir__(self):
        return sorted(entry["package"] for entry in SURFACE.index or ())


class ServerModule(types.ModuleType):
    """`servers.google_drive`: one attribute per tool, under any of its names."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        names, listed = SURFACE.tools(self.__dict__["__entry__"])
        item = names.get(name) or names.get(normal(name))
        if item is None:
            raise AttributeError(f"no tool {name!r} in {self.__name__}" + nearest(name, listed, "tools"))
        return self.__dict__.setdefault(item["py"], Tool(self.__dict__["__entry__"]["server"], item, self.__name__))

    __getitem__ = __getattr__

    def __setattr__(self, name, value):
        # The import system binds a submodule in its parent; here the function keeps that place.
        if not isinstance(value, ToolModule):
            super().__setattr__(name, value)

    def __dir__(self):
        return sorted(SURFACE.tools(self.__dict__["__entry__"])[1])


class ToolModule(types.ModuleType):
    """`servers.google_drive.get_document`: holds the one function, and may be called itself."""

    def __getattr__(self, name):
        parent, _, own = self.__name__.rpartition(".")
        if name.startswith("__"):
            raise AttributeError(name)
        if normal(name) == normal(own):
            return getattr(sys.modules[parent], name)
        if not name[:1].isupper():
            raise AttributeError(f"{self.__name__} holds only the function {own}, not {name!r}")
        return self.__dict__.setdefault(name, self._declared(parent, own).get(name, typing.Any))

    def _declared(self, parent, own):
        """What the generated file declares: the types, which only annotations need."""
        entry, space = sys.modules[parent].__dict__["__entry__"], {"__name__": self.__name__}
        path = os.path.join(ROOT, "servers", entry["package"], f"{own}.py")
        try:
            with ORIGINAL_OPEN(path, encoding="utf-8") as file:
                exec(compile(file.read(), path, "exec"), space)
        except Exception:
            pass  # typing as old as the interpreter; the annotation then says nothing
        return space

    def __call__(self, *args, **kwargs):
        return getattr(self, self.__name__.rpartition(".")[2])(*args, **kwargs)


class Finder:
    """Makes the modules below `servers` from the listing, and finds skills by the layouts they may have."""

    @staticmethod
    def find_spec(fullname, path=None, target=None):
        root, *parts = fullname.split(".")
        if root == "skills" and len(parts) == 1:
            return find_skill(fullname, parts[0])
        if root != "servers" or SURFACE.index is None or len(parts) > 2:
            return None
        entry = SURFACE.server(parts[0]) if parts else None
        if parts and entry is None:
            raise ImportError(SURFACE.unknown(parts[0]), name=fullname)
        if len(parts) == 2:
            names, listed = SURFACE.tools(entry)
            if parts[1] not in names and normal(parts[1]) not in names:
                message = f"no tool {parts[1]!r} in servers.{parts[0]}" + nearest(parts[1], listed, "tools")
                raise ImportError(message, name=fullname)
        spec = importlib.machinery.ModuleSpec(fullname, Finder, is_package=len(parts) < 2)
        spec.loader_state = entry
        return spec

    @staticmethod
    def create_module(spec):
        kind = (ServersModule, ServerModule, ToolModule)[spec.name.count(".")]
        return kind(spec.name)

    @staticmethod
    def exec_module(module):
        entry = module.__spec__.loader_state
        if isinstance(module, ServerModule):
            module.__dict__["__entry__"] = entry
            module.__dict__["__all__"] = list(SURFACE.tools(entry)[1])
        elif isinstance(module, ServersModule):
            module.__dict__["__all__"] = dir(module)


def find_skill(fullname, name):
    """Finds skills/NAME.py, skills/NAME/__init__.py or skills/NAME/skill.py, NAME in any spelling."""
    folder = os.path.join(ROOT, "skills")
    try:
        entries = sorted(os.listdir(folder))
    except OSError:
        return None
    stems = [entry for entry in entries if normal(entry.split(".")[0]) == normal(name)]
    for entry in stems:
        base = os.path.join(folder, entry)
        for path, package in ((os.path.join(base, "__init__.py"), [base]), (os.path.join(base, "skill.py"), [base]), (base, None)):
            if path.endswith(".py") and os.path.isfile(path):
                return importlib.util.spec_from_file_location(fullname, path, submodule_search_locations=package)
    if stems and any(entry.endswith(".ts") or os.path.exists(os.path.join(folder, entry, "index.ts")) for entry in stems):
        raise ImportError(f"the skill {name} is written in TypeScript; use it from a program in TypeScript", name=fullname)
    if not stems:
        raise ImportError(f"no skill {name!r}" + nearest(name, (e.split(".")[0] for e in entries), "skills"), name=fullname)
    return None


# ---- Console --------------------------------------------------------------------------------------------------------


class Console:
    """Sends what the program prints, up to a number of bytes, and counts the rest."""

    CHUNK = 64 << 10

    def __init__(self):
        self.room = self.dropped = 0
        self.eager = 200  # so many writes go out at once, so that a program killed early has shown them
        self._lock = threading.RLock()
        self._pending = []
        self._size = 0
        self._sent_at = 0.0
        self.streams = []

    def stream(self, name):
        """A text stream like sys.stdout."""
        buffer = io.BufferedWriter(ConsoleBytes(self, name))
        options = {"line_buffering": True, "write_through": True}  # so that bytes written to .buffer keep their place
        text = io.TextIOWrapper(buffer, encoding="utf-8", errors="backslashreplace", newline="\n", **options)
        self.streams.append(text)
        return text

    def take(self, name, data, decoder):
        """Accepts the bytes that a stream writes."""
        with self._lock:
            kept = data[: self.room]
            self.room -= len(kept)
            self.dropped += len(data) - len(kept)
            for at in range(0, len(kept), self.CHUNK):
                part = kept[at : at + self.CHUNK]
                self._pending.append((name, decoder.decode(part)))
                self._size += len(part)
                if self._due():
                    self._send()

    def _due(self):
        self.eager -= 1
        return self.eager >= 0 or self._size >= 16384 or time.monotonic() - self._sent_at > 0.02

    def _send(self):
        for name, group in itertools.groupby(self._pending, key=lambda item: item[0]):
            text = "".join(item[1] for item in group)
            if text:
                CHANNEL.send(b'{"console":{"stream":"%s","text":%s}}' % (name, utf8(json.dumps(text, ensure_ascii=False))))
        self._pending, self._size, self._sent_at = [], 0, time.monotonic()

    def flush(self):
        """Sends all that was printed so far."""
        for stream in self.streams:
            try:
                stream.flush()
            except (ValueError, RuntimeError):
                pass  # closed by the program, or a signal struck inside a write
        if self._pending:
            with self._lock:
                self._send()


class ConsoleBytes(io.RawIOBase):
    """The bottom of a console stream."""

    def __init__(self, console, name):
        super().__init__()
        self._console, self._name = console, name
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self):
        return True

    def write(self, data):
        with memoryview(data).cast("B") as view:
            self._console.take(self._name, view, self._decoder)
            return view.nbytes


# ---- Values to JSON -------------------------------------------------------------------------------------------------

ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=lambda value: simpler(value))
MAX_ITEMS = 1_000_000


def dump(value):
    """The JSON text of any value."""
    try:
        return utf8(ENCODER.encode(value))
    except (ValueError, TypeError):
        # Not-a-number, cycles and odd keys are rare: only then is the value copied.
        return utf8(ENCODER.encode(plain(value, ())))


def simpler(value):
    """One step towards JSON for a value that is none."""
    if isinstance(value, UnawaitedCall):
        value._refuse()
    for kinds, convert in SIMPLER:
        if isinstance(value, kinds):
            return convert(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
    return simpler_by_shape(value)


def simpler_by_shape(value):
    """The same for objects of packages that may not be there: pandas, numpy, pydantic; at last, the repr."""
    if not isinstance(value, type):
        try:
            if hasattr(value, "iterrows"):
                return value.to_dict(orient="records")
            for method in ("to_dict", "tolist", "model_dump"):
                if callable(getattr(value, method, None)):
                    return getattr(value, method)()
        except (TypeError, ValueError, AttributeError):
            pass
    return repr(value)[:10_000]


def of_set(value):
    """A set as a list, sorted where its items allow it."""
    try:
        return sorted(value)
    except TypeError:
        return list(value)


def of_bytes(value):
    """Bytes as text, or as base64 where they are no text."""
    data = bytes(value)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii")


def of_decimal(value):
    """A decimal as a number; special values as null."""
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else float(value)


SIMPLER = (
    ((set, frozenset), of_set),
    ((datetime.datetime, datetime.date, datetime.time), lambda value: value.isoformat()),
    (datetime.timedelta, lambda value: value.total_seconds()),
    (decimal.Decimal, of_decimal),
    ((bytes, bytearray, memoryview), of_bytes),
    (enum.Enum, lambda value: value.value),
    (os.PathLike, os.fspath),
    (collections.abc.Mapping, dict),
    (BaseException, lambda value: one_line(value)),
    (
        (collections.deque, range, collections.abc.KeysView, collections.abc.ValuesView, collections.abc.ItemsView)
        + (types.GeneratorType, map, filter, zip),
        lambda value: list(itertools.islice(value, MAX_ITEMS)),
    ),
)


def plain(value, above):
    """A copy that any JSON encoder accepts."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else None
    if id(value) in above:
        return "[Circular]"
    inside = above + (id(value),)
    if isinstance(value, dict):
        return {plain_key(key): plain(item, inside) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, inside) for item in value]
    return plain(simpler(value), inside)


def plain_key(key):
    """A dictionary's key as text, the way JSON encoders write it where they can."""
    if key is None or isinstance(key, bool):
        return json.dumps(key)
    return key.isoformat() if hasattr(key, "isoformat") else str(key)


# ---- The program ----------------------------------------------------------------------------------------------------


class Return(BaseException):
    """Carries the value of a `return` outside functions; no `except Exception` catches it."""

    def __init__(self, value=None):
        super().__init__()
        self.value = value


class CpuLimit(BaseException):
    """Raised in the program when its processor time is used up."""


class TopLevelReturn(ast.NodeTransformer):
    """Rewrites `return x` outside functions into `raise Return(x)`."""

    def visit_Return(self, node):
        call = ast.Call(ast.Name("__outboard_return__", ast.Load()), [node.value] if node.value else [], [])
        return ast.copy_location(ast.Raise(call, None), node)

    def leave(self, node):
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = leave


def keep_last(body):
    """Makes the last expression, also of a last `if`, `with` or `try`, an assignment that can be read back."""
    last = body[-1] if body else None
    if isinstance(last, ast.Expr):
        target = ast.Name("__outboard_last__", ast.Store())
        body[-1] = ast.copy_location(ast.Assign([target], last.value), last)
    elif isinstance(last, ast.If):
        keep_last(last.body)
        keep_last(last.orelse)
    elif isinstance(last, (ast.With, ast.AsyncWith)):
        keep_last(last.body)
    elif isinstance(last, ast.Try):
        keep_last(last.orelse or last.body)


def mark_run(body):
    """Makes `run` note that it was called, so that a program that calls it itself does not run twice."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == "run":
            mark = ast.Expr(ast.Call(ast.Name("__outboard_ran__", ast.Load()), [], []))
            at = 1 if ast.get_docstring(node, clean=False) is not None else 0
            node.body.insert(at, ast.copy_location(mark, node.body[0]))


class Program:
    """One program: compiled, run, and asked for its result."""

    def __init__(self, code, given):
        self.code, self.given, self.ran = code, given, False
        self.module = types.ModuleType("__main__")
        self.module.__file__ = PROGRAM
        self.space = self.module.__dict__
        self.space["input"] = given
        hidden = {"__outboard_return__": Return, "__outboard_ran__": self._note_run}
        self.space.update(hidden, __builtins__=builtins)

    def _note_run(self):
        self.ran = True

    def compile(self, hold):
        """Parses and compiles, after the host has seen what the program holds; raises SyntaxError."""
        tree = ast.parse(self.code, PROGRAM)
        if hold:
            CHANNEL.send(Inspection(tree).as_frame())
            CHANNEL.await_go()
        self._offer_servers(tree)
        tree = TopLevelReturn().visit(tree)
        keep_last(tree.body)
        mark_run(tree.body)
        ast.fix_missing_locations(tree)
        return compile(tree, PROGRAM, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)

    def _offer_servers(self, tree):
        """Binds servers that the program names without importing them."""
        if not SURFACE.index:
            return
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in SURFACE.by_name and not hasattr(builtins, node.id):
                self.space.setdefault(node.id, getattr(sys.modules["servers"], node.id))

    def run(self, code):
        """Runs the compiled program and returns its result."""
        sys.modules["__main__"] = self.module
        try:
            body = eval(code, self.space)
            if inspect.iscoroutine(body):
                event_loop().run_until_complete(body)
        except Return as done:
            return resolve(done.value)
        except SystemExit as leaving:
            if leaving.code not in (None, 0):
                raise
            return resolve(self.space.get("result"))
        return resolve(self._result())

    def _result(self):
        entry = self.space.get("run")
        inner = inspect.unwrap(entry) if inspect.isfunction(entry) else None
        if inner is not None and inner.__code__.co_filename == PROGRAM and not self.ran:
            try:
                return resolve(self._call_run(entry))
            except SystemExit as leaving:
                if leaving.code not in (None, 0):
                    raise
                return None
        last = self.space.get("__outboard_last__")
        return self.space.get("result") if last is None else last

    def _call_run(self, entry):
        given = self.given
        kinds = inspect.Parameter
        params = [p for p in inspect.signature(entry).parameters.values() if p.kind is not kinds.VAR_POSITIONAL]
        named = [p for p in params if p.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)]
        if not params or (given is None and all(p.default is not p.empty or p.kind is kinds.VAR_KEYWORD for p in params)):
            return entry()
        if isinstance(given, dict) and (len(params) > 1 or params[0].kind is kinds.VAR_KEYWORD):
            return entry(**given)
        if isinstance(given, dict) and [p.name for p in named] == list(given) != ["input"]:
            return entry(**given)
        return entry(given)


def event_loop():
    """The loop for everything that the program leaves to be awaited."""
    global LOOP
    if LOOP.is_closed():
        LOOP = asyncio.new_event_loop()
    return LOOP


def resolve(value):
    """Awaits a value that is still to be awaited."""

    async def wait():
        return await value

    while hasattr(type(value), "__await__"):
        value = event_loop().run_until_complete(wait())
    return value


def wind_up():
    """Waits for threads and un-awaited calls, as the end of a Python program does for threads."""
    concurrent.futures.thread._python_exit()  # else the idle threads of executors would be waited for
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.main_thread():
            thread.join()
    CHANNEL.flush()
    for call in list(UnawaitedCall.unused):
        waiter = call._waiter
        waiter.gate.acquire()
        note = f"{waiter.label}(...) was called without `await`: it was sent, but its result was not looked at"
        if not waiter.ok:
            note += f"; it failed: {ToolError.of_failure(waiter.payload)}"
        print("warning:", note, file=sys.stderr)


# ---- What a program holds -------------------------------------------------------------------------------------------


class Inspection(ast.NodeVisitor):
    """Imports, tools named in calls and evaluation of text, read from the syntax: hints, not a boundary."""

    MOST, LONGEST = 256, 200
    PRIMITIVES = ("call_mcp_tool", "callMCPTool")
    EVALUATION = ("eval", "exec", "compile", "__import__")

    def __init__(self, tree):
        self.imports, self.tools, self.dynamic = {}, {}, {}
        self.meant = {}  # what a local name stands for: a server, or a function of one as server.tool
        try:
            self.visit(tree)
        except RecursionError:
            self._dynamic("syntax nested too deeply to read", tree.body[0] if tree.body else None)

    def as_frame(self):
        findings = {"imports": list(self.imports), "tools": list(self.tools), "dynamic": list(self.dynamic)}
        return b'{"inspected":{"inspection":%s}}' % dump(findings)

    def _note(self, kind, what):
        if len(kind) < self.MOST and len(what) <= self.LONGEST:
            kind.setdefault(what)

    def _dynamic(self, what, node):
        self._note(self.dynamic, f"{what}, line {getattr(node, 'lineno', 1)}")

    def visit_Import(self, node):
        for name in node.names:
            self._note(self.imports, name.name)
            if name.asname and name.name.startswith("servers."):
                self.meant[name.asname] = name.name.removeprefix("servers.")

    def visit_ImportFrom(self, node):
        module = "." * node.level + (node.module or "")
        self._note(self.imports, module)
        parts = module.lstrip(".").split(".")
        if parts[0] == "servers":
            for name in node.names:
                self.meant[name.asname or name.name] = ".".join([*parts[1:2], name.name])

    def _meaning(self, node):
        if isinstance(node, ast.Name):
            return self.meant.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            owner = self._meaning(node.value)
            return owner and (node.attr if owner == "servers" else f"{owner}.{node.attr}")
        return None

    def visit_Call(self, node):
        name = self._meaning(node.func)
        if name in self.PRIMITIVES:
            texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if texts:
                self._note(self.tools, ".".join(texts))
            else:
                self._dynamic("a tool named at run time", node)
        elif name in self.EVALUATION:
            self._dynamic("text run as code", node)
        elif name == "importlib.import_module":
            self._dynamic("a module named at run time", node)
        elif name and "." in name:
            self._note(self.tools, name)
        self.generic_visit(node)


# ---- Trouble --------------------------------------------------------------------------------------------------------


def one_line(error):
    """An error's name and message."""
    try:
        text = error.message if isinstance(error, ToolError) else str(error)
    except Exception:
        text = "(its message cannot be shown)"
    name = type(error).__name__
    if isinstance(error, ToolError) and error.server and error.tool not in text:
        name += f" from {error.server}.{error.tool}"
    return f"{name}: {text}"[:8000] if text else name


def leaves(error):
    """The errors inside nested exception groups; the error itself where it is none."""
    inner = getattr(error, "exceptions", None)
    if not isinstance(inner, tuple) or not isinstance(error, BaseException):
        return [error]
    return [leaf for part in inner for leaf in leaves(part)][:20]


def column_of(code, lasti, line, source):
    """The column, from 1, of an instruction; None before CPython 3.11."""
    positions = getattr(code, "co_positions", None)
    if positions is None or lasti < 0:
        return None
    start, _, column, _ = next(itertools.islice(positions(), lasti // 2, None), (None,) * 4)
    if column is None or start != line:
        return None
    return len(source.encode("utf-8")[:column].decode("utf-8", "ignore")) + 1


def program_frames(error):
    """Where an error passed through the program: (function, line, column), innermost first."""
    frames = collections.deque(maxlen=10)
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == PROGRAM:
            frames.appendleft((code, trace.tb_lasti, trace.tb_lineno))
            while len(frames) > 10:
                frames.pop()
        trace = trace.tb_next
    return [(code.co_name, line, column_of(code, lasti, line, source_line(line))) for code, lasti, line in frames]


def source_line(line):
    """A line of the program."""
    return linecache.getline(PROGRAM, line).rstrip("\r\n")


def trouble_of(error):
    """Describes an uncaught error in terms of the program's text."""
    inner = leaves(error)
    first = inner[0]
    message = one_line(error)
    if first is not error:
        message += "".join(f"; {one_line(leaf)}" for leaf in inner)
    elif error.__cause__ is not None:
        message += f" (caused by {one_line(error.__cause__)})"
    frames = program_frames(first) or program_frames(error)
    trouble = {"code": code_of(first), "message": message[:16000], "hint": hint_of(first)}
    if frames:
        _, trouble["line"], trouble["column"] = frames[0]
        trouble["excerpt"] = source_line(frames[0][1])[:400]
    trouble["stack"] = [
        f"{name} ({PROGRAM}:{line}{f':{column}' if column else ''})" for name, line, column in frames
    ]
    return {key: value for key, value in trouble.items() if value not in (None, [])}


def trouble_of_syntax(error, code):
    """Describes a program that does not compile."""
    line = getattr(error, "lineno", None) or None
    trouble = {"code": "syntax_error", "message": f"{type(error).__name__}: {getattr(error, 'msg', None) or error}"[:8000]}
    if line:
        lines = code.splitlines()
        excerpt = lines[line - 1] if line <= len(lines) else ""
        trouble.update(line=line, excerpt=excerpt[:400])
        if error.offset and error.offset > 0:
            trouble["column"] = error.offset
    hint = syntax_hint(trouble["message"], code)
    return {**trouble, "hint": hint} if hint else trouble


def syntax_hint(message, code):
    """What to do about a syntax error."""
    if "'await' outside" in message:
        return "make the function `async def` and await it where it is called; `await` also works outside functions"
    if re.search(r"^\s*(const|let|var|interface|export|function)\s|^\s*import\s*[{*]|=>\s*[{(]", code, re.M):
        return "this looks like TypeScript: set the language to typescript"
    return None


def code_of(error):
    """The stable code of an uncaught error."""
    if isinstance(error, ToolError):
        return str(error.code)
    return "limit_exceeded" if isinstance(error, (RecursionError, MemoryError, CpuLimit)) else "program_error"


def hint_of(error):
    """What to do about an uncaught error."""
    if isinstance(error, ToolError):
        return error.hint
    for kind, pattern, hint in HINTS:
        if isinstance(error, kind) and re.search(pattern, str(error)[:2000]):
            return hint
    return NO_NETWORK if about_network(error) else None


NO_NETWORK = "programs have no network unless one is granted; call a tool of `servers` instead"
HINTS = (
    (RecursionError, "", "the program recursed too deeply; use a loop, or an explicit stack"),
    (MemoryError, "", "the program needs more memory than it may have; handle the data in smaller parts"),
    (CpuLimit, "", "do less work, or ask the operator to raise the limit of processor time"),
    (RuntimeError, r"asyncio\.run\(\) cannot be called", "write `await main()` in place of `asyncio.run(main())`"),
    (RuntimeError, "event loop is already running", "write `await …` in place of `run_until_complete(…)`"),
    (ModuleNotFoundError, r"'(requests|httpx|aiohttp|urllib3|websockets?)'", NO_NETWORK),
    (ModuleNotFoundError, "", "only the standard library, packages that the operator grants, `servers` and `skills` can be imported"),
    (TypeError, r"run\(\) (missing|got an unexpected)", "`run` is called with the `input` of the execution; give that input, or call `run` yourself"),
    (TypeError, "'UnawaitedCall' is not JSON|not JSON serializable.*UnawaitedCall", "write `await` before the call"),
)


def about_network(error):
    """Whether an error, or what caused it, came from a network library."""
    seen = 0
    while error is not None and seen < 20:
        if type(error).__module__.split(".")[0] in ("socket", "urllib", "urllib3", "requests", "httpx", "httpcore", "aiohttp"):
            return True
        trace = traceback.extract_tb(error.__traceback__) if isinstance(error, OSError) else ()
        if any(os.path.basename(frame.filename) == "socket.py" for frame in trace):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


# ---- Clock, random numbers, timers ----------------------------------------------------------------------------------


class Fate:
    """What a program cannot know in advance, told by the host so that a run can be repeated."""

    TICK = 1e-6  # how far the clock moves with each look, in seconds, so that waiting by looking ends

    def __init__(self):
        self.now = self.began = None

    def follow(self, durable):
        """Takes the place of the machine's clock, random numbers and timers."""
        self.now = self.began = durable["now_ms"] / 1000
        seed = bytes.fromhex(durable["seed"].rjust(64, "0"))
        random.seed(seed)
        os.urandom = random._urandom = random.Random(b"bytes" + seed).randbytes
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(int.from_bytes(seed[:4], "big"))
        time.time, time.time_ns = self.time, lambda: int(self.time() * 1e9)
        for name in ("monotonic", "perf_counter"):
            setattr(time, name, lambda: self.time() - self.began)
            setattr(time, name + "_ns", lambda: int((self.time() - self.began) * 1e9))
        for name in ("localtime", "gmtime", "ctime"):
            setattr(time, name, self._defaulting(getattr(time, name)))
        time.sleep = host_sleep
        datetime.datetime, datetime.date = HostDatetime, HostDate

    def told(self, now_ms):
        """The host tells the time, which never goes back."""
        if self.now is not None:
            self.now = max(self.now, now_ms / 1000)

    def time(self):
        self.now += self.TICK
        return self.now

    def _defaulting(self, function):
        return functools.wraps(function)(lambda seconds=None: function(self.time() if seconds is None else seconds))


class _Stands(type):
    """Lets values of the machine's classes be instances of ours, and the other way round."""

    def __instancecheck__(cls, value):
        return isinstance(value, cls.__mro__[1])

    def __subclasscheck__(cls, other):
        return issubclass(other, cls.__mro__[1])


class HostDate(datetime.date, metaclass=_Stands):
    """`date` whose today is the host's."""

    @classmethod
    def today(cls):
        return MACHINE_DATE.fromtimestamp(FATE.time())


class HostDatetime(datetime.datetime, metaclass=_Stands):
    """`datetime` whose now is the host's."""

    @classmethod
    def now(cls, tz=None):
        return MACHINE_DATETIME.fromtimestamp(FATE.time(), tz)

    @classmethod
    def today(cls):
        return MACHINE_DATETIME.fromtimestamp(FATE.time())

    @classmethod
    def utcnow(cls):
        return MACHINE_DATETIME.fromtimestamp(FATE.time(), datetime.timezone.utc).replace(tzinfo=None)


MACHINE_DATE, MACHINE_DATETIME = HostDate.__mro__[1], HostDatetime.__mro__[1]
for _class, _name in ((HostDate, "date"), (HostDatetime, "datetime")):
    _class.__name__ = _class.__qualname__ = _name
    _class.__module__ = "datetime"
FATE = Fate()


def host_sleep(seconds):
    """`time.sleep` as a request to the host."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    CONSOLE.flush()
    CHANNEL.timer(seconds)


class HostLoop(asyncio.SelectorEventLoop):
    """An event loop whose time and timers are the host's."""

    def time(self):
        return FATE.time() if FATE.now is not None else super().time()

    def call_at(self, when, callback, *args, context=None):
        if FATE.now is None:
            return super().call_at(when, callback, *args, context=context)
        self._check_closed()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        handle._scheduled = False  # the loop's own queue of timers never sees it
        CHANNEL.timer(max(0.0, when - FATE.time()), self, handle)
        return handle


# ---- The world of the program ---------------------------------------------------------------------------------------

ORIGINAL_OPEN = open


def explain_network():
    """Makes failures to reach the network say why; the program may catch and print them."""

    def explained(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except OSError as error:
                if error.strerror and NO_NETWORK not in error.strerror and error.errno != errno.ECONNREFUSED:
                    error.strerror = f"{error.strerror}; {NO_NETWORK}"
                    error.args = (error.errno, error.strerror)
                raise

        return wrapper

    socket.getaddrinfo = explained(socket.getaddrinfo)
    socket.create_connection = explained(socket.create_connection)


def aliases_of(root):
    """Which folders stand for others: `/state` for `/workspace/state`, and where `/` is not the jail's own, its folders."""
    workspace = os.path.join(root, "workspace")
    found = []
    if os.path.isdir(workspace) and not os.path.exists("/state"):
        found.append(("state", os.path.join(workspace, "state")))
    if root != "/":
        found += [(name, os.path.join(root, name)) for name in ("workspace", "skills", "servers", "tmp")]
    return found


def alias_folders(root):
    """Lets absolute names of the jail's folders mean what they should, see `aliases_of`.

    Covers `open` and what `os` offers for paths; pathlib only from CPython 3.11, as older ones keep their own references.
    """
    found = aliases_of(root)
    if not found:
        return
    makedirs, isdir = os.makedirs, os.path.isdir

    def meant(path):
        text = path if type(path) is str else os.fspath(path) if isinstance(path, os.PathLike) else None
        if not isinstance(text, str) or (root != "/" and text.startswith(root + "/")):
            return path
        for name, folder in found:
            for start in ("/" + name, "./" + name, name) if name == "state" else ("/" + name,):
                if text == start or text.startswith(start + "/"):
                    if name == "state" and not isdir(folder):
                        makedirs(folder, exist_ok=True)
                    return folder + text[len(start) :]
        return path

    def aliased(function):
        @functools.wraps(function)
        def wrapper(path, *args, **kwargs):
            return function(meant(path), *args, **kwargs)

        return wrapper

    def aliased_pair(function):
        @functools.wraps(function)
        def wrapper(source, target, *args, **kwargs):
            return function(meant(source), meant(target), *args, **kwargs)

        return wrapper

    builtins.open = io.open = aliased(open)
    names = ["makedirs", "mkdir", "listdir", "remove", "unlink", "rmdir", "scandir", "stat"]
    if root != "/":
        names += ["lstat", "open", "chmod", "utime", "access", "readlink", "chdir", "truncate"]
        for name in ("rename", "replace", "link"):
            setattr(os, name, aliased_pair(getattr(os, name)))
    for name in names:
        setattr(os, name, aliased(getattr(os, name)))


def offer_globals():
    """Puts the primitives where every module of the program finds them without an import."""
    api = types.ModuleType("outboard_api", "The primitives below the generated modules.")
    primitives = (call_mcp_tool, ToolError, search_tools, sleep, tool)
    for item in primitives:
        item.__module__ = "outboard_api"
        setattr(api, item.__name__, item)
    sys.modules["outboard_api"] = api
    for item in primitives[:4]:
        setattr(builtins, item.__name__, item)
    offer_servers()


def offer_servers():
    """Makes `servers` known without an import, as soon as the listing is there."""
    if SURFACE.index is not None and not hasattr(builtins, "servers"):
        builtins.servers = importlib.import_module("servers")


def preload(modules, required):
    """Imports what programs usually need, where it is there, and what the operator asks for, which must be."""
    for name in [*modules, *required]:
        try:
            importlib.import_module(name)
        except Exception as error:
            if name in required:
                raise ImportError(f"the module {name} of sandbox.python.preload cannot be imported: {error}") from error


def spare_address_space():
    """Keeps threads from reserving 64 MiB of address space each, which a limit on it would count."""
    threading.stack_size(4 << 20)
    try:
        import ctypes

        ctypes.CDLL(None).mallopt(-8, 2)  # M_ARENA_MAX
    except (ImportError, OSError, AttributeError):
        pass


def on_cpu_limit(_signal, _frame):
    """Interrupts the program at the line where its processor time ran out."""
    raise CpuLimit("the processor time of this execution is used up")


def prepare(modules):
    """Everything that can be done before the program is known."""
    threads = {name: os.environ.get(name, "1") for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    os.environ.update(threads)
    sys.meta_path.insert(0, Finder)
    sys.path.append(ROOT)
    offer_globals()
    spare_address_space()
    preload(PRELOAD, modules)
    os.environ.clear()
    for name, count in threads.items():
        os.putenv(name, count)  # for libraries that load later; the program's own environment is empty
    sys.argv, sys.stdin = [PROGRAM], io.StringIO("")
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__ = CONSOLE.stream(b"out"), CONSOLE.stream(b"err")
    explain_network()
    alias_folders(ROOT)
    signal.signal(signal.SIGXCPU, on_cpu_limit)
    warm = Program("async def f(): return [1]\nawait f()", None)
    event_loop().run_until_complete(eval(warm.compile(hold=False), warm.space))
    gc.collect()
    gc.freeze()


# ---- One execution --------------------------------------------------------------------------------------------------


def outcome_of(start):
    """Runs the program of a `start` frame; returns the kind and the content of the last frame."""
    code = start["code"]
    linecache.cache[PROGRAM] = (len(code), None, code.splitlines(True), PROGRAM)
    offer_servers()
    if start.get("durable"):
        FATE.follow(start["durable"])
    program = Program(code, start.get("input"))
    try:
        compiled = program.compile(bool(start.get("hold")))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return b"error", b'"error":' + dump(trouble_of_syntax(error, code))
    try:
        value = program.run(compiled)
        wind_up()
        return b"result", encode_result(value)
    except BaseException as error:
        RESERVE.clear()
        trouble = trouble_of(error)
        traceback.clear_frames(error.__traceback__)
        return b"error", b'"error":' + dump(trouble)


def encode_result(value):
    """The `value` part of a `result` frame; raises where the value is too large."""
    if value is None:
        return b""
    body = dump(value)
    if len(body) > MAX_OUTGOING:
        advice = "return a summary and write the rest to a file under /workspace"
        message = f"the result takes {len(body) / 2**20:.1f} MiB as JSON; at most {MAX_OUTGOING >> 20} MiB can be returned"
        raise ToolError(message, "limit_exceeded", hint=advice)
    return b'"value":' + body


def finish(kind, content):
    """Sends the last frame and leaves, whatever threads still do."""
    sys.stdout, sys.stderr = CONSOLE.streams
    CONSOLE.flush()
    comma = b"," if content else b""
    CHANNEL.send(b'{"%s":{%s%s"dropped_bytes":%d}}' % (kind, content, comma, CONSOLE.dropped))
    os._exit(0)


def main(modules):
    """Prepares, says `ready`, runs one program."""
    try:
        prepare(modules)
    except ImportError as error:
        trouble = {"code": "program_error", "message": str(error)}
        CHANNEL.send(b'{"error":{"error":' + dump(trouble) + b"}}")
        os._exit(1)
    CHANNEL.watch_host()
    engine = f"{sys.implementation.name} {'.'.join(map(str, sys.version_info[:3]))}"
    CHANNEL.send(b'{"ready":{"version":%d,"engine":"%s"}}' % (VERSION, engine.encode()))
    try:
        kind, start = parse_frame(CHANNEL.read_frames()[0])
        if kind != "start" or not isinstance(start["code"], str):
            raise ValueError("not a start")
        CONSOLE.room, CONSOLE.dropped = max(0, int(start.get("stdout_bytes", 1 << 20))), 0
    except (KeyError, TypeError, ValueError, RecursionError):
        die("the host's first frame is not a start")
    finish(*outcome_of(start))


if __name__ == "__main__":
    SELF = sys.modules["__main__"]  # the program's module takes its place; this one must live on
    ROOT, MODULES = "/", sys.argv[1:]
    if MODULES[:1] == ["--root"]:
        ROOT, MODULES = os.path.abspath(MODULES[1]), MODULES[2:]
    RESERVE = bytearray(1 << 20)  # given back to report a program that used all memory
    CHANNEL, CONSOLE, SURFACE = Channel(SOCKET_FD), Console(), Surface(ROOT)
    asyncio.DefaultEventLoopPolicy._loop_factory = HostLoop
    LOOP = asyncio.new_event_loop()
    asyncio.set_event_loop(LOOP)
    main(MODULES)

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


def close_to(wanted, names, most, least):
    """The names most like one. Of very many only those are compared that share the most pairs of letters with it."""
    if len(names) > 500:
        pairs = {wanted[at : at + 2] for at in range(len(wanted) - 1)}
        names = sorted(names, key=lambda name: sum(pair in name for pair in pairs), reverse=True)[:500]
    return difflib.get_close_matches(wanted, names, most, least)


def nearest(wanted, names, what):
    """An ending for an error message: the names that are meant, or else what there is."""
    names = list(dict.fromkeys(names))
    close = close_to(wanted, names, 3, 0.6)
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


def line_of(frame):
    """The line of the program that a frame was reached from, as a field of a call; nothing where no near one is there."""
    for _ in range(32):
        if frame is None:
            break
        if frame.f_code.co_filename == PROGRAM:
            return f'"line":{frame.f_lineno},'
        frame = frame.f_back
    return ""


def invoke(server, tool, arguments, label):
    """Calls a tool by the names that the program wrote; the host decides what they mean."""
    line = line_of(sys._getframe(1))
    head = f'{line}"server":{json.dumps(server)},"tool":{json.dumps(tool)},"arguments":'
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



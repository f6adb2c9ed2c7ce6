# ---- The program ----------------------------------------------------------------------------------------------------


class Return(BaseException):
    """Carries the value of a `return` outside functions; no `except Exception` catches it."""

    def __init__(self, value=None):
        super().__init__()
        self.value = value


class CpuLimit(BaseException):
    """Raised in the program when its processor time is used up."""


def placed(new, old):
    """A node of our own making, with all that it holds, at the place of one of the program's."""
    return ast.fix_missing_locations(ast.copy_location(new, old))


def raise_returns(body):
    """Rewrites `return x` outside functions into `raise Return(x)`; looks at statements only."""
    for at, node in enumerate(body):
        if isinstance(node, ast.Return):
            call = ast.Call(ast.Name("__outboard_return__", ast.Load()), [node.value] if node.value else [], [])
            body[at] = placed(ast.Raise(call, None), node)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for field in ("body", "orelse", "finalbody"):
                raise_returns(getattr(node, field, ()))
            for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                raise_returns(part.body)


def keep_last(body):
    """Makes the last expression, also of a last `if`, `with` or `try`, an assignment that can be read back."""
    last = body[-1] if body else None
    if isinstance(last, ast.Expr):
        target = ast.Name("__outboard_last__", ast.Store())
        body[-1] = placed(ast.Assign([target], last.value), last)
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
            node.body.insert(at, placed(mark, node.body[0]))


class Restorer(ast.NodeTransformer):
    """Puts back, into literals, the private values whose tokens the program was written with."""

    def __init__(self, tokens):
        self.tokens = tokens

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            for token, value in self.tokens:
                node.value = node.value.replace(token, value)
        return node


class Program:
    """One program: compiled, run, and asked for its result."""

    def __init__(self, code, given, tokens=()):
        self.code, self.given, self.tokens, self.ran = code, given, tokens, False
        self.module = types.ModuleType("__main__")
        self.module.__file__ = PROGRAM
        self.space = self.module.__dict__
        self.space["input"] = given
        hidden = {"__outboard_return__": Return, "__outboard_ran__": self._note_run}
        self.space.update(hidden, __builtins__=builtins, **OWN_NAMES)

    def _note_run(self):
        self.ran = True

    def compile(self, hold, describe=False):
        """Parses and compiles; gives it out when the host has seen what the program holds; raises SyntaxError."""
        notes = []
        tree, text = parse_program(self.code, notes)
        reading = Reading(tree)
        text, loaded = repair(reading, text, self.space, notes)
        if hold:
            found = preflight(reading, self.code, self.space, notes)
            if text != self.code:
                found["text"] = text
            CHANNEL.send(Inspection(reading).as_frame(found, described(self.code) if describe else None))
        if self.tokens:
            tree = Restorer(self.tokens).visit(tree)
        self._offer_servers(loaded)
        raise_returns(tree.body)
        keep_last(tree.body)
        mark_run(tree.body)
        compiled = compile(tree, PROGRAM, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        if hold:
            CHANNEL.await_go()  # last, because the host looks meanwhile
        return compiled

    def _offer_servers(self, loaded):
        """Binds servers that the program names without importing them."""
        for name in loaded:
            if name in SURFACE.by_name and not hasattr(builtins, name):
                if self.space.get(name) is OWN_NAMES.get(name):  # a server's name is the server
                    self.space[name] = getattr(sys.modules["servers"], name)

    def run(self, code):
        """Runs the compiled program and returns its result."""
        sys.modules["__main__"] = self.module
        if "get_event_loop" in self.code:
            asyncio.set_event_loop(event_loop())
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



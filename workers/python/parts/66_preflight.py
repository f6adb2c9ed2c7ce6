# ---- Preflight: what a program would fail at, before it calls anything ----------------------------------------------
#
# Certain mistakes are problems, anything else is a note: what may not be reached, what is caught, what is decided at
# run time. Never here: what a tool's schema says, which the host compares with the calls listed here.


class Place:
    """A function's body, or the program's own: what is in it is certain only if it certainly runs."""

    def __init__(self, name, is_async, may_run):
        self.name, self.is_async, self.may_run, self.certain = name, is_async, may_run, False


class Held:
    """Gives an attribute another value for a while."""

    __slots__ = ("owner", "name", "value")

    def __init__(self, owner, name, value):
        self.owner, self.name, self.value = owner, name, value

    def __enter__(self):
        before = getattr(self.owner, self.name)
        setattr(self.owner, self.name, self.value)
        self.value = before

    def __exit__(self, *_error):
        setattr(self.owner, self.name, self.value)


class Preflight(ast.NodeVisitor):
    """Reads a program as it would run: which statements are reached whatever the data is, and nothing catches."""

    MOST, DEEPEST, WIDEST, LONGEST = 200, 6, 64, 200
    TRICKS = {"exec", "eval", "globals", "locals", "vars", "builtins", "__builtins__", "__import__", "__dict__"}
    FOREIGN = {
        "true": "True", "false": "False", "null": "None", "undefined": "None", "console": "print(…)", "JSON": "json.dumps(…)",
        "Math": "the module math", "require": "import", "let": "a plain assignment", "const": "a plain assignment",
    }
    PASSES_ON = {"gather", "run", "run_until_complete", "wait_for", "list", "tuple"}
    HARMLESS = {"open", "ThreadPoolExecutor", "TemporaryDirectory", "NamedTemporaryFile", "TaskGroup", "Lock", "Semaphore"}

    def __init__(self, reading, code, space):
        tree, self.parents = reading.tree, reading.parents
        self.lines, self.space = code.splitlines(), space
        self.found, self.calls, self.edges, self.notes, self.members, self.closed = [], [], [], [], [], set()
        self.meant, self.functions, self.values, self.handled = {}, {}, {}, {}
        self.place, self.sure, self.gone, self.skipped, self.awaited = Place("", False, True), True, False, False, False
        self.place.certain = True
        self._look_around(reading)
        self.place.is_async = tree in self.waiting
        self.visit_block(tree.body)
        self._reach(tree)

    # What the whole text tells.

    def _look_around(self, reading):
        self.stored, names = collections.Counter(), set()
        self.has_async, self.tricks = False, False
        self.generating, self.waiting, self.returning = set(), set(), set()
        stored = self.stored
        for node, owner in reading.nodes:
            kind = type(node)
            if kind is ast.Name:
                names.add(node.id)
                if type(node.ctx) is not ast.Load:
                    stored[node.id] += 1
            elif kind is ast.Attribute:
                names.add(node.attr)
            elif kind is ast.arg:
                stored[node.arg] += 1
            elif kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
                stored[node.name] += 1
                self.has_async |= kind is ast.AsyncFunctionDef
            elif kind is ast.alias:
                stored[(node.asname or node.name).split(".")[0]] += 1
                self.tricks |= node.name == "*"
            elif kind in (ast.Global, ast.Nonlocal):
                stored.update(name for name in node.names for _ in (1, 2))
            elif kind in (ast.Await, ast.AsyncFor, ast.AsyncWith):
                self.waiting.add(owner)
                self.has_async = True
            elif kind in (ast.Yield, ast.YieldFrom):
                self.generating.add(owner)
            elif kind is ast.Return:
                self.returning.add(owner)
            elif kind.__name__ in ("ExceptHandler", "MatchAs", "MatchStar", "TypeVar") and node.name:
                stored[node.name] += 1
            elif kind.__name__ == "MatchMapping" and node.rest:
                stored[node.rest] += 1
        self.bound = set(self.stored)
        self.tricks |= bool(names & self.TRICKS)
        self.moves_paths = bool(names & {"path", "modules", "meta_path", "path_hooks"} and "sys" in names) or self.tricks

    def _own(self, node):
        """The nodes of a body without those of functions inside it."""
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
                yield child
                yield from self._own(child)

    # What is noted down.

    def _at(self, node):
        line = getattr(node, "lineno", 1)
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return line, len(text.encode()[: getattr(node, "col_offset", 0)].decode("utf-8", "ignore")) + 1

    @property
    def reached(self):
        return self.sure and not self.gone and not self.skipped

    def _problem(self, kind, node, message, server="", tool="", sure=True):
        if len(self.found) < self.MOST:
            line, column = self._at(node)
            problem = {"kind": kind, "line": line, "column": column, "message": message, "server": server, "tool": tool}
            self.found.append((problem, self.place, self.reached and sure))

    def _reach(self, tree):
        """Says which functions certainly run, and so which findings are certain."""
        run = self.functions.get("run")
        if run and tree not in self.returning and not self.left_early and not any(edge[1] == "run" for edge in self.edges):
            run.certain = run.may_run
        changed = True
        while changed:
            changed = False
            for caller, name, sure, awaited in self.edges:
                callee = self.functions.get(name)
                if callee and not callee.certain and callee.may_run and caller.certain and sure and (awaited or not callee.is_async):
                    callee.certain = changed = True

    def as_json(self):
        problems = [problem for problem, place, sure in self.found if sure and place.certain]
        doubts = [f"line {p['line']}: {p['message']}" for p, place, sure in self.found if not (sure and place.certain)]
        calls = [{**call, "certain": sure and place.certain} for call, place, sure in self.calls]
        spots = [] if self.tricks else [spot for spot, place, sure in self.members if sure and place.certain]
        return {"problems": problems[:20], "notes": (self.notes + doubts)[:20], "calls": calls, "sure": spots}

    @property
    def left_early(self):
        return self.gone

    # Statements.

    def visit_block(self, body):
        for node in body:
            self.visit(node)

    def visit_Constant(self, node):
        pass

    visit_Load = visit_Store = visit_Constant

    def _maybe(self, sure=False):
        return Held(self, "sure", self.sure and sure)

    def _function(self, node, may_run, body):
        before = self.place, self.sure, self.gone, self.skipped, self.awaited
        is_async = isinstance(node, ast.AsyncFunctionDef)
        self.place = Place(getattr(node, "name", ""), is_async, may_run and node not in self.generating)
        self.sure, self.gone, self.skipped, self.awaited = True, False, False, False
        place = self.place
        self.visit_block(body)
        self.place, self.sure, self.gone, self.skipped, self.awaited = before
        return place

    def visit_FunctionDef(self, node):
        in_class = isinstance(self.parents.get(node), ast.ClassDef)
        for part in [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(part)
        plain = not in_class and not node.decorator_list and self.stored[node.name] == 1
        place = self._function(node, plain, node.body)
        if plain:
            self.functions[node.name] = place

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        self._function(node, False, [node.body])

    def visit_AnnAssign(self, node):
        if node.value:
            self.visit_Assign(node)

    def visit_Return(self, node):
        if node.value:
            with self._passing(True):
                self.visit(node.value)
        self.gone = True

    def visit_Break(self, node):
        self.skipped = True

    visit_Continue = visit_Break

    def visit_Raise(self, node):
        self.generic_visit(node)
        name = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        self.gone |= isinstance(name, ast.Name) and name.id in ("SystemExit", "KeyboardInterrupt", "StopIteration")

    def visit_If(self, node):
        test = node.test
        main = isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"
        main = main and isinstance(test.ops[0], ast.Eq) and getattr(test.comparators[0], "value", None) == "__main__"
        self.visit(test)
        with self._maybe(main or (isinstance(test, ast.Constant) and bool(test.value))):
            self.visit_block(node.body)
        with self._maybe():
            self.visit_block(node.orelse)

    def visit_IfExp(self, node):
        self.visit(node.test)
        with self._maybe():
            self.visit(node.body)
            self.visit(node.orelse)

    def visit_BoolOp(self, node):
        self.visit(node.values[0])
        with self._maybe():
            self.visit_block(node.values[1:])

    def visit_Compare(self, node):
        self.visit(node.left)
        self.visit(node.comparators[0])
        with self._maybe():
            self.visit_block(node.comparators[1:])

    def visit_Assert(self, node):
        self.visit(node.test)
        with self._maybe():
            if node.msg:
                self.visit(node.msg)

    def visit_Match(self, node):
        self.visit(node.subject)
        with self._maybe():
            for case in node.cases:
                self.visit(case)

    def _loop(self, node, sure):
        before = self.skipped
        with self._maybe(sure):
            self.visit_block(node.body)
        self.skipped = before
        with self._maybe():
            self.visit_block(node.orelse)

    def visit_For(self, node):
        self._consumed(node.iter, "iterate over")
        self.visit(node.iter)
        nodes = getattr(node.iter, "elts", None) if not isinstance(node.iter, ast.Dict) else node.iter.keys
        empty = nodes == []
        computed = isinstance(node.iter, ast.Call) and isinstance(node.iter.func, ast.Name) and node.iter.func.id == "range"
        nothing = computed and len(node.iter.args) == 1 and getattr(node.iter.args[0], "value", 1) == 0
        self._loop(node, not empty and not nothing)

    visit_AsyncFor = visit_For

    def visit_While(self, node):
        self.visit(node.test)
        forever = isinstance(node.test, ast.Constant) and bool(node.test.value)
        if forever:
            self._unbounded(node)
        self._loop(node, forever or not isinstance(node.test, (ast.Constant, ast.Name)))

    def _unbounded(self, node):
        """A loop without any way out around a tool call."""
        inside = [inner for part in node.body for inner in (part, *self._own(part))]
        ways_out = (ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Try, ast.With, ast.AsyncWith, ast.Assert)
        calls = [inner for inner in inside if isinstance(inner, ast.Call)]
        tools = [call for call in calls if self._tool_of(call)]
        known = {"append", "print", "extend", "update", "add", "len", "str", "int"}
        other = [call for call in calls if call not in tools and getattr(call.func, "attr", getattr(call.func, "id", "")) not in known]
        if tools and not other and not any(isinstance(inner, ways_out) for inner in inside):
            entry, item = self._tool_of(tools[0])[1:]
            message = f"this loop calls {item['py']} without end: give it a `break`, a bound such as `for _ in range(100)`, or a sleep"
            self._problem("unbounded_loop", node, message, entry["server"], item["tool"])

    def visit_Try(self, node):
        with self._maybe(not node.handlers):
            self.visit_block(node.body)
        with self._maybe():
            for handler in node.handlers:
                self.visit(handler)
            self.visit_block(node.orelse)
        self.visit_block(node.finalbody)

    visit_TryStar = visit_Try

    def visit_With(self, node):
        harmless = True
        for item in node.items:
            self.visit(item)
            function = getattr(item.context_expr, "func", None)
            harmless &= getattr(function, "attr", getattr(function, "id", "")) in self.HARMLESS
        with self._maybe(harmless):
            self.visit_block(node.body)

    visit_AsyncWith = visit_With

    def visit_Expr(self, node):
        last = isinstance(self.parents.get(node), ast.Module) and self.parents[node].body[-1] is node
        with self._passing(last):
            self.visit(node.value)

    def visit_ListComp(self, node):
        passing = self.awaited
        empty = False
        for part in node.generators:
            with self._passing(False):
                self._consumed(part.iter, "iterate over")
                self.visit(part.iter)
            empty |= bool(part.ifs) or (isinstance(part.iter, (ast.List, ast.Tuple)) and not part.iter.elts)
            with self._maybe(), self._passing(False):
                self.visit_block(part.ifs)
        with self._maybe(not empty), self._passing(passing):
            for field in ("key", "value", "elt"):
                if hasattr(node, field):
                    self.visit(getattr(node, field))

    visit_SetComp = visit_DictComp = visit_ListComp

    def visit_GeneratorExp(self, node):
        with self._maybe(isinstance(self.parents.get(node), (ast.Call, ast.Starred))):
            self.visit_ListComp(node)

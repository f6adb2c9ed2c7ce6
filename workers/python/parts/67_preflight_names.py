TEXT_TO_TEXT = {"strip", "lstrip", "rstrip", "lower", "upper", "title", "replace", "join", "format", "capitalize", "casefold"}


class PreflightNames(Preflight):
    """Preflight of names: imports, servers, functions, and what a tool call is given."""

    def _passing(self, awaited):
        return Held(self, "awaited", awaited)

    # Imports and what names stand for.

    def visit_Import(self, node):
        for name in node.names:
            parts = name.name.split(".")
            if parts[0] == "servers":
                meant = self._module(node, parts[1:])
                self.meant[name.asname or "servers"] = meant if name.asname else ("servers",)
            else:
                self._importable(node, name.name)

    def visit_ImportFrom(self, node):
        parts = (node.module or "").split(".")
        if node.level or parts[0] != "servers":
            if not node.level and self._importable(node, node.module):
                self._offered(node)
            return
        owner = self._module(node, parts[1:])
        for name in node.names:
            if owner and name.name != "*":
                meant = self._member(node, owner, name.name)
                if len(owner) == 3:
                    meant = owner
                if meant:
                    self.meant[name.asname or name.name] = meant

    def _module(self, node, parts):
        meant = ("servers",)
        for part in parts[:2]:
            meant = meant and self._member(node, meant, part)
        return meant

    def _importable(self, node, module):
        root = module.split(".")[0]
        if self.moves_paths or root in ("skills", "workspace", "tmp"):
            return True
        found = can_import(root)
        if not found:
            near = difflib.get_close_matches(root, sys.stdlib_module_names, 1, 0.8) if hasattr(sys, "stdlib_module_names") else []
            meant = f"did you mean {near[0]}?" if near else "import the standard library, `servers` or `skills`"
            if root in ("requests", "httpx", "aiohttp", "urllib3", "websockets"):
                meant = NO_NETWORK
            self._problem("unresolved_import", node, f"there is no module {root!r}; {meant}")
        return found

    def _offered(self, node):
        module = sys.modules.get(node.module)
        for name in node.names:
            if module is None or name.name == "*" or self.moves_paths or not getattr(module, "__file__", None):
                continue
            if not hasattr(module, name.name) and not (hasattr(module, "__path__") and can_import(f"{node.module}.{name.name}")):
                near = difflib.get_close_matches(name.name, dir(module), 1, 0.7)
                meant = f"; did you mean {near[0]}?" if near else ""
                self._problem("unresolved_import", node, f"the module {node.module} has no {name.name!r}{meant}")

    def _meaning(self, node):
        """What an expression stands for: ("servers",), ("server", entry), ("tool", entry, item), or None."""
        if isinstance(node, ast.Name):
            if node.id in self.meant:
                return self.meant[node.id] if self.stored[node.id] == 1 else None
            if node.id in self.bound:
                return None
            if node.id == "servers":
                return ("servers",)
            entry = SURFACE.by_name.get(node.id) if SURFACE.index and not hasattr(builtins, node.id) else None
            return ("server", entry) if entry else None
        if isinstance(node, ast.Attribute):
            owner = self._meaning(node.value)
            return self._member(node, owner, node.attr, quiet=True) if owner else None
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            owner = self._meaning(node.value)
            return self._member(node, owner, node.slice.value, quiet=True) if owner and len(owner) < 3 else None
        return None

    def _member(self, node, owner, name, quiet=False):
        """What `owner.name` is; names what is not there unless it is only asked quietly."""
        if owner[0] == "servers":
            entry = SURFACE.server(name)
            if entry is None and not quiet and not name.startswith("__"):
                self._problem("unknown_server", node, SURFACE.unknown(name))
            return entry and ("server", entry)
        if owner[0] != "server":
            return None
        tools = SURFACE.tools(owner[1])
        item = tools.find(name)
        if item is None:
            if not quiet and not name.startswith("__"):
                listed = tools.listed
                near = close_to(name, listed, 1, 0.6) or [one for one in listed if normal(name) in normal(one)][:1]
                text = f"{owner[1]['package']} has no function {name!r}" + nearest(name, listed, "functions")
                if near and "did you mean" not in text:
                    text += f"; did you mean {near[0]}?"
                meant = tools.find(near[0])["tool"] if near else ""
                self._problem("unknown_function", node, text, owner[1]["server"] if near else "", meant)
            return None
        return ("tool", owner[1], item)

    def _tool_of(self, call):
        meant = self._meaning(call.func)
        return meant if meant and meant[0] == "tool" else None

    # Expressions.

    def visit_Assign(self, node):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        self.visit(node.value)
        name = targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else None
        if name and self.stored[name] == 1:
            meant = self._meaning(node.value)
            if isinstance(node, ast.Assign) and self._is_closed(node.value):
                self.closed.add(name)
            if meant:
                self.meant[name] = meant
            elif self.place.name == "" and isinstance(node.value, ast.Constant):
                self.values[name] = node.value
            elif isinstance(node.value, ast.Call) and self.place.is_async and self._tool_of(node.value):
                self.values[name] = node.value
        for target in targets:
            if isinstance(target, (ast.Tuple, ast.List)):
                self._consumed(node.value, "unpack")
            elif not isinstance(target, ast.Name):
                self.visit(target)

    def visit_Name(self, node):
        if not isinstance(node.ctx, ast.Load) or self.tricks or node.id in self.bound or node.id in self.space:
            return
        if hasattr(builtins, node.id) or node.id in ("__name__", "__file__", "__doc__", "__annotations__", "__class__"):
            return
        if SURFACE.index and (node.id in SURFACE.by_name or node.id == "servers"):
            return
        if len(self.found) > 20:
            return
        among = {*self.bound, *dir(builtins), *(entry["package"] for entry in SURFACE.index or ())}
        near = difflib.get_close_matches(node.id, [name for name in among if not name.startswith("_")], 1, 0.7)
        if node.id in self.FOREIGN:
            fix = f"; in Python write {self.FOREIGN[node.id]}"
        elif hasattr(sys, "stdlib_module_names") and node.id in sys.stdlib_module_names:
            fix = f"; add `import {node.id}`"
        else:
            fix = f"; did you mean {near[0]}?" if near else "; define or import it first"
        self._problem("undefined_name", node, f"the name {node.id!r} is not defined{fix}")

    def visit_Attribute(self, node):
        owner = self._meaning(node.value)
        if owner and len(owner) < 3 and isinstance(node.ctx, ast.Load):
            self._member(node, owner, node.attr)
        else:
            self._consumed(node.value, f"read .{node.attr} of")
        if isinstance(node.ctx, ast.Load) and len(self.members) < self.MOST and self._is_closed(node.value):
            line = self.lines[node.end_lineno - 1] if node.end_lineno <= len(self.lines) else ""
            column = len(line.encode()[: node.end_col_offset].decode("utf-8", "ignore")) + 1
            self.members.append(({"line": node.end_lineno, "column": column}, self.place, self.reached))
        self.visit(node.value)

    # Values whose type hangs on nothing but the language: no data, no annotation and no other code decides it.

    GIVES = {
        "str": "str", "int": "int", "float": "float", "len": "int", "list": "list", "dict": "dict", "set": "set", "tuple": "tuple",
        "sorted": "list", "repr": "str", "chr": "str", "ord": "int", "range": "range",
    }

    def _is_closed(self, node, depth=0):
        if depth > 12:
            return False
        if isinstance(node, ast.Constant):
            return isinstance(node.value, (str, int, float, bytes))
        if isinstance(node, (ast.List, ast.Dict, ast.Set, ast.Tuple, ast.JoinedStr, ast.ListComp, ast.DictComp, ast.SetComp)):
            return True
        if isinstance(node, ast.Name):
            return node.id in self.closed and self.stored[node.id] == 1
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return node.func.id in self.GIVES and node.func.id not in self.bound
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            # What a text gives is decided; what a list or a dict gives is what was put there.
            return self._is_text(node.func.value, depth + 1)
        return False

    def _is_text(self, node, depth):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return depth <= 12 and node.func.attr in TEXT_TO_TEXT and self._is_text(node.func.value, depth + 1)
        return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))

    def visit_Subscript(self, node):
        owner = self._meaning(node.value)
        if owner is None and isinstance(node.ctx, ast.Load):
            self._consumed(node.value, "read a part of")
        self.generic_visit(node)

    def visit_Starred(self, node):
        self._consumed(node.value, "iterate over")
        self.visit(node.value)

    def visit_Await(self, node):
        with self._passing(True):
            self.visit(node.value)

    def _consumed(self, node, what):
        """A call in async code that is not awaited and is used as if it were its result."""
        if not self.place.is_async:
            return
        call = self.values.get(node.id) if isinstance(node, ast.Name) else node
        meant = self._tool_of(call) if isinstance(call, ast.Call) else None
        if meant and call is not node and self._is_handled(node.id):
            return
        if meant:
            message = f"{meant[2]['py']} is called without `await`: {what} its result only after `await {meant[2]['py']}(…)`"
            self._problem("not_awaited", node, message, meant[1]["server"], meant[2]["tool"])

    def _is_handled(self, name):
        """Whether the name is awaited, or handed to something that could do so."""
        if name in self.handled:
            return self.handled[name]
        uses = [node for node in self.parents if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)]
        self.handled[name] = any(not isinstance(self.parents[use], (ast.Attribute, ast.Subscript, ast.For)) for use in uses)
        return self.handled[name]

    def visit_Call(self, node):
        awaited, function = self.awaited, node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        if isinstance(function, ast.Name):
            self.edges.append((self.place, name, self.reached, awaited))
        if self._tool_of(node):
            self._planned(node, awaited)
        elif name in Inspection.PRIMITIVES:
            self._planned_by_name(node, awaited)
        swallows = any(keyword.arg == "return_exceptions" for keyword in node.keywords)
        passes = name in self.PASSES_ON and not swallows and (awaited or name in ("run", "run_until_complete"))
        with self._passing(False):
            self.visit(function)
        with self._passing(passes):
            for part in node.args:
                self.visit(part)
            for keyword in node.keywords:
                self.visit(keyword.value)
        if name in ("exit", "quit", "_exit") or (name == "exit" and isinstance(function, ast.Attribute)):
            self.gone = True

    # Calls of tools.

    def _plan(self, node, server, tool, arguments, awaited):
        held_up = self.place.is_async or (self.has_async and self.place.name != "")
        if len(self.calls) < self.MOST:
            line, column = self._at(node)
            call = {"server": server, "tool": tool, "line": line, "column": column, "arguments": arguments}
            self.calls.append((call, self.place, self.reached and (awaited or not held_up)))

    def _planned(self, node, awaited):
        _, entry, item = self._tool_of(node)
        params, label = tuple(item.get("params") or ()), item["py"]
        if any(isinstance(arg, ast.Starred) for arg in node.args):
            return self._plan(node, entry["server"], item["tool"], "unknown", awaited)
        if len(node.args) == 1 and not node.keywords:
            one = self._known(node.args[0], 0)
            whole = one == "unknown" or "object" in one
            fields = [[params[0], one]] if params else []
            if not whole and not params:
                self._problem("too_many_arguments", node, f"{label} takes no arguments", entry["server"], item["tool"])
            arguments = one if whole else {"object": {"fields": fields, "open": False}}
            return self._plan(node, entry["server"], item["tool"], arguments, awaited)
        key = Tool(entry["server"], item, "servers")._key
        fields = [[name, self._known(value, 0)] for name, value in zip(params, node.args)]
        for keyword in node.keywords:
            if keyword.arg is not None and key(keyword.arg) in [name for name, _ in fields]:
                message = f"{label} is given the argument {key(keyword.arg)} twice"
                self._problem("argument_twice", node, message, entry["server"], item["tool"])
        fields += [[key(word.arg), self._known(word.value, 0)] for word in node.keywords if word.arg is not None]
        if len(node.args) > len(params):
            message = f"{label} takes at most {len(params)} arguments, not {len(node.args)}"
            self._problem("too_many_arguments", node, message, entry["server"], item["tool"])
        is_open = any(keyword.arg is None for keyword in node.keywords)
        arguments = {"object": {"fields": fields, "open": is_open}}
        return self._plan(node, entry["server"], item["tool"], arguments, awaited)

    def _planned_by_name(self, node, awaited):
        texts = list(itertools.takewhile(lambda text: text is not None, map(text_of, node.args[:2])))
        rest = node.args[len(texts) :]
        if not texts or node.keywords or len(rest) > 1:
            return
        server, tool = texts if len(texts) == 2 else ("", texts[0])
        arguments = self._known(rest[0], 0) if rest else {"object": {"fields": [], "open": False}}
        if arguments != "unknown" and "object" not in arguments:
            arguments = "unknown"
        self._plan(node, server, tool, arguments, awaited)

    def _known(self, node, depth):
        """What is known of a value before it exists."""
        if isinstance(node, ast.Name):
            value = self.values.get(node.id)
            return self._known(value, depth) if isinstance(value, ast.Constant) else "unknown"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and type(getattr(node.operand, "value", None)) in (int, float):
            return {"literal": -node.operand.value}
        if isinstance(node, ast.Constant):
            value = node.value
            if isinstance(value, str) and len(value) > self.LONGEST:
                return {"kind": "string"}
            plain = value is None or type(value) in (str, bool, int) or (type(value) is float and abs(value) < 1e300)
            return {"literal": value} if plain and not (type(value) is int and abs(value) > 2**53) else "unknown"
        if isinstance(node, ast.JoinedStr):
            return {"kind": "string"}
        if isinstance(node, ast.ListComp):
            return {"kind": "array"}
        if depth < self.DEEPEST and isinstance(node, (ast.List, ast.Tuple)):
            if len(node.elts) > self.WIDEST or any(isinstance(item, ast.Starred) for item in node.elts):
                return {"kind": "array"}
            return {"list": [self._known(item, depth + 1) for item in node.elts]}
        if depth < self.DEEPEST and isinstance(node, ast.Dict):
            keys = [text_of(key) if key is not None else None for key in node.keys][: self.WIDEST]
            fields = {key: self._known(value, depth + 1) for key, value in zip(keys, node.values) if key is not None}
            return {"object": {"fields": [list(pair) for pair in fields.items()], "open": None in keys or len(node.keys) > self.WIDEST}}
        return "unknown"


def text_of(node):
    """The text of a literal, or None."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def preflight(reading, code, space, notes):
    """What is to be said of a program before it runs; a check that fails itself says nothing."""
    try:
        found = PreflightNames(reading, code, space)
        found.notes = list(notes)
        return found.as_json()
    except (RecursionError, KeyError, OSError, ValueError, AttributeError, TypeError):
        return {"problems": [], "notes": list(notes), "calls": []}



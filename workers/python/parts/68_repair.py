# ---- Slips that have one meaning: repaired, with a note -------------------------------------------------------------

PREFIXES = {"mcp", "mcp_servers", "mcpservers", "outboard", "src", "app", "lib", "tools", "server", "api", "sdk", "servers"}


def can_import(name):
    """Whether a module is there; one that cannot be asked for counts as there."""
    if name in sys.modules:
        return True
    try:
        return importlib.util.find_spec(name) is not None
    except Exception:
        return True


def is_folder(root):
    """Whether a module is only a folder that happens to be there, such as /lib."""
    try:
        return root not in sys.modules and importlib.util.find_spec(root).origin is None
    except Exception:
        return False


def without_fences(code):
    """The code between one pair of markdown fences, every line in its place; None where there is not one pair."""
    lines = code.split("\n")
    fences = [at for at, line in enumerate(lines) if line.lstrip().startswith("```")]
    if len(fences) == 1:
        fences.append(len(lines))
    if len(fences) != 2:
        return None
    first, last = fences
    inside = lines[first + 1 : last]
    return "\n".join([""] * (first + 1) + inside) + "\n" if any(line.strip() for line in inside) else None


def parse_program(code, notes):
    """A program, also one inside markdown fences with prose around it, and the text of it; raises the first SyntaxError."""
    try:
        return ast.parse(code, PROGRAM), code
    except SyntaxError:
        inner = without_fences(code)
        if inner is None:
            raise
        try:
            tree = ast.parse(inner, PROGRAM)
        except SyntaxError:
            tree = None
        if tree is None:
            raise
        notes.append("the text around the code block was left out; send the code alone")
        return tree, inner


class ImportRepair(ast.NodeVisitor):
    """Rewrites imports of servers by paths that lead nowhere."""

    def __init__(self, notes):
        self.notes, self.changed = notes, {}

    def _meant(self, module, level):
        """The module below `servers` that was meant, or None."""
        parts = (module or "").split(".")
        if not SURFACE.index or (not level and parts[0] == "servers"):
            return None
        there = not level and can_import(parts[0])
        if there and not is_folder(parts[0]):
            return None
        rest = list(itertools.dropwhile(lambda part: part.lower() in PREFIXES, parts))
        if rest and rest[0]:
            entry = SURFACE.server(rest[0])
            return ".".join(["servers", entry["package"], *rest[1:]]) if entry else None
        return "servers" if parts[0] and not there else None

    def _note(self, node, written, meant):
        self.notes.append(f"line {node.lineno}: `{written}` was read as `{meant}`")
        self.changed[node] = None

    def text(self, code):
        """The program with its repairs, every line in its place."""
        lines = code.encode().split(b"\n")
        for node in sorted(self.changed, key=lambda node: (node.lineno, node.col_offset), reverse=True):
            first, last = node.lineno - 1, node.end_lineno - 1
            before, after = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
            lines[first : last + 1] = [before + ast.unparse(node).encode() + after] + [b""] * (last - first)
        return b"\n".join(lines).decode()

    def visit_ImportFrom(self, node):
        meant = self._meant(node.module, node.level)
        if node.level and not node.module and SURFACE.index:
            meant = "servers"
        if meant:
            self._note(node, "." * node.level + (node.module or ""), meant)
            node.module, node.level = meant, 0

    def visit_Import(self, node):
        for alias in node.names:
            meant = self._meant(alias.name, 0)
            if meant is None or (meant == "servers" and "." in alias.name):
                continue
            root, _, rest = alias.name.partition(".")
            self._note(node, alias.name, meant)
            if alias.asname or not rest:
                alias.name, alias.asname = meant, alias.asname or root
            else:
                alias.name, alias.asname = "servers", root


def repair(reading, text, space, notes):
    """Repairs a parsed program where what was meant is plain; says so in `notes`.

    Gives the text that it now has, and the names that it reads.
    """
    if not SURFACE.index:
        return text, {}
    repairer, bound, loaded = ImportRepair(notes), set(), {}
    for node, _ in reading.nodes:
        kind = type(node)
        if kind in (ast.Import, ast.ImportFrom):
            repairer.visit(node)
        if kind is ast.Name:
            if type(node.ctx) is ast.Load:
                loaded.setdefault(node.id, node)
            else:
                bound.add(node.id)
        elif kind is ast.arg:
            bound.add(node.arg)
        elif kind is ast.alias:
            bound.add((node.asname or node.name).split(".")[0])
        elif isinstance(getattr(node, "name", None), str):  # of a function, a class, an error that is caught, a pattern
            bound.add(node.name)
    for name, node in loaded.items():
        if name in bound or name in space or hasattr(builtins, name) or name in SURFACE.by_name:
            continue
        meant = meant_by(name)
        if meant is not None:
            space[name] = meant[0]
            notes.append(f"line {node.lineno}: `{name}` was read as `{meant[1]}`")
    return repairer.text(text) if repairer.changed else text, loaded


def own_function(name):
    """One of our own functions in another spelling, or by the name of the tool that does the same."""
    wanted = {"calltool": "callmcptool"}.get(normal(name), normal(name))
    for own in ("call_mcp_tool", "search_tools", "tokenize", "is_token"):
        if normal(own) == wanted:
            return OWN_NAMES.get(own) or getattr(builtins, own), own
    return None


def meant_by(name):
    """The server or function that a name without an import means, where only one can be meant."""
    own = own_function(name)
    if own is not None:
        return own
    if name.lower() in PREFIXES:
        return sys.modules["servers"], "servers"
    entry = SURFACE.server(name)
    if entry is not None:
        return getattr(sys.modules["servers"], entry["package"]), f"servers.{entry['package']}"
    owners = [entry for entry in SURFACE.index if SURFACE.tools(entry).find(name)]
    if len(owners) != 1 or not normal(name):
        return None
    module = getattr(sys.modules["servers"], owners[0]["package"])
    function = getattr(module, name)
    return function, f"servers.{owners[0]['package']}.{function.__name__}"



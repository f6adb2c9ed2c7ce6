# ---- What a program holds -------------------------------------------------------------------------------------------


class Inspection:
    """Imports, tools named in calls and evaluation of text, read from the syntax: hints, not a boundary."""

    MOST, LONGEST = 256, 200
    PRIMITIVES = ("call_mcp_tool", "callMCPTool", "call_tool", "callTool")
    EVALUATION = ("eval", "exec", "compile")
    IMPORTING = ("__import__", "importlib.import_module")

    def __init__(self, reading):
        self.imports, self.tools, self.dynamic = {}, {}, {}
        self.meant = {}  # what a local name stands for: a server, or a function of one as server.tool
        looks = {ast.Import: self._import, ast.ImportFrom: self._import_from, ast.Call: self._call}
        try:
            for node, _ in reading.nodes:
                look = looks.get(type(node))
                if look:
                    look(node)
        except RecursionError:
            self._dynamic("syntax nested too deeply to read", node)

    def as_frame(self, preflight, module=None):
        findings = {"imports": list(self.imports), "tools": list(self.tools), "dynamic": list(self.dynamic), "preflight": preflight}
        if module is not None:
            findings["module"] = module
        return b'{"inspected":{"inspection":%s}}' % dump(findings)

    def _note(self, kind, what):
        if len(kind) < self.MOST and len(what) <= self.LONGEST:
            kind.setdefault(what)

    def _dynamic(self, what, node):
        self._note(self.dynamic, f"{what}, line {getattr(node, 'lineno', 1)}")

    def _import(self, node):
        for name in node.names:
            self._note(self.imports, name.name)
            if name.asname and name.name.startswith("servers."):
                self.meant[name.asname] = name.name.removeprefix("servers.")

    def _import_from(self, node):
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

    def _importing(self, node):
        name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        if isinstance(name, str) and not name.startswith(".") and len(name) <= self.LONGEST:
            self._note(self.imports, name)
        else:
            self._dynamic("a module named at run time", node)

    def _call(self, node):
        name = self._meaning(node.func)
        if name in self.PRIMITIVES:
            texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if texts:
                self._note(self.tools, ".".join(texts))
            else:
                self._dynamic("a tool named at run time", node)
        elif name in self.IMPORTING:
            self._importing(node)
        elif name in self.EVALUATION:
            self._dynamic("text run as code", node)
        elif name and "." in name:
            self._note(self.tools, name)



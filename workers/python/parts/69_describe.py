# ---- What a text is as a module that other programs import -----------------------------------------------------------


class Described:
    """Exports with their signatures, and a program's statements as the body of a function; read, never run."""

    MOST, LONGEST = 64, 2000
    IMPORTS = (ast.Import, ast.ImportFrom)
    DECLARATIONS = IMPORTS + (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Pass)

    def __init__(self, tree):
        self.tree = tree
        self.statements = tree.body[1:] if ast.get_docstring(tree, clean=False) is not None else tree.body
        self.declares = all(self._declares(node) for node in self.statements)

    def as_dict(self):
        """What the host is told; without the texts where this Python cannot write them."""
        told = {"exports": self._exports(), "doc": (ast.get_docstring(self.tree) or "")[: self.LONGEST], "declares": self.declares}
        if not hasattr(ast, "unparse"):
            return told
        servers = "".join(f"from servers import {name}\n" for name in self._servers())
        if self.declares:
            return {**told, "imports": servers}
        imports = "".join(ast.unparse(node) + "\n" for node in self.statements if isinstance(node, self.IMPORTS))
        return {**told, "imports": imports + servers, "body": self._body(), "waits": self._waits(self.statements)}

    def _declares(self, node):
        if isinstance(node, self.DECLARATIONS):
            return True
        value = getattr(node, "value", None) if isinstance(node, (ast.Assign, ast.AnnAssign)) else node
        try:
            ast.literal_eval(value)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return isinstance(node, ast.AnnAssign) and value is None
        return isinstance(node, (ast.Assign, ast.AnnAssign))

    def _exports(self):
        found = []
        for node in self.statements[:500]:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
                found.append(self._function(node))
            elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.append({"name": node.name, "kind": "class", "signature": node.name, "doc": self._doc(node)})
        return found[: self.MOST]

    def _doc(self, node):
        return (ast.get_docstring(node) or "")[: self.LONGEST]

    def _function(self, node):
        given = node.args
        plain = [*getattr(given, "posonlyargs", []), *given.args]
        optional = len(plain) - len(given.defaults)
        takes = [self._taken(arg, at >= optional) for at, arg in enumerate(plain)]
        takes += [self._taken(arg, default is not None) for arg, default in zip(given.kwonlyargs, given.kw_defaults)]
        text = node.name
        if hasattr(ast, "unparse"):
            returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
            text = f"{node.name}({ast.unparse(given)}){returns}"
        kept = {"name": node.name, "kind": "function", "signature": text[: self.LONGEST], "doc": self._doc(node)}
        return {**kept, "takes": takes[: self.MOST]}

    def _taken(self, arg, optional):
        kind = ast.unparse(arg.annotation) if arg.annotation and hasattr(ast, "unparse") else ""
        return {"name": arg.arg, "kind": kind[: self.LONGEST], "optional": optional}

    def _servers(self):
        """Servers that the text names without importing them; a program may, a module may not."""
        if not SURFACE.index:
            return []
        nodes = list(ast.walk(self.tree))
        bound = {name.asname or name.name.split(".")[0] for node in nodes if isinstance(node, self.IMPORTS) for name in node.names}
        bound |= {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
        bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        used = {node.id for node in nodes if isinstance(node, ast.Name)}
        return sorted(name for name in used - bound if name in SURFACE.by_name and not hasattr(builtins, name))

    def _body(self):
        kept = [node for node in self.statements if not isinstance(node, self.IMPORTS)]
        last = kept[-1] if kept else None
        lines = [ast.unparse(node) for node in (kept[:-1] if isinstance(last, ast.Expr) else kept)]
        if isinstance(last, ast.Expr):
            lines.append(f"return {ast.unparse(last.value)}")
        elif any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in kept):
            lines.append("return run(input)")
        elif any(isinstance(node, ast.AsyncFunctionDef) and node.name == "run" for node in kept):
            lines.append("return run(input)")
        elif any(isinstance(node, ast.Name) and node.id == "result" for node in ast.walk(self.tree)):
            lines.append("return result")
        return "\n".join(lines)

    def _waits(self, nodes):
        """Whether `await` stands outside of functions."""
        for node in nodes:
            if isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)):
                return True
            inner = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef))
            if not inner and self._waits(ast.iter_child_nodes(node)):
                return True
        return False


def described(code):
    """The description of a text for the host; None where there is nothing to tell."""
    try:
        return Described(parse_program(code, [])[0]).as_dict()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None



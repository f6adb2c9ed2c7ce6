"""Says which generated Python files hold code that no generated file needs: {case: problem} on standard output."""

import ast
import builtins
import json
import pathlib
import sys
import types

reached = []
builtins.PWNED = lambda *_: reached.append(1)
api = types.ModuleType("outboard_api")
api.__getattr__ = lambda name: (lambda *args, **more: (args, more))
sys.modules["outboard_api"] = api
MODULES = {"typing", "outboard_api", "__future__", "collections.abc"}
CALLS = {"tool", "TypedDict"}


def problem(file):
    text = file.read_text("utf-8")
    for node in ast.walk(ast.parse(text, str(file))):
        if isinstance(node, ast.Name) and node.id == "PWNED" or isinstance(node, ast.Attribute) and node.attr == "PWNED":
            return f"line {node.lineno} names PWNED"
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in CALLS):
            return f"line {node.lineno} calls {ast.unparse(node.func)}"
        if isinstance(node, ast.Import) and not {alias.name for alias in node.names} <= MODULES:
            return f"line {node.lineno} imports {ast.unparse(node)}"
        if isinstance(node, ast.ImportFrom) and not (node.level == 1 or node.module in MODULES):
            return f"line {node.lineno} imports {ast.unparse(node)}"
    if file.name != "__init__.py" and sys.version_info >= (3, 11):
        exec(compile(text, str(file), "exec"), {"__name__": file.stem})
    return "it ran PWNED" if reached else None


found = {}
root = pathlib.Path(sys.argv[1])
for file in sorted(root.rglob("*.py")):
    case = file.relative_to(root).parts[0]
    try:
        text = problem(file)
    except Exception as error:
        text = repr(error)
    if text:
        found[case] = f"{file.name}: {text}"
    reached.clear()
print(json.dumps(found))

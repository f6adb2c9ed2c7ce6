#!/usr/bin/env python3
"""Tests of the Python worker: the real program, over a real socket pair on descriptor 3, against a host made up here.

Run: python3 test_worker.py [-v] [CLASS.TEST ...]. The interpreter that runs the tests also runs the worker.
"""

import ast
import atexit
import errno
import importlib.util
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


def join_parts():
    """Writes the parts as one program, as the host does; returns its path."""
    folder = tempfile.mkdtemp(prefix="worker-")
    atexit.register(shutil.rmtree, folder)
    parts = os.path.join(HERE, "parts")
    with open(os.path.join(folder, "worker.py"), "w", encoding="utf-8") as out:
        for name in sorted(name for name in os.listdir(parts) if name.endswith(".py")):
            with open(os.path.join(parts, name), encoding="utf-8") as part:
                out.write(part.read())
    return out.name


WORKER = join_parts()

INDEX = [
    {"server": "deep", "folder": "deep", "namespace": "deep", "package": "deep"},
    {"server": "google-drive", "folder": "google-drive", "namespace": "googleDrive", "package": "google_drive"},
    {"server": "salesforce", "folder": "salesforce", "namespace": "salesforce", "package": "salesforce"},
]
TOOLS = {
    "deep": [{"tool": "a/b.from", "ts": "aBFrom", "py": "a_b_from", "params": ["from", "user-id"]}],
    "google-drive": [
        {"tool": "get_document", "ts": "getDocument", "py": "get_document", "params": ["documentId", "fields"]},
        {"tool": "get_sheet", "ts": "getSheet", "py": "get_sheet", "params": ["sheetId"]},
        {"tool": "list_files", "ts": "listFiles", "py": "list_files", "params": []},
    ],
    "salesforce": [
        {"tool": "update_record", "ts": "updateRecord", "py": "update_record", "params": ["objectType", "recordId", "data"]},
        {"tool": "batch_update", "ts": "batchUpdate", "py": "batch_update", "params": ["updates"]},
    ],
}
SKILLS = {
    "single.py": "def f():\n    return 'single'\n",
    "folder/__init__.py": "from servers.google_drive import get_document\n\n\ndef f():\n    return get_document('s')['id']\n",
    "save-sheet/skill.py": "def save():\n    return 'saved'\n",
    "typed/index.ts": "export const x = 1;\n",
}


def write(root, path, text):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as file:
        file.write(text)


def listing(folder, lines):
    """The functions of a server as the host writes them: each on a line of its own."""
    return f'{{"server":{json.dumps(folder)},"tools":[\n' + ",\n".join(lines) + "\n]}\n"


def make_root():
    """A folder that looks like the root of the jail."""
    root = tempfile.mkdtemp(prefix="worker-test-")
    write(root, "servers/.api/index.json", json.dumps(INDEX))
    for folder, tools in TOOLS.items():
        lines = [json.dumps(tool, separators=(",", ":")) for tool in tools]
        write(root, f"servers/.api/{folder}.json", listing(folder, lines))
    for path, text in SKILLS.items():
        write(root, f"skills/{path}", text)
    os.makedirs(os.path.join(root, "workspace"))
    return root


class Failure(Exception):
    """What the made-up host answers with `fail`."""

    def __init__(self, **fields):
        super().__init__(fields)
        self.fields = fields


class Host:
    """One worker and the host's end of its socket."""

    def __init__(self, root, modules=()):
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(20)
        self.buffer = b""
        self.calls, self.frames, self.console = [], [], {"out": "", "err": ""}
        self.started = time.perf_counter()
        self.process = self._spawn(root, modules, theirs.fileno())
        theirs.close()
        self.ready = self.next()["ready"]
        self.ready_after = time.perf_counter() - self.started

    def _spawn(self, root, modules, fd):
        def place():
            os.dup2(fd, 3, inheritable=True) if fd != 3 else os.set_inheritable(3, True)

        command = [sys.executable, "-I", "-B", WORKER, "--root", root, *modules]
        keep = {"pass_fds": (3,), "env": {}, "cwd": root, "stdin": subprocess.DEVNULL}
        return subprocess.Popen(command, preexec_fn=place, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, **keep)

    def raw(self, data):
        self.socket.sendall(data)

    def send(self, message):
        body = json.dumps(message).encode()
        self.raw(struct.pack("<I", len(body)) + body)

    def next(self):
        """The next frame, or None at the end of the stream."""
        while True:
            if len(self.buffer) >= 4:
                (size,) = struct.unpack("<I", self.buffer[:4])
                if len(self.buffer) >= 4 + size:
                    body, self.buffer = self.buffer[4 : 4 + size], self.buffer[4 + size :]
                    return json.loads(body, parse_constant=self._refuse)
            chunk = self.socket.recv(1 << 20)
            if not chunk:
                return None
            self.buffer += chunk

    @staticmethod
    def _refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    def start(self, code, **more):
        self.send({"start": {"code": textwrap.dedent(code), "memory_bytes": 1 << 29, "stdout_bytes": 1 << 20, **more}})

    def finish(self, answer=None):
        """Serves the program to its end; returns its last frame."""
        while True:
            message = self.next()
            if message is None:
                raise AssertionError(f"the worker ended: {self.end()}")
            ((kind, content),) = message.items()
            if kind == "timer":
                self.timers.append(content["ms"])
                self.now += content["ms"]
                self.send({"clock": {"now_ms": self.now}})
                self.send({"done": {"id": content["id"], "value": None}})
                continue
            if kind == "inspected":
                self.inspection = content["inspection"]
                self.send({"go": {}})
                continue
            self.frames.append(message)
            if kind == "console":
                self.console[content["stream"]] += content["text"]
            elif kind in ("call", "search"):
                self.calls.append(content)
                self._answer(content, answer or default_answer)
            else:
                return message

    def _answer(self, content, answer):
        try:
            value = answer(content)
        except Failure as failure:
            self.send({"fail": {"id": content["id"], "error": failure.fields}})
        else:
            if value is not Silence:
                self.send({"done": {"id": content["id"], "value": value}})

    def end(self):
        """Closes the socket; returns the exit code and what the worker wrote to its real stderr."""
        self.socket.close()
        _, err = self.process.communicate(timeout=10)
        return self.process.returncode, err.decode()


class Silence:
    """Answered for a call that gets no answer now."""


def default_answer(call):
    """What the made-up tools return."""
    arguments = call["arguments"]
    if call.get("tool") in ("get_document", "getDocument"):
        key = arguments.get("documentId")
        if key == "missing":
            error = {"code": "tool_failed", "message": "no such document", "server": "google-drive", "tool": "get_document"}
            raise Failure(hint="list the files first", retryable=False, **error)
        return {"id": key, "content": f"text of {key}"}
    if call.get("tool", "").endswith("get_sheet"):
        return {"rows": [{"id": number, "score": number % 7} for number in range(100)]}
    return arguments


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = make_root()
        cls.addClassCleanup(shutil.rmtree, cls.root)

    def host(self, *modules):
        host = Host(self.root, modules)
        self.addCleanup(lambda: (host.process.poll() is None and host.process.kill(), host.end()))
        return host

    def run_program(self, code, answer=None, **more):
        host = self.host()
        host.start(code, **{"hold": True, **more})
        last = host.finish(answer)
        self.assertEqual(host.process.wait(10), 0)
        self.last = host
        return last

    def value(self, code, answer=None, **more):
        last = self.run_program(code, answer, **more)
        self.assertIn("result", last, last)
        return last["result"].get("value")

    def trouble(self, code, answer=None, **more):
        last = self.run_program(code, answer, **more)
        self.assertIn("error", last, last)
        return last["error"]["error"]

    def arguments(self, code):
        self.value(code)
        return self.last.calls[0]["arguments"]


class FateTest(Case):
    """Runs that can be repeated: clock, random numbers and timers come from the host."""

    CODE = """
        import asyncio, random, secrets, time, uuid
        import datetime as module
        from datetime import datetime, date, timezone, timedelta
        began, order = time.time(), []
        time.sleep(2)

        async def one(name, pause):
            await asyncio.sleep(pause)
            order.append(name)

        async def late():
            try:
                async with asyncio.timeout(5):
                    await asyncio.sleep(60)
            except TimeoutError:
                return "timed out"

        async def all_of():
            await asyncio.gather(one("b", 2), one("a", 1))
            return await late()

        ended = await all_of()
        now = datetime.now(timezone.utc)
        result = {
            "began": began, "waited": round(time.time() - began), "order": order, "ended": ended, "now": now.isoformat(),
            "kinds": [isinstance(now, datetime), isinstance(date(2020, 1, 2), module.date), issubclass(datetime, date)],
            "sum": (datetime(2020, 1, 1) + timedelta(days=1)).isoformat(), "today": date.today().isoformat(),
            "random": random.random(), "uuid": str(uuid.uuid4()), "secret": secrets.token_hex(4), "year": time.gmtime().tm_year,
        }
        """

    def repeatable(self, seed):
        host = self.host()
        host.now, host.timers = 1_800_000_000_000.0, []
        host.start(self.CODE, durable={"seed": seed * 32, "now_ms": host.now})
        return host, host.finish()["result"]["value"]

    def test_the_same_seed_gives_the_same_run(self):
        (_, one), (_, two), (_, other) = self.repeatable("2a"), self.repeatable("2a"), self.repeatable("2b")
        self.assertEqual(one, two)
        for key in ("random", "uuid", "secret"):
            self.assertNotEqual(one[key], other[key])

    def test_time_is_what_the_host_tells(self):
        host, value = self.repeatable("00")
        self.assertAlmostEqual(value["began"], 1.8e9, places=2)
        self.assertEqual((value["ended"], value["year"], value["today"]), ("timed out", 2027, "2027-01-15"))
        self.assertEqual((value["kinds"], value["sum"]), ([True, True, True], "2020-01-02T00:00:00"))
        self.assertEqual([round(ms) for ms in host.timers], [2000, 2000, 1000, 5000, 60000])

    def test_without_a_host_clock_the_machine_tells(self):
        code = "import time, random\ntime.sleep(0.01)\n[time.time() > 1.7e9, random.random() != random.random()]"
        self.assertEqual(self.value(code), [True, True])


class TokensTest(Case):
    def test_literals_hold_the_values_again(self):
        code = """
            one = '[EMAIL_1]'
            EMAIL_1 = 'a list'
            {"[EMAIL_1]": [one, f"to {one} or [EMAIL_1]", [EMAIL_1], r"[EMAIL_1]\\n", "[EMAIL_12]"]}
            """
        for value in ("ada@example.org", "'; import os; '", '{1/0}', "\\", "\n\"'"):
            expected = {value: [value, f"to {value} or {value}", ["a list"], value + "\\n", "[EMAIL_12]"]}
            self.assertEqual(self.value(code, tokens=[["[EMAIL_1]", value]]), expected)

    def test_errors_show_what_was_written(self):
        error = self.trouble("a = '[NAME_1]'; nope()", tokens=[["[NAME_1]", "Ada Lovelace"]])
        self.assertEqual((error["line"], error["excerpt"]), (1, "a = '[NAME_1]'; nope()"))


class InspectionTest(Case):
    def test_a_program_shows_what_it_holds(self):
        code = """
            import json, servers.slack as sl
            from servers.google_drive import get_document as get, list_files
            from servers import salesforce
            if input:
                get(documentId="a"); salesforce.update_record(); sl.send(); call_mcp_tool("a.b", {})
                call_mcp_tool(input, {}); eval("1"); exec("2"); __import__("os")
            import importlib; importlib.import_module("csv"); importlib.import_module(str(input))
            importlib.import_module(".util", "ctypes")
            """
        self.run_program(code)
        found = self.last.inspection
        self.assertEqual(found["imports"], ["json", "servers.slack", "servers.google_drive", "servers", "os", "importlib", "csv"])
        self.assertEqual(found["tools"], ["google_drive.get_document", "salesforce.update_record", "slack.send", "a.b"])
        evaluated = ["a tool named at run time, line 7", "text run as code, line 7", "a module named at run time, line 8", "a module named at run time, line 9"]
        self.assertEqual(found["dynamic"], evaluated)

    def test_a_text_is_described_as_a_module_where_that_is_asked_for(self):
        self.assertNotIn("module", self.described("1", describe=False))
        code = '"""Sheets."""\nimport json\nLIMIT = 5\n\n\ndef save(id: str, deep=2, *, fast: bool = True) -> str:\n    "Saves."\n    return salesforce.batch_update(id)\n\n\ndef _own(): pass\n'
        found = self.described(code)["module"]
        self.assertEqual((found["doc"], found["declares"], found["imports"]), ("Sheets.", True, "from servers import salesforce\n"))
        (save,) = found["exports"]
        self.assertEqual(save["signature"], "save(id: str, deep=2, *, fast: bool=True) -> str")
        takes = [(one["name"], one["kind"], one["optional"]) for one in save["takes"]]
        self.assertEqual(takes, [("id", "str", False), ("deep", "", True), ("fast", "bool", True)])

    def test_the_statements_of_a_program_become_those_of_a_function(self):
        code = "import json\nrows = await salesforce.batch_update([])\ntext = '''a\nb'''\nlen(rows)"
        found = self.described(code)["module"]
        self.assertEqual((found["declares"], found["waits"]), (False, True))
        self.assertEqual(found["imports"], "import json\nfrom servers import salesforce\n")
        self.assertEqual(found["body"].splitlines()[1:], ["text = 'a\\nb'", "return len(rows)"])
        last = lambda code: self.described(code)["module"]["body"].splitlines()[-1]
        self.assertEqual(last("x = f()\ndef run(input): return x"), "return run(input)")
        self.assertEqual(last("result = f()"), "return result")

    def described(self, code, describe=True):
        host = self.host()
        host.start(code, hold=True, describe=describe)
        return host.next()["inspected"]["inspection"]

    def test_nothing_runs_before_the_host_agrees(self):
        host = self.host()
        host.start("print('ran')", hold=True)
        self.assertIn("inspected", host.next())
        host.socket.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            host.next()

    def test_what_only_compiling_finds_is_told_after_the_look(self):
        for code, line in [("1\nbreak", 2), ("print('ran')\nfor x in []:\n    pass\ncontinue", 4), ("def f():\n    nonlocal x", 2)]:
            host = self.host()
            host.start(code, hold=True)
            self.assertIn("inspected", host.next(), code)
            error = host.next()["error"]["error"]
            self.assertEqual((error["code"], error["line"]), ("syntax_error", line), code)
            self.assertEqual(host.process.wait(10), 0)

    def test_a_worker_that_is_woken_waits_on_for_its_program(self):
        host = self.host()
        self.assertIs(host.ready["wakes"], True)
        host.send({"wake": {}})
        time.sleep(0.05)  # longer than it looks out
        host.send({"wake": {}})
        host.send({"wake": {}})
        host.start("['seen' in globals(), call_mcp_tool('a', 'b', {})]", hold=True)
        self.assertEqual(host.finish(lambda call: call["id"])["result"]["value"], [False, 1])

    def test_what_is_rehearsed_has_a_result(self):
        with open(WORKER, encoding="utf-8") as file:
            tree = ast.parse(file.read())
        rehearsed = next(node for node in tree.body if ast.unparse(node).startswith("REHEARSED = "))
        for code in ast.literal_eval(rehearsed.value):
            host = self.host()
            host.start(code, hold=True)
            self.assertIn("result", host.finish(lambda _call: ["row"]))
            self.assertEqual(host.inspection["preflight"].get("problems", []), [])

    def test_an_error_that_is_caught_is_no_name_to_look_up(self):
        root = make_root()
        self.addCleanup(shutil.rmtree, root)
        for folder in TOOLS:
            os.remove(os.path.join(root, f"servers/.api/{folder}.json"))
        host = Host(root)
        self.addCleanup(host.end)
        host.start("try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    text = str(error)\ntext")
        self.assertEqual(host.finish()["result"]["value"], "division by zero")

    def test_a_host_that_does_not_hold_sees_no_inspection(self):
        self.run_program("1 + 1", hold=False)
        self.assertFalse(hasattr(self.last, "inspection"))


class Results(Case):
    def test_ready_names_the_protocol_and_the_engine(self):
        ready = self.host().ready
        self.assertEqual(ready["version"], 1)
        self.assertRegex(ready["engine"], r"^cpython 3\.\d+\.\d+$")

    def test_last_expression(self):
        self.assertEqual(self.value("x = 2\nx * 21"), 42)
        self.assertEqual(self.value("if True:\n    'inside'"), "inside")
        self.assertEqual(self.value("try:\n    1 / 0\nexcept ZeroDivisionError:\n    pass\nresult = 3"), 3)

    def test_nothing_gives_no_value(self):
        self.assertEqual(self.run_program("x = 1"), {"result": {"dropped_bytes": 0}})
        self.assertEqual(self.run_program(""), {"result": {"dropped_bytes": 0}})

    def test_variable_result(self):
        self.assertEqual(self.value("result = {'a': 1}\nprint('done')"), {"a": 1})
        self.assertEqual(self.last.console["out"], "done\n")

    def test_run(self):
        self.assertEqual(self.value("def run(input):\n    return input['n'] + 1", input={"n": 1}), 2)
        self.assertEqual(self.value("def run():\n    return 5", input={"n": 1}), 5)
        self.assertEqual(self.value("def run(a, b=2):\n    return [a, b]", input={"a": 1}), [1, 2])
        self.assertEqual(self.value("def run(a, *, b):\n    return [a, b]", input={"a": 1, "b": 3}), [1, 3])
        self.assertEqual(self.value("def run(**all):\n    return all", input={"a": 1}), {"a": 1})
        self.assertEqual(self.value("def run(item=7):\n    return item"), 7)
        self.assertEqual(self.value("def run(items):\n    return items", input=[1]), [1])
        self.assertEqual(self.value("async def run(input):\n    return input", input="x"), "x")
        self.assertEqual(self.value("import functools\n@functools.lru_cache()\ndef run():\n    'doc'\n    return 8"), None)

    def test_run_is_not_run_twice(self):
        code = "from servers.salesforce import batch_update\ndef run():\n    'doc'\n    return batch_update([1])\n"
        for end in ("run()", "if __name__ == '__main__':\n    run()", "result = run()", "out = run()\nout"):
            self.assertEqual(self.value(code + end), {"updates": [1]})
            self.assertEqual(len(self.last.calls), 1, end)
        self.value(code)
        self.assertEqual(len(self.last.calls), 1)

    def test_run_that_misses_its_input(self):
        trouble = self.trouble("def run(a, b):\n    return a")
        self.assertIn("run() missing", trouble["message"])
        self.assertIn("input", trouble["hint"])

    def test_top_level_return(self):
        self.assertEqual(self.value("for i in range(9):\n    if i == 4:\n        return i\nresult = 1"), 4)
        self.assertEqual(self.value("import asyncio\nawait asyncio.sleep(0)\ntry:\n    return 3\nexcept Exception:\n    pass"), 3)
        self.assertEqual(self.value("return"), None)

    def test_top_level_await_and_coroutine_results(self):
        self.assertEqual(self.value("import asyncio\nawait asyncio.sleep(0, 'slept')"), "slept")
        self.assertEqual(self.value("async def main():\n    return 6\nmain()"), 6)
        self.assertEqual(self.value("import asyncio\nasync def main():\n    return 6\nasyncio.run(main())"), 6)
        code = "import asyncio\nloop = asyncio.get_event_loop()\nloop.run_until_complete(asyncio.sleep(0, 9))"
        self.assertEqual(self.value(code), 9)
        self.assertEqual(self.value("async def run():\n    async with lock:\n        return 1\nimport asyncio\nlock = asyncio.Lock()"), 1)

    def test_input_is_a_global(self):
        self.assertEqual(self.value("def f():\n    return input\n[input, f()]", input=[1, None]), [[1, None]] * 2)
        self.assertEqual(self.value("input is None"), True)

    def test_main_guard_and_world(self):
        code = "import sys, os\n[__name__, sys.argv, dict(os.environ), sys.stdin.read(), sys.modules['__main__'].__name__]"
        self.assertEqual(self.value(code), ["__main__", ["program.py"], {}, "", "__main__"])
        self.assertEqual(self.value("def main():\n    return 4\nif __name__ == '__main__':\n    main()"), 4)

    def test_system_exit(self):
        self.assertEqual(self.value("import sys\nresult = 1\nsys.exit()"), 1)
        self.assertEqual(self.value("def run():\n    raise SystemExit(0)"), None)
        self.assertEqual(self.trouble("import sys\nsys.exit('bad news')")["message"], "SystemExit: bad news")
        self.assertEqual(self.trouble("exit(3)")["code"], "program_error")

    def test_preloaded_modules_by_name(self):
        host = self.host("colorsys")
        host.start("import sys\n'colorsys' in sys.modules")
        self.assertEqual(host.finish()["result"]["value"], True)

    def test_a_module_that_cannot_be_preloaded_is_an_error_instead_of_ready(self):
        with self.assertRaises(KeyError):
            self.host("colorsys", "no_such_module_here")

    def test_absolute_names_mean_the_folders_of_the_root(self):
        code = "open('/workspace/abs.txt', 'w').write('x')\nimport os\n[os.path.exists('workspace/abs.txt'), 'abs.txt' in os.listdir('/workspace')]"
        self.assertEqual(self.value(code), [True, True])


class Values(Case):
    def test_rich_values(self):
        code = """
        import dataclasses, datetime, decimal, collections, enum, pathlib, uuid, types
        @dataclasses.dataclass
        class Point:
            x: int
            when: datetime.date
        class Colour(enum.Enum):
            RED = "red"
        Pair = collections.namedtuple("Pair", "a b")
        [Point(1, datetime.date(2026, 1, 2)), datetime.datetime(2026, 1, 2, 3, 4), decimal.Decimal("1.50"), decimal.Decimal(7),
         {3, 1, 2}, (1, 2), b"text", b"\\xff\\xfe", Colour.RED, pathlib.Path("/tmp"), Pair(1, 2), collections.Counter("aab"),
         (n for n in range(3)), {"a": 1}.keys(), range(2), collections.deque([1]), ValueError("no"), datetime.timedelta(minutes=1),
         types.MappingProxyType({"m": 1}), decimal.Decimal("NaN")]
        """
        expected = [
            {"x": 1, "when": "2026-01-02"}, "2026-01-02T03:04:00", 1.5, 7, [1, 2, 3], [1, 2], "text", "//4=", "red", "/tmp",
            [1, 2], {"a": 2, "b": 1}, [0, 1, 2], ["a"], [0, 1], [1], "ValueError: no", 60.0, {"m": 1}, None,
        ]  # fmt: skip
        self.assertEqual(self.value(code), expected)

    def test_not_a_number_cycles_and_keys(self):
        self.assertEqual(self.value("[float('nan'), float('inf'), 1.5, {'a': float('-inf')}]"), [None, None, 1.5, {"a": None}])
        self.assertEqual(self.value("a = {'b': 1}\na['self'] = a\na"), {"b": 1, "self": "[Circular]"})
        code = "import datetime\n{(1, 2): 'a', 3: 'b', True: 'c', None: 'd', datetime.date(2026, 1, 1): {4}}"
        self.assertEqual(self.value(code), {"(1, 2)": "a", "3": "b", "true": "c", "null": "d", "2026-01-01": [4]})

    def test_objects_of_foreign_packages(self):
        code = """
        class Frame:
            def iterrows(self): ...
            def to_dict(self, orient="dict"):
                return [{"orient": orient}]
        class Array:
            def tolist(self):
                return [1, float("nan")]
        class Odd:
            def __repr__(self):
                return "<odd>"
        [Frame(), Array(), Odd(), Odd]
        """
        value = self.value(code)
        self.assertEqual(value[:3], [[{"orient": "records"}], [1, None], "<odd>"])
        self.assertIn("class", value[3])

    def test_text_of_any_kind(self):
        self.assertEqual(self.value("'\\ud83d\\ude00 \\ud800 ü'"), "😀 \ufffd ü")
        self.assertEqual(self.value("print('\\ud800 ü')"), None)
        self.assertEqual(self.last.console["out"], "\\ud800 ü\n")

    def test_a_result_that_is_too_large(self):
        trouble = self.trouble("'x' * (31 << 20)")
        self.assertEqual(trouble["code"], "limit_exceeded")
        self.assertIn("/workspace", trouble["hint"])

    def test_a_result_that_is_too_deep(self):
        self.assertEqual(self.trouble("x = []\nfor _ in range(100000): x = [x]\nx")["code"], "limit_exceeded")

    def test_large_values_both_ways(self):
        code = "from servers.salesforce import batch_update\nlen(batch_update({'updates': 'y' * (20 << 20)})['updates'])"
        self.assertEqual(self.value(code), 20 << 20)


class Preflight(Case):
    """What a program would fail at is told while it is held; it is not run by that."""

    LONG = "from servers.google_drive import get_document, get_sheet\n" + "".join(
        f"def part_{n}(rows):\n    found = [row for row in rows if row.get('n') == {n}]\n    return {{'n': len(found)}}\n" for n in range(12)
    ) + "sheet = get_sheet('s')\nfor n in range(3):\n    get_document(documentId=str(n))\npart_0([]) | part_1([])\n"

    def found(self, code):
        self.run_program(code)
        return self.last.inspection["preflight"]

    def test_problems_have_their_place(self):
        (problem,) = self.found("x = 1\ny = google_drive.get_documnt('a')")["problems"]
        self.assertEqual((problem["kind"], problem["line"], problem["column"]), ("unknown_function", 2, 5))
        self.assertEqual((problem["server"], problem["tool"]), ("google-drive", "get_document"))

    def test_calls_carry_what_is_known(self):
        (call,) = self.found("google_drive.get_document('a', fields=[1, f'{2}', open])")["calls"]
        fields = [["documentId", {"literal": "a"}], ["fields", {"list": [{"literal": 1}, {"kind": "string"}, "unknown"]}]]
        self.assertEqual(call["arguments"], {"object": {"fields": fields, "open": False}})
        self.assertTrue(call["certain"])
        (call,) = self.found("if input:\n    google_drive.get_document(**input)")["calls"]
        self.assertEqual((call["certain"], call["arguments"]["object"]["open"]), (False, True))

    def test_deep_programs_are_only_run(self):
        self.assertEqual(self.found("x = " + "(" * 80 + "1" + ")" * 80 + "\nx")["problems"], [])
        self.found("x = " + "+".join(["1"] * 400))

    def test_what_it_costs(self):
        spec = importlib.util.spec_from_file_location("worker_as_module", WORKER)
        worker = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(worker)
        root = make_root()
        self.addCleanup(shutil.rmtree, root)
        worker.ROOT, worker.SURFACE = root, worker.Surface(root)
        tree, rounds = worker.ast.parse(self.LONG), 50
        worker.preflight(worker.Reading(tree), self.LONG, {}, [])
        begin = time.perf_counter()
        for _ in range(rounds):
            worker.preflight(worker.Reading(tree), self.LONG, {}, [])
        each = (time.perf_counter() - begin) / rounds
        begin = time.perf_counter()
        for _ in range(rounds):
            compile(worker.ast.parse(self.LONG), "p", "exec")
        compiled = (time.perf_counter() - begin) / rounds
        lines = self.LONG.count("\n")
        print(f"\npreflight of {lines} lines: {each * 1e3:.2f} ms, {each / compiled:.1f} times as long as compiling them", flush=True)


class Imports(Case):
    def test_every_way_to_import(self):
        for code in (
            "from servers.google_drive import get_document\nget_document('d')",
            "from servers.google_drive.get_document import get_document\nget_document('d')",
            "from servers.google_drive.get_document import getDocument\ngetDocument('d')",
            "from servers.google_drive import getDocument\ngetDocument('d')",
            "from servers.googleDrive import getDocument\ngetDocument('d')",
            "from servers.google_drive import *\nget_document('d')",
            "from servers import google_drive\ngoogle_drive.get_document('d')",
            "import servers.google_drive as gd\ngd.get_document('d')",
            "import servers.google_drive\nservers.google_drive.get_document('d')",
            "import servers.google_drive.get_document\nservers.google_drive.get_document('d')",
            "import servers.google_drive.get_document as f\nf.get_document('d')",
            "import servers.google_drive.get_document as f\nf('d')",
            "import servers\nservers.google_drive.get_document('d')",
            "servers.google_drive.get_document('d')",
            "servers['google-drive'].get_document('d')",
            "getattr(servers, 'google-drive').get_document('d')",
            "google_drive.get_document('d')",
            "googleDrive.getDocument('d')",
            "import importlib\nimportlib.import_module('servers.google-drive').get_document('d')",
            "from servers.google_drive import get_document as a\nfrom servers.google_drive.get_document import get_document as b\n"
            "import servers.google_drive as gd\nassert a is b is gd.get_document\na('d')",
            "from outboard_api import call_mcp_tool, ToolError\ncall_mcp_tool('google-drive', 'get_document', {'documentId': 'd'})",
            "from outboard_api import tool\ntool('google-drive', 'get_document', ['documentId'])('d')",
        ):
            with self.subTest(code):
                self.assertEqual(self.value(code), {"id": "d", "content": "text of d"})
                call = self.last.calls[0]
                self.assertEqual([call["server"], call["tool"]], ["google-drive", "get_document"])

    def test_unknown_names(self):
        for code, name in (
            ("from servers.google_drive import get_documnt", "get_document"),
            ("from servers.google_drive.get_documnt import x", "get_document"),
            ("from servers.googel_drive import x", "google_drive"),
            ("import servers.googel_drive", "google_drive"),
            ("from servers import googel_drive", "google_drive"),
            ("import servers.salesforce as s\ns.updateRecrd(1)", "update_record"),
            ("from servers.google_drive.get_document import list_files", "get_document"),
            ("from skills.singel import f", "single"),
        ):
            with self.subTest(code):
                trouble = self.trouble(code)
                self.assertRegex(trouble["message"], "ImportError|AttributeError")
                self.assertIn(name, trouble["message"])
                self.assertEqual(trouble["line"], code.count("\n") + 1)

    def test_skills(self):
        self.assertEqual(self.value("from skills.single import f\nf()"), "single")
        self.assertEqual(self.value("import skills.single\nskills.single.f()"), "single")
        self.assertEqual(self.value("from skills.folder import f\nf()"), "s")
        self.assertEqual(self.value("from skills.save_sheet import save\nsave()"), "saved")
        self.assertIn("TypeScript", self.trouble("import skills.typed")["message"])

    def test_only_what_is_named_is_read(self):
        line = '{"params":["a"],"py":"%s","tool":"%s","ts":"%s"}'
        lines = [line % ("say_it", "say-it", "sayIt"), "no JSON", line % ("do_it", "do.it", "doIt")]
        write(self.root, "servers/.api/deep.json", listing("deep", lines))
        self.addCleanup(write, self.root, "servers/.api/deep.json", listing("deep", [json.dumps(tool) for tool in TOOLS["deep"]]))
        for name in ("do_it", "doIt"):
            self.assertEqual(self.value(f"from servers.deep import {name}\n{name}('x')"), {"a": "x"})
        self.assertEqual(self.value("getattr(servers.deep, 'say-it')('x')"), {"a": "x"})
        self.assertEqual(self.trouble("from servers.deep import *")["code"], "program_error")

    def test_all_names_are_there_for_who_asks(self):
        self.assertEqual(self.value("from servers.google_drive import *\nget_sheet('s')['rows'][0]['id']"), 0)
        names = ["get_document", "get_sheet", "list_files"]
        self.assertEqual(self.value("dir(servers.google_drive)"), names)
        self.assertEqual(self.value("import servers.google_drive as drive\nlist(drive.__all__)"), names)

    def test_generated_modules_are_importable_as_they_are(self):
        write(self.root, "generated/one.py", "from outboard_api import call_mcp_tool, ToolError, search_tools, sleep, tool\n")
        self.assertEqual(self.value("import generated.one as one\none.ToolError is ToolError"), True)

    def test_types_of_generated_modules_may_be_imported(self):
        text = "from typing import TypedDict\nfrom outboard_api import tool\nGetSheetOutput = TypedDict('GetSheetOutput', {'n': int})\n"
        write(self.root, "servers/google_drive/get_sheet.py", text)
        code = "from servers.google_drive.get_sheet import get_sheet, GetSheetOutput, Absent\n[GetSheetOutput.__annotations__['n'].__name__, str(Absent)]"
        self.assertEqual(self.value(code), ["int", "typing.Any"])

    def test_a_jail_without_servers(self):
        empty = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, empty)
        host = Host(empty)
        host.start("import servers.x")
        self.assertIn("ModuleNotFoundError", host.finish()["error"]["error"]["message"])
        host.end()


class Arguments(Case):
    DOCUMENT = "from servers.google_drive import get_document as f\n"

    def test_keyword_positional_and_dict(self):
        self.assertEqual(self.arguments(self.DOCUMENT + "f('a')"), {"documentId": "a"})
        self.assertEqual(self.arguments(self.DOCUMENT + "f('a', 'b')"), {"documentId": "a", "fields": "b"})
        self.assertEqual(self.arguments(self.DOCUMENT + "f('a', fields='b')"), {"documentId": "a", "fields": "b"})
        self.assertEqual(self.arguments(self.DOCUMENT + "f(documentId='a')"), {"documentId": "a"})
        self.assertEqual(self.arguments(self.DOCUMENT + "f({'documentId': 'a', 'x-y': 1})"), {"documentId": "a", "x-y": 1})
        self.assertEqual(self.arguments(self.DOCUMENT + "f()"), {})

    def test_python_spellings_of_argument_names(self):
        self.assertEqual(self.arguments(self.DOCUMENT + "f(document_id='a')"), {"documentId": "a"})
        self.assertEqual(self.arguments(self.DOCUMENT + "f(unknown_name=1)"), {"unknown_name": 1})
        code = "from servers.deep import a_b_from\na_b_from(from_=1, user_id=2)"
        self.assertEqual(self.arguments(code), {"from": 1, "user-id": 2})
        self.assertEqual(self.last.calls[0]["tool"], "a/b.from")

    def test_too_many(self):
        for call in ("f(1, 2, 3)", "f('a', documentId='b')"):
            trouble = self.trouble(self.DOCUMENT + call)
            self.assertEqual(trouble["code"], "invalid_arguments")
            self.assertEqual(self.last.calls, [])

    def test_values_become_json(self):
        code = self.DOCUMENT + "import datetime\nf(documentId=datetime.date(2026, 1, 2), fields={float('nan')})"
        self.assertEqual(self.arguments(code), {"documentId": "2026-01-02", "fields": [None]})

    def test_primitive(self):
        for code, names in (
            ("call_mcp_tool('google_drive.get_document', {'documentId': 'd'})", ["", "google_drive.get_document"]),
            ("call_mcp_tool('google-drive', 'get_document', {'documentId': 'd'})", ["google-drive", "get_document"]),
            ("call_mcp_tool(tool_name='google_drive.get_document', input_data={'documentId': 'd'})", ["", "google_drive.get_document"]),
            ("call_mcp_tool('google-drive', 'get_document', documentId='d')", ["google-drive", "get_document"]),
        ):
            self.assertEqual(self.arguments(code), {"documentId": "d"})
            call = self.last.calls[0]
            self.assertEqual([call["server"], call["tool"]], names)
        self.assertEqual(self.trouble("call_mcp_tool('a.b', 5)")["code"], "invalid_arguments")

    def test_search_and_sleep(self):
        found = self.value("search_tools('send mail', limit=3)", lambda call: [call["arguments"]])
        self.assertEqual(found, [{"query": "send mail", "limit": 3}])
        self.assertIn("search", self.last.frames[0])
        self.assertEqual(self.value("import time\na = time.time()\nsleep(0.05)\ntime.time() - a >= 0.05"), True)
        self.assertEqual(self.value("import time\na = time.time()\nawait sleep(0.05)\ntime.time() - a >= 0.05"), True)

    def test_arguments_that_are_too_large(self):
        code = self.DOCUMENT + "try:\n    f('x' * (31 << 20))\nexcept ToolError as error:\n    result = error.code"
        self.assertEqual(self.value(code), "limit_exceeded")


class Parallel(Case):
    def test_gather_of_200_is_parallel(self):
        held = []

        def answer(call):
            held.append(call)
            if len(held) == 200:
                for call in reversed(held):
                    self.host_now.send({"done": {"id": call["id"], "value": call["arguments"]["documentId"]}})
            return Silence

        host = self.host_now = self.host()
        host.start(
            """
            import asyncio
            from servers.google_drive import get_document
            values = await asyncio.gather(*(get_document(n) for n in range(200)))
            values == list(range(200))
            """
        )
        self.assertEqual(host.finish(answer), {"result": {"value": True, "dropped_bytes": 0}})

    def test_tasks_groups_timeouts(self):
        code = """
        import asyncio, sys
        from servers.google_drive import get_document as f
        a = asyncio.create_task(f("a"))
        b = asyncio.ensure_future(f("b"))
        c = f("c")
        done, _ = await asyncio.wait([a, b])
        got = [(await a)["id"], (await b)["id"], (await c)["id"], (await c)["id"]]
        try:
            await asyncio.wait_for(f("never"), 0.05)
        except asyncio.TimeoutError:
            got.append("timeout")
        for first in asyncio.as_completed([f("e")]):
            got.append((await first)["id"])
        got.append((await asyncio.to_thread(f, "g"))["id"])
        got.append(type(f("h")).__name__)
        got
        """
        answer = lambda call: Silence if call["arguments"]["documentId"] == "never" else default_answer(call)
        self.assertEqual(self.value(code, answer), ["a", "b", "c", "c", "timeout", "e", "g", "UnawaitedCall"])
        self.assertIn("without `await`", self.last.console["err"])

    def test_task_group(self):
        code = """
        import asyncio
        from servers.google_drive import get_document as f
        async with asyncio.TaskGroup() as group:
            one, two = group.create_task(f("a")), group.create_task(f("missing"))
        """
        trouble = self.trouble(code)
        new = sys.version_info >= (3, 11)  # which is when TaskGroup came
        self.assertEqual(trouble["code"], "tool_failed" if new else "program_error")
        self.assertIn("no such document" if new else "TaskGroup", trouble["message"])

    def test_using_an_unawaited_call_is_refused(self):
        uses = (
            "d.get('x')", "d['x']", "[x for x in d]", "str(d)", "f'{d}'", "bool(d)", "d + 1", "1 + d", "len(d)", "'x' in d",
            "d == 1", "print(d)", "int(d)", "d.x = 1", "d['x'] = 1", "d()", "float(d)",
        )  # fmt: skip
        code = "from servers.google_drive import get_document\nd = get_document('a')\nseen = []\nimport asyncio\nawait asyncio.sleep(0)\n"
        for use in uses:
            code += f"try:\n    {use}\n    seen.append({use!r})\nexcept (TypeError, AttributeError) as error:\n"
            code += "    assert 'await' in str(error) or 'x = 1' in " + repr(use) + ", error\n"
        self.assertEqual(self.value(code + "await d\nseen"), [])
        trouble = self.trouble("import asyncio\nfrom servers.google_drive import get_document\nawait asyncio.sleep(0)\nget_document('a')['content']")
        self.assertIn("await get_document", trouble["message"])
        self.assertEqual(trouble["line"], 4)

    def test_sync_run_after_top_level_await_blocks(self):
        code = "from servers.google_drive import get_document as f\na = await f('a')\ndef run():\n    return f('b')['id'] + a['id']"
        self.assertEqual(self.value(code), "ba")

    def test_threads(self):
        code = """
        from concurrent.futures import ThreadPoolExecutor
        from servers.google_drive import get_document
        with ThreadPoolExecutor(8) as pool:
            values = list(pool.map(lambda n: get_document(n)["id"], range(200)))
        [values == list(range(200)), get_document("after")["id"]]
        """
        self.assertEqual(self.value(code), [True, "after"])

    def test_threads_while_the_loop_is_blocked(self):
        code = """
        from concurrent.futures import ThreadPoolExecutor
        from servers.google_drive import get_document
        async def main():
            with ThreadPoolExecutor(4) as pool:
                values = list(pool.map(get_document, "abc"))
            return [value["id"] for value in values] + [(await get_document("d"))["id"]]
        await main()
        """
        self.assertEqual(self.value(code), ["a", "b", "c", "d"])

    def test_threads_and_loops_at_once(self):
        code = """
        import asyncio, threading
        from servers.google_drive import get_document
        seen = []
        async def many():
            for n in range(20):
                seen.extend(await asyncio.gather(*(get_document(n) for n in range(5))))
        def alone():
            for n in range(100):
                seen.append(get_document(n))
        threads = [threading.Thread(target=f) for f in (alone, alone, lambda: asyncio.run(many()), lambda: asyncio.run(many()))]
        for thread in threads: thread.start()
        await many()
        for thread in threads: thread.join()
        len(seen)
        """
        self.assertEqual(self.value(code), 500)

    def test_threads_cost_little_address_space(self):
        code = """
        from concurrent.futures import ThreadPoolExecutor
        import re, threading
        gate = threading.Barrier(16)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda n: (bytearray(100_000), gate.wait()), range(16)))
            int(re.search(r"VmSize:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024
        """
        self.assertLess(self.value(code), 512)

    def test_threads_left_running_are_waited_for(self):
        code = """
        import threading
        from servers.salesforce import batch_update
        threading.Thread(target=lambda: (sleep(0.1), batch_update([1]))).start()
        """
        self.value(code)
        self.assertEqual(len(self.last.calls), 1)

    def test_many_loops(self):
        code = """
        import asyncio
        from servers.google_drive import get_document as f
        async def many(keys):
            return [value["id"] for value in await asyncio.gather(*map(f, keys))]
        [asyncio.run(many("ab")), f("c")["id"], asyncio.run(many("de"))]
        """
        self.assertEqual(self.value(code), [["a", "b"], "c", ["d", "e"]])

    def test_1000_sequential_calls(self):
        code = """
        import time
        from servers.google_drive import get_document
        get_document("warm")
        began = time.perf_counter()
        for n in range(1000):
            get_document(n)
        (time.perf_counter() - began) * 1000
        """
        took = self.value(code)
        print(f"\n1,000 sequential calls, blocking: {took:.0f} us each, host included", file=sys.stderr)
        took = self.value(code.replace("    get_document(n)", "    await get_document(n)"))
        print(f"1,000 sequential calls, awaited: {took:.0f} us each, host included", file=sys.stderr)
        self.assertEqual(len(self.last.calls), 1001)


class Consoles(Case):
    def test_streams(self):
        code = """
        import sys, logging
        print("a", "b", sep="-")
        print("err", file=sys.stderr)
        sys.stdout.write("no newline")
        sys.stdout.buffer.write("ü\\n".encode())
        logging.warning("careful")
        """
        self.value(code)
        self.assertEqual(self.last.console, {"out": "a-b\nno newlineü\n", "err": "err\nWARNING:root:careful\n"})

    def test_what_is_printed_is_sent_before_it_is_needed(self):
        host = self.host()
        host.start("print('first')\nwhile True: pass")
        self.assertEqual(host.next(), {"console": {"stream": "out", "text": "first\n"}})

    def test_calls_say_the_line_that_makes_them(self):
        code = """
        from servers.google_drive import get_document
        import asyncio

        def helper(name):
            return get_document(name)

        helper("a")
        [get_document(n) for n in "bc"]
        call_mcp_tool("google_drive.get_document", {"documentId": "f"})
        list(map(get_document, "g"))
        async def later(n):
            await asyncio.sleep(0)
            return await get_document(n)
        """
        self.value(code)
        lines = lambda: [call.get("line") for call in self.last.calls]
        self.assertEqual(lines(), [6, 9, 9, 10, 11])
        self.value(code.split('helper("a")')[0] + "async def later(n):" + code.split("async def later(n):")[1] + """
        await asyncio.gather(later("d"), later("e"))
        await asyncio.to_thread(get_document, "f")""")
        self.assertEqual(lines(), [10, 10, None])

    def test_text_precedes_the_call_that_follows(self):
        self.value("from servers.google_drive import get_document\nprint('x', end='')\nget_document('a')")
        self.assertEqual([next(iter(frame)) for frame in self.last.frames], ["console", "call", "result"])

    def test_100_megabytes_are_fast_and_bounded(self):
        for code in ("print('x' * 100_000_000)", "line = 'x' * 999\nfor _ in range(100_000): print(line)"):
            began = time.perf_counter()
            last = self.run_program(code + "\nNone", stdout_bytes=1000)
            took = time.perf_counter() - began
            self.assertEqual(len(self.last.console["out"]), 1000)
            self.assertAlmostEqual(last["result"]["dropped_bytes"], 100_000_000 - 1000, delta=1)
            self.assertLess(took, 10)

    def test_many_lines_become_few_frames(self):
        self.value("for n in range(20000): print(n)")
        self.assertEqual(self.last.console["out"], "".join(f"{n}\n" for n in range(20000)))
        self.assertLess(len(self.last.frames), 1000)

    def test_redirecting_and_closing(self):
        self.assertEqual(self.value("import io, contextlib\nf = io.StringIO()\nwith contextlib.redirect_stdout(f):\n    print('x')\nf.getvalue()"), "x\n")
        self.assertEqual(self.value("import sys\nsys.stdout.close()\nresult = 1"), 1)


class Errors(Case):
    def test_syntax(self):
        trouble = self.trouble("x = 1\ndef f(:\n    pass")
        self.assertEqual([trouble["code"], trouble["line"], trouble["column"], trouble["excerpt"]], ["syntax_error", 2, 7, "def f(:"])
        self.assertIn("SyntaxError: ", trouble["message"])
        self.assertIn("typescript", self.trouble("const x = 1;")["hint"])
        self.assertIn("async def", self.trouble("def f():\n    await g()")["hint"])
        self.assertEqual(self.trouble("x = '\0'")["code"], "syntax_error")
        self.assertEqual(self.trouble("class A:\n    return 1")["line"], 2)

    def test_place_of_a_runtime_error(self):
        trouble = self.trouble("import json\ndef f(x):\n    return json.loads(x)\nf('{')")
        self.assertEqual([trouble["code"], trouble["line"], trouble["excerpt"]], ["program_error", 3, "    return json.loads(x)"])
        self.assertRegex(trouble["message"], "^JSONDecodeError: ")
        self.assertEqual(len(trouble["stack"]), 2)
        self.assertRegex(trouble["stack"][0], r"^f \(program.py:3")
        self.assertRegex(trouble["stack"][1], r"^<module> \(program.py:4")
        if sys.version_info >= (3, 11):
            self.assertEqual(trouble["column"], 12)

    def test_column_after_wide_characters(self):
        column = 16 if sys.version_info >= (3, 11) else None  # which is when Python began to tell columns
        self.assertEqual(self.trouble("x = 'üüü'; y = 1 / 0").get("column"), column)

    def test_uncaught_tool_error_keeps_its_code(self):
        trouble = self.trouble("from servers.google_drive import get_document\n\nget_document('missing')")
        self.assertEqual([trouble["code"], trouble["line"], trouble["hint"]], ["tool_failed", 3, "list the files first"])
        self.assertIn("no such document", trouble["message"])
        trouble = self.trouble("from servers.google_drive import get_document\nawait get_document('missing')")
        self.assertEqual([trouble["code"], trouble["line"]], ["tool_failed", 2])

    def test_caught_tool_error(self):
        code = """
        from servers.google_drive import get_document
        try:
            get_document("missing")
        except ToolError as error:
            result = [error.code, error.message, error.server, error.tool, error.retryable, error.hint, str(error), isinstance(error, Exception)]
        """
        text = "tool_failed: no such document (list the files first)"
        expected = ["tool_failed", "no such document", "google-drive", "get_document", False, "list the files first", text, True]
        self.assertEqual(self.value(code), expected)

    def test_limits(self):
        trouble = self.trouble("def f(n):\n    return f(n + 1)\nf(0)")
        self.assertEqual([trouble["code"], trouble["line"], len(trouble["stack"])], ["limit_exceeded", 2, 10])
        trouble = self.trouble("import resource\nresource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\nx = ['a' * 10_000_000 for _ in range(1000)]")
        self.assertEqual([trouble["code"], trouble["line"]], ["limit_exceeded", 3])

    def test_processor_time(self):
        trouble = self.trouble("import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 9))\nwhile True:\n    pass")
        self.assertEqual([trouble["code"], trouble["line"] in (3, 4)], ["limit_exceeded", True])

    def test_causes_groups_and_odd_errors(self):
        self.assertIn("caused by KeyError", self.trouble("try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e")["message"])
        self.assertEqual(self.trouble("raise KeyboardInterrupt")["code"], "program_error")
        self.assertEqual(self.trouble("class E(Exception):\n    def __str__(self):\n        raise E()\nraise E()")["code"], "program_error")
        self.assertEqual(self.trouble("raise ToolError('mine', 'denied')")["code"], "denied")

    def test_what_multiprocessing_lacks_is_named(self):
        code = """
            import multiprocessing, _multiprocessing
            class None_:
                SEM_VALUE_MAX = 1
                def __init__(self, *given): raise FileNotFoundError(2, "No such file or directory")
            _multiprocessing.SemLock = None_
            multiprocessing.Lock()
            """
        self.assertIn("ThreadPoolExecutor", self.trouble(code)["hint"])

    def test_hints(self):
        self.assertIn("await main()", self.trouble("import asyncio\nasync def main(): ...\nawait asyncio.sleep(0)\nasyncio.run(main())")["hint"])
        self.assertIn("standard library", self.trouble("import no_such_package")["hint"])
        code = "import urllib.request\nurllib.request.urlopen('http://no-such-host.invalid/')"
        trouble = self.trouble(code)
        self.assertIn("network", trouble["hint"])
        self.assertIn("network", trouble["message"])

    def test_tracebacks_show_the_programs_lines(self):
        code = "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    result = traceback.format_exc()"
        self.assertIn("    1 / 0", self.value(code))


class Files(Case):
    def test_state_is_an_alias(self):
        code = "import os, pathlib\nos.makedirs('/state/a', exist_ok=True)\nwith open('/state/a/x.txt', 'w') as f:\n    f.write('hi')\n"
        code += "[open('./workspace/state/a/x.txt').read(), os.path.exists('/state/a/x.txt'), os.listdir('/state'), open('state/a/x.txt').read()]"
        self.assertEqual(self.value(code), ["hi", True, ["a"], "hi"])
        if sys.version_info >= (3, 11):
            self.assertEqual(self.value("import pathlib\npathlib.Path('/state/a/x.txt').read_text()"), "hi")

    def test_workspace_modules_and_relative_paths(self):
        self.value("open('./workspace/helper.py', 'w').write('def f():\\n    return 1\\n')")
        self.assertEqual(self.value("from workspace.helper import f\nf()"), 1)

    def test_text_files_are_utf8(self):
        self.assertEqual(self.value("open('workspace/u.txt', 'w').write('ü')\nopen('workspace/u.txt', 'rb').read().hex()"), "c3bc")

    def test_subprocesses_do_not_hold_the_socket(self):
        self.assertEqual(self.value("import subprocess\nsubprocess.run(['ls', '/proc/self/fd'], capture_output=True, text=True).stdout.split()")[:3], ["0", "1", "2"])

    def test_a_forked_child_does_not_speak(self):
        code = """
        import os
        pid = os.fork()
        if pid == 0:
            print("child")
            try:
                call_mcp_tool("a.b", {})
            except RuntimeError:
                os._exit(7)
            os._exit(0)
        os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        """
        self.assertEqual(self.value(code), 7)
        self.assertEqual(self.last.console["out"], "")


class HostileHosts(Case):
    def ends(self, host, within=2):
        began = time.perf_counter()
        code = host.process.wait(10)
        self.assertLess(time.perf_counter() - began, within)
        return code

    def test_end_of_stream(self):
        for code in (None, "while True: pass", "import time\ntime.sleep(60)", "import asyncio\nawait asyncio.sleep(60)", "call_mcp_tool('a.b', {})", "await call_mcp_tool('a.b', {})"):
            host = self.host()
            if code:
                host.start(code)
                time.sleep(0.1)
            host.socket.close()
            self.assertEqual(self.ends(host), 0, code)

    def test_garbage(self):
        for data in (b"\xff\xff\xff\xff", struct.pack("<I", 3) + b"abc", struct.pack("<I", 2) + b"{}", struct.pack("<I", 4) + b"\xff\xfe{}", struct.pack("<I", 1) + b"1"):
            host = self.host()
            host.raw(data)
            self.assertEqual(self.ends(host), 2, data)
            for program in ("call_mcp_tool('a.b', {})", "await call_mcp_tool('a.b', {})"):
                host = self.host()
                host.start(program)
                host.next()
                host.raw(data)
                self.assertEqual(self.ends(host), 2, data)

    def test_answers_nobody_waits_for_are_ignored(self):
        host = self.host()
        host.start("call_mcp_tool('a.b', {})")
        number = host.next()["call"]["id"]
        host.send({"done": {"id": 999, "value": 1}})
        host.send({"done": {"id": number, "value": 2}})
        self.assertEqual(host.finish()["result"]["value"], 2)

    def test_frames_in_any_cut(self):
        host = self.host()
        host.start("call_mcp_tool('a.b', {})")
        number = host.next()["call"]["id"]
        body = json.dumps({"done": {"id": number, "value": "whole"}}).encode()
        for byte in struct.pack("<I", len(body)) + body:
            host.raw(bytes([byte]))
            time.sleep(0.0005)
        self.assertEqual(host.finish()["result"]["value"], "whole")

    def test_answers_that_python_cannot_read(self):
        for text, expected in (("[" * 100_000 + "]" * 100_000, "limit_exceeded"), ("9" * 5000, None)):
            host = self.host()
            host.start("try:\n    call_mcp_tool('a.b', {})\nexcept ToolError as error:\n    result = error.code")
            number = host.next()["call"]["id"]
            body = b'{"done":{"id":%d,"value":%s}}' % (number, text.encode())
            host.raw(struct.pack("<I", len(body)) + body)
            last = host.finish()
            if expected or "result" not in last:
                self.assertEqual(last["result"].get("value"), expected)


class Shapes(Case):
    """Programs of the shapes that users were seen to write."""

    def test_document_to_record(self):
        code = """
        from servers.google_drive.get_document import get_document
        from servers.salesforce.update_record import update_record

        def run(document_id, record_id):
            transcript = get_document(document_id)["content"]
            update_record("SalesMeeting", record_id, {"Notes": transcript})
            return {"status": "ok"}
        """
        self.assertEqual(self.value(code, input={"document_id": "abc123", "record_id": "XYZ"}), {"status": "ok"})
        expected = {"objectType": "SalesMeeting", "recordId": "XYZ", "data": {"Notes": "text of abc123"}}
        self.assertEqual(self.last.calls[1]["arguments"], expected)

    def test_filtering_rows_through_the_primitive(self):
        code = """
        rows = call_mcp_tool("google_drive.get_sheet", {"sheetId": "s"})["rows"]
        hot = [row for row in rows if row["score"] >= 5]
        call_mcp_tool("salesforce.batch_update", {"updates": [{"id": row["id"]} for row in hot]})
        print(f"{len(hot)} of {len(rows)} leads updated")
        """
        self.assertIsNone(self.value(code))
        self.assertEqual(self.last.console["out"], "28 of 100 leads updated\n")

    def test_async_main_with_guard(self):
        code = """
        import asyncio
        from servers import google_drive, salesforce

        async def main():
            documents = await asyncio.gather(*[google_drive.get_document(document_id=i) for i in ("a", "b")])
            await salesforce.update_record(object_type="Lead", record_id="1", data={"n": len(documents)})
            return [document["id"] for document in documents]

        if __name__ == "__main__":
            asyncio.run(main())
        """
        self.assertEqual(self.value(code), ["a", "b"])

    def test_polling_and_retries(self):
        state = {"n": 0}

        def answer(call):
            state["n"] += 1
            if state["n"] < 3:
                raise Failure(code="timeout", message="later", retryable=True)
            return {"done": True}

        code = """
        for attempt in range(5):
            try:
                status = call_mcp_tool("deploys.get", {"id": 1})
                break
            except ToolError as error:
                if not error.retryable:
                    raise
                sleep(0.001)
        status
        """
        self.assertEqual(self.value(code, answer), {"done": True})


class Proxy:
    """A proxy that answers plain requests itself and writes down what it was asked."""

    def __init__(self):
        self.heads = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += client.recv(4096)
                self.heads.append(head.decode())
                status = b"403 evil.example:443 is not granted" if head.startswith(b"CONNECT") else b"200 OK"
                client.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 7\r\nConnection: close\r\n\r\nthrough")


class Network(Case):
    def networked(self, code):
        proxy = Proxy()
        self.addCleanup(proxy.listener.close)
        network = {"proxy": proxy.address, "allow": ["web.example:80", "*.corp.example:443"]}
        return self.value(code, network=network), proxy

    def test_without_a_grant_everything_says_so_at_once(self):
        code = """
            import http.client, socket, ssl, urllib.request
            found = []
            for attempt in (
                lambda: socket.socket(),
                lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
                lambda: socket.create_connection(("api.example.com", 8443), 5),
                lambda: socket.getaddrinfo("api.example.com", 443),
                lambda: socket.gethostbyname("api.example.com"),
                lambda: http.client.HTTPSConnection("api.example.com").connect(),
                lambda: urllib.request.urlopen("https://api.example.com/"),
                lambda: socket.create_connection(("127.0.0.1", 3128)),
            ):
                try:
                    attempt()
                    found.append("reached")
                except OSError as error:
                    found.append(str(error))
            found
            """
        began = time.monotonic()
        found = self.value(code)
        self.assertLess(time.monotonic() - began, 15)
        advice = 'no network: the operator can grant it with [sandbox.network] allow = ["%s"]'
        for text, line in zip(found, ["host:443", "host:443", "api.example.com:8443"] + 4 * ["api.example.com:443"] + ["127.0.0.1:3128"]):
            self.assertIn(advice % line, text)
        self.assertEqual(len(found), 8)

    def test_a_failure_that_nothing_catches_has_a_hint(self):
        trouble = self.trouble("import socket\nsocket.create_connection(('a.example', 80))")
        self.assertIn("[sandbox.network] allow", trouble["message"])
        self.assertIn("servers", trouble["hint"])
        self.assertEqual(trouble["line"], 2)

    def test_what_needs_no_network_works(self):
        code = """
            import asyncio, socket
            near, far = socket.socketpair()
            near.sendall(b"x")
            async def one():
                return await asyncio.sleep(0, far.recv(1).decode())
            asyncio.run(one())
            """
        self.assertEqual(self.value(code), "x")

    def test_libraries_find_the_proxy(self):
        code = """
            import os, urllib.error, urllib.request
            text = urllib.request.urlopen("http://web.example/path?q=1", timeout=10).read().decode()
            try:
                urllib.request.urlopen("https://evil.example/", timeout=10)
            except urllib.error.URLError as error:
                denied = str(error)
            names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
            [text, denied, len({os.environ[name] for name in names})]
            """
        (text, denied, kinds), proxy = self.networked(code)
        self.assertEqual((text, kinds), ("through", 1))
        self.assertIn("403 evil.example:443 is not granted", denied)
        self.assertTrue(proxy.heads[0].startswith("GET http://web.example/path?q=1 HTTP/1.1"), proxy.heads)
        self.assertTrue(proxy.heads[1].startswith("CONNECT evil.example:443 HTTP/1."), proxy.heads)

    def test_async_programs_reach_the_proxy(self):
        code = """
            import asyncio, os
            async def main():
                host, port = os.environ["HTTP_PROXY"].removeprefix("http://").split(":")
                reader, writer = await asyncio.open_connection(host, int(port))
                writer.write(b"GET http://web.example/ HTTP/1.1\\r\\n\\r\\n")
                answer = (await reader.read()).decode()[-7:]
                try:
                    await asyncio.open_connection("evil.example", 443)
                except OSError as error:
                    return [answer, str(error)]
            await main()
            """
        (answer, denied), _ = self.networked(code)
        self.assertEqual(answer, "through")
        self.assertIn("HTTPS_PROXY", denied)

    def test_the_proxy_is_the_only_way(self):
        code = """
            import socket
            found = []
            for attempt in (
                lambda: socket.create_connection(("web.example", 80), 5),
                lambda: socket.create_connection(("93.184.216.34", 443), 5),
                lambda: socket.create_connection(("127.0.0.1", 1), 5),
                lambda: socket.socket(socket.AF_INET6).connect(("::1", 80)),
            ):
                try:
                    attempt()
                    found.append("reached")
                except OSError as error:
                    found.append(str(error))
            found.append(socket.socket().connect_ex(("10.0.0.1", 80)))
            found
            """
        found, proxy = self.networked(code)
        for text in found[:4]:
            self.assertIn("granted are web.example:80, *.corp.example:443", text)
        self.assertEqual((found[4], proxy.heads), (errno.ENETUNREACH, []))


class Timings(Case):
    def test_start_and_trivial_program(self):
        ready, trivial, memory = [], [], 0
        for _ in range(5):
            host = self.host()
            ready.append(host.ready_after)
            time.sleep(0.05)
            with open(f"/proc/{host.process.pid}/status", encoding="ascii") as status:
                memory = int(next(line for line in status if line.startswith("VmRSS")).split()[1])
            began = time.perf_counter()
            host.start("1 + 1")
            self.assertEqual(host.finish()["result"]["value"], 2)
            trivial.append(time.perf_counter() - began)
        middle = lambda times: sorted(times)[len(times) // 2] * 1000
        text = f"start to ready {middle(ready):.0f} ms, trivial program {middle(trivial):.2f} ms, idle worker {memory / 1024:.1f} MiB"
        print(f"\n{text}", file=sys.stderr)


class Templates(unittest.TestCase):
    """The worker as a template, with a plain fork for a clone."""

    def setUp(self):
        self.packets, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        place = lambda: os.dup2(theirs.fileno(), 3)
        command = [sys.executable, "-I", "-B", WORKER, "--template"]
        self.process = subprocess.Popen(command, preexec_fn=place, close_fds=False)
        theirs.close()
        self.addCleanup(self.end)

    def end(self):
        self.packets.close()
        self.assertEqual(self.process.wait(20), 0, "a template ends with its spawner")

    def copy(self, calls, go=b"!"):
        """Asks for a copy; gives its answer, what it says on its line, and its channel."""
        fork = {"number": {"x86_64": 56, "aarch64": 220}[os.uname().machine], "arguments": [{"value": 17}]}
        (line, its_line), (channel, its_channel) = socket.socketpair(), socket.socketpair()
        order = json.dumps({"clone": fork, "calls": calls}).encode()
        socket.send_fds(self.packets, [order], [its_line.fileno(), its_channel.fileno()])
        its_line.close()
        its_channel.close()
        answer = json.loads(self.packets.recv(100))
        line.send(go)
        said = b""
        while part := line.recv(100):
            said += part
        line.close()
        self.addCleanup(channel.close)
        return answer, said, channel

    def frames(self, channel):
        with channel.makefile("rb") as file:
            while head := file.read(4):
                yield json.loads(file.read(struct.unpack("<I", head)[0]))

    def test_copies_run_programs_of_their_own(self):
        self.assertEqual(self.packets.recv(100), b"template 1")
        values = []
        for _ in range(2):
            answer, said, channel = self.copy([{"number": 1_000_000, "arguments": [], "optional": True}])
            self.assertGreater(answer["pid"], 0)
            self.assertEqual(said, b"")
            code = "import datetime, random, time\n[random.random(), datetime.datetime.now().timestamp() - time.time()]"
            body = json.dumps({"start": {"code": code, "stdout_bytes": 100}}).encode()
            channel.send(struct.pack("<I", len(body)) + body)
            ready, result = self.frames(channel)
            self.assertEqual(ready["ready"]["version"], 1)
            number, difference = result["result"]["value"]
            self.assertLess(abs(difference), 60, "the machine's clock")
            values.append(number)
        self.assertNotEqual(*values)

    def test_a_call_that_fails_is_told_and_ends_the_copy(self):
        self.packets.recv(100)
        fine = {"number": 1_000_000, "arguments": [], "optional": True}
        _, said, channel = self.copy([fine, {"number": 1_000_000, "arguments": [{"bytes": "2f00"}]}])
        self.assertEqual(json.loads(said), {"call": 1, "errno": errno.ENOSYS})
        self.assertEqual(channel.recv(100), b"")

    def test_a_copy_without_a_word_ends(self):
        self.packets.recv(100)
        _, said, channel = self.copy([], go=b"?")
        self.assertEqual((said, channel.recv(100)), (b"", b""))


if __name__ == "__main__":
    unittest.main()

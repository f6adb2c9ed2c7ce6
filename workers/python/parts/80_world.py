# ---- The world of the program ---------------------------------------------------------------------------------------

ORIGINAL_OPEN = open


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
    vars(api).update(OWN_NAMES)
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


# The interpreter makes code faster that has run so often, and a copy has it as its template left it.
REHEARSALS = 10
# Programs that do a little of everything. What they use is a copy's own memory, and fast, before its program comes:
# CPython counts references in the objects themselves, so that each first use in a copy costs a page.
REHEARSED = (
    """
import json
from datetime import datetime as clock
class Row:
    kind: str = "row"
    def __init__(self, n=1): self.n = n
async def f(rows, *rest, **more):
    return [json.loads("1") for row in rows if row is not None and not rest]
def run(input):
    found = {"last": -1}
    for at, row in enumerate(sorted([Row(2), Row()], key=lambda row: row.n)):
        if row.n > 1 or at < 0:
            found[f"{row.n:.1f}"] = row.kind[1:] + "x"
            continue
    try:
        found["last"] += (n := 3)
    except ValueError as error:
        found["error"] = str(error)
    return {**found, "seen": {1, 2.5}, "n": sum(n for n in (n,))}
for n in await f([1]):
    print(f"{n}")
""",
    """
import time
rows = call_mcp_tool("server", "tool", {"n": 1})
[time.time(), *(str(row) for row in rows)]
""",
)


def rehearse():
    """Runs programs of our own and forgets them."""
    real, numbers = CHANNEL.fd, CHANNEL._ids
    for code in REHEARSED:
        ours, theirs = socket.socketpair()
        CHANNEL.fd, CHANNEL._ids, CONSOLE.room = ours.fileno(), itertools.count(1), 64
        rehearse_one(code, theirs)
        ours.close()
        theirs.close()
    CHANNEL.fd, CHANNEL._ids = real, numbers
    sys.modules["__main__"] = SELF
    CONSOLE.room, CONSOLE.eager = 0, 200
    del linecache.cache[PROGRAM]


def rehearse_one(code, host):
    """Runs a program from its first frame to its last, over a channel to nobody."""

    def tell(**frame):
        body = dump(frame)
        host.send(struct.pack("<I", len(body)) + body)

    tell(start={"code": code, "hold": True})
    tell(go={})
    start = CHANNEL.next_start()
    tell(done={"id": 1, "value": ["row"]})
    CHANNEL.send(last_frame(*outcome_of(start, threading.enumerate)))


def rehearse_what_comes(is_enough):
    """Brings what a program will need into the processor's caches, until there is one."""
    parse_frame(b'{"start":{"code":"1"}}')
    if is_enough():
        return
    program, notes = Program("1", None), []
    compiled = program.compile(False)
    if is_enough():
        return
    reading = Reading(ast.parse("1", PROGRAM))
    found = preflight(reading, program.code, program.space, notes)
    if is_enough():
        return
    Inspection(reading).as_frame(found)
    if not is_enough():
        resolve(eval(compiled, program.space))


def prepare(modules, template=False):
    """Everything that can be done before the program is known."""
    threads = {name: os.environ.get(name, "1") for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    # A process with threads cannot be copied.
    os.environ.update(dict.fromkeys(threads, "1") if template else threads)
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
    alias_folders(ROOT)
    REACH.replace()
    signal.signal(signal.SIGXCPU, on_cpu_limit)
    for _ in range(REHEARSALS if template else 1):
        rehearse()
    gc.collect()
    gc.freeze()



# ---- The world of the program ---------------------------------------------------------------------------------------

ORIGINAL_OPEN = open


def explain_network():
    """Makes failures to reach the network say why; the program may catch and print them."""

    def explained(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except OSError as error:
                if error.strerror and NO_NETWORK not in error.strerror and error.errno != errno.ECONNREFUSED:
                    error.strerror = f"{error.strerror}; {NO_NETWORK}"
                    error.args = (error.errno, error.strerror)
                raise

        return wrapper

    socket.getaddrinfo = explained(socket.getaddrinfo)
    socket.create_connection = explained(socket.create_connection)


def alias_state(root):
    """Lets `/state/…` mean `/workspace/state/…`, where there is a workspace and the jail has no /state of its own.

    Covers `open` and what `os` offers for paths; pathlib only from CPython 3.11, as older ones keep their own references.
    """
    workspace = os.path.join(root, "workspace")
    if os.path.exists("/state") or not os.path.isdir(workspace):
        return

    def aliased(function):
        @functools.wraps(function)
        def wrapper(path, *args, **kwargs):
            text = path if type(path) is str else os.fspath(path) if isinstance(path, os.PathLike) else None
            if isinstance(text, str) and (text.startswith(("/state/", "./state/", "state/")) or text in ("/state", "./state")):
                folder = os.path.join(workspace, "state")
                if not os.path.isdir(folder):
                    makedirs(folder, exist_ok=True)
                path = folder + text[text.index("state") + 5 :]
            return function(path, *args, **kwargs)

        return wrapper

    makedirs = os.makedirs
    builtins.open = io.open = aliased(open)
    for name in ("makedirs", "mkdir", "listdir", "remove", "unlink", "rmdir", "scandir", "stat"):
        setattr(os, name, aliased(getattr(os, name)))


def offer_globals():
    """Puts the primitives where every module of the program finds them without an import."""
    api = types.ModuleType("outboard_api", "The primitives below the generated modules.")
    primitives = (call_mcp_tool, ToolError, search_tools, sleep, tool)
    for item in primitives:
        item.__module__ = "outboard_api"
        setattr(api, item.__name__, item)
    sys.modules["outboard_api"] = api
    for item in primitives[:4]:
        setattr(builtins, item.__name__, item)
    offer_servers()


def offer_servers():
    """Makes `servers` known without an import, as soon as the listing is there."""
    if SURFACE.index is not None and not hasattr(builtins, "servers"):
        builtins.servers = importlib.import_module("servers")


def preload(modules):
    """Imports what programs usually need, and what the operator grants."""
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception as error:
            os.write(2, f"outboard python worker: {name} is not preloaded: {error}\n".encode("utf-8", "replace"))


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


def prepare(modules):
    """Everything that can be done before the program is known."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    sys.meta_path.insert(0, Finder)
    sys.path.append(ROOT)
    offer_globals()
    spare_address_space()
    preload([*PRELOAD, *modules])
    os.environ.clear()
    sys.argv, sys.stdin = [PROGRAM], io.StringIO("")
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__ = CONSOLE.stream(b"out"), CONSOLE.stream(b"err")
    explain_network()
    alias_state(ROOT)
    signal.signal(signal.SIGXCPU, on_cpu_limit)
    warm = Program("async def f(): return [1]\nawait f()", None)
    event_loop().run_until_complete(eval(warm.compile(hold=False), warm.space))
    gc.collect()
    gc.freeze()



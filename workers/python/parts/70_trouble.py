# ---- Trouble --------------------------------------------------------------------------------------------------------


def one_line(error):
    """An error's name and message."""
    try:
        text = error.message if isinstance(error, ToolError) else str(error)
    except Exception:
        text = "(its message cannot be shown)"
    name = type(error).__name__
    if isinstance(error, ToolError) and error.server and error.tool not in text:
        name += f" from {error.server}.{error.tool}"
    return f"{name}: {text}"[:8000] if text else name


def leaves(error):
    """The errors inside nested exception groups; the error itself where it is none."""
    inner = getattr(error, "exceptions", None)
    if not isinstance(inner, tuple) or not isinstance(error, BaseException):
        return [error]
    return [leaf for part in inner for leaf in leaves(part)][:20]


def column_of(code, lasti, line, source):
    """The column, from 1, of an instruction; None before CPython 3.11."""
    positions = getattr(code, "co_positions", None)
    if positions is None or lasti < 0:
        return None
    start, _, column, _ = next(itertools.islice(positions(), lasti // 2, None), (None,) * 4)
    if column is None or start != line:
        return None
    return len(source.encode("utf-8")[:column].decode("utf-8", "ignore")) + 1


def program_frames(error):
    """Where an error passed through the program: (function, line, column), innermost first."""
    frames = collections.deque(maxlen=10)
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == PROGRAM:
            frames.appendleft((code, trace.tb_lasti, trace.tb_lineno))
            while len(frames) > 10:
                frames.pop()
        trace = trace.tb_next
    return [(code.co_name, line, column_of(code, lasti, line, source_line(line))) for code, lasti, line in frames]


def source_line(line):
    """A line of the program."""
    return linecache.getline(PROGRAM, line).rstrip("\r\n")


def trouble_of(error):
    """Describes an uncaught error in terms of the program's text."""
    inner = leaves(error)
    first = inner[0]
    message = one_line(error)
    if first is not error:
        message += "".join(f"; {one_line(leaf)}" for leaf in inner)
    elif error.__cause__ is not None:
        message += f" (caused by {one_line(error.__cause__)})"
    frames = program_frames(first) or program_frames(error)
    trouble = {"code": code_of(first), "message": message[:16000], "hint": hint_of(first)}
    if frames:
        _, trouble["line"], trouble["column"] = frames[0]
        trouble["excerpt"] = source_line(frames[0][1])[:400]
        if "object is not callable" in message and re.search(r"\binput\s*\(", trouble["excerpt"]):
            trouble["hint"] = "`input` is the value that the program was given, not a function; nobody can type while it runs"
    trouble["stack"] = [
        f"{name} ({PROGRAM}:{line}{f':{column}' if column else ''})" for name, line, column in frames
    ]
    return {key: value for key, value in trouble.items() if value not in (None, [])}


def trouble_of_syntax(error, code):
    """Describes a program that does not compile."""
    line = getattr(error, "lineno", None) or None
    trouble = {"code": "syntax_error", "message": f"{type(error).__name__}: {getattr(error, 'msg', None) or error}"[:8000]}
    if line:
        lines = code.splitlines()
        excerpt = lines[line - 1] if line <= len(lines) else ""
        trouble.update(line=line, excerpt=excerpt[:400])
        if error.offset and error.offset > 0:
            trouble["column"] = error.offset
    hint = syntax_hint(trouble["message"], code)
    return {**trouble, "hint": hint} if hint else trouble


def syntax_hint(message, code):
    """What to do about a syntax error."""
    if "'await' outside" in message:
        return "make the function `async def` and await it where it is called; `await` also works outside functions"
    if re.search(r"^\s*(const|let|var|interface|export|function)\s|^\s*import\s*[{*]|=>\s*[{(]", code, re.M):
        return "this looks like TypeScript: set the language to typescript"
    return None


def code_of(error):
    """The stable code of an uncaught error."""
    if isinstance(error, ToolError):
        return str(error.code)
    return "limit_exceeded" if isinstance(error, (RecursionError, MemoryError, CpuLimit)) else "program_error"


def hint_of(error):
    """What to do about an uncaught error."""
    if isinstance(error, ToolError):
        return error.hint
    for kind, pattern, hint in HINTS:
        if isinstance(error, kind) and re.search(pattern, str(error)[:2000]):
            return hint
    if about_processes(error):
        return NO_PROCESSES
    return NO_NETWORK if about_network(error) else None


NO_NETWORK = "programs have no network unless one is granted; call a tool of `servers` instead"
NO_PROCESSES = "programs do without multiprocessing: use threads (concurrent.futures.ThreadPoolExecutor) or asyncio"
HINTS = (
    (RecursionError, "", "the program recursed too deeply; use a loop, or an explicit stack"),
    (MemoryError, "", "the program needs more memory than it may have; handle the data in smaller parts"),
    (CpuLimit, "", "do less work, or ask the operator to raise the limit of processor time"),
    (RuntimeError, r"asyncio\.run\(\) cannot be called", "write `await main()` in place of `asyncio.run(main())`"),
    (RuntimeError, "event loop is already running|while another loop is running", "write `await …` in place of `run_until_complete(…)`"),
    (ModuleNotFoundError, r"'(requests|httpx|aiohttp|urllib3|websockets?)'", NO_NETWORK),
    (ModuleNotFoundError, "", "only the standard library, packages that the operator grants, `servers` and `skills` can be imported"),
    (TypeError, r"run\(\) (missing|got an unexpected)", "`run` is called with the `input` of the execution; give that input, or call `run` yourself"),
    ((TypeError, ValueError), "^(An asyncio.Future|a coroutine was expected)", "outside of `async def` a call of a tool gives its value at once: leave asyncio out there"),
    (AttributeError, "^'dict' object has no attribute", 'results of tools are dicts: read a key as ["name"], or with .get("name")'),
    (TypeError, "^the JSON object must be str", "results of tools are values already: leave json.loads out"),
    (OSError, "Read-only file system", "only /workspace, /skills, /tmp and folders of sandbox.files.write can be written; relative paths begin at /: write to /workspace/NAME"),
    (TypeError, "'UnawaitedCall' is not JSON|not JSON serializable.*UnawaitedCall", "write `await` before the call"),
)


def about_processes(error):
    """Whether an error of the system came from multiprocessing, whose locks are files that no jail has."""
    trace = traceback.extract_tb(error.__traceback__) if isinstance(error, OSError) else ()
    return any(os.path.basename(os.path.dirname(frame.filename)) == "multiprocessing" for frame in trace)


def about_network(error):
    """Whether an error, or what caused it, came from a network library."""
    seen = 0
    while error is not None and seen < 20:
        if type(error).__module__.split(".")[0] in ("socket", "urllib", "urllib3", "requests", "httpx", "httpcore", "aiohttp"):
            return True
        trace = traceback.extract_tb(error.__traceback__) if isinstance(error, OSError) else ()
        if any(os.path.basename(frame.filename) == "socket.py" for frame in trace):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False



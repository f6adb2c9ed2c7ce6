# ---- One execution --------------------------------------------------------------------------------------------------


def outcome_of(start, wind_up):
    """Runs the program of a `start` frame; returns the kind and the content of the last frame."""
    REACH.begin(start.get("network"))
    if start.get("durable"):
        FATE.follow(start["durable"])
    code = start["code"]
    linecache.cache[PROGRAM] = (len(code), None, code.splitlines(True), PROGRAM)
    offer_servers()
    program = Program(code, start.get("input"), [tuple(pair) for pair in start.get("tokens") or ()])
    try:
        compiled = program.compile(bool(start.get("hold")), bool(start.get("describe")))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return b"error", b'"error":' + dump(trouble_of_syntax(error, code))
    try:
        value = program.run(compiled)
        wind_up()
        return b"result", encode_result(value)
    except BaseException as error:
        RESERVE.clear()
        trouble = trouble_of(error)
        traceback.clear_frames(error.__traceback__)
        return b"error", b'"error":' + dump(trouble)


def encode_result(value):
    """The `value` part of a `result` frame; raises where the value is too large."""
    if value is None:
        return b""
    body = dump(value)
    if len(body) > MAX_OUTGOING:
        advice = "return a summary and write the rest to a file under /workspace"
        message = f"the result takes {len(body) / 2**20:.1f} MiB as JSON; at most {MAX_OUTGOING >> 20} MiB can be returned"
        raise ToolError(message, "limit_exceeded", hint=advice)
    return b'"value":' + body


def last_frame(kind, content):
    """The last frame, when all that was printed is on its way."""
    sys.stdout, sys.stderr = CONSOLE.streams
    CONSOLE.flush()
    comma = b"," if content else b""
    return b'{"%s":{%s%s"dropped_bytes":%d}}' % (kind, content, comma, CONSOLE.dropped)


def finish(kind, content):
    """Sends the last frame and leaves, whatever threads still do."""
    CHANNEL.send(last_frame(kind, content))
    os._exit(0)


def main(modules, template):
    """Prepares, says `ready`, runs one program; as a template, does all but the first in copies."""
    try:
        prepare(modules, template)
    except ImportError as error:
        trouble = {"code": "program_error", "message": str(error)}
        CHANNEL.send(b'{"error":{"error":' + dump(trouble) + b"}}")
        os._exit(1)
    if template:
        LOOP.close()  # what it holds open would be common to all copies
        copy_for_each_order(SOCKET_FD)
        renew()
    CHANNEL.watch_host()
    engine = f"{sys.implementation.name} {'.'.join(map(str, sys.version_info[:3]))}"
    CHANNEL.send(b'{"ready":{"version":%d,"engine":"%s","wakes":true}}' % (VERSION, engine.encode()))
    try:
        start = CHANNEL.next_start()
        CONSOLE.room, CONSOLE.dropped = max(0, int(start.get("stdout_bytes", 1 << 20))), 0
    except (KeyError, TypeError, ValueError, RecursionError):
        die("the host's first frame is not a start")
    finish(*outcome_of(start, wind_up))


if __name__ == "__main__":
    SELF = sys.modules["__main__"]  # the program's module takes its place; this one must live on
    ROOT, MODULES = "/", sys.argv[1:]
    TEMPLATE = MODULES[:1] == ["--template"]
    MODULES = MODULES[TEMPLATE:]
    if MODULES[:1] == ["--root"]:
        ROOT, MODULES = os.path.abspath(MODULES[1]), MODULES[2:]
    RESERVE = bytearray(1 << 20)  # given back to report a program that used all memory
    CHANNEL, CONSOLE, SURFACE = Channel(SOCKET_FD), Console(), Surface(ROOT)
    asyncio.DefaultEventLoopPolicy._loop_factory = HostLoop
    LOOP = asyncio.new_event_loop()
    asyncio.set_event_loop(LOOP)
    main(MODULES, TEMPLATE)

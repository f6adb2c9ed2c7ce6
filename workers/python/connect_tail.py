# ---- The connection: opened by the first call, one for this process, one execution in Outboard's records --------------

HERE = os.path.dirname(os.path.abspath(__file__))


class Nothing:
    """What the parts above tell a jail's clock and console; here these are the machine's own."""

    def told(self, at):
        """The time of an answer."""

    def flush(self):
        """Text before a call."""


FATE = CONSOLE = Nothing()


def one_line(error):
    """An exception as a line of text."""
    return f"{type(error).__name__}: {error}"


class Connection(Channel):
    """A channel that outlives the host: what waits then fails, and the program goes on."""

    over = None

    def gone(self):
        message = "the connection to Outboard ended"
        self.over = self.over or {"code": "worker_lost", "message": message, "hint": "`outboard executions` lists what became of it"}
        for waiter in list(self.pending.values()):
            self.pending.pop(waiter.id, None)
            waiter.ok, waiter.payload = False, self.over
            waiter.gate.release()
            if waiter.loop is not None:
                waiter.loop.call_soon_threadsafe(settle, waiter)
        raise ToolError.of_failure(self.over)

    def request(self, kind, rest, label):
        if self.over:
            raise ToolError.of_failure(self.over)
        return super().request(kind, rest, label)

    def _read_for_all(self):
        try:
            super()._read_for_all()
        except (ToolError, OSError):
            pass  # whoever waited was told

    def begin(self, hello):
        """The first words, and the leave to go on."""
        os.write(self.fd, json.dumps(hello).encode() + b"\n")
        while True:
            for frame in self.read_frames():
                kind, content = parse_frame(frame)
                if kind == "fail":
                    raise ToolError.of_failure(content["error"])
                if kind == "start":
                    self.send(b'{"inspected":{"inspection":{}}}')
                if kind == "go":
                    return

    def finish(self):
        """The last frame: how the program ended, as far as an interpreter that ends knows it."""
        if self.over or self._forked:
            return
        try:
            self.send(last_frame())
        except (ToolError, OSError):
            pass  # it was gone first


TROUBLE = []


def last_frame():
    """`error` after an exception that nobody caught, else `result` with the variable of that name, if it is JSON."""
    if TROUBLE:
        return b'{"error":{"error":%s}}' % dump(TROUBLE[0])
    value = getattr(sys.modules.get("__main__"), "result", None)
    try:
        text = json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError):
        return b'{"result":{}}'
    return b'{"result":{"value":%s}}' % text if value is not None and len(text) <= MAX_OUTGOING else b'{"result":{}}'


def noticed(kind, error, trace, before=sys.excepthook):
    """Keeps what ended the program, and lets it be shown."""
    TROUBLE.append({"code": getattr(error, "code", None) or "program_error", "message": one_line(error)})
    before(kind, error, trace)


def reach(settings):
    """A socket to the host. Nobody listens before the first program of the day: then this one starts it."""
    started = None
    for tries in range(200):
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.connect(settings["socket"])
            return made
        except OSError as error:
            made.close()
            reason = error
        if started is None:
            with open(settings["log"], "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as log:
                started = subprocess.Popen(
                    settings["start"], cwd=settings["folder"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
        time.sleep(0.05)
    raise ToolError(f"no Outboard answers at {settings['socket']}: {reason}", "worker_lost", hint=f"see {settings['log']}")


def own_text():
    """The program, as far as it is a file."""
    try:
        with open(sys.modules["__main__"].__file__, encoding="utf-8") as file:
            return file.read(1 << 20)
    except (AttributeError, KeyError, OSError, UnicodeDecodeError):
        return ""


class Later:
    """The channel as long as nobody has called anything."""

    def __init__(self):
        self._lock, self._made, self._process = threading.Lock(), None, None

    def request(self, kind, rest, label):
        """Opens the connection, in a forked child one of its own, and asks."""
        with self._lock:
            if self._process != os.getpid():
                self._made, self._process = self._open(), os.getpid()
        return self._made.request(kind, rest, label)

    @staticmethod
    def _open():
        with open(os.path.join(HERE, "outboard.json"), encoding="utf-8") as file:
            settings = json.load(file)
        with open(settings["key"], encoding="ascii") as file:
            key = file.read()
        made = Connection(reach(settings).detach())
        session = os.environ.get("OUTBOARD_SESSION", "default")
        made.begin({"key": key, "language": "python", "code": own_text(), "session": session})
        sys.excepthook = noticed
        atexit.register(made.finish)
        return made


CHANNEL = Later()
for _name, _value in (("ToolError", ToolError), ("call_mcp_tool", call_mcp_tool), ("search_tools", search_tools), ("sleep", sleep)):
    if not hasattr(builtins, _name):
        setattr(builtins, _name, _value)  # as in the jail, where programs need not import them

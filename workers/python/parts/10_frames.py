# ---- Frames ---------------------------------------------------------------------------------------------------------


def utf8(text):
    """Encodes text; surrogates that no JSON reader accepts are joined to characters or replaced."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode("utf-8")


def die(reason):
    """Ends the process over a host that breaks the protocol."""
    os.write(2, f"outboard python worker: {reason}\n".encode("utf-8", "replace"))
    os._exit(2)


def lenient_int(digits):
    """Reads an integer; beyond the digits that CPython converts, as a float."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


class Waiter:
    """One request under way: a blocked thread, or a future of an event loop."""

    __slots__ = ("id", "label", "gate", "loop", "future", "ok", "payload", "at", "handle")

    def __init__(self, number, label, loop):
        self.id, self.label, self.loop = number, label, loop
        self.ok = self.payload = self.at = self.handle = None
        self.future = loop.create_future() if loop else None
        self.gate = threading.Lock()
        self.gate.acquire()

    def outcome(self):
        """The value, or the error raised; for the program, the time of the answer is now."""
        FATE.told(self.at)
        if self.ok:
            return self.payload
        raise ToolError.of_failure(self.payload)


WAKE, GO = b'{"wake":{}}', b'{"go":{}}'  # as the host writes them, which saves reading them
MACHINE_CLOCK = time.monotonic  # a program's clock may be the host's


class Channel:
    """The socket. A blocked caller reads it itself while it is alone; as soon as calls overlap, a thread does."""

    def __init__(self, fd):
        self.fd = fd
        self.pending = {}
        self._ids = itertools.count(1)
        self._buffer = bytearray()
        self._missing = 0
        self._early, self._woken = [], 0
        self._write_lock = threading.Lock()
        self._read_lock = threading.Lock()
        self._outbox = collections.deque()  # one object for good: threads append to it without a lock
        self._turn = None
        self._at = 0
        self._reader = None
        self._forked = False
        self._poll = select.poll()
        self._poll.register(fd, select.POLLIN)
        self._answers, self._settling = weakref.WeakKeyDictionary(), weakref.WeakSet()
        os.set_inheritable(fd, False)
        if not os.get_blocking(fd):
            os.set_blocking(fd, True)
        os.register_at_fork(after_in_child=self._in_child)

    def _in_child(self):
        self._forked = True

    def gone(self):
        """The host has hung up: nobody is left to run for."""
        os._exit(0)

    # Writing.

    def send(self, body):
        """Sends one frame, after those that wait in the outbox."""
        self._outbox.append(struct.pack("<I", len(body)) + body)
        self.flush()

    def post(self, body, loop):
        """Sends one frame together with the others of this turn of the event loop."""
        self._outbox.append(struct.pack("<I", len(body)) + body)
        if self._turn is not loop:
            self._turn = loop
            loop.call_soon(self._end_turn)

    def _end_turn(self):
        self._turn = None
        self.flush()

    def flush(self):
        """Writes the outbox. Does nothing in a forked child, which must not speak for its parent."""
        if self._forked:
            return
        with self._write_lock:
            frames = []
            while self._outbox:
                frames.append(self._outbox.popleft())
            view = memoryview(b"".join(frames))
            while view:
                try:
                    view = view[os.write(self.fd, view) :]
                except OSError:
                    self.gone()

    # Reading.

    def read_frames(self):
        """Blocks for at least one whole frame; ends the process when the host has hung up."""
        while True:
            frames = self._cut()
            if frames:
                return frames
            chunk = os.read(self.fd, max(65536, min(self._missing, 4 << 20)))
            if not chunk:
                self.gone()
            self._buffer += chunk

    def next_start(self):
        """Blocks for the first frame that is not to wake it, which is a start; gives what it holds. What came with it is read later."""
        kind = "wake"
        while kind == "wake":
            first, *self._early = self._early or self.read_frames()
            kind, start = ("wake", None) if first == WAKE else parse_frame(first)
            if kind == "wake":
                self._woken = MACHINE_CLOCK()
            if kind == "wake" and not self._early and not self.can_read():
                rehearse_what_comes(self.can_read)
                self.look_out()
        if kind != "start" or not isinstance(start["code"], str):
            raise ValueError("not a start")
        return start

    def can_read(self):
        """Whether something is there to be read."""
        return bool(self._poll.poll(0))

    def look_out(self):
        """Waits for a frame without sleeping, for a while, and lets everyone else go first."""
        until = MACHINE_CLOCK() + AWAKE
        while not self.can_read() and MACHINE_CLOCK() < until:
            os.sched_yield()

    def await_go(self):
        """Blocks until the host lets the program run."""
        if MACHINE_CLOCK() - self._woken < 0.05 and not self._early:
            self.look_out()  # the host only looks at what it was told, and a processor was free when it woke us
        frames, self._early = self._early, []
        while all(frame != GO and parse_frame(frame)[0] != "go" for frame in frames):
            frames = self.read_frames()

    def _cut(self):
        frames, at, buffer = [], 0, self._buffer
        self._missing = 0
        while len(buffer) - at >= 4:
            (size,) = struct.unpack_from("<I", buffer, at)
            if size > MAX_INCOMING:
                die(f"a frame of {size} bytes is over the limit of {MAX_INCOMING} bytes")
            if len(buffer) - at < 4 + size:
                self._missing = 4 + size - (len(buffer) - at)
                break
            frames.append(bytes(buffer[at + 4 : at + 4 + size]))
            at += 4 + size
        if at:
            del buffer[:at]
        return frames

    def _dispatch(self, frames):
        loops = []
        for body in frames:
            ok, number, payload = parse_answer(body)
            if ok is None:
                self._at = payload
                continue
            waiter = self.pending.pop(number, None)
            if waiter is None:
                continue  # nobody waits any more
            waiter.payload, waiter.ok, waiter.at = payload, ok, self._at
            waiter.gate.release()
            if waiter.loop is not None:
                self._answers.setdefault(waiter.loop, collections.deque()).append(waiter)
                if waiter.loop not in loops:
                    loops.append(waiter.loop)
        for loop in loops:
            try:
                loop.call_soon_threadsafe(self._begin_to_settle, loop)
            except RuntimeError:
                self._answers.pop(loop, None)  # that event loop is closed

    def _begin_to_settle(self, loop):
        """Runs in the event loop; one round of answers at a time, whatever more arrives."""
        if loop not in self._settling:
            self._settling.add(loop)
            self._settle(loop, 0)

    def _settle(self, loop, turns):
        """Gives out one answer, and the next one when the program waits again.

        So what a program does depends on the order of its answers and never on how they were cut into reads: a
        replay, which has them all at once, takes the same way. A program that never waits gets its answers all the same.
        """
        answers = self._answers.get(loop)
        if not answers:
            self._settling.discard(loop)
        elif turns < MAX_TURNS and getattr(loop, "_ready", None):
            loop.call_soon(self._settle, loop, turns + 1)
        else:
            settle(answers.popleft())
            loop.call_soon(self._settle, loop, 0)

    # Requests.

    def request(self, kind, rest, label):
        """Sends a call or search: blocks for its value, or returns an awaitable inside a running event loop."""
        if self._forked:
            raise RuntimeError("tools cannot be called from a forked process; use threads or asyncio.gather")
        if len(rest) > MAX_OUTGOING:
            raise ToolError(f"the arguments of {label} take {len(rest)} bytes; at most {MAX_OUTGOING} fit", "limit_exceeded")
        loop = asyncio._get_running_loop()
        waiter = Waiter(next(self._ids), label, loop)
        body = b'{"%s":{"id":%d,%s}}' % (kind, waiter.id, rest)
        self.pending[waiter.id] = waiter
        CONSOLE.flush()
        if loop is None:
            self.send(body)
            return self._wait(waiter)
        self._start_reader()
        self.post(body, loop)
        return UnawaitedCall(waiter)

    def timer(self, seconds, loop=None, handle=None):
        """Asks the host for a timer; without a loop, blocks until it is due."""
        waiter = Waiter(next(self._ids), "a timer", loop)
        waiter.handle = handle
        body = b'{"timer":{"id":%d,"ms":%s}}' % (waiter.id, repr(float(seconds) * 1000).encode())
        self.pending[waiter.id] = waiter
        if loop is None:
            self.send(body)
            self._wait(waiter)
        else:
            self._start_reader()
            self.post(body, loop)

    def _wait(self, waiter):
        if self._reader is None and self._read_lock.acquire(blocking=False):
            try:
                while waiter.ok is None:
                    self._dispatch(self.read_frames())
            finally:
                self._read_lock.release()
            # A thread that found the lock taken has registered before it looked, so it is seen here.
            if self.pending:
                self._start_reader()
        else:
            waiter.gate.acquire()
        return waiter.outcome()

    def _start_reader(self):
        if self._reader is None:
            self._reader = threading.Thread(target=self._read_for_all, name="outboard-reader", daemon=True)
            self._reader.start()

    def _read_for_all(self):
        with self._read_lock:
            while True:
                self._dispatch(self.read_frames())

    def watch_host(self):
        """Starts a thread that ends the process when the host hangs up, whatever the program is doing."""
        poll = select.poll()
        poll.register(self.fd, select.POLLHUP | getattr(select, "POLLRDHUP", 0))

        def watch():
            poll.poll()
            os._exit(0)

        threading.Thread(target=watch, name="outboard-watch", daemon=True).start()


def parse_answer(body):
    """Takes a `done` or `fail` frame apart: (succeeded, id, value or failure)."""
    try:
        kind, content = parse_frame(body)
        if kind == "clock":
            return None, None, float(content["now_ms"])
        if kind == "done":
            return True, content["id"], content["value"]
        if kind == "fail":
            return False, content["id"], dict(content["error"])
    except (RecursionError, MemoryError) as error:
        found = re.match(rb'\s*\{\s*"\w+"\s*:\s*\{\s*"id"\s*:\s*(\d+)', body[:200])
        if found:
            message = "the answer is nested too deeply or is too large for this program's memory"
            return False, int(found[1]), {"code": "limit_exceeded", "message": f"{message} ({type(error).__name__})"}
    except (KeyError, TypeError, ValueError):
        pass
    die("the host sent a frame that is no answer")


def parse_frame(body):
    """The one key of a frame and what it holds."""
    try:
        message = json.loads(body)
    except json.JSONDecodeError:
        raise
    except ValueError:
        message = json.loads(body, parse_int=lenient_int)
    ((kind, content),) = message.items() if isinstance(message, dict) else [(None, None)]
    return kind, content


def settle(waiter):
    """Runs in the event loop: gives a future its outcome."""
    FATE.told(waiter.at)
    if waiter.handle is not None:
        if not waiter.handle.cancelled():
            waiter.handle._run()
    elif waiter.future.done():
        pass
    elif waiter.ok:
        waiter.future.set_result(waiter.payload)
    else:
        waiter.future.set_exception(ToolError.of_failure(waiter.payload))
        waiter.future.exception()  # marks it as seen: un-awaited failures are reported at the end

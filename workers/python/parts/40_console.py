# ---- Console --------------------------------------------------------------------------------------------------------


class Console:
    """Sends what the program prints, up to a number of bytes, and counts the rest."""

    CHUNK = 64 << 10

    def __init__(self):
        self.room = self.dropped = 0
        self.eager = 200  # so many writes go out at once, so that a program killed early has shown them
        self._lock = threading.RLock()
        self._pending = []
        self._size = 0
        self._sent_at = 0.0
        self.streams = []

    def stream(self, name):
        """A text stream like sys.stdout."""
        buffer = io.BufferedWriter(ConsoleBytes(self, name))
        options = {"line_buffering": True, "write_through": True}  # so that bytes written to .buffer keep their place
        text = io.TextIOWrapper(buffer, encoding="utf-8", errors="backslashreplace", newline="\n", **options)
        self.streams.append(text)
        return text

    def take(self, name, data, decoder):
        """Accepts the bytes that a stream writes."""
        with self._lock:
            kept = data[: self.room]
            self.room -= len(kept)
            self.dropped += len(data) - len(kept)
            for at in range(0, len(kept), self.CHUNK):
                part = kept[at : at + self.CHUNK]
                self._pending.append((name, decoder.decode(part)))
                self._size += len(part)
                if self._due():
                    self._send()

    def _due(self):
        self.eager -= 1
        return self.eager >= 0 or self._size >= 16384 or time.monotonic() - self._sent_at > 0.02

    def _send(self):
        for name, group in itertools.groupby(self._pending, key=lambda item: item[0]):
            text = "".join(item[1] for item in group)
            if text:
                CHANNEL.send(b'{"console":{"stream":"%s","text":%s}}' % (name, utf8(json.dumps(text, ensure_ascii=False))))
        self._pending, self._size, self._sent_at = [], 0, time.monotonic()

    def flush(self):
        """Sends all that was printed so far."""
        for stream in self.streams:
            try:
                stream.flush()
            except (ValueError, RuntimeError):
                pass  # closed by the program, or a signal struck inside a write
        if self._pending:
            with self._lock:
                self._send()


class ConsoleBytes(io.RawIOBase):
    """The bottom of a console stream."""

    def __init__(self, console, name):
        super().__init__()
        self._console, self._name = console, name
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self):
        return True

    def write(self, data):
        with memoryview(data).cast("B") as view:
            self._console.take(self._name, view, self._decoder)
            return view.nbytes



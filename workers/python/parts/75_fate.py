# ---- Clock, random numbers, timers ----------------------------------------------------------------------------------


class Fate:
    """What a program cannot know in advance, told by the host so that a run can be repeated."""

    TICK = 1e-6  # how far the clock moves with each look, in seconds, so that waiting by looking ends

    def __init__(self):
        self.now = self.began = None

    def follow(self, durable):
        """Takes the place of the machine's clock, random numbers and timers."""
        self.now = self.began = durable["now_ms"] / 1000
        seed = bytes.fromhex(durable["seed"].rjust(64, "0"))
        random.seed(seed)
        os.urandom = random._urandom = random.Random(b"bytes" + seed).randbytes
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(int.from_bytes(seed[:4], "big"))
        time.time, time.time_ns = self.time, lambda: int(self.time() * 1e9)
        for name in ("monotonic", "perf_counter"):
            setattr(time, name, lambda: self.time() - self.began)
            setattr(time, name + "_ns", lambda: int((self.time() - self.began) * 1e9))
        for name in ("localtime", "gmtime", "ctime"):
            setattr(time, name, self._defaulting(getattr(time, name)))
        time.sleep = host_sleep
        datetime.datetime, datetime.date = HostDatetime, HostDate

    @classmethod
    def rehearse(cls):
        """Follows a host and takes that back, so that what it touches is a copy's own before a program comes."""
        names = {
            os: ("urandom",), random: ("_urandom",), datetime: ("datetime", "date"),
            time: ("time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns", "localtime", "gmtime", "ctime", "sleep"),
        }
        kept = [(module, name, getattr(module, name)) for module in names for name in names[module]]
        cls().follow({"now_ms": 0, "seed": "0"})
        for module, name, value in kept:
            setattr(module, name, value)

    def told(self, now_ms):
        """The host tells the time, which never goes back."""
        if self.now is not None:
            self.now = max(self.now, now_ms / 1000)

    def time(self):
        self.now += self.TICK
        return self.now

    def _defaulting(self, function):
        return functools.wraps(function)(lambda seconds=None: function(self.time() if seconds is None else seconds))


class _Stands(type):
    """Lets values of the machine's classes be instances of ours, and the other way round."""

    def __instancecheck__(cls, value):
        return isinstance(value, cls.__mro__[1])

    def __subclasscheck__(cls, other):
        return issubclass(other, cls.__mro__[1])


class HostDate(datetime.date, metaclass=_Stands):
    """`date` whose today is the host's."""

    @classmethod
    def today(cls):
        return MACHINE_DATE.fromtimestamp(FATE.time())


class HostDatetime(datetime.datetime, metaclass=_Stands):
    """`datetime` whose now is the host's."""

    @classmethod
    def now(cls, tz=None):
        return MACHINE_DATETIME.fromtimestamp(FATE.time(), tz)

    @classmethod
    def today(cls):
        return MACHINE_DATETIME.fromtimestamp(FATE.time())

    @classmethod
    def utcnow(cls):
        return MACHINE_DATETIME.fromtimestamp(FATE.time(), datetime.timezone.utc).replace(tzinfo=None)


MACHINE_DATE, MACHINE_DATETIME = HostDate.__mro__[1], HostDatetime.__mro__[1]
for _class, _name in ((HostDate, "date"), (HostDatetime, "datetime")):
    _class.__name__ = _class.__qualname__ = _name
    _class.__module__ = "datetime"
FATE = Fate()


def host_sleep(seconds):
    """`time.sleep` as a request to the host."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    CONSOLE.flush()
    CHANNEL.timer(seconds)


class HostLoop(asyncio.SelectorEventLoop):
    """An event loop whose time and timers are the host's."""

    def time(self):
        return FATE.time() if FATE.now is not None else super().time()

    def call_at(self, when, callback, *args, context=None):
        if FATE.now is None:
            return super().call_at(when, callback, *args, context=context)
        self._check_closed()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        handle._scheduled = False  # the loop's own queue of timers never sees it
        CHANNEL.timer(max(0.0, when - FATE.time()), self, handle)
        return handle



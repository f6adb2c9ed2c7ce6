# ---- Values to JSON -------------------------------------------------------------------------------------------------

ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=lambda value: simpler(value))
MAX_ITEMS = 1_000_000


def dump(value):
    """The JSON text of any value."""
    try:
        return utf8(ENCODER.encode(value))
    except (ValueError, TypeError):
        # Not-a-number, cycles and odd keys are rare: only then is the value copied.
        return utf8(ENCODER.encode(plain(value, ())))


def simpler(value):
    """One step towards JSON for a value that is none."""
    if isinstance(value, UnawaitedCall):
        value._refuse()
    for kinds, convert in SIMPLER:
        if isinstance(value, kinds):
            return convert(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
    return simpler_by_shape(value)


def simpler_by_shape(value):
    """The same for objects of packages that may not be there: pandas, numpy, pydantic; at last, the repr."""
    if not isinstance(value, type):
        try:
            if hasattr(value, "iterrows"):
                return value.to_dict(orient="records")
            for method in ("to_dict", "tolist", "model_dump"):
                if callable(getattr(value, method, None)):
                    return getattr(value, method)()
        except (TypeError, ValueError, AttributeError):
            pass
    return repr(value)[:10_000]


def of_set(value):
    """A set as a list, sorted where its items allow it."""
    try:
        return sorted(value)
    except TypeError:
        return list(value)


def of_bytes(value):
    """Bytes as text, or as base64 where they are no text."""
    data = bytes(value)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii")


def of_decimal(value):
    """A decimal as a number; special values as null."""
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else float(value)


SIMPLER = (
    ((set, frozenset), of_set),
    ((datetime.datetime, datetime.date, datetime.time), lambda value: value.isoformat()),
    (datetime.timedelta, lambda value: value.total_seconds()),
    (decimal.Decimal, of_decimal),
    ((bytes, bytearray, memoryview), of_bytes),
    (enum.Enum, lambda value: value.value),
    (os.PathLike, os.fspath),
    (collections.abc.Mapping, dict),
    (BaseException, lambda value: one_line(value)),
    (
        (collections.deque, range, collections.abc.KeysView, collections.abc.ValuesView, collections.abc.ItemsView)
        + (types.GeneratorType, map, filter, zip),
        lambda value: list(itertools.islice(value, MAX_ITEMS)),
    ),
)


def plain(value, above):
    """A copy that any JSON encoder accepts."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else None
    if id(value) in above:
        return "[Circular]"
    inside = above + (id(value),)
    if isinstance(value, dict):
        return {plain_key(key): plain(item, inside) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, inside) for item in value]
    return plain(simpler(value), inside)


def plain_key(key):
    """A dictionary's key as text, the way JSON encoders write it where they can."""
    if key is None or isinstance(key, bool):
        return json.dumps(key)
    return key.isoformat() if hasattr(key, "isoformat") else str(key)



"""Which calls of well-known libraries leave nothing behind but their result."""

from __future__ import annotations

OURS = ("dtscheduler", "dt.scheduler")

_QUIET_MODULES = frozenset(
    {"abc", "attr", "attrs", "collections", "copy", "datetime", "enum", "fractions", "functools", "math", "numba"}
    | {"os.path", "pathlib", "re", "statistics", "string", "typing", "typing_extensions", "uuid"}
)
_LOUD_NAMES = frozenset({"functools.update_wrapper"})
_QUIET_NAMES = frozenset(
    {"contextvars.ContextVar", "json.dumps", "json.loads", "logging.getLogger", "os.cpu_count", "os.environ.get"}
    | {"os.fspath", "os.getenv", "threading.Event", "threading.Lock", "threading.RLock", "threading.local"}
    | {"itertools.chain", "itertools.product", "itertools.combinations", "itertools.permutations", "pydantic.Field"}
    | {"dataclasses.dataclass", "dataclasses.field", "decimal.Decimal", "decimal.Context"}
    | {"operator.attrgetter", "operator.itemgetter", "operator.methodcaller", "types.MappingProxyType"}
    | {"types.SimpleNamespace", "zoneinfo.ZoneInfo", "contextlib.contextmanager", "contextlib.asynccontextmanager"}
    | {"datetime.date.today", "datetime.date.fromisoformat", "datetime.datetime.fromisoformat", "datetime.datetime.now"}
    | {"datetime.datetime.strptime", "datetime.datetime.combine", "pathlib.Path.cwd", "pathlib.Path.home"}
    | {f"numpy.{name}" for name in ("arange", "array", "datetime64", "dtype", "eye", "float32", "float64", "full")}
    | {f"numpy.{name}" for name in ("int32", "int64", "linspace", "ones", "timedelta64", "zeros", "random.default_rng")}
    | {f"pandas.{name}" for name in ("DataFrame", "Index", "Series", "Timedelta", "Timestamp", "date_range")}
    | {f"pandas.{name}" for name in ("to_datetime", "to_timedelta", "bdate_range", "period_range", "Period")}
)
_QUIET_BUILTINS = frozenset(
    {"abs", "all", "any", "bool", "bytes", "bytearray", "chr", "classmethod", "complex", "dict", "divmod", "enumerate"}
    | {"float", "format", "frozenset", "hash", "hex", "int", "isinstance", "issubclass", "len", "list", "max", "min"}
    | {"object", "oct", "ord", "pow", "print", "property", "range", "repr", "reversed", "round", "set", "slice"}
    | {"sorted", "staticmethod", "str", "sum", "tuple", "zip", "map", "filter", "super"}
    | {"dict.fromkeys", "str.join", "bytes.fromhex", "int.from_bytes", "float.fromhex"}
)
_CALLS_ITS_ARGUMENTS = frozenset(
    {"map", "filter", "sorted", "min", "max", "functools.reduce", "functools.cmp_to_key", "copy.copy", "copy.deepcopy"}
    | {"re.sub", "re.subn", "json.loads", "json.dumps"}
)
_ITERATORS = frozenset(
    {"map", "filter", "zip", "enumerate", "reversed", "itertools.chain", "itertools.product", "re.finditer"}
    | {"itertools.combinations", "itertools.permutations"}
)
QUIET_METHODS = frozenset(
    {"absolute", "as_posix", "capitalize", "copy", "count", "date", "difference", "encode", "endswith", "expanduser"}
    | {"format", "get", "index", "intersection", "isoformat", "items", "join", "joinpath", "keys", "lower", "lstrip"}
    | {"partition", "removeprefix", "removesuffix", "replace", "resolve", "rpartition", "rsplit", "rstrip", "split"}
    | {"splitlines", "startswith", "strftime", "strip", "time", "title", "union", "upper", "values", "with_name"}
    | {"with_suffix", "zfill", "decode", "bit_length", "match", "fullmatch", "search", "findall", "sub"}
)
_PLAIN_BASES = frozenset(
    {"pydantic.BaseModel", "torch.nn.Module", "sklearn.base.BaseEstimator", "sklearn.base.TransformerMixin"}
)
_BASE_MODULES = frozenset(
    {"abc", "ast", "asyncio", "builtins", "collections", "contextlib", "dataclasses", "datetime", "decimal", "enum"}
    | {"html", "http", "io", "json", "logging", "numbers", "string", "threading", "types", "typing"}
    | {"typing_extensions", "unittest"}
)


def is_ours(path: str) -> bool:
    """Whether a dotted name belongs to this product."""
    return any(path == ours or path.startswith(f"{ours}.") for ours in OURS)


def is_quiet(path: str) -> bool:
    """Whether calling this, or decorating with it, changes nothing that other code could see."""
    if path.startswith("builtins."):
        return path.removeprefix("builtins.") in _QUIET_BUILTINS
    if path in _LOUD_NAMES:
        return False
    return path in _QUIET_NAMES or path.rpartition(".")[0] in _QUIET_MODULES or is_ours(path)


def calls_its_arguments(path: str) -> bool:
    """Whether this calls the functions that are handed to it, at once."""
    return path.removeprefix("builtins.") in _CALLS_ITS_ARGUMENTS


def is_plain_base(path: str) -> bool:
    """Whether deriving from this class is seen nowhere but in the class that derives."""
    return path in _PLAIN_BASES or path.partition(".")[0] in _BASE_MODULES


def gives_iterator(path: str) -> bool:
    """Whether what this returns can be read once only."""
    return path.removeprefix("builtins.") in _ITERATORS

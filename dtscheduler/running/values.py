"""How results become bytes and come back: pickles, of which each reader makes a copy of its own."""

from __future__ import annotations

import hashlib
import io
import pickle
import pickletools
import reprlib
import sys
import sysconfig
import tempfile
from typing import Any, BinaryIO

from dtscheduler.errors import ResultError
from dtscheduler.running.entrypoint import running_script
from dtscheduler.running.importing import quiet_import

SPILL_BYTES = 8 * 2**20
OPEN = "*"
"""Ends the digest of a result whose bytes name functions or classes of the user's own code."""
LONGEST_PREVIEW = 500


class Spill:
    """What a pickler writes to: memory, and from ``SPILL_BYTES`` on a file that has no name."""

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        self._target: BinaryIO = io.BytesIO()
        self._hash = hashlib.blake2b(digest_size=16)
        self._may_name = False
        self.size = 0

    @property
    def digest(self) -> str:
        """What was written, as 32 hex digits: equal results have mostly equal digests, different ones never.

        ``OPEN`` behind them says that the bytes name functions or classes of the user's own, of which they hold no more.
        """
        return self._hash.hexdigest() + (OPEN if self._may_name and self._names_own() else "")

    def _names_own(self) -> bool:
        return not isinstance(self._target, io.BytesIO) or names_own(self._target.getvalue())

    def write(self, data: Any) -> int:
        self.size += memoryview(data).nbytes
        self._hash.update(data)
        self._may_name = self._may_name or self.size > SPILL_BYTES or _NAMING in bytes(data)
        if self.size > SPILL_BYTES and isinstance(self._target, io.BytesIO):
            file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 # closed by whoever reads the payload
            file.write(self._target.getbuffer())
            self._target = file
        return self._target.write(data)

    def payload(self) -> bytes | BinaryIO:
        if isinstance(self._target, io.BytesIO):
            return self._target.getvalue()
        self._target.seek(0)
        return self._target


def dump(value: object, folder: str | None = None) -> Spill:
    """Pickle a value, by value where it is of a class that no module holds.

    Raises:
        ResultError: it cannot be pickled; the message says what it was.
    """
    try:
        spill = Spill(folder)
        pickle.Pickler(spill, protocol=5).dump(value)
    except Exception:
        return _dump_by_value(value, folder)
    return spill


def load(payload: bytes | BinaryIO) -> Any:
    """Unpickle what ``dump`` wrote; importing what it needs neither saves nor runs anything.

    Raises:
        ResultError: a class or module that it needs is not there, or fails.
    """
    file = io.BytesIO(payload) if isinstance(payload, bytes) else payload
    try:
        with quiet_import():
            return _Unpickler(file).load()
    except MemoryError:
        raise
    except Exception as error:
        raise ResultError(f"the result cannot be read back here: {type(error).__name__}: {error}") from error
    finally:
        file.close()


def names_own(pickled: bytes) -> bool:
    """Whether a pickle names functions or classes that are neither Python's nor of a library of tables and arrays.

    True also where there is too much of it to be sure.
    """
    memo: dict[int, str | None] = {}
    memoized = 0
    texts: tuple[str | None, str | None] = None, None  # what was pushed last, where it was text
    try:
        for number, (code, argument, _) in enumerate(pickletools.genops(pickled)):
            if number > _MOST_LOOKED_AT or code.name in _NAMES_OTHERWISE:
                return True
            if code.name == "MEMOIZE":
                memo[memoized], memoized = texts[1], memoized + 1
            elif code.name in _GETS:
                texts = texts[1], memo.get(int(argument or 0))
            elif code.name != "STACK_GLOBAL":
                texts = texts[1], argument if isinstance(argument, str) else None
            elif _well_known((texts[0] or "").partition(".")[0]):
                texts = None, None
            else:
                return True
    except ValueError:
        return True
    return False


def _well_known(module: str) -> bool:
    """Whether a module is what its name says: a file of the user's may have the name of one of Python's."""
    if module not in _WELL_KNOWN:
        return False
    file = getattr(sys.modules.get(module), "__file__", None)
    return file is None or file.startswith(_LIBRARIES)


def preview(value: object) -> str:
    """Show a value in at most 500 characters, without ever building a longer text."""
    try:
        kind = type(value)
        if kind.__module__.partition(".")[0] == "pandas" and hasattr(value, "shape") and hasattr(value, "head"):
            return _short(f"{kind.__name__} of shape {value.shape}\n{value.head(5)}")
        if hasattr(value, "shape") and hasattr(value, "dtype"):
            return f"{kind.__name__} of shape {value.shape}, {value.dtype}"
        return _short(_repr.repr(value))
    except BaseException as error:  # the repr is the user's code
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


class _Unpickler(pickle.Unpickler):
    """Finds classes of the script that is being run in the script, instead of importing it a second time."""

    def find_class(self, module: str, name: str) -> Any:
        script = running_script(module) if module not in sys.modules else None
        if script is not None and hasattr(script, name.partition(".")[0]):
            return super().find_class("__main__", name)
        return super().find_class(module, name)


def _dump_by_value(value: object, folder: str | None) -> Spill:
    import cloudpickle

    try:
        spill = Spill(folder)
        cloudpickle.dump(value, spill, protocol=5)
    except Exception as error:
        raise ResultError(
            f"the result, a {type(value).__module__}.{type(value).__qualname__}, cannot be stored: "
            f"{type(error).__name__}: {_short(str(error), 300)}"
        ) from error
    return spill


def _short(text: str, longest: int = LONGEST_PREVIEW) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


_NAMING = pickle.STACK_GLOBAL
_NAMES_OTHERWISE = frozenset({"GLOBAL", "INST", "EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID"})
_GETS = frozenset({"BINGET", "LONG_BINGET"})
_MOST_LOOKED_AT = 50_000
_LIBRARIES = tuple({sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")})
_WELL_KNOWN = sys.stdlib_module_names | {"numpy", "pandas", "pyarrow", "scipy", "polars", "dateutil", "pytz"}

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = LONGEST_PREVIEW
_repr.maxlist = _repr.maxtuple = _repr.maxset = _repr.maxdict = _repr.maxarray = 12
_repr.maxlong = 100

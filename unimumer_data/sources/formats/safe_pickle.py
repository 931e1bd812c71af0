"""Pickles of picture arrays, read without running anything that they name.

A pickle is a program: loading one from a stranger may do whatever it likes. Here it can name nothing but the few
helpers by which numpy arrays, byte strings and ordered dicts are written, and even these are stand-ins of ours that
only keep what they are given. Numpy itself is neither run nor needed.
"""

from __future__ import annotations

import math
import pickle
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from PIL import Image

from unimumer_data.errors import ImageError, SourceError
from unimumer_data.support.files import regular

_DAMAGED = (
    pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, LookupError, OverflowError, MemoryError,
    RecursionError, AssertionError, struct.error,
)  # fmt: skip
_FORMATS = {"b1": "B", "u1": "B", "i1": "b", "u2": "H", "i2": "h", "u4": "I", "i4": "i", "u8": "Q", "i8": "q",
            "f4": "f", "f8": "d"}  # fmt: skip


class ForbiddenPickleError(SourceError):
    """The pickle names something that is not data."""


@dataclass(slots=True)
class DType:
    """What a numpy dtype pickles to: ``u1``, ``f4`` ..., and the byte order."""

    spec: str
    order: str = "|"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = state[1]


@dataclass(slots=True)
class Array:
    """What a numpy array pickles to: shape, type and bytes."""

    shape: tuple[int, ...] = ()
    dtype: DType = field(default_factory=lambda: DType("u1"))
    fortran: bool = False
    data: bytes = b""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self.shape, self.dtype, self.fortran, data = state
        self.data = _bytes(data)

    def to_image(self, name: str) -> Image.Image:
        """Greys as a picture of mode L.

        Args:
            name: of the sample, for the error.

        Raises:
            ImageError: not (height, width), (1, height, width) or (height, width, 1) of numbers, or short of bytes.
        """
        if not isinstance(self.shape, tuple) or not all(type(side) is int for side in self.shape):
            raise ImageError(f"{name}: an array whose shape is no list of integers; the pickle is damaged")
        shape = tuple(side for side in self.shape if side != 1) if len(self.shape) == 3 else self.shape
        code = _FORMATS.get(self.dtype.spec) if isinstance(self.dtype, DType) else None
        kind = self.dtype.spec if isinstance(self.dtype, DType) else type(self.dtype).__name__
        if len(shape) != 2 or code is None or self.dtype.order == ">":
            raise ImageError(f"{name}: array of shape {self.shape} and type {kind}; expected (height, width) greys")
        height, width = shape
        if len(self.data) != height * width * int(self.dtype.spec[1:]) or not min(height, width) > 0:
            raise ImageError(f"{name}: {len(self.data)} bytes for {height}x{width} pixels; the pickle is damaged")
        values = memoryview(self.data).cast(code)  # type: ignore[call-overload]
        if code in "fd" and not all(map(math.isfinite, values)):
            raise ImageError(f"{name}: greys that are not finite numbers; the array is damaged")
        image = _greys(values, (height, width) if self.fortran else (width, height))
        return image.transpose(Image.Transpose.TRANSPOSE) if self.fortran else image


def _greys(values: memoryview, size: tuple[int, int]) -> Image.Image:
    """Numbers to a picture of mode L; floats and bits up to 1 are taken as 0..1, all others as 0..255."""
    if values.format == "B":
        image = Image.frombytes("L", size, values.tobytes())
    else:
        image = Image.new("F", size)
        image.putdata([float(value) for value in values])
    brightest = image.getextrema()[1]
    unit = 255 if isinstance(brightest, int | float) and brightest <= 1 else 1
    return image.point(lambda grey: grey * unit + 0).convert("L")


class _Name:
    """Stands in for a function or class that the pickle names. Refuses to be given a state."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call

    def __call__(self, *args: Any) -> Any:
        return self.call(*args)

    def __setstate__(self, state: object) -> NoReturn:
        raise pickle.UnpicklingError("sets the state of a function")


def _from_buffer(buffer: bytes, dtype: DType, shape: tuple[int, ...], order: str) -> Array:
    return Array(shape=tuple(shape), dtype=dtype, fortran=order != "C", data=_bytes(buffer))


def _bytes(data: Any) -> bytes:
    """The content of an array; a number would make as many zeros."""
    if isinstance(data, str):
        return data.encode("latin1")  # Python 2 wrote text
    if not isinstance(data, bytes | bytearray):
        raise pickle.UnpicklingError(f"a {type(data).__name__} as the content of an array")
    return bytes(data)


def _encode(text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"bytes written as {encoding!r}")
    return text.encode("latin1")


def _dtype(spec: Any, *_: Any) -> DType:
    if not isinstance(spec, str | bytes):
        raise pickle.UnpicklingError(f"a {type(spec).__name__} as the name of a dtype")
    return DType(spec if isinstance(spec, str) else spec.decode("latin1"))


def _scalar(dtype: DType, data: bytes | str) -> int | float:
    (value,) = struct.unpack(_FORMATS[dtype.spec], _bytes(data))
    return value  # type: ignore[no-any-return]


def _ordered(items: Iterable[Any]) -> dict[Any, Any]:
    pairs = [tuple(item) for item in items]
    _check_keys(pair[0] for pair in pairs)
    return dict(pairs)


_ALLOWED: dict[tuple[str, str], _Name] = {
    ("numpy", "ndarray"): _Name(Array),
    ("numpy", "dtype"): _Name(_dtype),
    ("_codecs", "encode"): _Name(_encode),
    ("collections", "OrderedDict"): _Name(lambda items=(): _ordered(items)),
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _Name(lambda *_: Array()) for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _Name(_scalar) for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _Name(_from_buffer) for core in ("core", "_core")},
}


class _DataUnpickler(pickle._Unpickler):
    """Python's own unpickler in Python: it can be asked to look at each key before it is hashed.

    A pickle of a hundred bytes can hold a tuple of tuples that takes years to hash, print or compare.
    """

    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise ForbiddenPickleError(
                f"it names {module}.{name}, which is not data and was not run; do not trust this file"
            ) from None


def _check_keys(keys: Iterable[Any]) -> None:
    for key in keys:
        if not isinstance(key, str | bytes | int | float):
            raise pickle.UnpicklingError(f"a {type(key).__name__} as a key of a dict")


def _load_dict(self: Any) -> None:
    items = self.pop_mark()
    _check_keys(items[::2])
    self.append(dict(zip(items[::2], items[1::2], strict=True)))


def _load_setitem(self: Any) -> None:
    value, key = self.stack.pop(), self.stack.pop()
    _check_keys([key])
    self.stack[-1][key] = value


def _load_setitems(self: Any) -> None:
    items = self.pop_mark()
    _check_keys(items[::2])
    self.stack[-1].update(zip(items[::2], items[1::2], strict=True))


def _refuse(self: Any) -> NoReturn:
    raise pickle.UnpicklingError("a set, where a dict or list is needed")


def _refuse_number(self: Any) -> NoReturn:
    raise pickle.UnpicklingError("a number of hundreds of digits")


_DataUnpickler.dispatch |= {
    pickle.DICT[0]: _load_dict,
    pickle.SETITEM[0]: _load_setitem,
    pickle.SETITEMS[0]: _load_setitems,
    pickle.EMPTY_SET[0]: _refuse,
    pickle.ADDITEMS[0]: _refuse,
    pickle.FROZENSET[0]: _refuse,
    pickle.LONG4[0]: _refuse_number,
}


def load_pickle(path: Path) -> Any:
    """Read a pickle of dicts, lists, text, numbers and numpy arrays; arrays come back as `Array`.

    The whole file comes into memory: the format allows nothing else.

    Raises:
        SourceError: missing, damaged, or it names anything else (`ForbiddenPickleError`).
    """
    try:
        with open(path, "rb", opener=regular) as file:
            return _DataUnpickler(file, encoding="latin1").load()
    except ForbiddenPickleError as error:
        raise ForbiddenPickleError(f"{path}: {error}") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    except _DAMAGED as error:
        raise SourceError(f"{path}: damaged pickle ({type(error).__name__}: {error}); fetch it again") from error

"""Arrays of numbers by name in one file, which is mapped as a whole: processes that open it share its memory.

One file keeps one handle, however many arrays it has, and is one object of a store. What the arrays mean is not known.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from tuneset import artifacts
from tuneset.execution.stores import local_copies
from tuneset.execution.stores.location import Location

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]
_ALIGNED = 64
_HEAD = np.dtype("<u8")  # how many bytes the list of arrays has, which comes after it


class Pieces(NamedTuple):
    """An array of one dimension, of which one piece is in memory at a time.

    Args:
        dtype: of its numbers.
        size: how many they are.
        pieces: one after the other.
    """

    dtype: npt.DTypeLike
    size: int
    pieces: Iterable[Array]


def write(path: Path, arrays: Mapping[str, Array | Pieces]) -> None:
    """Write arrays into a file that is whole or absent."""
    listed, at = [], 0
    for name, array in arrays.items():
        dtype = np.dtype(array.dtype)
        shape = [array.size] if isinstance(array, Pieces) else list(array.shape)
        listed.append({"name": name, "dtype": dtype.str, "shape": shape, "at": at})
        at += _aligned(int(np.prod(shape)) * dtype.itemsize)
    told = orjson.dumps(listed)
    temporary = path.with_name(f"{artifacts.TEMPORARY_PREFIX}{secrets.token_hex(4)}-{path.name}")
    with temporary.open("wb") as handle:
        handle.write(np.array([len(told)], _HEAD).tobytes() + told)
        begin = _aligned(handle.tell())
        for one, array in zip(listed, arrays.values(), strict=True):
            handle.seek(begin + int(str(one["at"])))
            for piece in _pieces(array):
                handle.write(np.ascontiguousarray(piece).data)
        handle.truncate(begin + at)
    temporary.replace(path)


def mapped(path: Path) -> Arrays:
    """The arrays of a file, mapped and not read.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Path(folder, "a"), {"x": np.arange(3), "none": np.zeros(0)})
    ...     found = mapped(Path(folder, "a"))
    >>> found["x"].tolist(), found["none"].tolist()
    ([0, 1, 2], [])
    """
    return parsed(np.memmap(path, np.uint8, "r").view(np.ndarray))


def opened(file: Location) -> Arrays:
    """The same of a file wherever it lies; of one in a store there is a copy on this disk as long as it is mapped."""
    if isinstance(file, Path):
        return mapped(file)
    with tempfile.TemporaryDirectory(prefix="tuneset-") as folder:
        here = Path(folder, file.name)
        local_copies.fetch(file, here)
        return mapped(here)  # what is mapped stays, and goes with this process


def parsed(data: npt.NDArray[np.uint8]) -> Arrays:
    """The arrays in the bytes of a file; they are no `memmap`, of which each look takes several times as long."""
    size = int(data[: _HEAD.itemsize].view(_HEAD)[0])
    begin = _aligned(_HEAD.itemsize + size)
    found: dict[str, Array] = {}
    for one in orjson.loads(data[_HEAD.itemsize : _HEAD.itemsize + size].tobytes()):
        dtype, start = np.dtype(one["dtype"]), begin + one["at"]
        stop = start + int(np.prod(one["shape"])) * dtype.itemsize
        found[one["name"]] = data[start:stop].view(dtype).reshape(one["shape"])
    return found


def _pieces(array: Array | Pieces) -> Iterator[Array]:
    yield from array.pieces if isinstance(array, Pieces) else [array]


def _aligned(size: int) -> int:
    """The next multiple of _ALIGNED.

    >>> _aligned(0), _aligned(65)
    (0, 128)
    """
    return -(-size // _ALIGNED) * _ALIGNED

"""What is asked of files wherever they lie: read, write, copy, and put together one that several processes write.

Objects are read and written whole, so a killed writer leaves none; local files are read in place. What was written is
never looked for in a listing, which a store may show late: each object is asked for by its name.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import io
import itertools
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import orjson

from tuneset import artifacts
from tuneset.execution.stores.location import Location, RemotePath

Number = TypeVar("Number", bound=np.generic)
_ASKED_AT_ONCE = 32
_PIECE_BYTES = 256 << 10  # so few that they stay in a core's cache


def size(file: Location) -> int | None:
    """Its bytes; None where there is nothing."""
    try:
        return file.stat().st_size if isinstance(file, Path) else int(_remote(file).info()["size"])
    except FileNotFoundError:
        return None


def readable(file: Location) -> Path | io.BytesIO:
    """What polars reads: the path of a local file, which it need not read whole, or all bytes of an object."""
    return file if isinstance(file, Path) else io.BytesIO(file.read_bytes())


def write(file: Location, data: bytes | memoryview) -> None:
    """Write what a marker will speak for: a local file may be left half written by a kill, an object may not."""
    if isinstance(file, Path):
        file.write_bytes(data)
    else:
        _remote(file).write(bytes(data))


def write_whole(file: Location, data: bytes) -> None:
    """Write a file that is whole or absent, whatever happens."""
    if isinstance(file, Path):
        artifacts.write_bytes(file, data)
    else:
        write(file, data)


def read_json(file: Location) -> dict[str, Any]:
    """A document that a stage wrote. Raises InputError where it cannot be read."""
    document: dict[str, Any]
    document = artifacts.read_json(file) if isinstance(file, Path) else orjson.loads(file.read_bytes())
    return document


def read_numbers(file: Location, dtype: type[Number], count: int = -1, offset: int = 0) -> npt.NDArray[Number]:
    """`count` numbers of a file of them (-1 for all), from the byte `offset` on."""
    if isinstance(file, Path):
        return np.fromfile(file, dtype, count, offset=offset)
    end = None if count < 0 else offset + count * np.dtype(dtype).itemsize
    return np.frombuffer(_remote(file).read_range(offset, end), dtype).copy()


def read_each(pieces: Sequence[tuple[Location, int, int]], dtype: type[Number]) -> list[npt.NDArray[Number]]:
    """As `read_numbers` gives them, the numbers of many files, each with their count and first byte.

    Objects are asked for at the same time, as each answer takes long to come.
    """
    if all(isinstance(file, Path) for file, _, _ in pieces):
        return [read_numbers(file, dtype, count, offset) for file, count, offset in pieces]
    with concurrent.futures.ThreadPoolExecutor(_ASKED_AT_ONCE) as threads:
        return list(threads.map(lambda piece: read_numbers(piece[0], dtype, *piece[1:]), pieces))


def make_folder(folder: Location) -> None:
    """Make a local folder; objects need none. What an earlier run has left half written goes."""
    if isinstance(folder, Path):
        folder.mkdir(parents=True, exist_ok=True)
        artifacts.remove_temporaries(folder)


@contextlib.contextmanager
def local_folder(folder: Location) -> Iterator[Path]:
    """Yield a local folder for what is read here and there: the folder itself, or one that goes after the block."""
    if isinstance(folder, Path):
        yield folder
    else:
        with tempfile.TemporaryDirectory() as temporary:
            yield Path(temporary)


def copy(file: Location, to: Location) -> None:
    """Copy a file into another folder of the same storage."""
    if isinstance(file, Path) and isinstance(to, Path):
        shutil.copyfile(file, to)
    else:
        write(to, file.read_bytes())


def remove_folder(folder: Location) -> None:
    """Remove a folder with all that is in it, if it is there."""
    if isinstance(folder, Path):
        shutil.rmtree(folder, ignore_errors=True)
    else:
        with contextlib.suppress(FileNotFoundError):
            _remote(folder).ask("removed", lambda files: files.rm(str(folder), recursive=True))


# --- one file that several processes write -----------------------------------------------------------------------


@contextlib.contextmanager
def joined(file: Location, starts: Sequence[int]) -> Iterator[Location]:
    """Yield where `write_part` writes the parts of a file; when the block ends well, the file is there as a whole.

    `starts` has the byte at which each part begins and, last, the size of the whole. Where the block does not end well,
    there is no file, or the one from before. What is no local file needs `assemble` in the block, once all parts are
    written.
    """
    if isinstance(file, Path):
        with artifacts.replacing(file) as temporary:
            temporary.touch()
            yield temporary
        return
    parts = file.with_name(f"{artifacts.TEMPORARY_PREFIX}{file.name}")
    try:
        yield parts
    finally:
        for start, end in itertools.pairwise(starts):  # by their names: a listing may not show them yet
            if start < end:
                _part(parts, start).unlink(missing_ok=True)
    remove_folder(parts)  # what a run of other work has left there, which was killed


def assemble(task: tuple[Location, Location, Sequence[int]]) -> str:
    """Put the parts of an object together, given where each starts and, last, where the whole ends; give its sha256.

    One part is in memory at a time. Nothing is there before all is: the store keeps the pieces apart until then. The
    parts of a local file were written in place, so that it is only read.
    """
    file, parts, starts = task
    if isinstance(file, Path):
        digest = hashlib.sha256()
        for piece in read_part(parts, 0, starts[-1]):
            digest.update(piece)
        return digest.hexdigest()

    def write(files: Any) -> str:  # noqa: ANN401  fsspec has no types
        digest = hashlib.sha256()
        with files.open(str(file), "wb", autocommit=False) as handle:
            try:
                for start, end in itertools.pairwise(starts):
                    for piece in read_part(parts, start, end):
                        digest.update(piece)
                        handle.write(piece)
            except BaseException:
                handle.discard()
                raise
        handle.commit()
        return digest.hexdigest()

    return _remote(file).ask("written", write)


def write_part(file: Location, start: int, data: bytes) -> None:
    """Write the part of a file of `joined` that begins at the byte `start`; in any process, in any order.

    A local file is written in place; of anything else each part is an object until all are there.
    """
    if isinstance(file, Path):
        with file.open("r+b") as handle:
            handle.seek(start)
            handle.write(data)
    elif data:
        write(_part(file, start), data)


def _part(parts: Location, start: int) -> Location:
    """Where the part of an object lies until all are there."""
    return parts / f"{start:020}"


def read_part(file: Location, start: int, end: int) -> Iterator[memoryview]:
    """Yield the bytes of a part that `write_part` has written, in pieces that hold until the next one is asked for.

    Raises AssertionError where there are fewer than that.
    """
    if start == end:
        return
    if not isinstance(file, Path):
        whole = memoryview(_part(file, start).read_bytes())
        assert len(whole) == end - start, f"{file.name}: a part is not as long as it was said to be"
        yield whole
        return
    buffer = memoryview(bytearray(_PIECE_BYTES))
    with file.open("rb", buffering=0) as handle:
        handle.seek(start)
        while start < end:
            count = handle.readinto(buffer[: end - start])
            assert count, f"{file.name}: holds less than was written into it"
            yield buffer[:count]
            start += count


def _remote(file: Location) -> RemotePath:
    assert isinstance(file, RemotePath), "a location is a local path or a remote one"
    return file

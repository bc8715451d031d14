"""Where scratch and the dataset lie: in local files, which are plain paths, or as objects of any file system of fsspec.

A `Location` is what both can do. Objects are read and written whole, so a killed writer leaves none; local files are
read in place. fsspec is loaded for locations with a scheme (`s3://bucket/folder`) alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt
import orjson

from tuneset import artifacts

Number = TypeVar("Number", bound=np.generic)
_PIECE_BYTES = 256 << 10  # so few that they stay in a core's cache


class Location(Protocol):
    """The part of `pathlib.Path` that shards and dataset files need."""

    @property
    def name(self) -> str:
        """Its last part."""

    @property
    def stem(self) -> str:
        """Its last part without the ending."""

    @property
    def suffix(self) -> str:
        """The ending of its last part."""

    def __truediv__(self, name: str, /) -> Self: ...

    def with_name(self, name: str, /) -> Self:
        """Another one in the same folder."""

    def is_file(self) -> bool:
        """Whether there is something to read."""

    def read_bytes(self) -> bytes:
        """All of it. Raises FileNotFoundError."""

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove it."""

    def iterdir(self) -> Iterator[Self]:
        """What is in this folder."""


@dataclasses.dataclass(frozen=True)
class RemotePath:
    """A location in a file system of fsspec, such as `memory://bucket/clean`."""

    url: str

    def __truediv__(self, name: str, /) -> RemotePath:
        return RemotePath(f"{self.url}/{name}")

    def __str__(self) -> str:
        return self.url

    @property
    def name(self) -> str:
        """Its last part."""
        return self.url.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """Its last part without the ending."""
        return Path(self.name).stem

    @property
    def suffix(self) -> str:
        """The ending of its last part."""
        return Path(self.name).suffix

    def with_name(self, name: str, /) -> RemotePath:
        """Another one in the same folder."""
        return RemotePath(f"{self.url.rpartition('/')[0]}/{name}")

    def is_file(self) -> bool:
        """Whether there is an object."""
        return bool(self.files.isfile(self.url))

    def read_bytes(self) -> bytes:
        """All of it. Raises FileNotFoundError."""
        found: bytes = self.files.cat_file(self.url)
        return found

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove it. Raises FileNotFoundError."""
        with contextlib.suppress(*([FileNotFoundError] if missing_ok else [])):
            self.files.rm_file(self.url)

    def iterdir(self) -> Iterator[RemotePath]:
        """What is in this folder; nothing where there is none."""
        with contextlib.suppress(FileNotFoundError):
            yield from [self / str(found).rpartition("/")[2] for found in self.files.ls(self.url, detail=False)]

    @property
    def files(self) -> Any:  # noqa: ANN401  fsspec has no types
        """Its file system."""
        return _file_system(self.url.partition("://")[0])


@functools.cache
def _file_system(scheme: str) -> Any:  # noqa: ANN401  fsspec has no types
    import fsspec  # noqa: PLC0415  only what is not local needs it

    return fsspec.filesystem(scheme)


def location(text: str) -> Path | RemotePath:
    """The location that a text names.

    >>> location("data/work"), location("s3://bucket/work/")
    (PosixPath('data/work'), RemotePath(url='s3://bucket/work'))
    """
    return RemotePath(text.rstrip("/")) if "://" in text else Path(text)


def size(file: Location) -> int | None:
    """Its bytes; None where there is nothing."""
    try:
        return file.stat().st_size if isinstance(file, Path) else int(_remote(file).files.size(str(file)))
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
        _remote(file).files.pipe_file(str(file), bytes(data))


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
    return np.frombuffer(_remote(file).files.cat_file(str(file), start=offset, end=end), dtype).copy()


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
            _remote(folder).files.rm(str(folder), recursive=True)


# --- one file that several processes write -----------------------------------------------------------------------


@contextlib.contextmanager
def joined(file: Location) -> Iterator[Location]:
    """Yield where `write_part` writes the parts of a file; when the block ends well, the file is there as a whole.

    Where it does not end well, there is no file, or the one from before.
    """
    if isinstance(file, Path):
        with artifacts.replacing(file) as temporary:
            temporary.touch()
            yield temporary
        return
    parts = file.with_name(f"{artifacts.TEMPORARY_PREFIX}{file.name}")
    remove_folder(parts)
    try:
        yield parts
        write(file, b"".join(part.read_bytes() for part in sorted(parts.iterdir(), key=lambda part: part.name)))
    finally:
        remove_folder(parts)


def write_part(file: Location, start: int, data: bytes) -> None:
    """Write the part of a file of `joined` that begins at the byte `start`; in any process, in any order.

    A local file is written in place; of anything else each part is an object until all are there.
    """
    if isinstance(file, Path):
        with file.open("r+b") as handle:
            handle.seek(start)
            handle.write(data)
    elif data:
        write(file / f"{start:020}", data)


def read_part(file: Location, start: int, end: int) -> Iterator[memoryview]:
    """Yield the bytes of a part that `write_part` has written, in pieces that hold until the next one is asked for.

    Raises AssertionError where there are fewer than that.
    """
    if start == end:
        return
    if not isinstance(file, Path):
        whole = memoryview((file / f"{start:020}").read_bytes())
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

"""Local copies of what lies in a store, for code that reads and writes local files alone; they go with their block.

Of a local folder there is no copy: what is asked for is the folder itself.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tuneset.execution import storage
from tuneset.execution.stores.location import Location, RemotePath

_PIECE_BYTES = 8 << 20


@contextlib.contextmanager
def to_read(folder: Location, names: Sequence[str]) -> Iterator[Path]:
    """Yield a local folder with those files of `folder` that there are; names may hold folders."""
    if isinstance(folder, Path):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="tuneset-") as temporary:
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                fetch(folder / name, Path(temporary, name))
        yield Path(temporary)


@contextlib.contextmanager
def to_write(folder: Location, *, last: Sequence[str] = (), over: Sequence[str] = ()) -> Iterator[Path]:
    """Yield a local folder whose files are those of `folder` when the block ends well.

    It is empty at first. Files whose names are in `last` are written after all others, in that order; those of `over`
    go where the block has not made them again.
    """
    if isinstance(folder, Path):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="tuneset-") as temporary:
        here = Path(temporary)
        yield here
        made = sorted(path.relative_to(here).as_posix() for path in here.rglob("*") if path.is_file())
        for name in [name for name in over if name not in made]:
            (folder / name).unlink(missing_ok=True)
        for name in [*(name for name in made if name not in last), *(name for name in last if name in made)]:
            store(Path(temporary, name), folder / name)


def fetch(file: Location, to: Path) -> None:
    """Copy an object into a local file, a piece at a time. Raises FileNotFoundError where there is none."""
    size = storage.size(file)
    if size is None:
        raise FileNotFoundError(str(file))
    to.parent.mkdir(parents=True, exist_ok=True)
    with to.open("wb") as handle:
        for start in range(0, size, _PIECE_BYTES):
            handle.write(whole_range(file, start, min(start + _PIECE_BYTES, size)))


def fetch_range(file: Location, to: Path, start: int, end: int) -> None:
    """Write a range of an object into a local file, where it stands in the object; what is before it is a hole."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with to.open("wb") as handle:
        for begin in range(start, end, _PIECE_BYTES):
            handle.seek(begin)
            handle.write(whole_range(file, begin, min(begin + _PIECE_BYTES, end)))


def store(file: Path, to: Location) -> None:
    """Write a local file as an object, whole."""
    assert isinstance(to, RemotePath), "what is local is written in place"
    to.ask("written", lambda files: files.put_file(str(file), str(to)))


def whole_range(file: Location, start: int, end: int) -> bytes:
    """Bytes of an object of which there are so many. Raises InputError where a store gives fewer again and again."""
    assert isinstance(file, RemotePath), "what is local is read in place"

    def read(files: object) -> bytes:
        data: bytes = files.cat_file(str(file), start=start, end=end)  # type: ignore[attr-defined]  # no types
        if len(data) != end - start:
            raise OSError("fewer bytes than there are")
        return data

    return file.ask("read", read)

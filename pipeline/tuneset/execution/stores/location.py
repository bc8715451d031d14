"""Where files lie: a local path, or an object in a file system of fsspec, such as `s3://bucket/folder/name`.

A `Location` is what both can do. fsspec, and the library that speaks to a store, are loaded for locations with a scheme
alone. Credentials are found by that library where the environment has them; a location that carries some is refused,
because locations stand in ledgers, logs and errors.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from tuneset.errors import InputError, TunesetError, UsageError

Given = TypeVar("Given")

ATTEMPTS = 4
"""How often a store is asked for one thing that it fails to give for now. Its library has asked again by then, too."""
FIRST_WAIT_S = 0.2
"""How long to wait before the second attempt; each further wait is three times as long."""

LIBRARIES = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "az": "adlfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
}
"""What speaks to a store, by the scheme of its locations; s3fs is the extra `s3`."""

_SCHEME = re.compile(r"([a-z][a-z0-9]+):/+([^/].*)", re.DOTALL)
_NAMED_PLACE = re.compile(r"arn:|[^/:@]*:[0-9]*(?:/|$)")
"""How a place begins that has a colon and no key: an access point of S3, a host with its port."""
_SECRET = re.compile(r"[^/:@]*:.*@", re.DOTALL)
"""A key and what belongs to it, which may hold any character, a slash too."""
_USER = re.compile(r"[^/@]*@")
_SIGNED = re.compile(
    r"[?&](?:[\w-]*(?:signature|credential|token|secret|password|access-?key-?id|api-?_?key)|sig|key)=", re.IGNORECASE
)
"""A query that opens a place to whoever has it: signed URLs of S3 and Google Storage, SAS of Azure, tokens."""
_GONE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


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

    @property
    def parent(self) -> Self:
        """The folder that it is in."""

    def __truediv__(self, name: str, /) -> Self: ...

    def __hash__(self) -> int: ...

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
    """A location in a file system of fsspec, such as `memory://bucket/clean`.

    Each call raises FileNotFoundError where nothing is there, InputError where the store refuses or fails again and
    again, UsageError where no library speaks to it. The text of its errors is left out: it may hold what is secret.
    """

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

    @property
    def parent(self) -> RemotePath:
        """The folder that it is in."""
        return RemotePath(self.url.rpartition("/")[0])

    def with_name(self, name: str, /) -> RemotePath:
        """Another one in the same folder."""
        return self.parent / name

    def is_file(self) -> bool:
        """Whether there is an object."""
        try:
            return str(self.info()["type"]) == "file"
        except FileNotFoundError:
            return False

    def info(self) -> dict[str, Any]:
        """What the store says of it: `size`, `type`, and a version of some kind."""
        found: dict[str, Any] = self.ask("read", lambda files: files.info(self.url))
        return found

    def read_bytes(self) -> bytes:
        """All of it."""
        found: bytes = self.ask("read", lambda files: files.cat_file(self.url))
        return found

    def read_range(self, start: int, end: int | None) -> bytes:
        """Its bytes from `start` up to `end`, fewer where it ends before; none too, which stores refuse to give."""
        if end is not None and end <= start:
            return b""

        def read(files: Any) -> bytes:  # noqa: ANN401  fsspec has no types
            try:
                found: bytes = files.cat_file(self.url, start=start, end=end)
            except Exception:
                if int(files.info(self.url)["size"]) > start:
                    raise
                return b""
            return found

        return self.ask("read", read)

    def write(self, data: bytes) -> None:
        """Write it whole; whoever reads it meanwhile finds all of what was there before, or all of this."""
        self.ask("written", lambda files: files.pipe_file(self.url, data))

    def create(self, data: bytes) -> bool:
        """Write it where nothing is, as one step if the store can do that; say whether it was written."""
        with contextlib.suppress(FileNotFoundError):
            self.info()
            return False

        def create(files: Any) -> None:  # noqa: ANN401  fsspec has no types
            try:
                files.pipe_file(self.url, data, mode="create")
            except (NotImplementedError, TypeError, ValueError):  # what file systems say that know no such mode
                files.pipe_file(self.url, data)

        try:
            self.ask("written", create)
        except FileExistsError:
            return False
        return self.read_bytes() == data

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove it."""
        with contextlib.suppress(*([FileNotFoundError] if missing_ok else [])):
            self.ask("removed", lambda files: files.rm_file(self.url))

    def iterdir(self) -> Iterator[RemotePath]:
        """What is in this folder; nothing where there is none."""
        with contextlib.suppress(FileNotFoundError):
            listed = self.ask("listed", lambda files: files.ls(self.url, detail=False, refresh=True))
            yield from [self / str(found).rpartition("/")[2] for found in listed]

    def below(self) -> dict[str, dict[str, Any]]:
        """What the store says of each object below this folder, by its name from here on; of an object nothing.

        An empty object whose name ends with a slash is no file: consoles of stores make them to show a folder.
        """

        def listed(files: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401  fsspec has no types
            own = files.info(self.url)
            if own["type"] == "file":
                return {}
            start = len(own["name"].rstrip("/")) + 1
            found = files.find(own["name"], detail=True)
            return {
                name[start:]: about
                for name, about in found.items()
                if about["type"] == "file" and (about["size"] or not name[start - 1 :].endswith("/"))
            }

        return self.ask("listed", listed)

    def ask(self, doing: str, call: Callable[[Any], Given]) -> Given:
        """Ask its file system for something, again where it fails for now."""
        wait = FIRST_WAIT_S
        for left in reversed(range(ATTEMPTS)):
            try:
                return call(_file_system(self.url.partition("://")[0]))
            except (TunesetError, FileExistsError, NotImplementedError):
                raise
            except Exception as error:  # each store's library has errors of its own
                if isinstance(error, _GONE) and doing != "written":  # then it is the bucket that is not there
                    raise
                if left and not isinstance(error, (PermissionError, *_GONE)):
                    time.sleep(wait)
                    wait *= 3
                    continue
                raise InputError(
                    f"{self.url}: cannot be {doing}: {_reason(error)}",
                    hint="check its name, and the credentials that the environment has for it; then run it again",
                ) from None
        raise AssertionError


def location(given: str | Path) -> Path | RemotePath:
    """The location that a text names, or a path that a text with a scheme has become.

    Raises UsageError where it carries credentials.

    >>> location("data/work"), location("s3://bucket/work/"), location(Path("s3://bucket/work"))
    (PosixPath('data/work'), RemotePath(url='s3://bucket/work'), RemotePath(url='s3://bucket/work'))
    """
    match = _SCHEME.fullmatch(str(given))
    if match is None:
        return Path(given)
    scheme, rest = match.groups()
    if scheme in ("file", "local"):
        return Path("/", rest)  # what a file system of fsspec for local files would read as bytes
    if _carries_secret(scheme, rest):
        raise UsageError(
            f"{scheme}://...: carries credentials",
            hint="leave them to the environment, where the store's own tools find them too",
        )
    return RemotePath(f"{scheme}://{rest.rstrip('/')}")


def _carries_secret(scheme: str, rest: str) -> bool:
    """Whether a location holds what nobody may read, rather once too often.

    >>> [_carries_secret("s3", rest) for rest in ("bucket/a@b:c", "key:se/cret@bucket/a", "bucket/a?sig=x")]
    [False, True, True]
    """
    if _SIGNED.search(rest) or (scheme in ("http", "https") and _USER.match(rest)):
        return True
    return _SECRET.match(rest) is not None and _NAMED_PLACE.match(rest) is None


def _reason(error: Exception) -> str:
    """What kind of fault it is, without the library's own words.

    >>> _reason(PermissionError("key AKIA..."))
    'PermissionError'
    """
    answer = getattr(error, "response", None) or getattr(error.__cause__, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    return f"{type(error).__name__} ({code})" if type(code) is str and code.isalnum() else type(error).__name__


@functools.cache
def _file_system(scheme: str) -> Any:  # noqa: ANN401  fsspec has no types
    import fsspec  # noqa: PLC0415  only what is not local needs it

    try:
        return fsspec.filesystem(scheme, use_listings_cache=False)
    except (ImportError, ValueError):
        library = LIBRARIES.get(scheme, "the library of fsspec for it")
        hint = f"install {library} beside Tuneset, or name another place"
        if library == "s3fs":
            hint = "install Tuneset with the extra s3, or add it: pip install s3fs"
        raise UsageError(f"{scheme}://: nothing installed here can read it", hint=hint) from None

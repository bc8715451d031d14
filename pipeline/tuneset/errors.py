"""The errors that a user meets, each with the exit code of the command line.

    TunesetError
    ├── UsageError        exit 2: wrong usage or params
    ├── InputError        exit 3: input that cannot be read
    ├── CheckFailedError  exit 1: findings, or a gate that did not hold
    ├── DefectError       exit 1: what no code expects, while rows were worked on
    └── RemoteError       exit 4: the remote side; carries a stable code of ours

Each says where, what was found, what is allowed and what to do. Values of rows and keys never appear in them.
A Python exception that is none of these is a defect of ours, not a user's mistake; where it came from is shown by
`frames`, without its message, which may hold values of rows.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator, Sequence


class TunesetError(Exception):
    """An expected fault, shown to the user without a traceback.

    Args:
        message: where it happened and what was found, in one sentence.
        allowed: what would have been right, if that can be said.
        hint: what to do now, if that can be said.

    >>> print(TunesetError("params.yaml: split.validation is 7.5", allowed="a ratio below 1 or a whole number"))
    params.yaml: split.validation is 7.5
      allowed: a ratio below 1 or a whole number
    """

    exit_code = 1

    def __init__(self, message: str, *, allowed: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.allowed = allowed
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.message]
        if self.allowed:
            lines.append(f"  allowed: {self.allowed}")
        if self.hint:
            lines.append(f"  do: {self.hint}")
        return "\n".join(lines)


class UsageError(TunesetError):
    """A command or params.yaml asks for what does not exist or does not fit together."""

    exit_code = 2


@contextlib.contextmanager
def kept(faults: list[UsageError]) -> Iterator[None]:
    """Keep a UsageError for `raise_all`, so that whoever mends it is told of the next one too."""
    try:
        yield
    except UsageError as error:
        faults.append(error)


def raise_all(faults: Sequence[UsageError]) -> None:
    """Raise several faults as one; nothing where there is none.

    >>> raise_all([UsageError("a: is not set", hint="set a"), UsageError("b: is 7", allowed="8", hint="set b")])
    Traceback (most recent call last):
    tuneset.errors.UsageError: a: is not set
      and b: is 7
      allowed: 8
      do: set a; set b
    """
    if faults:
        message = "\n  and ".join(fault.message for fault in faults)
        allowed = "; ".join(fault.allowed for fault in faults if fault.allowed)
        raise UsageError(message, allowed=allowed, hint="; ".join(fault.hint for fault in faults if fault.hint))


class InputError(TunesetError):
    """A file is missing, empty, or not what it would have to be."""

    exit_code = 3


class CheckFailedError(TunesetError):
    """The data does not hold what was asked of it: findings of severity error, or a gate over its limit."""

    exit_code = 1


class DefectError(TunesetError):
    """Something that no code expects: a defect of ours, of a library, or of a function of the user's.

    Args:
        trace: where it came from, as `frames` tells it; it goes with the error from a worker to the run.
    """

    exit_code = 1

    def __init__(self, message: str, *, trace: str = "", allowed: str = "", hint: str = "") -> None:
        super().__init__(message, allowed=allowed, hint=hint)
        self.trace = trace


class RemoteError(TunesetError):
    """The endpoint refused, failed or lied.

    Args:
        code: a stable code of ours in snake case, such as `job_failed`.
        server_code: the endpoint's own code, verbatim, where it gave one.
    """

    exit_code = 4

    def __init__(
        self, message: str, *, code: str, server_code: str | None = None, allowed: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, allowed=allowed, hint=hint)
        self.code = code
        self.server_code = server_code

    def __str__(self) -> str:
        server = f" (the server's code: {self.server_code})" if self.server_code else ""
        return f"{super().__str__()}\n  code: {self.code}{server}"


def frames(error: BaseException) -> str:
    """Where an error and its causes came from: files, lines, functions and types, the first cause above all.

    Messages of other libraries are left out, since they may hold values of rows; ours never do.
    """
    parts: list[str] = []
    now: BaseException | None = error
    while now is not None:
        own = f": {now.message}" if isinstance(now, TunesetError) else ""
        elsewhere = f"{now.trace}\n" if isinstance(now, DefectError) and now.trace else ""
        parts.append(f"{elsewhere}{''.join(traceback.format_tb(now.__traceback__))}{type(now).__name__}{own}")
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)
    return "\n\n".join(reversed(parts))


def is_panic(error: BaseException) -> bool:
    """Whether a library that is written in Rust has broken down: an error that is no Exception.

    Each such library has a class of its own for it, and nothing in common but its name.
    """
    return (type(error).__module__, type(error).__name__) == ("pyo3_runtime", "PanicException")


@contextlib.contextmanager
def panics_told(doing: str) -> Iterator[None]:
    """Turn a panic within the block into a TunesetError that says what was being done.

    The text of a panic is left out, since it may hold values of rows; Rust has printed where it happened.
    """
    try:
        yield
    except BaseException as error:
        if not is_panic(error):
            raise
        raise DefectError(
            f"{doing}: a library panicked",
            trace=frames(error),
            hint="what was finished is kept; report the lines above if it happens again",
        ) from error

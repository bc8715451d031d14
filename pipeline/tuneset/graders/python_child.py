"""The process in which a `python` grader runs; `python_source` starts it by its path, with its parent's pid.

Reads JSON lines: a source, then pairs of answer and row; writes a line for each pair, `[score, error]`. Needs nothing
but Python, and takes its own rights away before it runs anything.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import math
import os
import signal
import sys
import sysconfig
from typing import Any

MEMORY = 2 << 30
DISK = 1 << 30
"""Bytes. OpenAI's guide to graders (Python), 2026-11-20."""

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
_REFUSED = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile",
    "os.kill", "signal.pthread_kill", "pty.", "ctypes.", "shutil.", "os.link", "os.symlink", "os.rename", "os.remove",
    "os.chmod", "os.chown", "os.putenv",
)  # fmt: skip
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main(parent: int) -> None:
    """Grade until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)  # what the function prints goes nowhere
    lines = iter(sys.stdin.buffer.readline, b"")
    sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY))
    source = json.loads(next(lines))
    _confine(parent)
    answers.write("ready\n")
    answers.flush()
    grade, fault = _function(source)
    for line in lines:
        pair = json.loads(line)
        answer = (0.0, fault) if grade is None else _score(grade, pair)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _function(source: str) -> tuple[Any, str | None]:
    """The function `grade` of a source, or why there is none."""
    names: dict[str, Any] = {"__name__": "grader"}
    try:
        exec(compile(source, "grader", "exec"), names)  # noqa: S102  this is what the process is for
    except BaseException as error:  # noqa: BLE001  the source may raise anything, and even leave
        return None, f"the source raised {type(error).__name__}"
    grade = names.get("grade")
    return (grade, None) if callable(grade) else (None, "the source has no function grade(sample, item)")


def _score(grade: Any, pair: dict[str, Any]) -> tuple[float, str | None]:  # noqa: ANN401  a function of the user's
    try:
        score = float(grade(pair["sample"], pair["item"]))
    except BaseException as error:  # noqa: BLE001  as above
        return 0.0, f"the function raised {type(error).__name__}"
    return (score, None) if math.isfinite(score) else (0.0, "the function gave no finite number")


def _confine(parent: int) -> None:
    """Take away network, other processes, files and memory; end with the parent."""
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        library.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)  # where the system allows it; else what is refused below counts
    if os.getppid() != parent:
        os._exit(1)
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  only some systems have it

        for limit, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, DISK), (resource.RLIMIT_CORE, 0)):
            with contextlib.suppress(OSError, ValueError):  # some systems know no such limit
                resource.setrlimit(limit, (most, most))
    own = os.path.realpath(".")
    readable = (
        own,
        *_python_folders(),
        "/usr/share/zoneinfo",
        "/dev/null",
        "/dev/urandom",
        "/proc/self/",
        "/proc/meminfo",
    )

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, str | bytes):
                _check_open(os.path.realpath(os.fsdecode(path)), flags, own, readable)
        elif event == "ctypes.dlopen" and arguments and arguments[0] is None:
            return  # numpy looks at its own process
        elif event.startswith(_REFUSED):
            raise PermissionError(f"a grader may not use {event}")

    sys.addaudithook(refuse)


def _check_open(path: str, flags: object, own: str, readable: tuple[str, ...]) -> None:
    writes = isinstance(flags, int) and bool(flags & _WRITES)
    if not path.startswith((own,) if writes else readable) and path != os.devnull:
        raise PermissionError("a grader may not open this file")


def _python_folders() -> tuple[str, ...]:
    folders = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values()}
    return tuple(os.path.realpath(folder) for folder in folders)


if __name__ == "__main__":
    main(int(sys.argv[1]))

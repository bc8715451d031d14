"""What the exit code of a command says."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import NoReturn

INTERRUPTED = 130  # what shells report for a process that was ended by Ctrl-C
UNREAD = 141  # likewise by SIGPIPE: who reads the output has gone, as `| head` does; what the answer was is not known
EXIT_CODES: Mapping[int, str] = {
    0: "fine",
    1: "findings or a failed gate",
    2: "wrong usage",
    3: "unreadable input",
    4: "the remote side",
    INTERRUPTED: "interrupted",
}


def told() -> str:
    """One line, for the end of `--help`."""
    return f"Exit codes: {', '.join(f'{code} {what}' for code, what in EXIT_CODES.items())}."


def interrupted() -> NoReturn:
    """Say that somebody has pressed Ctrl-C, and exit."""
    print("interrupted; what was finished is kept, run the same command again to go on", file=sys.stderr)
    sys.exit(INTERRUPTED)

"""What a call to an endpoint can end with instead of an answer, whatever the protocol; and a server's words, tamed.

What is to be shown for it, and whether the call is made again, is decided above (`failures.py`, `calls.py`).
"""

from __future__ import annotations

import re
from typing import Literal

FaultKind = Literal[
    "bad_request", "authentication_failed", "permission_denied", "not_found", "not_supported", "timeout", "conflict",
    "file_too_large", "rate_limited", "server_error", "connection_failed", "unexpected_answer", "client_error",
    "quota_exceeded", "training_not_available", "purpose_download_forbidden", "file_not_ready",
]  # fmt: skip
"""Closed; these are the codes of RemoteError too, and docs/reliability.md explains each."""

MESSAGE_LENGTH = 500
"""How many characters of a server's own message are shown."""
_KEY_SHAPE = re.compile(r"\bsk-[\w*.-]{6,}|\bBearer\s+\S+")


class CallFault(Exception):  # noqa: N818  it is what came of a call, not an error of the program
    """A call that brought no good answer.

    Args:
        kind: what went wrong.
        found: what the endpoint did, as the end of a sentence that begins with its address; no key in it.
        passing: whether asking again may bring a better answer.
        acted: whether the server may have acted all the same, so that one must look before sending again.
        wait_s: seconds that the server asks to wait, or None.
        server_code: the server's own code, where it gives one.
    """

    def __init__(
        self,
        kind: FaultKind,
        found: str,
        *,
        passing: bool,
        acted: bool,
        wait_s: float | None = None,
        server_code: str | None = None,
    ) -> None:
        super().__init__(found)
        self.kind: FaultKind = kind
        self.found = found
        self.passing = passing
        self.acted = acted
        self.wait_s = wait_s
        self.server_code = server_code


class ExpiryUnknown(CallFault):
    """The endpoint refuses a file because it knows nothing of files that expire; nothing was made."""


def one_line(text: str) -> str:
    r"""A server's words on one line, without characters that steer a terminal.

    >>> one_line("a\n  b\x1b[2J")
    'a b[2J'
    """
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def scrubbed(text: str, key: str | None) -> str:
    """A server's words on one line, cut, with the key and anything shaped like one taken out.

    >>> scrubbed("no such key: abc", "abc")
    'no such key: [key]'
    """
    if key:
        text = text.replace(key, "[key]")
    text = one_line(_KEY_SHAPE.sub("[key]", text))
    return text if len(text) <= MESSAGE_LENGTH else text[: MESSAGE_LENGTH - 3] + "..."

"""Why the text of a file cannot be had, in the protocol's words."""

from __future__ import annotations

from typing import Literal

Code = Literal["server_error", "unsupported_file", "invalid_file"]


class UnreadableError(Exception):
    """A file without a text. `code` is what the protocol says of a file in a vector store (`last_error`)."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message

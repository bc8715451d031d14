"""What the library of a provider or a storage raises, as faults of a call. Each has exceptions of its own.

Values of credentials never pass: of what a library says its first line is shown, without what it may hold of them.
"""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Callable, Iterator, Sequence

from tuneset.errors import UsageError
from tuneset.providers.call_fault import CallFault, FaultKind, scrubbed

_BUSY = frozenset({errno.EBUSY, errno.EAGAIN, errno.EIO})
_BY_STATUS: dict[int, FaultKind] = {
    400: "bad_request", 401: "authentication_failed", 403: "permission_denied", 404: "not_found", 408: "timeout",
    409: "conflict", 412: "conflict", 429: "rate_limited",
}  # fmt: skip
_FIRST_SERVER_ERROR = 500
_NO_KEY = ("NoCredentials", "PartialCredentials", "DefaultCredentials", "RefreshError", "TokenRetrieval", "SSOToken",
           "ProfileNotFound")  # fmt: skip
_WRONG_KEY = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "Invalid Credentials",
              "Access Key Id you provided does not exist", "request signature we calculated")  # fmt: skip
"""Parts of the names of exceptions, and of what they say, in botocore, s3fs, google-auth and gcsfs (2026-11-26)."""
_ELSEWHERE = ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint", "expecting '",
              "must be addressed using the specified endpoint")  # fmt: skip
_BROKEN = "Connect|Disconnect|Payload|Protocol|ReadError|HTTPClient"
_UNREADABLE = ("ParserError", "ParseError", "ValidationError", "DecodeError", "UnknownApiResponseError")
_SECRET = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bya29\.\S+|(?i:(?:token|signature|credential)=)\S+")


def words_of(error: object) -> str:
    r"""The first line of what is said, without what looks like a part of credentials.

    >>> words_of("no such key AKIAABCDEFGHIJKLMNOP\nCanonical request: ...")
    'no such key [key]'
    """
    return scrubbed(_SECRET.sub("[key]", str(error).strip().partition("\n")[0]), None)


@contextlib.contextmanager
def faults(where: str, own: Callable[[Exception], CallFault | None] = lambda _: None) -> Iterator[None]:
    """Raise CallFault for whatever a library raises in the block.

    `where` goes before what is told, empty for the provider itself; `own` knows exceptions of one library.
    """
    try:
        yield
    except CallFault:
        raise
    except Exception as error:  # noqa: BLE001  each library has exceptions of its own, not all of them known
        raise own(error) or fault_of(error, where) from None


def fault_of(error: Exception, where: str = "") -> CallFault:
    """The fault that an exception means.

    >>> fault_of(FileNotFoundError("x")).kind, fault_of(TimeoutError()).acted
    ('not_found', True)
    """
    name, said = type(error).__name__, words_of(error)
    for words, kind, found in _TOLD:
        if any(word in name or word in said for word in words):
            return CallFault(kind, f"{where}{found} ({name})", passing=False, acted=kind == "unexpected_answer")
    if isinstance(error, FileNotFoundError):
        return CallFault("not_found", f"{where}has nothing by that name", passing=False, acted=False)
    if isinstance(error, PermissionError):
        return CallFault("permission_denied", f"{where}refuses that: {said}", passing=False, acted=False)
    if isinstance(error, TimeoutError) or "Timeout" in name:
        return CallFault("timeout", f"{where}did not answer in time", passing=True, acted=True)
    if isinstance(error, ConnectionError) or re.search(_BROKEN, name):
        return CallFault("connection_failed", f"{where}broke the connection ({name})", passing=True, acted=True)
    status = _status(error)
    if status is not None:
        kind = _BY_STATUS.get(status, "server_error" if status >= _FIRST_SERVER_ERROR else "bad_request")
        passing = kind in ("timeout", "rate_limited", "server_error", "conflict")
        return CallFault(kind, f"{where}answered {status}: {said}", passing=passing, acted=passing)
    if isinstance(error, OSError) and error.errno in _BUSY:
        return CallFault("server_error", f"{where}is busy ({said})", passing=True, acted=True)
    return CallFault("client_error", f"{where}{name}: {said}", passing=False, acted=False)


_TOLD: tuple[tuple[tuple[str, ...], FaultKind, str], ...] = (
    (_NO_KEY, "authentication_failed", "was not asked, since no credentials were found"),
    (_WRONG_KEY, "authentication_failed", "refuses the credentials"),
    (_ELSEWHERE, "bad_request", "says that the bucket is in another region"),
    (_UNREADABLE, "unexpected_answer", "answered with what cannot be read"),
)


def _status(error: Exception) -> int | None:
    """The HTTP status that an exception bears, by any of its names."""
    for name in ("code", "status", "status_code"):
        value = getattr(error, name, None)
        if isinstance(value, (int, str)) and str(value).isdecimal():
            return int(value)
    return None


def missing_library(missing: Sequence[str], protocol: str | None, extra: str) -> UsageError:
    """That the libraries of a protocol are not installed."""
    return UsageError(
        f"{protocol}: needs {' and '.join(missing)}",
        hint=f"install Tuneset with the extra {extra}, or add them: pip install {' '.join(missing)}",
    )

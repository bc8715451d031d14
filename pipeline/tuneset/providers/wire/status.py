"""Faults of the network and of answers -> CallFault, whatever the protocol. Nothing is retried here."""

from __future__ import annotations

import email.utils
import time
from http import HTTPStatus

import httpx2

from tuneset.providers.call_fault import CallFault, FaultKind, one_line, scrubbed
from tuneset.providers.wire.answer import UnexpectedAnswer, is_page
from tuneset.providers.wire.connection import proxy_variable
from tuneset.providers.wire.reader import decode
from tuneset.providers.wire.words import words_of

_KINDS: dict[int, FaultKind] = {
    400: "bad_request", 401: "authentication_failed", 402: "quota_exceeded", 403: "permission_denied", 404: "not_found",
    405: "not_supported", 408: "timeout", 409: "conflict", 413: "file_too_large", 422: "bad_request",
    429: "rate_limited", 501: "not_supported",
}  # fmt: skip
_UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)


def transport_fault(cause: BaseException | None, key: str | None) -> CallFault | None:
    """What an exception of the network, or an answer that is none, means; None for anything else."""
    if isinstance(cause, UnexpectedAnswer):
        found = f"answered with {cause.found}"
        return CallFault("unexpected_answer", found, passing=cause.passing, acted=cause.acted)
    if isinstance(cause, RecursionError):  # of a client that reads JSON by itself
        found = "answered with JSON that is nested too deeply"
        return CallFault("unexpected_answer", found, passing=False, acted=True)
    if isinstance(cause, httpx2.InvalidURL):
        return CallFault("bad_request", "has no place with such an id", passing=False, acted=False)
    unsent = isinstance(cause, _UNSENT)
    if (tls := _tls_fault(str(cause))) is not None:
        return CallFault("connection_failed", tls, passing=False, acted=False)
    if isinstance(cause, httpx2.ProxyError):
        found = f"is not reached: the proxy refuses ({scrubbed(str(cause), key)})"
        return CallFault("connection_failed", found, passing=False, acted=False)
    if isinstance(cause, httpx2.TimeoutException):
        found = "cannot be reached in time" if unsent else "did not answer in time"
        return CallFault("timeout", found, passing=True, acted=not unsent)
    if isinstance(cause, (httpx2.HTTPError, httpx2.StreamError)):
        found = "cannot be reached" if unsent else "broke the connection"
        reason = f" ({scrubbed(str(cause), key)})" if unsent and str(cause) else ""
        lasting = isinstance(cause, (httpx2.UnsupportedProtocol, httpx2.TooManyRedirects))
        if isinstance(cause, httpx2.ConnectError) and (proxy := _proxy_of(cause)):
            found, lasting = f"is not reached: the proxy that {proxy} names cannot be", True
        return CallFault("connection_failed", f"{found}{reason}", passing=not lasting, acted=not unsent)
    return None


def _proxy_of(cause: httpx2.ConnectError) -> str | None:
    """The variable that names the proxy which a request went to, if it went to one."""
    try:
        url = cause.request.url
    except RuntimeError:  # an exception that was made without its request
        return None
    return proxy_variable(url.scheme, url.host)


def _tls_fault(reason: str) -> str | None:
    """What is wrong with an encrypted connection, which no second try changes; else None.

    >>> _tls_fault("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")
    'does not speak TLS; the address may begin with http:// instead'
    """
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        detail = reason.partition("certificate verify failed: ")[2].partition(" (_ssl")[0] or "it is not trusted"
        return f"has a certificate that cannot be verified ({one_line(detail)}); SSL_CERT_FILE names a CA of one's own"
    if "WRONG_VERSION_NUMBER" in reason or "record layer failure" in reason:
        return "does not speak TLS; the address may begin with http:// instead"
    return f"cannot be talked to by TLS ({one_line(reason)})" if reason.startswith("[SSL") else None


def status_fault(response: httpx2.Response, key: str | None) -> CallFault:
    """What an answer of a bad status means; its body has been read. No key is in it."""
    status, headers = response.status_code, response.headers
    message, server_code = _server_words(response, key)
    kind = _kind(status, message, server_code)
    if message is None:
        what = "a web page" if is_page(response) else "no message"
        found = f"answered {status} with {what}"
        if what == "a web page" and status < 500 and status not in (404, 408, 413, 429):
            kind = "unexpected_answer"
    else:
        found = f"answered {status}: {message}"
    passing = status in (408, 409, 429) or (status >= 500 and status != 501) or kind == "file_not_ready"
    if kind == "quota_exceeded" or headers.get("x-should-retry") == "false":
        passing = False
    acted = status in (408, 409) or status >= 500
    return CallFault(kind, found, passing=passing, acted=acted, wait_s=_asked_wait(headers), server_code=server_code)


def _kind(status: int, message: str | None, server_code: str | None) -> FaultKind:
    """The kind of an answer; a few of the server's words say more than its status."""
    words = message or ""
    if server_code == "training_not_available":
        return "training_not_available"
    if server_code == "insufficient_quota":
        return "quota_exceeded"
    if status in (401, 403) and "missing scopes" in words.lower():
        return "permission_denied"
    if "Not allowed to download files of purpose" in words:
        return "purpose_download_forbidden"
    if status == 400 and ("is still being processed" in words or "is not ready" in words):
        return "file_not_ready"
    return _KINDS.get(status, "server_error" if status >= 500 else "bad_request")


def _server_words(response: httpx2.Response, key: str | None) -> tuple[str | None, str | None]:
    """The server's own message and code, wherever it put them; None where there are none."""
    if is_page(response):
        return None, None
    content = response.content
    try:
        words = words_of(decode(content))
    except ValueError:
        words = words_of(content.decode("utf-8", "replace"))
    code = words.code or (words.type if response.status_code == HTTPStatus.TOO_MANY_REQUESTS else None)
    return (scrubbed(words.message, key) if words.message else None), (scrubbed(code, key) if code else None)


def _asked_wait(headers: httpx2.Headers) -> float | None:
    """Seconds that the server asks to wait: `retry-after-ms`, else `Retry-After` as seconds or as a date.

    >>> _asked_wait(httpx2.Headers({"retry-after-ms": "200"})), _asked_wait(httpx2.Headers({"retry-after": "nan"}))
    (0.2, None)
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
        return seconds if seconds >= 0 else None
    date = email.utils.parsedate_tz(headers.get("retry-after", ""))
    return max(0.0, email.utils.mktime_tz(date) - time.time()) if date else None

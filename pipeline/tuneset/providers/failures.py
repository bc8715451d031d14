"""What went wrong at the endpoint, in our words: each fault of a call becomes a RemoteError with a stable code.

Beside the error stands what a caller needs to decide: whether trying again may help, and whether the server may
have acted although no good answer came. Nothing is retried here.
"""

from __future__ import annotations

import dataclasses
import email.utils
import json
import re
import time
from typing import Any

import httpx2
import openai

from tuneset.errors import RemoteError
from tuneset.providers.endpoint import NO_KEY, Endpoint


class UnexpectedAnswer(Exception):  # noqa: N818  it is what the answer is, not an error of the program
    """An answer with a good status that is not what the protocol says: a web page, half a document, no id.

    Args:
        found: what came, as the end of a sentence; no value from the answer in it.
        passing: whether asking again may bring a better one.
    """

    def __init__(self, found: str, *, passing: bool) -> None:
        super().__init__(found)
        self.found = found
        self.passing = passing


CALL_FAULTS = (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, UnexpectedAnswer)
"""All that a call can raise because of the network or the server."""

MESSAGE_LENGTH = 500
"""How many characters of a server's own message are shown."""

_CODES = {
    400: "bad_request", 401: "authentication_failed", 403: "permission_denied", 404: "not_found",
    405: "not_supported", 408: "timeout", 409: "conflict", 413: "file_too_large", 422: "bad_request",
    429: "rate_limited", 501: "not_supported",
}  # fmt: skip
_HINTS = {
    "not_found": "check the id, endpoint.base_url, and that the key belongs to the project that holds the object",
    "not_supported": "this endpoint does not offer the call; check endpoint.base_url",
    "connection_failed": "check the network and endpoint.base_url; the same command again goes on where it stopped",
    "timeout": "the same command again goes on where it stopped",
    "rate_limited": "wait, then run the same command again",
    "quota_exceeded": "raise the account's limit or credit at the provider, then run the same command again",
    "server_error": "the fault is the server's; run the same command again later",
    "unexpected_answer": "check endpoint.base_url, and whether a proxy or a log-in page stands in between",
    "purpose_download_forbidden": "this endpoint does not give such files back; keep the local copy",
    "file_not_ready": "the server is still reading the file; run the same command again later",
}
_UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
_KEY_SHAPE = re.compile(r"\bsk-[\w*.-]{6,}|\bBearer\s+\S+")


@dataclasses.dataclass(frozen=True)
class Failure:
    """One failed call.

    Args:
        error: what to show.
        passing: whether trying again may help.
        acted: whether the server may have acted all the same, so that one must look before sending again.
        wait_s: seconds that the server asks to wait, or None.
    """

    error: RemoteError
    passing: bool
    acted: bool
    wait_s: float | None = None


def classify(fault: Exception, what: str, endpoint: Endpoint) -> Failure:
    """Say what a fault of CALL_FAULTS means. `what` names the call, such as `uploading train.jsonl`.

    Neither the key nor anything shaped like one is in the result, even where the server repeats it.
    """
    start = f"{what}: {endpoint.base_url}"
    if isinstance(fault, openai.APIStatusError):
        return _status_failure(fault, start, endpoint)
    if isinstance(fault, UnexpectedAnswer):
        return Failure(_error(f"{start} answered with {fault.found}", "unexpected_answer"), fault.passing, acted=True)
    # The client wraps the transport's exception, which alone tells whether anything was sent.
    cause = fault.__cause__ if isinstance(fault, openai.APIConnectionError) else fault
    unsent = isinstance(cause, _UNSENT)
    if isinstance(fault, openai.APITimeoutError) or isinstance(cause, httpx2.TimeoutException):
        found = "cannot be reached in time" if unsent else "did not answer in time"
        return Failure(_error(f"{start} {found}", "timeout"), passing=True, acted=not unsent)
    if isinstance(fault, (openai.APIConnectionError, httpx2.HTTPError, httpx2.StreamError)):
        found = "cannot be reached" if unsent else "broke the connection"
        reason = f" ({_scrub(str(cause), endpoint)})" if unsent and str(cause) else ""
        lasting = isinstance(cause, (httpx2.UnsupportedProtocol, httpx2.TooManyRedirects))
        return Failure(_error(f"{start} {found}{reason}", "connection_failed"), passing=not lasting, acted=not unsent)
    return Failure(_error(f"{start}: {_scrub(str(fault), endpoint)}", "client_error"), passing=False, acted=True)


def _status_failure(fault: openai.APIStatusError, start: str, endpoint: Endpoint) -> Failure:
    status, headers = fault.status_code, fault.response.headers
    message, server_code = _server_words(fault, endpoint)
    code = _code(status, message, server_code)
    if message is None:
        kind = "a web page" if _is_page(fault.response) else "no message"
        found = f"answered {status} with {kind}"
        if kind == "a web page" and status < 500 and status not in (404, 408, 413, 429):
            code = "unexpected_answer"
    else:
        found = f"answered {status}: {message}"
    passing = status in (408, 409, 429) or (status >= 500 and status != 501) or code == "file_not_ready"
    if code == "quota_exceeded" or headers.get("x-should-retry") == "false":
        passing = False
    error = _error(f"{start} {found}", code, server_code, _hint(code, endpoint))
    return Failure(error, passing, acted=status in (408, 409) or status >= 500, wait_s=_asked_wait(headers))


def _code(status: int, message: str | None, server_code: str | None) -> str:
    """Our code for an answer; a few of the server's words say more than its status."""
    words = message or ""
    if server_code == "training_not_available":
        return "training_not_available"
    if server_code == "insufficient_quota":
        return "quota_exceeded"
    if "Not allowed to download files of purpose" in words:
        return "purpose_download_forbidden"
    if status == 400 and ("is still being processed" in words or "is not ready" in words):
        return "file_not_ready"
    return _CODES.get(status, "server_error" if status >= 500 else "bad_request")


def _hint(code: str, endpoint: Endpoint) -> str:
    if code == "training_not_available":
        dates = "; ".join(endpoint.profile.endpoint.notices)
        known = f"known dates: {dates}. " if dates else ""
        return (
            f"this organisation can create no new fine-tuning jobs here. {known}"
            "The same file trains at endpoint.profile azure, nebius or local. "
            "The uploaded files are still there; `tuneset files prune` deletes them"
        )
    if code in ("authentication_failed", "permission_denied"):
        place = endpoint.key_variable or "the variable that endpoint.api_key_env names"
        return f"check the key in {place} and what it is allowed to do"
    return _HINTS.get(code, "")


def _error(message: str, code: str, server_code: str | None = None, hint: str | None = None) -> RemoteError:
    return RemoteError(message, code=code, server_code=server_code, hint=_HINTS.get(code, "") if hint is None else hint)


def _server_words(fault: openai.APIStatusError, endpoint: Endpoint) -> tuple[str | None, str | None]:
    """The server's own message and code, wherever it put them; None where there are none."""
    body: Any = fault.body
    if isinstance(body, dict):
        message = next((body[key] for key in ("message", "detail", "error") if isinstance(body.get(key), str)), None)
        code = body.get("code") or (body.get("type") if fault.status_code == 429 else None)
        server_code = _scrub(str(code), endpoint) if code else None
        return (_scrub(message, endpoint) if message else None), server_code
    if isinstance(body, str) and body.strip() and not _is_page(fault.response):
        return _scrub(body, endpoint), None
    return None, None


def _is_page(response: httpx2.Response) -> bool:
    return "html" in response.headers.get("content-type", "") or response.content.lstrip()[:1] == b"<"


def _scrub(text: str, endpoint: Endpoint) -> str:
    """A server's words on one line, cut, with the key and anything shaped like one taken out."""
    key = endpoint.client.api_key
    if key and key != NO_KEY:
        text = text.replace(key, "[key]")
    text = one_line(_KEY_SHAPE.sub("[key]", text))
    return text if len(text) <= MESSAGE_LENGTH else text[: MESSAGE_LENGTH - 3] + "..."


def one_line(text: str) -> str:
    r"""A server's words on one line, without characters that steer a terminal.

    >>> one_line("a\n  b\x1b[2J")
    'a b[2J'
    """
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


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


def document(response: httpx2.Response) -> dict[str, Any]:
    """The JSON object that an answer holds. Raises UnexpectedAnswer where it holds something else."""
    if response.is_redirect:
        raise UnexpectedAnswer("a redirection to another address", passing=False)
    if _is_page(response):
        raise UnexpectedAnswer("a web page where JSON belongs", passing=False)
    try:
        found = json.loads(response.content)
    except ValueError:
        raise UnexpectedAnswer("half a document or no JSON at all", passing=True) from None
    if not isinstance(found, dict):
        raise UnexpectedAnswer("JSON that is no object", passing=False)
    return found


def field(found: dict[str, Any], name: str, kind: type[Any]) -> Any:  # noqa: ANN401  of the kind asked for
    """A field that the protocol promises. Raises UnexpectedAnswer where it is missing or of another kind."""
    value = found.get(name)
    if not isinstance(value, kind) or isinstance(value, bool) or value == "":
        raise UnexpectedAnswer(f"an object without a valid `{name}`", passing=False)
    return value

"""What botocore raises, as faults of a call, by the names of the service's own errors (botocore 1.44.8, 2026-11-25)."""

from __future__ import annotations

from tuneset.providers.call_fault import CallFault, FaultKind
from tuneset.providers.wire.library_faults import words_of

_KINDS: dict[str, FaultKind] = {
    **dict.fromkeys(
        (
            "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "ExpiredTokenException",
            "ExpiredToken", "MissingAuthenticationTokenException", "IncompleteSignatureException",
            "SignatureDoesNotMatch", "UnauthorizedException",
        ),
        "authentication_failed",
    ),
    "AccessDeniedException": "permission_denied",
    "OptInRequired": "permission_denied",
    "ResourceNotFoundException": "not_found",
    "ConflictException": "conflict",
    "ServiceQuotaExceededException": "quota_exceeded",
    "ThrottlingException": "rate_limited",
    "TooManyRequestsException": "rate_limited",
    "InternalServerException": "server_error",
    "ServiceUnavailableException": "server_error",
    "ValidationException": "bad_request",
    "TooManyTagsException": "bad_request",
}  # fmt: skip
_PASSING = frozenset({"rate_limited", "server_error", "conflict"})
_FIRST_SERVER_ERROR, _TOO_MANY = 500, 429


def service_fault(error: Exception) -> CallFault | None:
    """The fault that an error of the service means; None for what is none, such as a connection that broke."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict) or not isinstance(response.get("Error"), dict):
        return None
    code = str(response["Error"].get("Code") or "")
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    kind = _KINDS.get(code)
    if kind is None:
        busy = isinstance(status, int) and status >= _FIRST_SERVER_ERROR
        kind = "server_error" if busy else "rate_limited" if status == _TOO_MANY else "bad_request"
    said = words_of(response["Error"].get("Message") or "says nothing more")
    return CallFault(
        kind,
        f"answered {status} {code}: {said}",
        passing=kind in _PASSING,
        acted=kind in ("server_error", "conflict"),
        server_code=code or None,
    )

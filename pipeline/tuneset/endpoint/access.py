"""Who may talk to the endpoint: programs with the right key, or programs of this machine.

With a key every request must bring it. Without one anybody who reaches the port is served, so the port must be
reachable from this machine alone, and a page in a browser here must not get through: such a request names another
site as its `Origin`, or, by DNS rebinding, as its `Host`. What a request asks for is no concern of this file.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.errors import UsageError
from tuneset.loopback import is_foreign, is_loopback, names_this_machine

_NO_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header using "
    "Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
)


def check_exposure(host: str, api_key: str | None) -> None:
    """Raise UsageError where the key is empty, or where others could reach `host` without any."""
    if api_key is not None and not api_key.strip():
        raise UsageError(
            "the key of the endpoint is empty",
            allowed="a key that is not empty, by --api-key-file or TUNESET_API_KEY; or neither, for this machine alone",
        )
    if api_key is None and not is_loopback(host):
        raise UsageError(
            f"without a key anybody who reaches {host} could read the training data and start jobs",
            allowed="an address of this machine alone, such as 127.0.0.1; any other with a key",
            hint="put a key into TUNESET_API_KEY, or into a file that --api-key-file names",
        )


def refusal(headers: Mapping[str, str], api_key: str | None) -> ApiError | None:
    """Why a request with these headers (names in small letters) is not let in; None where it is."""
    return _outsider(headers) if api_key is None else _stranger(headers.get("authorization", ""), api_key)


def _stranger(authorization: str, api_key: str) -> ApiError | None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return ApiError(401, _NO_KEY)
    if not hmac.compare_digest(token.encode(), api_key.encode()):
        return ApiError(401, "Incorrect API key provided.", code="invalid_api_key")
    return None


def _outsider(headers: Mapping[str, str]) -> ApiError | None:
    host = headers.get("host", "")
    if not names_this_machine(host):
        message = (
            "Without a key this endpoint serves its own machine alone: the Host of a request must be localhost or a "
            "loopback address. Start it with a key to reach it by another name."
        )
        return ApiError(403, message, code="host_not_allowed")
    if is_foreign(headers.get("origin"), host):
        message = (
            "Without a key this endpoint does not serve pages of other sites (the request's Origin is another than "
            "its Host). Start it with a key."
        )
        return ApiError(403, message, code="origin_not_allowed")
    return None

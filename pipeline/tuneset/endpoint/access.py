"""Who may talk to the endpoint: programs with the right key, or programs of this machine.

With a key every request must bring it; of several, one that says whose project it is about. Without one anybody who
reaches the port is served, so the port must be reachable from this machine alone, and a page in a browser here must not
get through: such a request names another site as its `Origin`, or, by DNS rebinding, as its `Host`. What a request asks
for is no concern of this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.project_keys import ProjectKey, project_of
from tuneset.endpoint.state.objects import DEFAULT_PROJECT
from tuneset.errors import UsageError
from tuneset.local_server import is_foreign, is_loopback, names_this_machine

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


def admit(headers: Mapping[str, str], keys: Sequence[ProjectKey]) -> str:
    """The project that a request with these headers (names in small letters) is about. Raises ApiError 401 or 403."""
    if keys:
        return _known(headers.get("authorization", ""), keys)
    _check_neighbour(headers)
    return DEFAULT_PROJECT


def _known(authorization: str, keys: Sequence[ProjectKey]) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ApiError(401, _NO_KEY)
    project = project_of(token, keys)
    if project is None:
        raise ApiError(401, "Incorrect API key provided.", code="invalid_api_key")
    return project


def _check_neighbour(headers: Mapping[str, str]) -> None:
    host = headers.get("host", "")
    if not names_this_machine(host):
        message = (
            "Without a key this endpoint serves its own machine alone: the Host of a request must be localhost or a "
            "loopback address. Start it with a key to reach it by another name."
        )
        raise ApiError(403, message, code="host_not_allowed")
    if is_foreign(headers.get("origin"), host):
        message = (
            "Without a key this endpoint does not serve pages of other sites (the request's Origin is another than "
            "its Host). Start it with a key."
        )
        raise ApiError(403, message, code="origin_not_allowed")

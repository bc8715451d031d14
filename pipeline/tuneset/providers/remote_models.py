"""The models that an endpoint lists, and until when it serves them. Which ones can be trained it does not say."""

from __future__ import annotations

import dataclasses
import datetime as dt

from tuneset.errors import RemoteError, UsageError
from tuneset.providers.calls import CANNOT_LOOK, read_document
from tuneset.providers.endpoint import Endpoint

LISTS_ALL = frozenset({"openai", "local"})
"""Profiles whose list of models names every model that can be trained there."""


@dataclasses.dataclass(frozen=True)
class Served:
    """What the endpoint says of a model: `listed` is None where it lists none; `shutdown` where it names the day."""

    listed: bool | None
    shutdown: dt.date | None = None


def look_up(endpoint: Endpoint, name: str) -> Served:
    """Ask the endpoint for its models and find one by name. Raises RemoteError where it cannot be asked."""
    try:
        found = read_document(endpoint, "listing models", lambda client: client.models.with_raw_response.list())
    except RemoteError as error:
        if error.code not in CANNOT_LOOK:
            raise
        return Served(None)
    data = found.get("data")
    if not isinstance(data, list):
        return Served(None)
    model = next((item for item in data if isinstance(item, dict) and item.get("id") == name), None)
    return Served(model is not None, _date((model or {}).get("shutdown_date")))


def require_served(endpoint: Endpoint, name: str, served: Served, today: dt.date) -> None:
    """Refuse a model that the endpoint has shut down or does not have. Raises UsageError, RemoteError `model_unknown`.

    Where a list is known not to name every model, one that is not on it passes.
    """
    if served.shutdown is not None and served.shutdown <= today:
        raise UsageError(
            f"tune.model {name}: {endpoint.base_url} shut it down on {served.shutdown}",
            hint="choose another model, or another endpoint.profile",
        )
    if served.listed is False and endpoint.profile.name in LISTS_ALL:
        raise RemoteError(
            f"tune.model {name}: {endpoint.base_url} does not have it, or not for this key",
            code="model_unknown",
            hint="check tune.model and the project of the key",
        )


def _date(text: object) -> dt.date | None:
    """A date as the protocol writes it, else None.

    >>> _date("2027-01-14"), _date(None), _date("soon")
    (datetime.date(2027, 1, 14), None, None)
    """
    try:
        return dt.date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None

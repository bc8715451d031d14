"""The models that an endpoint lists, and until when it serves them. Which ones can be trained it does not say."""

from __future__ import annotations

import dataclasses
import datetime as dt

from tuneset.errors import RemoteError, UsageError
from tuneset.providers.calls import CANNOT_LOOK, read
from tuneset.providers.endpoint import Endpoint


@dataclasses.dataclass(frozen=True)
class Served:
    """What the endpoint says of a model: `listed` is None where it lists none; `shutdown` where it names the day."""

    listed: bool | None
    shutdown: dt.date | None = None


def look_up(endpoint: Endpoint, name: str) -> Served:
    """Ask the endpoint for its models and find one by name. Raises RemoteError where it cannot be asked."""
    try:
        models = read(endpoint, "listing models", lambda provider: provider.models())
    except RemoteError as error:
        if error.code not in CANNOT_LOOK:
            raise
        return Served(None)
    if models is None:
        return Served(None)
    model = next((one for one in models if one.id == name), None)
    return Served(model is not None, model.shutdown if model else None)


def require_served(endpoint: Endpoint, name: str, served: Served, today: dt.date) -> None:
    """Refuse a model that the endpoint has shut down or does not have. Raises UsageError, RemoteError `model_unknown`.

    Where a list is known not to name every model, one that is not on it passes.
    """
    if served.shutdown is not None and served.shutdown <= today:
        raise UsageError(
            f"tune.model {name}: {endpoint.base_url} shut it down on {served.shutdown}",
            hint="choose another model, or another endpoint.profile",
        )
    if served.listed is False and endpoint.profile.endpoint.lists_all_models:
        raise RemoteError(
            f"tune.model {name}: {endpoint.base_url} does not have it, or not for this key",
            code="model_unknown",
            hint="check tune.model and the project of the key",
        )

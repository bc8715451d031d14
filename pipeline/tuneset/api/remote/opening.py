"""The endpoint that params name, open for as long as it is used; the embedded one is started and stopped."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tuneset.params import EndpointParams
from tuneset.profile import load_profile
from tuneset.providers.endpoint import Endpoint, connect


@contextlib.contextmanager
def open_endpoint(params: EndpointParams) -> Iterator[Endpoint]:
    """Yield the endpoint that params name; the embedded one runs for as long as the block does.

    Raises what `connect` raises, and RemoteError where the embedded one does not start.
    """
    with contextlib.ExitStack() as stack:
        base_url = None
        if load_profile(params.profile).endpoint.embedded and params.base_url is None:
            from tuneset.endpoint.server import running_endpoint  # noqa: PLC0415  a server is loaded only to run

            base_url = stack.enter_context(running_endpoint(Path(params.state)))
        endpoint = connect(params, base_url=base_url)
        stack.enter_context(contextlib.closing(endpoint.provider))  # before the server stops
        yield endpoint

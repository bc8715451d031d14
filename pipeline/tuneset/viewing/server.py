"""Serves the page of a viewer until it is interrupted."""

from __future__ import annotations

import signal
from collections.abc import Callable

import uvicorn

from tuneset.local_server import ReadyServer, address_of, bound
from tuneset.viewing.access import TOKEN, check_exposure
from tuneset.viewing.app import create_app
from tuneset.viewing.viewer import Viewer

_STOP_LIMIT_S = 3


def serve(viewer: Viewer, host: str, port: int, token: str | None, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; port 0 takes a free one. `ready` gets the address once requests are answered.

    To be called from the main thread. Raises UsageError where the port is taken, or the address is not this machine's
    or reaches further without a token.
    """
    check_exposure(host, token)
    with bound(host, port) as listener:
        address = f"{address_of(host, listener.getsockname()[1])}/" + (f"?{TOKEN}={token}" if token else "")
        config = uvicorn.Config(
            create_app(viewer, token), log_level="warning", access_log=False, timeout_graceful_shutdown=_STOP_LIMIT_S
        )
        # uvicorn stops in good order and then raises the signal again; as an interrupt it ends here.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            ReadyServer(config, lambda: ready(address)).run(sockets=[listener])
        except KeyboardInterrupt:
            return

"""Serves the page of a viewer until it is interrupted."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

import uvicorn

from tuneset.errors import UsageError
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
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no such port"
            raise UsageError(
                f"cannot serve at {host} port {port}: {reason}",
                allowed="an address of this machine and a free port, or port 0 for any free one",
            ) from None
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listener.getsockname()[1]}/" + (f"?{TOKEN}={token}" if token else "")
        config = uvicorn.Config(
            create_app(viewer, token), log_level="warning", access_log=False, timeout_graceful_shutdown=_STOP_LIMIT_S
        )
        # uvicorn stops in good order and then raises the signal again; as an interrupt it ends here.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            _Server(config, lambda: ready(address)).run(sockets=[listener])
        except KeyboardInterrupt:
            return


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

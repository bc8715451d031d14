"""The job protocols that are known here, one line each; a profile names its own (`endpoint.protocol`).

An implementation, and the library that it brings along, is loaded when an endpoint is connected to, and not before.
"""

from __future__ import annotations

import dataclasses
import pkgutil
from typing import Any, Protocol

from tuneset.profile import EndpointProfile
from tuneset.providers.provider import Provider


class Connect(Protocol):
    """Sets up an endpoint that speaks one protocol; makes no request."""

    def __call__(
        self,
        facts: EndpointProfile,
        address: str,
        key: str | None,
        *,
        loopback: bool,
        http_client: Any,  # noqa: ANN401  what carries the requests, as that protocol's library has it
    ) -> Provider:
        """Give the provider at an address.

        Args:
            facts: what the profile says of it.
            address: where it is.
            key: the key, or None where none is asked for.
            loopback: whether the address is this machine itself.
            http_client: what carries the requests, where it is not the network.
        """


@dataclasses.dataclass(frozen=True)
class JobProtocol:
    """One protocol: what it is called in messages, and `module:name` of the function that connects by it."""

    title: str
    place: str

    def connect(self) -> Connect:
        """Load the implementation."""
        found: Connect = pkgutil.resolve_name(self.place)
        return found


PROTOCOLS: dict[str, JobProtocol] = {
    "openai": JobProtocol("OpenAI", "tuneset.providers.openai.client:connect"),
    "fireworks": JobProtocol("Fireworks AI", "tuneset.providers.fireworks.client:connect"),
    "bedrock-customization": JobProtocol("Amazon Bedrock", "tuneset.providers.bedrock.client:connect"),
    "vertex-ai": JobProtocol("Vertex AI", "tuneset.providers.vertex.client:connect"),
    "together": JobProtocol("Together AI", "tuneset.providers.together.client:connect"),
}

"""Together AI set up for one address: implements `Provider`.

Paths, fields and words are those of its client together 3.1.1 and of calls recorded from it (2026-11-25).
"""

from __future__ import annotations

import dataclasses
from typing import Any

from tuneset.profile import EndpointProfile
from tuneset.providers.provider import Capabilities, RemoteModel
from tuneset.providers.together.files import TogetherFiles
from tuneset.providers.together.jobs import TogetherJobs
from tuneset.providers.together.uploads import PARTS, TogetherUploads
from tuneset.providers.wire.http import Http, open_http
from tuneset.providers.wire.reader import Fields

OFFERED = Capabilities(parts=PARTS, expires_after=False, pause=False, checkpoints=True, estimates=True)


@dataclasses.dataclass(frozen=True)
class TogetherProvider:
    """An endpoint that speaks the protocol of Together; implements `Provider`."""

    http: Http
    files: TogetherFiles
    uploads: TogetherUploads
    jobs: TogetherJobs
    capabilities: Capabilities = OFFERED
    batches: None = None
    account: tuple[str, ...] = ()

    def models(self) -> tuple[RemoteModel, ...] | None:
        """The models that can be trained."""
        found = self.http.document("GET", "/fine-tunes/models/supported").get("models")
        if not isinstance(found, list):
            return None
        named = [Fields(one if isinstance(one, dict) else {"id": one}, "models") for one in found]
        names = [one.id("id") or one.id("model_name") or one.id("name") for one in named]
        return tuple(RemoteModel(name, None) for name in names if name)

    def close(self) -> None:
        """Close its connections."""
        self.http.client.close()


def connect(
    facts: EndpointProfile,
    address: str,
    key: str | None,
    *,
    loopback: bool,
    http_client: Any,  # noqa: ANN401  a client of httpx2, whose owner is wire/
) -> TogetherProvider:
    """Set up the provider at an address; no request is made."""
    http = open_http(address, key, loopback=loopback, http_client=http_client)
    files = TogetherFiles(http)
    return TogetherProvider(http, files, TogetherUploads(http, files), TogetherJobs(http, facts.wandb_key_env))

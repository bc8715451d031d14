"""Fireworks AI set up for one account: implements `Provider`.

Paths, fields and words are those of its client fireworks-ai 1.2.30 and of calls recorded from it (2026-11-25).
"""

from __future__ import annotations

import dataclasses
import os
import re
from typing import Any

from tuneset.errors import UsageError
from tuneset.profile import EndpointProfile
from tuneset.providers.fireworks.files import FireworksFiles
from tuneset.providers.fireworks.jobs import FireworksJobs
from tuneset.providers.provider import Capabilities
from tuneset.providers.records import RemoteModel
from tuneset.providers.wire.http import Http, open_http
from tuneset.providers.wire.no_parts import NoParts

OFFERED = Capabilities(parts=None, expires_after=False, pause=False, checkpoints=True)


@dataclasses.dataclass(frozen=True)
class FireworksProvider:
    """An endpoint that speaks the protocol of Fireworks; implements `Provider`."""

    http: Http
    files: FireworksFiles
    uploads: NoParts
    jobs: FireworksJobs
    account: tuple[str, ...]
    capabilities: Capabilities = OFFERED
    batches: None = None

    def models(self) -> tuple[RemoteModel, ...] | None:
        """None: which of its models can be trained no list says."""
        return None

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
) -> FireworksProvider:
    """Set up the provider at an address; no request is made. Raises UsageError where the account is not named."""
    variable = facts.account_env or ""
    account = os.environ.get(variable, "").strip()
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", account):
        raise UsageError(
            f"the environment variable {variable} holds no account",
            allowed="small letters, digits and hyphens",
            hint=f"set {variable} to the account's id, as the provider's console shows it",
        )
    http = open_http(address, key, loopback=loopback, http_client=http_client)
    root = f"/accounts/{account}"
    jobs = FireworksJobs(http, root, facts.wandb_key_env)
    return FireworksProvider(http, FireworksFiles(http, root), NoParts(), jobs, (account,))

"""The official client, set up for one endpoint: the first implementation of `Provider`.

The client's own retries are off, because a retried `create` makes a second file or a second paid job: `calls.py`
retries by looking first. No key is kept but in the client.
"""

from __future__ import annotations

import dataclasses
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import openai

from tuneset.errors import UsageError
from tuneset.profile import EndpointProfile
from tuneset.providers.chat_models import ChatAnswer, ChatQuestion
from tuneset.providers.openai import answers, chat
from tuneset.providers.openai.batches import OpenAIBatches
from tuneset.providers.openai.faults import call_faults
from tuneset.providers.openai.files import OpenAIFiles, OpenAIUploads
from tuneset.providers.openai.jobs import OpenAIJobs
from tuneset.providers.provider import Capabilities, PartLimits
from tuneset.providers.records import RemoteModel
from tuneset.providers.wire import connection, guards
from tuneset.providers.wire.answer import document

READ_TIMEOUT = httpx2.Timeout(60.0, connect=10.0)
"""For calls whose answer is small, in seconds for each wait on the socket."""
NO_KEY = "no-key"
"""Sent where an endpoint asks for no key, because the client would else take OPENAI_API_KEY by itself."""
PARTS = PartLimits(
    purposes=frozenset({"assistants", "batch", "fine-tune", "vision"}),  # CreateUploadRequest
    part_bytes=64 << 20,  # POST /uploads/ID/parts
    lifetime_s=3600,
)
"""Uploads in parts. OpenAI API specification, as of 2026-08-21."""


@dataclasses.dataclass(frozen=True)
class OpenAIProvider:
    """An endpoint that speaks the protocol of OpenAI; implements `Provider` and `Chat`."""

    client: openai.OpenAI
    key: str | None
    files: OpenAIFiles
    uploads: OpenAIUploads
    jobs: OpenAIJobs
    batches: OpenAIBatches
    capabilities: Capabilities
    account: tuple[str, ...]

    def models(self) -> tuple[RemoteModel, ...] | None:
        """The models that the endpoint lists."""
        with call_faults(self.key):
            return answers.parse_models(document(self.client.models.with_raw_response.list()))

    def logprobs_of(self, question: ChatQuestion, answer: str) -> tuple[float | None, ...] | None:
        """See `Chat`."""
        return chat.logprobs_of(self.client, self.key, question, answer)

    def ask(self, question: ChatQuestion) -> ChatAnswer:
        """The model's answer."""
        return chat.ask(self.client, self.key, question)

    def close(self) -> None:
        """Close the client's connections."""
        self.client.close()


def connect(
    facts: EndpointProfile, address: str, key: str | None, *, loopback: bool, http_client: httpx2.Client | None
) -> OpenAIProvider:
    """Set up the client for an address; no request is made. `loopback` where the address is this machine itself."""
    http = http_client or connection.http_client(openai.DefaultHttpxClient, loopback=loopback)
    guards.watch(http)
    place, _, query = address.partition("?")
    client = openai.OpenAI(
        api_key=key or NO_KEY,
        base_url=place,
        default_query=dict(parse_qsl(query)),  # such as the dated api-version of older addresses at Azure
        max_retries=0,
        timeout=READ_TIMEOUT,
        http_client=http,
    )
    if not facts.account_headers:  # the client takes OPENAI_ORG_ID and OPENAI_PROJECT_ID for any address
        client.organization = client.project = None
    for name, value in (("OPENAI_ORG_ID", client.organization), ("OPENAI_PROJECT_ID", client.project)):
        if value is not None and not (value.isascii() and value.isprintable()):
            raise UsageError(
                f"{name}: holds characters that no id has", hint=f"set {name} to the id alone, or unset it"
            )
    return over(client, facts, key)


def over(client: openai.OpenAI, facts: EndpointProfile, key: str | None) -> OpenAIProvider:
    """A provider over a client that is set up."""
    offered: Any = facts.supports
    return OpenAIProvider(
        client=client,
        key=key,
        files=OpenAIFiles(client, key),
        uploads=OpenAIUploads(client, key),
        jobs=OpenAIJobs(
            client,
            key,
            filters_by_metadata="metadata_filter" in offered,
            hyperparameters_in=facts.hyperparameters_in,
            wandb_key_env=facts.wandb_key_env,
        ),
        batches=OpenAIBatches(client, key),
        capabilities=Capabilities(
            parts=PARTS if "uploads" in offered else None,
            expires_after="expires_after" in offered,
            pause="pause" in offered,
            checkpoints="checkpoints" in offered,
            import_by_url="import" in offered,
        ),
        account=tuple(part for part in (client.organization, client.project) if part),
    )

"""Together AI set up for one address: implements `Provider`.

Paths, fields and words are those of its client together 3.1.1 and of calls recorded from it (2026-11-25).
"""

from __future__ import annotations

import dataclasses
from typing import Any

from tuneset.profile import EndpointProfile
from tuneset.providers.call_fault import CallFault
from tuneset.providers.provider import Capabilities, PreviewRow
from tuneset.providers.records import RemoteModel
from tuneset.providers.together.files import TogetherFiles
from tuneset.providers.together.jobs import TogetherJobs
from tuneset.providers.together.uploads import PARTS, TogetherUploads
from tuneset.providers.wire.http import Http, open_http
from tuneset.providers.wire.reader import Fields

UNTRAINED = -100
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

    def preview(self, model: str, file_id: str) -> tuple[PreviewRow, ...]:
        """How the first lines of a file would be tokenized and masked; nothing is trained."""
        body = {"model": model, "training_file": file_id, "training_method": "sft"}
        found = self.http.document("POST", "/fine-tunes/preview", json=body).get("rows")
        if not isinstance(found, list):
            raise CallFault("unexpected_answer", "answered with no rows of a preview", passing=False, acted=False)
        return tuple(_preview_row(one) for one in found if isinstance(one, dict))

    def close(self) -> None:
        """Close its connections."""
        self.http.client.close()


def _preview_row(found: dict[str, Any]) -> PreviewRow:
    """A row, whose labels are -100 where a token is not trained; what is no whole number counts as none."""
    ids, labels = (_numbers(found.get(name)) for name in ("input_ids", "labels"))
    trained = [place for place, label in enumerate(labels) if label != UNTRAINED]
    spans: list[tuple[int, int]] = []
    for place in trained:
        if spans and spans[-1][1] == place:
            spans[-1] = (spans[-1][0], place + 1)
        else:
            spans.append((place, place + 1))
    return PreviewRow(ids, tuple(spans), truncated=found.get("truncated") is True)


def _numbers(found: object) -> tuple[int, ...]:
    return tuple(one for one in (found if isinstance(found, list) else []) if isinstance(one, int))


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

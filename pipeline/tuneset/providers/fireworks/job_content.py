"""What a job of Fireworks leaves, as files: its metrics, and the files of its model, by ids that say which.

`metrics:KIND/JOB` and `model:MODEL/FILE`; both lie at signed addresses that are asked for anew each time.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from typing import Literal

from tuneset.providers.call_fault import CallFault
from tuneset.providers.records import Content
from tuneset.providers.wire.http import Http
from tuneset.providers.wire.metric_table import table
from tuneset.providers.wire.reader import Fields

MOST_METRIC_BYTES = 64 << 20


@dataclasses.dataclass(frozen=True)
class FireworksContent:
    """One thing that a job left: `owner` is a job or a model, `file` a file of the model."""

    kind: Literal["metrics", "model"]
    owner: str
    file: str = ""

    @property
    def id(self) -> str:
        """The id under which it is asked for."""
        return f"{self.kind}:{self.owner}/{self.file}" if self.file else f"{self.kind}:{self.owner}"

    @property
    def filename(self) -> str:
        """What it is called here."""
        return self.file or "step_metrics.csv"


def parse_id(file_id: str) -> FireworksContent | None:
    """What an id says; None for the id of a dataset.

    >>> parse_id("model:m1/adapter_config.json"), parse_id("train-0123")
    (FireworksContent(kind='model', owner='m1', file='adapter_config.json'), None)
    """
    kind, _, rest = file_id.partition(":")
    if kind == "metrics" and rest:
        return FireworksContent("metrics", rest)
    owner, _, file = rest.partition("/")
    return FireworksContent("model", owner, file) if kind == "model" and file else None


def model_files(http: Http, root: str, model: str) -> dict[str, str]:
    """The signed address of each file of a model. Raises CallFault."""
    found = http.document("GET", f"{root}/models/{model}:getDownloadEndpoint").get("filenameToSignedUrls")
    return {name: url for name, url in (found if isinstance(found, dict) else {}).items() if isinstance(url, str)}


@contextlib.contextmanager
def content(http: Http, root: str, left: FireworksContent, start: int) -> Iterator[Content]:
    """The content of one thing. Raises CallFault, `not_found` where it is not there."""
    if left.kind == "model":
        url = model_files(http, root, left.owner).get(left.file)
        with http.content(_known(url), start) as found:
            yield found
        return
    with http.content(_known(_metrics_address(http, root, left.owner)), 0) as found:
        raw = b"".join(found.pieces)
    yield Content(iter([_as_table(raw)]))


def _metrics_address(http: Http, root: str, job: str) -> str | None:
    """Supervised and reinforcement jobs bear the address, others are asked for it."""
    own = Fields(http.document("GET", f"{root}/{job}"), "job").text("metricsFileSignedUrl")
    if own is not None:
        return own
    try:
        return Fields(http.document("GET", f"{root}/{job}:getMetricsFileEndpoint"), "metrics").text("signedUrl")
    except CallFault as fault:
        if fault.kind in ("not_found", "not_supported", "bad_request"):
            return None
        raise


def _known(url: str | None) -> str:
    if url is None:
        raise CallFault("not_found", "has no such file", passing=False, acted=False)
    return url


def _as_table(raw: bytes) -> bytes:
    """Lines of JSON as a table; anything else as it is."""
    if not raw.lstrip().startswith(b"{") or len(raw) > MOST_METRIC_BYTES:
        return raw
    try:
        return table(json.loads(line) for line in raw.splitlines() if line.strip())
    except ValueError:
        return raw

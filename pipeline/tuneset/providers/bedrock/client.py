"""Amazon Bedrock's model customization set up for one region: implements `Provider`.

Credentials are found by boto3's own chain (environment, profile, role) and never read here. Operations and fields are
those of botocore 1.44.8 and of calls recorded from it (2026-11-25).
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import json
import re
from typing import Any
from urllib.parse import urlsplit

from tuneset.errors import UsageError
from tuneset.profile import EndpointProfile
from tuneset.providers.bedrock.jobs import BedrockJobs, faults_here
from tuneset.providers.bucket.files import BucketFiles
from tuneset.providers.provider import Capabilities
from tuneset.providers.records import RemoteModel
from tuneset.providers.wire.library_faults import missing_library
from tuneset.providers.wire.no_parts import NoParts
from tuneset.providers.wire.reader import Fields

OFFERED = Capabilities(parts=None, expires_after=False, pause=False, checkpoints=True)
CONNECT_S, READ_S = 30, 120
_HOST = re.compile(r"bedrock(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_FIRST_ERROR = 300
_LIBRARIES = ("boto3", "s3fs")


@dataclasses.dataclass(frozen=True)
class BedrockProvider:
    """Model customization in one region; implements `Provider`."""

    client: Any
    files: BucketFiles
    uploads: NoParts
    jobs: BedrockJobs
    account: tuple[str, ...]
    capabilities: Capabilities = OFFERED
    batches: None = None

    def models(self) -> tuple[RemoteModel, ...] | None:
        """The models that can be customized in this region."""
        with faults_here():
            found = self.client.list_foundation_models()
        rows = found.get("modelSummaries")
        named = [Fields(row, "model") for row in (rows if isinstance(rows, list) else [])]
        ids = [one.id("modelId") for one in named if one.found.get("customizationsSupported")]
        return tuple(RemoteModel(name, None) for name in ids if name)

    def close(self) -> None:
        """Close its connections."""
        self.client.close()


def connect(
    facts: EndpointProfile,
    address: str,
    key: str | None,  # noqa: ARG001  credentials are found by boto3
    *,
    loopback: bool,  # noqa: ARG001  boto3 asks the environment for proxies
    http_client: Any,  # noqa: ANN401  a function from botocore's prepared request to its response
) -> BedrockProvider:
    """Set up the provider at an address; no request is made.

    Raises UsageError where boto3 or s3fs is not installed, or nothing says which region is meant.
    """
    missing = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        raise missing_library(missing, facts.protocol, "bedrock")
    import boto3.session  # noqa: PLC0415  a library of an extra
    from botocore.config import Config  # noqa: PLC0415  the same

    session = boto3.session.Session()
    region = _region(address) or session.region_name
    if region is None:
        raise UsageError(
            "endpoint.base_url: names no region of AWS",
            allowed="https://bedrock.REGION.amazonaws.com, or AWS_REGION beside another address",
        )
    # A second request is never sent without a look: botocore's own repetitions are off.
    config = Config(connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"total_max_attempts": 1})
    client = session.client("bedrock", region_name=region, endpoint_url=address, config=config)
    if http_client is not None:
        client.meta.events.register("before-send.bedrock", lambda request, **_: http_client(request))
    client.meta.events.register("before-parse.bedrock", _require_json)
    storage = facts.storage or ""
    files = BucketFiles(storage.rstrip("/"), functools.cache(functools.partial(_open_s3, region)))
    return BedrockProvider(client, files, NoParts(), BedrockJobs(client, files), (region, storage))


class ResponseParseError(Exception):
    """A good answer that is no JSON object."""


def _require_json(response_dict: dict[str, Any], **_: object) -> None:
    """Refuse a web page or half a document, which botocore takes for an answer without fields."""
    if response_dict["status_code"] >= _FIRST_ERROR:
        return
    try:
        found = json.loads(response_dict["body"] or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ResponseParseError("no JSON object")


def _open_s3(region: str) -> Any:  # noqa: ANN401  fsspec has no types
    import fsspec  # noqa: PLC0415  only where files are sent

    config = {"retries": {"total_max_attempts": 1}, "connect_timeout": CONNECT_S, "read_timeout": READ_S}
    # One of its own: instances that fsspec keeps have the address and the credentials of when they were made.
    return fsspec.filesystem(
        "s3", skip_instance_cache=True, client_kwargs={"region_name": region}, config_kwargs=config
    )


def _region(address: str) -> str | None:
    """The region in an address of the service.

    >>> _region("https://bedrock.eu-west-1.amazonaws.com"), _region("http://127.0.0.1:5000")
    ('eu-west-1', None)
    """
    match = _HOST.fullmatch(urlsplit(address).hostname or "")
    return match[1] if match else None

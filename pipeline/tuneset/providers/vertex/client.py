"""Vertex AI set up for one project and place: implements `Provider`.

Credentials are Google's application default ones, found by google-auth and never read here. Fields and words are those
of google-genai 3.6.1 and of calls recorded from it (2026-11-25).
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import os
import re
from typing import Any
from urllib.parse import urlsplit

from tuneset.errors import UsageError, raise_all
from tuneset.profile import EndpointProfile
from tuneset.providers.bucket.files import BucketFiles
from tuneset.providers.provider import Capabilities
from tuneset.providers.records import RemoteModel
from tuneset.providers.vertex.jobs import VertexJobs
from tuneset.providers.wire.library_faults import missing_library
from tuneset.providers.wire.no_parts import NoParts

OFFERED = Capabilities(parts=None, expires_after=False, pause=False, checkpoints=True)
TIMEOUT_MS = 120_000
_HOST = re.compile(r"([a-z0-9-]+)-aiplatform\.googleapis\.com")
_LIBRARIES = {"google.genai": "google-genai", "gcsfs": "gcsfs"}
_LOCATION = "GOOGLE_CLOUD_LOCATION"


@dataclasses.dataclass(frozen=True)
class VertexProvider:
    """Tuning jobs of one project; implements `Provider`."""

    client: Any
    files: BucketFiles
    uploads: NoParts
    jobs: VertexJobs
    account: tuple[str, ...]
    capabilities: Capabilities = OFFERED
    batches: None = None

    def models(self) -> tuple[RemoteModel, ...] | None:
        """None: which models can be tuned no list says."""
        return None

    def close(self) -> None:
        """Close its connections."""
        self.client.close()


def connect(
    facts: EndpointProfile,
    address: str,
    key: str | None,  # noqa: ARG001  credentials are found by google-auth
    *,
    loopback: bool,  # noqa: ARG001  google-genai asks the environment for proxies
    http_client: Any,  # noqa: ANN401  a client of httpx2
) -> VertexProvider:
    """Set up the provider at an address; no request is made.

    Raises UsageError where google-genai or gcsfs is not installed, or nothing says which project or place is meant.
    """
    missing = [name for module, name in _LIBRARIES.items() if not _is_there(module)]
    lacking = [missing_library(missing, facts.protocol, "vertex")] if missing else []
    variable = facts.account_env or ""
    project = os.environ.get(variable, "").strip()
    if not re.fullmatch(r"[a-z0-9][a-z0-9.:-]*", project):
        fault = UsageError(
            f"the environment variable {variable} holds no project",
            allowed="small letters, digits and hyphens",
            hint=f"set {variable} to the project's id, as the provider's console shows it",
        )
        lacking.append(fault)
    place = location(address) or os.environ.get(_LOCATION, "").strip()
    if not place:
        fault = UsageError(
            "endpoint.base_url: names no location of Google Cloud",
            allowed=f"https://LOCATION-aiplatform.googleapis.com, or {_LOCATION} beside another address",
        )
        lacking.append(fault)
    raise_all(lacking)
    from google import genai  # noqa: PLC0415  a library of an extra

    options = genai.types.HttpOptions(
        base_url=address,
        api_version="v1beta1",
        timeout=TIMEOUT_MS,
        retry_options=genai.types.HttpRetryOptions(attempts=1),  # nothing is sent again without a look
        httpx_client=http_client,
    )
    client = genai.Client(vertexai=True, project=project, location=place, http_options=options)
    storage = (facts.storage or "").rstrip("/")
    files = BucketFiles(storage, functools.cache(_open_gcs))
    jobs = VertexJobs(client.tunings, f"projects/{project}/locations/{place}", files)
    return VertexProvider(client, files, NoParts(), jobs, (project, place, storage))


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package above it
        return False


def _open_gcs() -> Any:  # noqa: ANN401  fsspec has no types
    import fsspec  # noqa: PLC0415  only where files are sent

    return fsspec.filesystem("gs", skip_instance_cache=True)


def location(address: str) -> str | None:
    """The location in an address of the service.

    >>> location("https://europe-west4-aiplatform.googleapis.com"), location("http://127.0.0.1:5000")
    ('europe-west4', None)
    """
    match = _HOST.fullmatch(urlsplit(address).hostname or "")
    return match[1] if match else None

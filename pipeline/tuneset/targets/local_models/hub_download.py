"""A model's vocabulary and templates fetched from the hub into its cache, where somebody asked for it; nothing else.

The commit that the hub names is what is fetched, and each file is held to the hash that the hub tells of it. Weights
are never fetched. The hub is where its own library looks for it: HF_ENDPOINT, HF_TOKEN, HF_HUB_CACHE.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tuneset.errors import InputError, UsageError
from tuneset.targets.local_models.find_model import find_model, hub_cache, is_hub_name, split_revision
from tuneset.targets.local_models.model_files import (
    CONFIG_FILE,
    NAMED_TEMPLATES,
    TEKKEN_FILE,
    TEMPLATE_FILE,
    TIKTOKEN_SUFFIX,
    TOKENIZER_FILE,
)

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

_FETCHED = re.compile(
    "|".join(map(re.escape, (TOKENIZER_FILE, CONFIG_FILE, TEMPLATE_FILE, TEKKEN_FILE, "special_tokens_map.json")))
    + rf"|{NAMED_TEMPLATES}/[^/]+\.jinja|[^/]+{re.escape(TIKTOKEN_SUFFIX)}"
)
_LIBRARIES = ("huggingface_hub", "httpx", "httpx2", "httpcore", "requests")
_STEP_BYTES = 1 << 20


def fetch_model(name: str) -> Path | None:
    """Fetch a model of the hub, unless something of that name is on this machine; its folder, None where it was here.

    Args:
        name: `ORGANISATION/MODEL`, with `@REVISION` where another than the newest is meant.

    Raises UsageError where the hub has no such model or asks who wants it, InputError where it cannot be reached, or a
    file is not what the hub says of it.
    """
    if not is_hub_name(name) or find_model(name) is not None:
        return None
    if importlib.util.find_spec("huggingface_hub") is None:
        raise UsageError(f"target {name}: to fetch it needs huggingface_hub", hint="pip install huggingface-hub")
    from huggingface_hub import HfApi, snapshot_download  # noqa: PLC0415  half a second, where it is asked for

    repository, revision = split_revision(name)
    endpoint = os.environ.get("HF_ENDPOINT") or None
    with _hub_errors(name):
        info = HfApi(endpoint=endpoint).model_info(repository, revision=revision, files_metadata=True)
    files = {one.rfilename: one for one in info.siblings or () if _FETCHED.fullmatch(one.rfilename)}
    if not any(file in (TOKENIZER_FILE, TEKKEN_FILE) or file.endswith(TIKTOKEN_SUFFIX) for file in files):
        raise InputError(
            f"target {name}: the hub's model holds no vocabulary",
            allowed=f"one with {TOKENIZER_FILE}, {TEKKEN_FILE} or a file of tiktoken",
            hint="name the model that it was made from",
        )
    with _hub_errors(name):
        got = snapshot_download(
            repository, revision=info.sha, allow_patterns=sorted(files), cache_dir=hub_cache(), endpoint=endpoint
        )
    folder = Path(str(got))
    _hold(folder, files, name)
    _remember(repository, revision or "main", folder.name)
    return folder


def _remember(repository: str, revision: str, commit: str) -> None:
    """Note in the cache which commit a revision is, as the hub's library does where it resolves the name itself."""
    if revision != commit:
        path = hub_cache() / f"models--{repository.replace('/', '--')}" / "refs" / revision
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(commit, encoding="ascii")


@contextlib.contextmanager
def _hub_errors(name: str) -> Iterator[None]:
    """Turn errors of the hub's library, and of the HTTP client below it, into ours."""
    try:
        yield
    except Exception as error:
        known = any(kind.__module__.partition(".")[0] in _LIBRARIES for kind in type(error).__mro__)
        if not known and not isinstance(error, OSError):
            raise
        _say(name, error)


def _say(name: str, error: Exception) -> NoReturn:
    """Raise the error of ours for one of the hub's library."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"GatedRepoError", "DisabledRepoError"}:
        raise UsageError(
            f"target {name}: the hub gives it only to those who have accepted its terms",
            hint="accept them on the model's page, set HF_TOKEN, and run it again",
        ) from error
    status = getattr(getattr(error, "response", None), "status_code", None)
    if kinds & {"RepositoryNotFoundError", "RevisionNotFoundError"} or status in (401, 403, 404):
        what = "revision" if "RevisionNotFoundError" in kinds else "model"
        raise UsageError(
            f"target {name}: the hub has no such {what}, or keeps it from you",
            hint="look at its name; of a private one set HF_TOKEN",
        ) from error
    raise InputError(
        f"target {name}: it cannot be fetched from the hub ({type(error).__name__})",
        hint="run it again: what was fetched is kept; or name a folder that holds the model's files",
    ) from error


def _hold(folder: Path, files: Mapping[str, RepoSibling], name: str) -> None:
    """Hold each file to the hub's hash; one that is another is taken away. Raises InputError where there is one."""
    for rest, told in files.items():
        path = folder / rest
        lfs: Any = told.lfs
        expected = lfs["sha256"] if lfs else told.blob_id
        if expected is not None and _digest(path, git=not lfs) != expected:
            path.resolve().unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            raise InputError(
                f"target {name}: {rest} is not the file that the hub tells of",
                hint="it was taken out of the cache: run it again, and look who stands between if it stays so",
            )


def _digest(path: Path, *, git: bool) -> str:
    """The hash of a file as the hub keeps it: git's of small files, SHA-256 of large ones."""
    found = hashlib.sha1(b"blob %d\0" % path.stat().st_size) if git else hashlib.sha256()  # noqa: S324  git's own hash
    with path.open("rb") as handle:
        while part := handle.read(_STEP_BYTES):
            found.update(part)
    return found.hexdigest()

"""The files of the target model, seen to before work begins: fetched where that is allowed, held to the pinned hash."""

from __future__ import annotations

from typing import Any

from tuneset.errors import InputError, UsageError
from tuneset.params import TargetParams
from tuneset.targets.local_models.find_model import find_model, is_hub_name, split_revision
from tuneset.targets.local_models.hub_download import fetch_model
from tuneset.targets.local_models.model_files import digest_of, file_sums, require_extra


def make_ready(section: TargetParams, local: str | None = None, *, allow_download: bool = False) -> None:
    """Fetch the model of a section, or that of the name `local`, where it is not here and may be fetched.

    Raises what `fetch_model` raises, and InputError where the files are others than `target.sha256` says.
    """
    name = local or section.model
    if name is None:
        if allow_download:
            raise UsageError("--allow-download: there is no target", hint="name one with --target, or in target.model")
        return
    if allow_download or section.allow_download:
        require_extra(f"target {name}")
        fetch_model(name)
    if local is None and section.sha256 is not None:
        place = find_model(name, section.template or "")
        found = None if place is None else digest_of(file_sums(place))
        if found != section.sha256:
            raise InputError(
                f"target {name}: its files are others than those of target.sha256",
                allowed=f"files of {section.sha256}" + (f"; here are those of {found}" if found else "; none are here"),
                hint="fetch the revision that was meant (MODEL@REVISION), or pin what is here",
            )


def account(section: TargetParams) -> dict[str, Any]:
    """What the manifest keeps of the target: its name, revision, files with their hashes, and one hash of all."""
    place = None if section.model is None else find_model(section.model, section.template or "")
    if place is None or section.model is None:
        return {}
    sums = file_sums(place)
    parts = place.folder.replace("\\", "/").split("/")
    cached = is_hub_name(section.model) and "snapshots" in parts
    revision = parts[parts.index("snapshots") + 1] if cached else None
    told = {"model": split_revision(section.model)[0], "revision": revision, "files": sums}
    return {"target": {**told, "sha256": digest_of(sums)}}

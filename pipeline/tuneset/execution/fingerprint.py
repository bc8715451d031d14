"""What a shard was made from, as one digest: if it is the same, the shard need not be made again.

Covers the bytes of the raw data, the params of the stages that ran, the versions of the libraries whose output they
keep, and the code itself, the user's own functions included (the files of their modules, not what those import).
"""

from __future__ import annotations

import functools
import importlib.metadata
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import orjson
import xxhash

from tuneset import stage_table
from tuneset.cleaning.private_data.recognisers import versions
from tuneset.cleaning.user_code import load_function
from tuneset.line_schemas import schemas_folder
from tuneset.params import Params
from tuneset.reading.containers.base import Shard
from tuneset.targets.local_models.find_model import find_model
from tuneset.targets.local_models.model_files import ModelPlace, digest_of, file_sums

_CODE_ENDINGS = (".py", ".yaml", ".json")
_READ_SIZE = 256 << 10  # bytes, so few that they stay in a core's cache


def digest(*parts: object) -> str:
    """One digest of any JSON values, 32 hex digits.

    >>> digest("a", 1) == digest("a", 1), digest("a1") == digest("a", 1)
    (True, False)
    """
    return xxhash.xxh3_128_hexdigest(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS))


def of_shard(shard: Shard, stages: Sequence[str], params: Params) -> str:
    """The fingerprint of what `stages` make of a raw shard. Reads the shard's bytes."""
    others = [_file_digest(partner.path) for partner in shard.partners]
    return digest(
        *(code(), of_libraries(stages), of_params(stages, params), shard.source, shard.line, _bytes_digest(shard)),
        *others,
    )


def of_step(source: str, stages: Sequence[str], params: Params, *more: object) -> str:
    """The fingerprint of what `stages` make of a shard whose own fingerprint is `source`."""
    return digest(code(), of_libraries(stages), of_params(stages, params), source, *more)


def of_params(stages: Sequence[str], params: Params) -> dict[str, Any]:
    """The params that these stages read, by dotted name."""
    document = params.as_document()
    found = {}
    for name in sorted({name for stage in stages for name in stage_table.shard_params(stage)}):
        value: Any = document
        for key in name.split("."):
            value = value[key]
        found[name] = value
    if "tokenize" in stages and params.target.model is not None:
        found["files of target"] = _target_digest(params.target.model, params.target.template or "")
    if "review" in stages and params.review.file is not None:
        file = Path(params.review.file)
        found["marks of review"] = _file_digest(file) if file.is_file() else ""
    own = {"clean.filters.function": params.clean.filters.function, "clean.map": params.clean.map}
    if "clean" in stages:
        found |= {f"code of {key}": _users_code(function, key) for key, function in own.items() if function}
        if params.clean.redact.detectors:
            found["versions of clean.redact.detectors"] = versions(params.clean.redact.detectors)
    return found


def of_libraries(stages: Sequence[str]) -> dict[str, str]:
    """The versions of the libraries whose output these stages keep, and of Python, whose Unicode tables they use.

    A library that is not installed is left out: the stages do without the optional ones.

    >>> sorted(of_libraries(["dedup"]))
    ['orjson', 'polars', 'python']
    """
    wanted = sorted({name for stage in stages for name in stage_table.libraries(stage)})
    found = {name: version for name in wanted if (version := _version(name))}
    return {**found, "python": f"{sys.version_info.major}.{sys.version_info.minor}"}


def of_machine() -> dict[str, str]:
    """What decides beside data and params what comes out here: this package's code, and the versions of libraries."""
    return {"tuneset": code(), **of_libraries([row.name for row in stage_table.STAGES])}


def _target_digest(model: str, template: str) -> str:
    """A digest of a target model's files; of none where the model is only known by its name."""
    place = find_model(model, template)
    return "" if place is None else _digest_of_place(place)


@functools.lru_cache(maxsize=4)
def _digest_of_place(place: ModelPlace) -> str:
    return digest_of(file_sums(place))


@functools.cache
def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


@functools.cache
def code() -> str:
    """A digest of this package's own files: other code makes other shards."""
    hashed = xxhash.xxh3_128()
    for root in (Path(str(resources.files("tuneset"))), schemas_folder()):
        for path in sorted(root.rglob("*")):
            if path.suffix in _CODE_ENDINGS:
                hashed.update(path.relative_to(root).as_posix().encode())
                hashed.update(path.read_bytes())
    return hashed.hexdigest()


def _users_code(function: str, key: str) -> str:
    """A digest of the file that holds a function of the user's own. Raises UsageError where there is no such function.

    >>> len(_users_code("json:loads", "clean.map"))
    32
    """
    load_function(function, key)
    file = sys.modules[function.partition(":")[0]].__file__
    return xxhash.xxh3_128_hexdigest(Path(file).read_bytes() if file else b"")  # what has no file is part of Python


def _bytes_digest(shard: Shard) -> str:
    if shard.refusal:
        return xxhash.xxh3_128_hexdigest(shard.refusal.encode())
    return _file_digest(shard.path, shard.start, shard.end)


def _file_digest(path: Path, start: int = 0, end: int | None = None) -> str:
    """A digest of a file's bytes from `start` up to `end`."""
    hashed = xxhash.xxh3_128()
    left = path.stat().st_size if end is None else end - start
    buffer = memoryview(bytearray(_READ_SIZE))
    with path.open("rb", buffering=0) as handle:
        handle.seek(start)
        while size := handle.readinto(buffer[:left]):
            hashed.update(buffer[:size])
            left -= size
    return hashed.hexdigest()

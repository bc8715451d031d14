"""Raw data in a store: which objects there are, and each shard of them as a local file for whoever reads it.

What reads raw data knows local files alone. So the worker that looks at an object, or reads a part of it, fetches what
it needs into a temporary folder: of a file that is cut a part, where it stands in the whole, of others all of it.
Ledgers and errors name the object, never the copy. The process that hands out the work holds no bytes of an object, but
of those that are read with others (batch jobs, Slack, conversations that go on in another file).
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tuneset.errors import InputError, TunesetError
from tuneset.execution import shard_store, shard_tasks
from tuneset.execution.executor import Executor
from tuneset.execution.stores import local_copies
from tuneset.execution.stores.location import Location, RemotePath
from tuneset.params import Params
from tuneset.reading import decode, raw_shards
from tuneset.reading.containers.base import Shard
from tuneset.reading.containers.slack import LISTS
from tuneset.reading.left_out import why_left_out_below
from tuneset.reading.read import columns_of

_SCHEMES = ("://", "/")  # between a scheme and the rest: in a URL, in the name of a copy
_VERSIONS = ("ETag", "etag", "md5Hash", "LastModified", "modified")  # how stores call what changes with an object
_LOOKED_AT = 20  # shards whose columns advice may name


class RawObject(NamedTuple):
    """An object of raw data: where it is, its bytes, and what the store changes when it is written anew."""

    url: str
    size: int
    version: str


class ObjectShard(NamedTuple):
    """A part of an object; its path and those of its partners are names that a copy would have, below no folder."""

    shard: Shard
    objects: tuple[RawObject, ...]


class _Cut(NamedTuple):
    shards: list[Shard]
    refused: list[InputError]
    company: bool


def objects(given: Sequence[RemotePath]) -> list[RawObject]:
    """The objects that locations stand for, in the order of their names; what a folder holds beside data is left out.

    Raises InputError where there is none.
    """
    found: dict[str, RawObject] = {}
    for top in given:
        try:
            listed = _listed(top)
        except FileNotFoundError:
            listed = []
        if not listed:
            raise InputError(f"{top}: holds no data", hint="check the name, or put raw files there")
        found |= {checked(one.url): one for one in listed}
    return sorted(found.values(), key=lambda one: one.url.split("/"))


def cut(raw: Sequence[RemotePath], params: Params, executor: Executor) -> list[ObjectShard]:
    """Cut objects into shards with numbered lines, each object in a worker, as `raw_shards.cut` does files."""
    if not raw:
        return []
    found = objects(raw)
    look = functools.partial(cut_object, encoding=params.ingest.encoding)
    cuts = list(executor.map(look, found, label="raw data", size=sum(one.size for one in found)))
    refused = [error for one in cuts for error in one.refused]
    if refused and params.ingest.unreadable == "error":
        raise raw_shards.all_of(refused)
    shards = [shard for one in cuts for shard in one.shards]
    by_name = {_name(one.url): one for one in found}
    company = {shard.path for one in cuts if one.company for shard in one.shards}
    if company:
        with tempfile.TemporaryDirectory(prefix="tuneset-") as folder:
            beside = {name for name in by_name if name.name in LISTS}
            for name in company | beside:
                local_copies.fetch(RemotePath(by_name[name].url), folder / name)
            with _named(Path(folder)):
                moved = [_moved(shard, Path(folder)) for shard in shards if shard.path in company]
                together = [_bare(shard, Path(folder)) for shard in raw_shards.with_company(moved)]
            known = {(shard.source, shard.start): shard for shard in together}
            shards = [
                known.get((shard.source, shard.start), shard)
                for shard in shards
                if shard.path not in company or (shard.source, shard.start) in known
            ]
    return [
        ObjectShard(shard, tuple(by_name[path] for path in dict.fromkeys((shard.path, *_partners(shard)))))
        for shard in shards
    ]


def cut_object(one: RawObject, *, encoding: str | None) -> _Cut:
    """Look at one object, which is fetched for that; in a worker."""
    with tempfile.TemporaryDirectory(prefix="tuneset-") as folder, _named(Path(folder)):
        path = folder / _name(one.url)
        _fetch(one, path)
        shards, refused = raw_shards.cut_alone([path], encoding)
        bare = [_bare(shard, Path(folder)) for shard in raw_shards.numbered(shards)]
        for error in refused:
            _rename(error, Path(folder))
        return _Cut(bare, refused, any(map(raw_shards.keeps_company, shards)))


@contextlib.contextmanager
def fetched(task: ObjectShard) -> Iterator[Shard]:
    """Yield a shard whose files are here for the block.

    Raises InputError where one was written anew since it was cut.
    """
    with tempfile.TemporaryDirectory(prefix="tuneset-") as folder, _named(Path(folder)):
        own, *others = task.objects
        for one in others:
            _fetch(one, folder / _name(one.url))
        _fetch(own, folder / _name(own.url), task.shard.start, task.shard.end)
        yield _moved(task.shard, Path(folder))


def ingest(task: Shard | ObjectShard, *, folder: Location, params: Params, then: Sequence[str]) -> shard_store.Done:
    """`shard_tasks.ingest_shard` of a file or of an object."""
    with _here(task) as shard:
        return shard_tasks.ingest_shard(shard, folder=folder, params=params, then=then)


def ingest_again(
    task: tuple[Shard | ObjectShard, tuple[str, ...], Mapping[str, int]],
    *,
    folder: Location,
    params: Params,
    then: Sequence[str],
) -> shard_store.Done:
    """`shard_tasks.ingest_again` of a file or of an object, with the classes of the whole and what the shard told."""
    with _here(task[0]) as shard:
        whole = dataclasses.replace(shard, classes=task[1])
        return shard_tasks.ingest_again((whole, task[2]), folder=folder, params=params, then=then)


@contextlib.contextmanager
def _here(task: Shard | ObjectShard) -> Iterator[Shard]:
    if isinstance(task, Shard):
        yield task
    elif task.shard.refusal:
        yield task.shard
    else:
        with fetched(task) as shard:
            yield shard


def columns(tasks: Sequence[ObjectShard]) -> set[str]:
    """The columns of the first rows, for advice on a name that no row has."""
    found: set[str] = set()
    for task in tasks[:_LOOKED_AT]:
        with fetched(task) as shard:
            found |= columns_of([shard])
    return found


def checked(url: str) -> str:
    """The name of an object, of which a copy can have the like. Raises InputError where it leads elsewhere."""
    if any(part in ("", ".", "..") for part in url.partition("://")[2].split("/")):
        raise InputError(f"{url}: is no name that a file can have", hint="give the object another name")
    return url


def _listed(top: RemotePath) -> list[RawObject]:
    own = top.info()
    if own["type"] == "file":
        return [_object(top.url, own)]
    return [_object(f"{top}/{name}", about) for name, about in top.below().items() if why_left_out_below(name) is None]


def _object(url: str, about: dict[str, object]) -> RawObject:
    version = next((about[name] for name in _VERSIONS if about.get(name)), "")
    return RawObject(url, int(str(about["size"])), str(version))


def _fetch(one: RawObject, path: Path, start: int = 0, end: int | None = None) -> None:
    at = RemotePath(one.url)
    now = _object(one.url, at.info())
    if now != one:
        raise InputError(f"{one.url}: has changed while it was read", hint="run it again")
    local_copies.fetch_range(at, path, start, one.size if end is None else end)


def _name(url: str) -> Path:
    """What a copy is called.

    >>> _name("s3://bucket/raw/a.jsonl")
    PosixPath('s3/bucket/raw/a.jsonl')
    """
    return Path(url.replace(*_SCHEMES, 1))


def _moved(shard: Shard, folder: Path) -> Shard:
    partners = tuple(partner._replace(path=folder / partner.path) for partner in shard.partners)
    return dataclasses.replace(shard, path=folder / shard.path, partners=partners)


def _bare(shard: Shard, folder: Path) -> Shard:
    """The shard with the names of objects and of no folder."""
    partners = tuple(
        partner._replace(source=_told(partner.source, folder), path=_below(partner.path, folder))
        for partner in shard.partners
    )
    return dataclasses.replace(
        shard,
        source=_told(shard.source, folder),
        path=_below(shard.path, folder),
        refusal=_told(shard.refusal, folder),
        partners=partners,
    )


def _below(path: Path, folder: Path) -> Path:
    return path.resolve().relative_to(folder.resolve())


def _partners(shard: Shard) -> tuple[Path, ...]:
    return tuple(partner.path for partner in shard.partners)


def _told(text: str, folder: Path) -> str:
    """A text in which copies in `folder` are called by the names of their objects."""
    for top in folder.iterdir():
        text = text.replace(f"{decode.source_label(top)}/", f"{top.name}{_SCHEMES[0]}")
    return text


def _rename(error: TunesetError, folder: Path) -> None:
    error.message, error.hint = (_told(text, folder) for text in (error.message, error.hint))
    error.args = (error.message,)


@contextlib.contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Have errors within the block name objects, not copies in `folder`."""
    try:
        yield
    except TunesetError as error:
        _rename(error, folder)
        raise

"""Raw columns that say of whom or what a row is, such as `user_id`: whether rows of one stand on several sides.

Rows of one customer, session or document are alike in ways that no comparison of texts finds. The split takes such a
column only where `split.group_by` names it; else this counts what it would have kept together. Columns are known by
their names. Of each column those MOST values are looked at whose hashes are lowest, of all rows the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import polars as pl
import xxhash

from tuneset.json_text import JsonValue, as_id, loads
from tuneset.params.split import GROUPINGS

MOST = 1000
"""Values of a column that are looked at: enough for a share, and 16 KB a shard."""
PREFIX = "owner."
"""Before a column's name, in the table of rendered lines and in the counts of the split."""

_OWNERS = frozenset({
    "user", "customer", "client", "patient", "student", "author", "speaker", "member", "contact", "account", "tenant",
    "company", "household", "conversation", "conv", "convo", "dialog", "dialogue", "session", "thread", "chat", "trace",
    "ticket", "case", "call", "document", "doc", "article", "page", "paper", "book", "chapter", "contract", "repo",
    "repository", "project", "group", "episode", "parent", "original", "problem", "question", "passage",
    "context", "image", "video",
})  # fmt: skip
_ALONE = frozenset({"url", "uri", "doi", "isbn", "uid", "username", "userid", "email"})
_IDS = frozenset(
    {"id", "ids", "uuid", "guid", "key", "hash", "name", "number", "no", "url", "uri", "idx", "index", "ts"}
)
_ALONE_WITH_IDS = frozenset({
    "conversation", "conv", "convo", "dialog", "dialogue", "session", "thread", "chat", "trace", "ticket", "user",
    "customer", "client", "patient", "student",
})  # fmt: skip
"""These too, where what they hold looks like an id: a column `chat` may also hold a kind of chat, or a text."""
_ID = re.compile(r"(?=\D*\d)\S{1,128}")
_LEVELS = 3  # of objects in which an id is looked for, such as `metadata.session.id`
_ANY = rf'(?i)(?:{"|".join(sorted(_OWNERS | _ALONE))})[a-z_ -]{{0,8}}"\s*:'
"""For a fast engine: what it does not match has no such column."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

Owned = Mapping[str, pl.DataFrame]
"""By column: `value` (a hash), how many `rows` have it, and on which `sides`, a bit each."""


def names_an_owner(column: str, value: str | None = None) -> bool:
    """Whether a column's name, with a `value` of it, says that its values are those of whom or what rows are.

    >>> [names_an_owner(name) for name in ("user_id", "conversationId", "DocURL", "url", "id", "label", "answer_id")]
    [True, True, True, True, False, False, False]
    >>> names_an_owner("session", "s-17"), names_an_owner("session", "morning"), names_an_owner("metadata.session.id")
    (True, False, True)
    """
    words = [word.lower() for word in _WORD.findall(column)]
    if len(words) == 1:
        return words[0] in _ALONE or (value is not None and words[0] in _ALONE_WITH_IDS and bool(_ID.fullmatch(value)))
    return len(words) > 1 and words[-1] in _IDS and words[-2] in _OWNERS


def columns(metas: pl.Series, used: str) -> list[pl.Series]:
    """The hash of each row's value in each such column but the `used` one, as UInt64 columns PREFIX + name.

    >>> columns(pl.Series(['{"user_id":7}', None, '{"user_id":7,"label":"a"}']), "prompt")[0].n_unique()
    2

    `metas` are raw columns as JSON; within objects the path is the name (`metadata.session_id`). Null where a row lacks
    a value, or has one that is no text and no whole number.
    """
    found: dict[str, list[int | None]] = {}
    rows = metas.str.contains(_ANY).fill_null(value=False).arg_true()
    for row, meta in zip(rows, metas.gather(rows), strict=True):
        for name, value in _values(loads(meta.encode()), "", _LEVELS):
            if (name != used or name in GROUPINGS) and names_an_owner(name, str(value)):
                hashes = found.setdefault(name, [None] * len(metas))
                hashes[row] = xxhash.xxh3_64_intdigest(f"{name}\x1f{value}".encode())
    return [pl.Series(PREFIX + name, hashes, pl.UInt64) for name, hashes in sorted(found.items())]


def _values(columns: Mapping[str, JsonValue], place: str, levels: int) -> Iterator[tuple[str, str | int]]:
    """The texts and whole numbers of columns and of the objects in them, by their paths."""
    for name, value in columns.items():
        if type(value) is dict and levels > 1:
            yield from _values(value, f"{place}{name}.", levels - 1)
        elif type(one := as_id(value)) in (int, str) and one != "":
            yield f"{place}{name}", one


def owned(lines: pl.DataFrame, side: pl.Series) -> dict[str, pl.DataFrame]:
    """What `columns` gave of some rows, counted, given the side of each."""
    bits = pl.Series("sides", 1 << side.to_physical().cast(pl.Int64).to_numpy(), pl.Int64)
    found = {}
    for name in lines.columns:
        if name.startswith(PREFIX):
            rows = pl.DataFrame({"value": lines[name], "sides": bits}).drop_nulls("value")
            found[name] = _counted(rows.with_columns(rows=pl.lit(1, pl.Int64)))
    return found


def together(parts: Iterable[Owned]) -> dict[str, pl.DataFrame]:
    """What was counted of several shards."""
    whole: dict[str, pl.DataFrame] = {}
    for part in parts:
        for name, counted in part.items():
            whole[name] = _counted(pl.concat([whole[name], counted])) if name in whole else counted
    return dict(sorted(whole.items()))


def counts(whole: Owned) -> dict[str, int]:
    """By column how many values with several rows were looked at, and of how many rows stand on several sides.

    A column in which one value has half of the rows, such as the one user of a log, divides nothing and is left out.
    """
    found: dict[str, int] = {}
    for name, values in whole.items():
        if values.height and 2 * values["rows"].max() >= values["rows"].sum():  # type: ignore[operator]  # a number
            continue
        several = values.filter(pl.col("rows") > 1)
        apart = several.filter(pl.col("sides").bitwise_count_ones() > 1).height
        if apart:
            found |= {name: several.height, f"{name}.apart": apart}
    return found


def _counted(rows: pl.DataFrame) -> pl.DataFrame:
    by_value = rows.group_by("value").agg(pl.col("rows").sum(), pl.col("sides").bitwise_or())
    return by_value.sort("value").head(MOST)

"""Rows and files of a dataset's own validation and test: known by a column of the row, or by names of file and folder.

Who measures a model by such rows later must not train them. Nothing is decided here: rows and files are told, and rows
left out where a person asks for it. What is shown of a value is one word of those below, never a text of the row.
Numbered folds name no side. Files are named so that the `datasets` library finds their sides
(huggingface.co/docs/hub/datasets-file-names-and-splits): `test.jsonl`, `test-00000-of-00001.parquet`, `squad_dev.json`,
`data/validation/0.csv`.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tuneset.reading.verdict_places import judging, may_hold
from tuneset.reading.verdicts import truth

_SIDES = frozenset({
    "test", "testing", "testset", "val", "valid", "validation", "valset", "dev", "devel", "development", "devset",
    "eval", "evaluation", "evalset", "holdout", "heldout",
})  # fmt: skip
_TRAINED = frozenset({"train", "training", "trainset", "trn"})
_ALSO_SUBJECTS = frozenset({"testing", "valid", "dev", "devel", "development", "evaluation"})
"""In a longer name, and of folders, these may say something else (`course_evaluation.csv`): told beside a `train`."""
_ADDED = frozenset({
    "set", "split", "data", "dataset", "sft", "gen", "prefs", "dpo", "clean", "other", "matched", "mismatched",
    "public", "private", "easy", "hard", "mini", "small", "full", "final", "questions", "qa",
    "rows", "samples", "examples", "part", "shard", "seen", "unseen", "in", "out", "domain", "official", "original",
})  # fmt: skip
"""What stands beside a side's word and changes nothing."""
_SHORT = 2  # letters: languages, versions, `of`
_ENDINGS = re.compile(
    r"(?i)(\.(jsonl?|ndjson|[ct]sv|tab|parquet|arrow|avro|feather|xlsx?|txt|ya?ml|gz|bz2|xz|zst|lz4|zip|tar|tgz))+$"
)
_HASH = re.compile(r"(?i)(?<![0-9a-z])(?=[a-f]*\d)[0-9a-f]{8,}(?![0-9a-z])")
_HELD_OUT = re.compile(r"(?i)h[eo]ld[-_ ]?out")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_BEFORE = (
    "", "_", "__", "data_", "dataset_", "original_", "orig_", "source_", "hf_", "ml_", "official_", "eval_", "cv_",
    "benchmark_", "train_test_", "train_val_", "train_val_test_", "traintest_",
)  # fmt: skip
_AFTER = ("", "_", "__", "_name", "_type", "_label")
_DIVIDING = frozenset(map("".join, itertools.product(_BEFORE, ("split", "splits", "partition", "fold"), _AFTER)))
_NAMING = frozenset({*map("".join, itertools.product(_BEFORE, ("subset", "set"), _AFTER)), "dataset", "testset"})
"""Columns that may also hold names of other things, such as `dev-ops`: only a side's word alone counts."""
_TRUE = frozenset({
    "is_test", "is_test_set", "is_testset", "in_test", "in_test_set", "for_test", "is_validation", "is_val",
    "is_validation_set", "in_validation", "in_val", "is_eval", "is_evaluation", "in_eval", "for_eval",
    "for_evaluation", "is_holdout", "is_held_out", "is_heldout", "held_out", "heldout", "holdout", "hold_out",
    "test_set", "is_benchmark",
})  # fmt: skip
_FALSE = frozenset({
    "is_train", "is_training", "in_train", "in_training", "is_train_set", "in_train_set", "for_training",
})  # fmt: skip
_COLUMNS = _DIVIDING | _NAMING | _TRUE | _FALSE


def held_out(columns: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """The columns of a row that say that it is for measuring, as messages show them, and the word that says so.

    >>> held_out({"split": "test_sft", "is_test": True, "meta": {"subset": "dev"}})
    [('split', 'test'), ('is_test', 'true'), ('meta.subset', 'dev')]
    >>> held_out({"split": "train", "subset": "dev-ops", "fold": 3, "is_train": True, "note": "test"})
    []
    """
    if not _may_say(tuple(columns)):
        return ()
    found = ((place, _said(name, value)) for place, name, value in judging(columns, _COLUMNS))
    return [(place, word) for place, word in found if word]


def _said(name: str, value: Any) -> str | None:  # noqa: ANN401  any JSON value
    if name in _TRUE and (said := truth(value)) is not None:
        return "true" if said else None
    if name in _FALSE:
        return "false" if truth(value) is False else None
    if name not in _DIVIDING | _NAMING | {"test_set"} or type(value) is not str:
        return None
    words = _words(value)
    if not _TRAINED.isdisjoint(words):
        return None
    return _alone(words) if name not in _DIVIDING else next((word for word in words if word in _SIDES), None)


@functools.lru_cache(maxsize=1024)
def _may_say(names: tuple[str, ...]) -> bool:
    return may_hold(names, _COLUMNS)


def sides_of_files(sources: Iterable[str]) -> dict[str, str]:
    """The files that look by their names like sides for measuring, with the word that says so.

    `sources` are all files as ledgers name them. Folders count that not all files share, or that are named from the
    working folder: where somebody keeps all his data says nothing.

    >>> sides_of_files(["raw/train.jsonl", "raw/test-00000-of-00001.parquet", "raw/gsm8k_dev.csv", "raw/faq.csv"])
    {'raw/test-00000-of-00001.parquet': 'test', 'raw/gsm8k_dev.csv': 'dev'}
    >>> sides_of_files(["/test/course_evaluation.csv", "/test/protest.jsonl", "/test/dev/a.jsonl"])
    {}
    """
    listed = list(sources)
    shared = _shared_folders(listed)
    named = {source: _names(source, shared) for source in listed}
    beside = any(not _TRAINED.isdisjoint(_words(name)) for names in named.values() for name in names)
    found = {}
    for source, (*folders, own) in named.items():
        words = _words(own)
        if not _TRAINED.isdisjoint(words):
            continue
        of_folders = (word for folder in folders if (word := _alone(_words(folder))) and _counts(word, beside=beside))
        side = _alone(words) or _last(words, beside=beside) or next(of_folders, None)
        if side:
            found[source] = side
    return found


def _shared_folders(sources: Sequence[str]) -> int:
    """How many folders all files share."""
    folders = [source.split("/")[:-1] for source in sources]
    return sum(1 for _ in itertools.takewhile(lambda level: len({*level}) == 1, zip(*folders, strict=False)))


def _names(source: str, shared: int) -> list[str]:
    """The folders of a file that count, and its own name without endings."""
    *folders, own = source.split("/")
    return [*(folders[shared:] if source.startswith("/") else folders), _ENDINGS.sub("", own)]


def _words(text: str) -> list[str]:
    """The words of a name, in small letters, without numbers and hashes.

    >>> _words("testSet-00000-of-00001-1f2e3d4c5b"), _words("Held_out")
    (['test', 'set', 'of'], ['heldout'])
    """
    return [word.lower() for word in _WORD.findall(_HASH.sub("", _HELD_OUT.sub("heldout", text)))]


def _alone(words: Sequence[str]) -> str | None:
    """The side's word, where nothing else stands there that means something."""
    sides = [word for word in words if word in _SIDES]
    rest = (word for word in words if word not in _SIDES)
    return sides[0] if sides and all(word in _ADDED or len(word) <= _SHORT for word in rest) else None


def _last(words: Sequence[str], *, beside: bool) -> str | None:
    """The side's word at the end of a longer name, as in `gsm8k_test`."""
    told = [word for word in words if word not in _ADDED and len(word) > _SHORT]
    return told[-1] if told and told[-1] in _SIDES and _counts(told[-1], beside=beside) else None


def _counts(word: str, *, beside: bool) -> bool:
    return beside or word not in _ALSO_SUBJECTS

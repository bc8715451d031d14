"""A look at the written files for the report: how examples are distributed, some of them, how far validation shifts.

Writes `distributions.json`, counts alone, and `samples.json`, which holds texts with private data replaced. Large files
are looked at by a bounded part (`written_lines.py`); tokens and sources are those of all examples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import xxhash

from tuneset import artifacts, kept_counts
from tuneset.cleaning.filtering.language import detect_languages
from tuneset.cleaning.private_data.kinds import Rules
from tuneset.cleaning.private_data.optional.detectors import OPTIONAL
from tuneset.errors import UsageError
from tuneset.execution.accounts.account_counts import ShardCounts
from tuneset.execution.samples import dropped_sample, written_lines
from tuneset.execution.samples.written_lines import Looked, WrittenLine
from tuneset.execution.stores.location import Location
from tuneset.json_text import loads
from tuneset.kept_counts import Kept
from tuneset.stages import distributions, shift, split

BLOCKS = {split.TRAIN: 64, split.VALIDATION: 16, split.TEST: 16}
"""How much is looked at: 4 MiB of training, 1 MiB of the others. Ours: half a second of one core."""
SHOWN = {split.TRAIN: 4, split.VALIDATION: 2, split.TEST: 1}
"""Examples that the report shows."""
LANGUAGE_EXAMPLES = 500
"""Examples of a side whose language is asked for; 500 tell a share to 4 points."""
UNSURE = "unsure"
_SURE_SCORE, _SURE_LETTERS = 0.5, 20  # below, short texts get wrong names
_COMPARED = ("messages", "roles", "languages", "sources")


def write(
    dataset: Location, counts: ShardCounts, places: Mapping[str, Sequence[tuple[int, int]]], target: Path
) -> None:
    """Write both documents into `target`.

    `dataset` is the folder of the written files, `counts` those of all their examples; by side `places` has known ones
    of its file, as `written_lines.numbers` takes them.
    """
    kept, outcomes, dropped = counts
    looked = {side: written_lines.look(dataset / f"{side}.jsonl", blocks) for side, blocks in BLOCKS.items()}
    sides = {
        side: _of_side(found, side, kept, outcomes.filter(pl.col("outcome") == side))
        for side, found in looked.items()
        if found.lines
    }
    against = {
        side: {"distances": _distances(sides[side], sides[split.TRAIN]), "coverage": _coverage(looked, side)}
        for side in sides
        if side != split.TRAIN and split.TRAIN in sides
    }
    artifacts.write_json(
        target / "distributions.json", {"schema_version": 1, "sides": sides, "against_training": against}
    )
    said = iter(_without_optional_kinds([loads(text.encode()) for text in dropped["said"] if text is not None]))
    samples = {
        "kept": {
            side: _shown(dataset / f"{side}.jsonl", looked[side].lines, SHOWN[side], places.get(side, ()))
            for side in sides
        },
        "dropped": [
            row | {"said": None if text is None else next(said)}
            for row, text in zip(dropped.iter_rows(named=True), dropped["said"], strict=True)
        ],
    }
    artifacts.write_json(target / "samples.json", {"schema_version": 1, **samples})


def _of_side(looked: Looked, side: str, kept: Kept, outcomes: pl.DataFrame) -> dict[str, Any]:
    examples = list(written_lines.examples(looked.lines))
    trained = kept.of("trained_tokens", side)
    return {
        "examples": kept.by_side().get(side, 0),
        "looked_at": len(examples),
        "whole": looked.whole,
        **distributions.distributions(examples),
        "languages": _languages([example for _, example in _chosen(looked.lines, examples, LANGUAGE_EXAMPLES)]),
        "tokens": _lengths(kept.of("tokens", side)),
        "trained_tokens": _lengths(trained) if len(trained) else None,
        "sources": {source: rows for source, rows in outcomes.select("source", "rows").iter_rows() if rows},
    }


def _lengths(counts: pl.DataFrame) -> dict[str, Any]:
    return {"sum": kept_counts.total(counts), **distributions.lengths(counts)}


def _languages(examples: Sequence[Mapping[str, Any]]) -> dict[str, int] | None:
    """Examples by the language of their answers; None where the extra `language` is not installed."""
    answers = [
        "\n".join(distributions.text_of(message) for message in distributions.told(example).messages
                  if message.get("role") == "assistant")
        for example in examples
    ]  # fmt: skip
    try:
        found = detect_languages(pl.Series(answers, dtype=pl.String))
    except UsageError:
        return None
    sure = (found["score"] >= _SURE_SCORE) & (found["letters"] >= _SURE_LETTERS)
    names = found.select(pl.when(sure).then("language").otherwise(pl.lit(UNSURE))).to_series()
    return dict(sorted(Counter(names.to_list()).items()))


def _distances(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """By field the distance between the counts of two sides, and what chance makes of it."""
    fields = {name: (ours[name] or {}, theirs[name] or {}) for name in _COMPARED}
    for name in sorted(ours["holding"].keys() | theirs["holding"].keys()):
        fields[name] = (_with_and_without(ours, name), _with_and_without(theirs, name))
    for name in ("tokens", "answer_characters"):
        fields[name] = (ours[name]["by_power_of_two"], theirs[name]["by_power_of_two"])
    found = {name: shift.distance(*pair) for name, pair in fields.items()}
    return {name: one._asdict() for name, one in found.items() if one is not None}


def _with_and_without(side: Mapping[str, Any], name: str) -> dict[str, int]:
    """How many examples hold something, and how many do not."""
    count = side["holding"].get(name, 0)
    return {"with": count, "without": side["looked_at"] - count}


def _coverage(looked: Mapping[str, Looked], side: str) -> dict[str, Any]:
    """How much of the wording of a side is known from training, beside that of a part of training of the same size."""
    training = looked[split.TRAIN].lines
    part = min(len(looked[side].lines), len(training) // 2)
    apart = {line.at for line in _lowest(training, part)}
    known = shift.wording(_texts([line for line in training if line.at not in apart]))
    own = shift.coverage(_texts(looked[side].lines), known)
    like = shift.coverage(_texts([line for line in training if line.at in apart]), known)
    return {"examples": len(looked[side].lines), **own._asdict(), "training": like._asdict() | {"examples": part}}


def _texts(lines: Sequence[WrittenLine]) -> list[str]:
    return [
        "\n".join(distributions.text_of(message) for message in distributions.told(example).messages)
        for example in written_lines.examples(lines)
    ]


def _lowest(lines: Sequence[WrittenLine], count: int) -> list[WrittenLine]:
    """The lines with the lowest hashes: drawn by lot, and always the same."""
    return sorted(lines, key=lambda line: (xxhash.xxh3_64_intdigest(line.text), line.at))[:count]


def _chosen(
    lines: Sequence[WrittenLine], examples: Sequence[Mapping[str, Any]], count: int
) -> list[tuple[WrittenLine, Mapping[str, Any]]]:
    """The examples of the lines with the lowest hashes."""
    by_place = dict(zip((line.at for line in lines), examples, strict=True))
    return [(line, by_place[line.at]) for line in _lowest(lines, count)]


def _shown(
    file: Location, lines: Sequence[WrittenLine], count: int, places: Sequence[tuple[int, int]]
) -> list[dict[str, Any]]:
    """Some examples with the numbers of their lines, in the order of the file."""
    chosen = sorted(_lowest(lines, count), key=lambda line: line.at)
    numbers = written_lines.numbers(file, chosen, places)
    said = _without_optional_kinds(dropped_sample.shown(list(written_lines.examples(chosen))))
    return [{"line": number, "said": one} for number, one in zip(numbers, said, strict=True)]


def _without_optional_kinds(said: Sequence[list[list[str]]]) -> list[list[list[str]]]:
    """Role and text of messages, with the kinds replaced too that are off by default; here, where they load once."""
    texts = dropped_sample.redact_texts([[text for _, text in one] for one in said], Rules(optional=OPTIONAL))
    return [
        [[role, text] for (role, _), text in zip(one, of_one, strict=True)]
        for one, of_one in zip(said, texts, strict=True)
    ]

"""Leaks between the written files by our measures and by those of others, for each way to treat growing histories.

    python benchmarks/leaks.py

The rows are conversations logged one row a request, each with the whole history so far; the text is real, as in
`near_pairs.py`, whose tables of what is a near duplicate follow with --pairs. The measures of GPT-3 (13
words in a row) and GPT-4 (three drawn pieces of 50 characters, letters and digits alone) are written out here, without
any code of the pipeline.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from near_pairs import Writer, tables

from tuneset.execution.fused_run import prepare
from tuneset.execution.progress import no_progress
from tuneset.params import parse_params

WORDS, PIECE, PIECES = 13, 50, 3
MOST_EXCHANGES = 6

Talk = list[dict[str, str]]


def logged(conversations: int) -> Iterator[Talk]:
    """Yield one row a request."""
    writer = Writer("English", 7)
    for _ in range(conversations):
        talk: Talk = [{"role": "system", "content": "You answer in short sentences."}]
        for _ in range(writer.dice.randint(1, MOST_EXCHANGES)):
            talk = [
                *talk,
                {"role": "user", "content": writer.text(2)},
                {"role": "assistant", "content": writer.text(3)},
            ]
            yield talk


def said(path: Path) -> list[str]:
    """The last question and answer of each row of a written file: what is new in it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [" ".join(message["content"] for message in json.loads(line)["messages"][-2:]) for line in lines]


def whole(path: Path) -> list[str]:
    """All that each row of a written file says, but for the system."""
    talks = [json.loads(line)["messages"] for line in path.read_text(encoding="utf-8").splitlines()]
    return [" ".join(one["content"] for one in talk if one["role"] != "system") for talk in talks]


def with_ngram(train: list[str], validation: list[str]) -> float:
    """The share of validation texts that have WORDS words in a row in common with a training text."""

    def grams(text: str) -> set[str]:
        words = re.findall(r"\w+", text.lower())
        return {" ".join(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1)}

    known = set().union(*map(grams, train))
    return sum(bool(grams(text) & known) for text in validation) / max(len(validation), 1)


def with_piece(train: list[str], validation: list[str]) -> float:
    """The share of validation texts of which one of PIECES drawn pieces, PIECE characters each, stands in training."""
    dice = random.Random(0)
    known = "\n".join("".join(re.findall(r"\w", text)) for text in train)
    found = 0
    for text in validation:
        bare = "".join(re.findall(r"\w", text))
        places = [dice.randrange(max(len(bare) - PIECE, 0) + 1) for _ in range(PIECES)]
        found += any(bare[at : at + PIECE] in known for at in places)
    return found / max(len(validation), 1)


def measured(raw: Path, out: Path, prefixes: str) -> dict[str, Any]:
    """Rows and shares of one run."""
    params = parse_params({"dedup": {"prefixes": prefixes}, "split": {"validation": 0.2}}, "benchmark")
    rows = prepare([raw], out, params, no_progress).metrics["rows"]
    leaks = json.loads((out / "gate.json").read_text(encoding="utf-8"))["leaks"]
    train, validation = whole(out / "train.jsonl"), said(out / "validation.jsonl")
    others = {"13 words": with_ngram(train, validation), "50 characters": with_piece(train, validation)}
    return {"train": rows["train"], "validation": rows["validation"], **leaks, **others}


def main() -> None:
    """Print one column for each of dedup.prefixes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=150)
    parser.add_argument("--pairs", type=int, default=0, help="of near duplicates, of each kind and language")
    options = parser.parse_args()
    ways = ("off", "together", "longest")
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.jsonl"
        rows = [json.dumps({"messages": talk}) + "\n" for talk in logged(options.conversations)]
        random.Random(1).shuffle(rows)
        raw.write_text("".join(rows), encoding="utf-8")
        columns = [measured(raw, Path(folder) / way, way) for way in ways]
    print(f"| `dedup.prefixes` | {' | '.join(ways)} |\n|---|{'---:|' * len(ways)}")
    for name in columns[0]:
        values = (column[name] for column in columns)
        print(
            f"| {name} | {' | '.join(f'{value:,}' if isinstance(value, int) else f'{value:.3f}' for value in values)} |"
        )
    for line in tables(options.pairs) if options.pairs else ():
        print(line)


if __name__ == "__main__":
    main()

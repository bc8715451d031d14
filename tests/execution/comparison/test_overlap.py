"""Two sets held against each other: both ways, whatever their shapes, each pair with its places."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tuneset.errors import InputError
from tuneset.execution.comparison.overlap import compare
from tuneset.execution.executor import open_executor
from tuneset.execution.progress import no_progress
from tuneset.params import parse_params
from tuneset.reporting import overlap_table

QUESTION = "Which of the two harbours on the northern coast is deep enough for the new ferry in winter?"
ANSWER = "The eastern one is, since it was dredged; the western one takes boats of three metres at the most."


def compared(first: Path, second: Path) -> dict[str, Any]:
    with open_executor(1, no_progress) as executor:
        return compare(first, second, parse_params({}, "params"), executor)


def written(path: Path, *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def chat(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def test_sets_with_nothing_in_common_share_nothing(tmp_path: Path) -> None:
    found = compared(
        written(tmp_path / "a.jsonl", {"prompt": QUESTION, "completion": ANSWER}),
        written(tmp_path / "b.jsonl", chat("Who wrote it?", "Nobody knows.")),
    )
    assert set(found["first_in_second"].values()) == set(found["second_in_first"].values()) == {0.0}
    assert found["soft"]["sample"] == []


def test_shares_are_those_of_each_set_and_places_are_those_of_the_files(tmp_path: Path) -> None:
    alpaca = [
        {"instruction": "Name a colour.", "input": "", "output": "Red."},
        {"instruction": QUESTION, "input": "", "output": ANSWER},
    ]
    first = tmp_path / "first.json"
    first.write_text(json.dumps(alpaca))
    dataset = tmp_path / "made"
    written(dataset / "train.jsonl", chat("Why is it so?", "Because."), chat("And then?", "Then it rains."))
    written(dataset / "validation.jsonl", chat("Where to?", "Home."), chat(f"{QUESTION} please", ANSWER))
    (dataset / "metrics.json").write_text("{}")
    found = compared(first, dataset)
    assert (found["first"]["examples"], found["second"]["examples"]) == (2, 4)
    assert (found["first_in_second"]["near"], found["second_in_first"]["near"]) == (0.5, 0.25)
    assert found["first_in_second"]["equal_prompt"] == 0
    place = found["sample"]["near"][0]
    assert place["second"].endswith("validation.jsonl:2")
    assert place["first"].startswith(str(first))
    assert found["soft"]["share_from_cosine"] == {"0.5": 0.5, "0.7": 0.5, "0.9": 0.5}
    text = "\n".join(overlap_table.lines(found))
    assert QUESTION not in text
    assert "50.00%" in text
    assert "| near | 50.00% | 25.00% |" in "\n".join(overlap_table.lines(found, markdown=True))


def test_a_set_without_an_example_is_named(tmp_path: Path) -> None:
    empty, other = written(tmp_path / "a.jsonl"), written(tmp_path / "b.jsonl", chat("q", "a"))
    with pytest.raises(InputError, match=r"a\.jsonl"):
        compared(empty, other)

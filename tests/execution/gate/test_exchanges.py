"""Answers, exchanges and beginnings that stand in both files, and what is told apart from them."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import orjson
import pytest

from tuneset.execution.executor import open_executor
from tuneset.execution.gate import exchanges
from tuneset.execution.gate.measurement import measure
from tuneset.execution.progress import no_progress
from tuneset.params import NearParams
from tuneset.stages.gate import Measured

ANSWER = "The parcel leaves the house in the evening and is with you on the second day."
OTHER = "Of a hundred parcels ninety arrive in time, and the others one day later at the most."
GREETING = ("Hi", "Hello! How can I help you with your parcel or with anything else today?")


def talk(*texts: str, system: str = "") -> dict[str, Any]:
    roles = itertools.cycle(("user", "assistant"))
    said = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    return {"messages": [*([{"role": "system", "content": system}] if system else []), *said]}


def measured(folder: Path, train: list[dict[str, Any]], validation: list[dict[str, Any]]) -> Measured:
    for name, rows in (("train", train), ("validation", validation)):
        lines = [orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows]
        (folder / f"{name}.jsonl").write_bytes(b"".join(lines))
    files = (folder / "train.jsonl", folder / "validation.jsonl")
    with open_executor(1, no_progress) as executor:
        return measure(*files, NearParams(enabled=False), executor, work=folder / "work")


def shares(found: Measured) -> tuple[float | None, float | None, float | None]:
    return found.leaks["equal_answer"], found.leaks["last_exchange"], found.leaks["beginning"]


@pytest.mark.parametrize(
    ("train", "validation"),
    [
        ([talk("When?", ANSWER)], [talk("Where?", OTHER)]),
        ([talk("x", "y", "Thanks", "You are welcome.")], [talk("u", "v", "Thanks", "You are welcome.")]),
        ([talk("q", ANSWER, system="s")], [talk("r", OTHER, system="s")]),
        ([talk(*GREETING, f"q {row}", f"a {row}") for row in range(20)], [talk(*GREETING, "r", "b")]),
        ([talk(*GREETING, f"q {row}", f"a {row}") for row in range(20)], [talk(*GREETING)]),  # a shared opening
    ],
)
def test_what_many_talks_share_is_no_beginning_and_no_exchange(
    tmp_path: Path, train: list[dict[str, Any]], validation: list[dict[str, Any]]
) -> None:
    assert shares(measured(tmp_path, train, validation))[1:] in ((0.0, 0.0), (1.0, 0.0))
    assert shares(measured(tmp_path, train, validation))[2] == 0.0


def test_an_answer_to_another_question_is_an_answer_alone(tmp_path: Path) -> None:
    found = measured(
        tmp_path, [talk("x", "y"), talk("When?", ANSWER)], [talk("Where?", ANSWER.upper()), talk("q", "a")]
    )
    assert shares(found) == (0.5, 0.0, 0.0)
    assert found.sample["equal_answer"] == [(1, 2)]


def test_an_answer_of_many_rows_is_told_apart(tmp_path: Path) -> None:
    for rows, share in ((11, 0), (10, 1)):
        found = measured(tmp_path, [talk(f"q {row}", ANSWER) for row in range(rows)], [talk("r", ANSWER)])
        assert found.leaks["equal_answer"] == share


def test_the_last_exchange_is_found_wherever_it_stands(tmp_path: Path) -> None:
    windowed = talk("u", "v", "When?", ANSWER, "w", "x")
    assert shares(measured(tmp_path, [windowed], [talk("y", "z", "when", ANSWER)])) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize("swap", [False, True])
def test_a_beginning_is_found_from_both_sides(tmp_path: Path, swap: bool) -> None:
    short, long = talk("q", "a", system="at 9"), talk("q", "a", "r", "b", system="at 10")
    files = ([talk("x", "y"), long], [short]) if not swap else ([talk("x", "y"), short], [long])
    found = measured(tmp_path, *files)
    assert found.leaks["beginning"] == 1.0
    assert found.sample["beginning"] == [(1, 2)]


def test_talks_that_begin_alike_and_go_on_differently_are_no_beginning_of_one_another(tmp_path: Path) -> None:
    train, validation = talk("q", "a", "When?", ANSWER), talk("q", "a", "Where?", OTHER)
    assert shares(measured(tmp_path, [talk("x", "y"), train], [validation])) == (0.0, 0.0, 0.0)


def test_of_a_pair_the_preferred_answer_counts_and_the_other_one_does_not(tmp_path: Path) -> None:
    def pair(question: str, preferred: str, other: str) -> dict[str, Any]:
        asked = {"messages": [{"role": "user", "content": question}]}
        outputs = ("preferred_output", preferred), ("non_preferred_output", other)
        return {"input": asked, **{name: [{"role": "assistant", "content": text}] for name, text in outputs}}

    row = pair("When?", ANSWER, OTHER)
    assert list(exchanges.answers(row)) == [ANSWER]
    assert shares(measured(tmp_path, [pair("Where?", "x", "y"), row], [row])) == (1.0, 1.0, 1.0)
    assert shares(measured(tmp_path, [row], [pair("Who?", "x", ANSWER), pair("How?", OTHER, "y")])) == (0.0, 0.0, 0.0)

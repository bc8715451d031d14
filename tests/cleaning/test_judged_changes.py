"""What cleaning changes in texts of others was judged one by one: none of it is harm, and what was harm stays as it is.

`judged_changes.jsonl` is a sample that `benchmarks/cleaning.py` drew (seed 1, 60,000 texts of installed packages,
manual pages and translations; a text or the surroundings of a change each), and what was changed before it and is left
alone now.
"""

import json
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from tuneset.cleaning.repair.normalise import normalise
from tuneset.cleaning.steps import TEXT_STEPS

JUDGED = [json.loads(line) for line in Path(__file__).with_name("judged_changes.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("step", TEXT_STEPS, ids=lambda step: step.name)
def test_each_change_is_the_one_that_was_judged(step: object) -> None:
    rows = [row for row in JUDGED if row["step"] == step.name]  # type: ignore[attr-defined]
    fixed, _ = normalise(pl.Series([row["before"] for row in rows]), [step])  # type: ignore[list-item]
    assert fixed.to_list() == [row["after"] for row in rows]


def test_no_change_is_harmful() -> None:
    verdicts = Counter(row["verdict"] for row in JUDGED)
    assert set(verdicts) == {"harmless", "stays"}
    assert verdicts["harmless"] >= 190
    assert all(row["reason"] and (row["before"] == row["after"]) == (row["verdict"] == "stays") for row in JUDGED)


CONVERSATIONS = [
    ("mojibake", ["Why does my page show MÃ¼ller?", "The bytes are UTF-8, but were decoded as Latin-1."]),
    ("mojibake", ["文字化けです: æ—¥æœ¬", "はい"]),
    ("unicode_nfc", ["Is cafe\u0301 equal to the other form?", "Only after normalization: NFC composes it."]),
    ("control_characters", ["How do I strip \x1b[31mred\x1b[0m from a log?", "Those are ANSI escape codes."]),
    ("control_characters", ["What is in a\u200bb?", "A zero-width space."]),
]


@pytest.mark.parametrize(("step", "turns"), CONVERSATIONS)
def test_what_a_conversation_speaks_about_stays_in_all_of_its_turns(step: str, turns: list[str]) -> None:
    steps = [one for one in TEXT_STEPS if one.name == step]
    texts = pl.Series([*turns, turns[0]])
    fixed, changed = normalise(texts, steps, pl.Series(["talk", "talk", "log"]))
    assert fixed[:2].to_list() == turns
    assert (fixed[2] != turns[0]) == (changed[step] == 1)
    assert step == "mojibake" or fixed[2] != turns[0], "else the sample shows nothing"

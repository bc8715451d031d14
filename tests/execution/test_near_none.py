"""Near duplicates that are none: rows that share an instruction or an answer stay, and the gate agrees."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tuneset.execution.fused_run import prepare
from tuneset.execution.progress import no_progress
from tuneset.params import parse_params

INSTRUCTION = (
    "Decide whether the review below is positive or negative. Read the whole of it before you decide, mind irony and "
    "negation, leave remarks about the courier aside, and answer with one word in small letters."
)
REFUSAL = "I am sorry, but I can not help with that; please ask a person who is trained for it, or your local office."
CALL = json.dumps({"name": "light", "arguments": {"room": "kitchen", "on": True, "colour": "warm white"}})
THINGS = ("lens", "cable", "stand", "motor", "cover", "strap", "case", "lamp")
KINDS = ("bright", "dull", "solid", "loose", "warm", "noisy", "quick", "heavy")


def reviews() -> list[tuple[str, str]]:
    return [
        (f"{INSTRUCTION}\nReview: the {thing} is {kind} and I would {'' if kind < 'm' else 'not '}buy it", "positive")
        for thing in THINGS
        for kind in KINDS
    ]


def requests(answer: str) -> list[tuple[str, str]]:
    asked = ("Turn on the {}", "Make the {} bright", "I can not see in the {}", "{} please, it is dark")
    return [(text.format(thing), answer) for text in asked for thing in THINGS[:4]]


@pytest.mark.parametrize("rows", [reviews(), requests(REFUSAL), requests(CALL)], ids=["instruction", "refusal", "call"])
def test_rows_that_ask_for_different_things_stay(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    raw = tmp_path / "raw.jsonl"
    lines = [
        {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}
        for asked, answer in rows
    ]
    raw.write_text("".join(json.dumps(line) + "\n" for line in lines))
    made = prepare([raw], tmp_path / "out", parse_params({"workers": 1}, "params"), no_progress)
    assert made.metrics["rows"]["dropped_by_code"] == {}
    assert [gate.name for gate in made.gates if not gate.passed] == []


LONG = "Say in one word what stands in the middle of the picture, and leave all that is written on it aside"


@pytest.mark.parametrize(
    ("ask", "image"),
    [
        (lambda number: f"What {number}?", lambda _: "https://example.com/one/long/address/of/a.png"),
        (lambda number: f"How many {THINGS[number]} are there?", lambda _: "https://example.com/b.jpg"),
        (lambda _: LONG, lambda number: f"https://example.com/{number}.png"),
    ],
    ids=["one image", "another image", "one question"],
)
def test_questions_about_images_are_told_apart_by_text_and_by_image(
    tmp_path: Path, ask: Callable[[int], str], image: Callable[[int], str]
) -> None:
    raw = tmp_path / "raw.jsonl"
    parts = [
        [{"type": "text", "text": ask(number)}, {"type": "image_url", "image_url": {"url": image(number)}}]
        for number in range(8)
    ]
    lines = [
        {"messages": [{"role": "user", "content": part}, {"role": "assistant", "content": "A cat."}]} for part in parts
    ]
    raw.write_text("".join(json.dumps(line) + "\n" for line in lines))
    settings = {"workers": 1, "split": {"validation": 3}, "gate": {"min_examples": 1}}
    made = prepare([raw], tmp_path / "out", parse_params(settings, "params"), no_progress)
    assert made.metrics["rows"]["dropped_by_code"] == {}
    assert [gate.name for gate in made.gates if not gate.passed] == []


ASKED = "Which of the two switches beside the door belongs to the lamp above the table in the kitchen downstairs?"
TOLD = "The lower of the two switches beside the door belongs to that lamp, and the upper one to the lamp in the hall."


def test_rows_that_train_other_answers_of_a_conversation_stay_on_one_side(tmp_path: Path) -> None:
    def talk(*weights: int | None) -> dict[str, object]:
        said = [("user", ASKED), ("assistant", TOLD), ("user", f"Again? {ASKED}"), ("assistant", f"Again. {TOLD}")]
        messages: list[dict[str, object]] = [{"role": role, "content": content} for role, content in said]
        for message, weight in zip(messages[1::2], weights, strict=True):
            message.update({} if weight is None else {"weight": weight})
        return {"messages": messages}

    again = {"messages": [*talk(0, 1)["messages"][:-1], {"role": "assistant", "content": f"Again, {TOLD}"}]}  # type: ignore[index]
    raw = tmp_path / "raw.jsonl"
    rows = [talk(0, 1), talk(1, 0), talk(None, None), talk(None, 1), again]
    raw.write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = prepare([raw], tmp_path / "out", parse_params({"workers": 1}, "params"), no_progress)
    assert made.metrics["rows"]["dropped_by_code"] == {"DUP001": 1, "DUP002": 1}
    assert sorted(made.metrics["rows"][side] for side in ("train", "validation")) == [0, 3]


def test_a_copy_among_rows_of_one_instruction_is_found(tmp_path: Path) -> None:
    rows = reviews()
    told = " ".join(f"It was in use for {number} weeks in room {number * 7}." for number in range(9))
    rows += [(f"{INSTRUCTION}\nReview: {told} Fine.", "positive"), (f"{INSTRUCTION}\nReview: {told} Good.", "positive")]
    raw = tmp_path / "raw.jsonl"
    lines = [
        {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}
        for asked, answer in rows
    ]
    raw.write_text("".join(json.dumps(line) + "\n" for line in lines))
    made = prepare([raw], tmp_path / "out", parse_params({"workers": 1}, "params"), no_progress)
    assert made.metrics["rows"]["dropped_by_code"] == {"DUP002": 1}

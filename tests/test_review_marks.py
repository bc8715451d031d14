"""Marks: what is appended is read again, what is none is said, and the last decision on a content holds."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.errors import InputError, UsageError
from tuneset.review_marks import append, content_hash, decisions, new_mark, read, settled

ROW = "0123456789abcdef"


def example(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


@pytest.mark.parametrize(
    ("action", "value"),
    [("burn", None), ("keep", "x"), ("edit", None), ("edit", "x"), ("tag", "x"), ("tag", [1]), ("note", None)],
)
def test_an_action_or_value_that_is_none_is_refused(action: str, value: object) -> None:
    with pytest.raises(UsageError):
        new_mark(ROW, "0", action, value, "ann")


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"row_id": 1}'])
def test_a_line_that_is_no_mark_is_named_without_its_text(tmp_path: Path, line: str) -> None:
    path = tmp_path / "review.jsonl"
    append(path, [new_mark(ROW, "0", "keep", None, "ann")])
    with path.open("a", encoding="utf-8") as handle:
        handle.write(f"\n{line}\n")
    with pytest.raises(InputError, match=r"review.jsonl:3: no mark of a review"):
        read(path)


def test_what_is_appended_is_read_again(tmp_path: Path) -> None:
    marks = [
        new_mark(ROW, "1", "edit", example("\u2028 \u00e9"), "ann"),
        new_mark(ROW, "1", "tag", ["a", "b"], "bob"),
        new_mark(ROW, "1", "note", "", "bob"),
    ]
    append(tmp_path / "new" / "review.jsonl", marks[:1])
    append(tmp_path / "new" / "review.jsonl", marks[1:])
    assert read(tmp_path / "new" / "review.jsonl") == marks
    assert read(tmp_path / "none.jsonl") == []


@given(st.lists(st.sampled_from("abc"), max_size=6))
def test_edits_that_follow_each_other_end_in_the_last_as_people_saw_them(texts: list[str]) -> None:
    seen, marks = "start", []
    for text in texts:
        marks.append(new_mark(ROW, content_hash(example(seen)), "edit", example(text), "ann"))
        seen = text
    followed = settled(content_hash(example("start")), decisions(marks))
    assert (followed[-1].mark.value if followed else example("start")) == example(seen)


def test_a_later_keep_takes_a_drop_back() -> None:
    content = content_hash(example("a"))
    marks = [new_mark(ROW, content, action, None, "ann") for action in ("drop", "keep")]
    assert [one.mark.action for one in settled(content, decisions(marks))] == ["keep"]
    assert settled(content_hash(example("b")), decisions(marks)) == []

"""Of a tree the branch ranked best is read, whether the tree is a row or its messages are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.reading.shapes.reading import read, said, shape_name
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records
from tuneset.reading.shapes.base import ShapeError


def node(text: str, role: str, *replies: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON value
    return {"text": text, "role": role, "replies": list(replies), **more}


BEST = node("Seven minutes.", "assistant", node("And soft?", "prompter", node("Four.", "assistant")), rank=0)
WORSE = node("No idea.", "assistant", rank=1)
GONE = node("Spam.", "assistant", rank=-1, deleted=True)
UNRANKED = node("Ten.", "assistant", rank=None)
TURNS = [
    ("user", "How long is an egg boiled?"),
    ("assistant", "Seven minutes."),
    ("user", "And soft?"),
    ("assistant", "Four."),
]
TREE: dict[str, Any] = {"message_tree_id": "1", "prompt": node(TURNS[0][1], "prompter", UNRANKED, GONE, WORSE, BEST)}


@pytest.mark.parametrize("prompt", ["text", {"text": "?"}, {"replies": []}, {"text": "?", "replies": "none"}])
def test_a_prompt_without_replies_is_no_tree(prompt: Any) -> None:  # noqa: ANN401  any JSON value
    assert shape_name({"prompt": prompt}) != "message_tree"


def test_the_branch_ranked_best_is_read_to_its_last_answer() -> None:
    assert said(TREE) == TURNS
    open_end = node("?", "prompter", node("!", "assistant", node("And?", "prompter")))
    assert said({"prompt": open_end}) == [("user", "?"), ("assistant", "!")]


@pytest.mark.parametrize("prompt", [node("?", "prompter"), node("?", "prompter", GONE), node("?", "narrator")])
def test_a_tree_without_an_answer_or_with_a_strange_speaker_is_told(prompt: dict[str, Any]) -> None:
    with pytest.raises(ShapeError):
        read({"prompt": prompt})


def flat(tree: dict[str, Any], of: str, above: str | None = None) -> list[dict[str, Any]]:
    name = f"{of}/{tree['text']}"
    own = {name: value for name, value in tree.items() if name != "replies"}
    row = {"message_id": name, "parent_id": above, "message_tree_id": of, **own}
    return [row, *(each for reply in tree["replies"] for each in flat(reply, of, name))]


@pytest.mark.parametrize("turned", [False, True])
def test_messages_of_trees_are_put_together_again_in_any_order(tmp_path: Path, *, turned: bool) -> None:
    rows = [flat(TREE["prompt"], "1"), flat(node("Which bus?", "prompter", node("The 7.", "assistant")), "2")]
    path = tmp_path / "raw.jsonl"
    lines = [json.dumps(row) for tree in rows for row in (reversed(tree) if turned else tree)]
    path.write_text("\n".join(lines))
    every = [records for shard in plan([path]) for records in read_records(shard)]
    assert sum(one.rows for one in every) == len(lines)
    assert [said(value) for one in every for value in one.values] == [
        TURNS,
        [("user", "Which bus?"), ("assistant", "The 7.")],
    ]

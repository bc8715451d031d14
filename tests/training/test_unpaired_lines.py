"""Lines of unpaired preference: a chat line with a label, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.endpoint.support import chat, lines
from tuneset.training.training_file import check_training
from tuneset.training.unpaired_lines import judged_example, unpaired_fault

LINE = {**chat("Say 1", "It is 1."), "label": True}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (chat("Say 1", "It is 1."), " is missing key 'label'."),
        ({**LINE, "label": 1}, ": label must be true or false."),
        ({**LINE, "score": 2}, ' contains an extra "score".'),
        ({**LINE, "messages": LINE["messages"][:1]}, " has no assistant message to learn from."),
        (LINE, None),
        ({**LINE, "label": False}, None),
    ],
)
def test_a_line_is_a_chat_line_with_a_label(line: dict[str, Any], fault: str | None) -> None:
    assert unpaired_fault(line) == fault


def test_an_image_is_refused() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    asked = {"role": "user", "content": [image]}
    fault = unpaired_fault({**LINE, "messages": [asked, LINE["messages"][1]]})
    assert fault == ": images are not supported with the method 'kto'."


def test_the_last_answer_alone_is_judged() -> None:
    found = judged_example({**LINE, "messages": [*LINE["messages"], *LINE["messages"]]})
    assert [message.get("weight") for message in found["messages"]] == [None, 0, None, 1]


def test_a_file_of_another_method_is_refused_by_name(tmp_path: Path) -> None:
    for rows, method, named in (([LINE], "supervised", "'kto'"), ([chat("a", "b")], "kto", "'supervised'")):
        (tmp_path / "rows").write_bytes(lines(rows * 10))
        fault = check_training(tmp_path / "rows", "file-1", method, 10)
        assert fault is not None
        assert named in fault.message
    (tmp_path / "rows").write_bytes(lines([LINE] * 10))
    assert check_training(tmp_path / "rows", "file-1", "kto", 10) is None

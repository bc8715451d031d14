"""The weight of an example is written where the provider takes one, and else it is not."""

import json
from pathlib import Path
from typing import Any

import pytest

from tuneset.api.prepare import prepare


def written(folder: Path, rows: list[dict[str, Any]], profile: str) -> list[dict[str, Any]]:
    path = folder / "raw.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = prepare(path, None, {"endpoint": {"profile": profile}, "split": {"validation": 0.0}, "workers": 1})
    return list(done.examples("train"))


def chat(number: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401  any keys
    said = (("user", f"What is {number * 7919}?"), ("assistant", f"It is word{number * 104729}."))
    return {"messages": [{"role": role, "content": text} for role, text in said], **more}


ROWS = [
    chat(1, weight=0.5),
    chat(2),
    chat(3, weight=-1),
    chat(4, weight="high"),
    chat(5, weight=True),
    chat(6, weight=0),
]


@pytest.mark.parametrize("profile", ["openai", "nebius"])
def test_where_no_weight_is_taken_none_is_written(tmp_path: Path, profile: str) -> None:
    assert [row.get("weight") for row in written(tmp_path, ROWS, profile)] == [None] * 6


@pytest.mark.parametrize("profile", ["together", "fireworks"])
def test_where_it_is_taken_a_number_of_0_or_more_is_kept(tmp_path: Path, profile: str) -> None:
    assert [row.get("weight") for row in written(tmp_path, ROWS, profile)] == [0.5, None, None, None, None, 0]


def test_it_is_kept_of_another_shape_too(tmp_path: Path) -> None:
    rows = [{"prompt": f"Say {n * 7919}", "completion": f"word{n * 104729}", "weight": n / 4} for n in range(3)]
    assert [row["weight"] for row in written(tmp_path, rows, "together")] == [0.0, 0.25, 0.5]

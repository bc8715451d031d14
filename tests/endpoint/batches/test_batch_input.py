"""Every line of a batch's input file is checked, and each fault is told with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tuneset.endpoint.batches import batch_input
from tuneset.endpoint.batches.batch_input import check_input, requests

URL = "/v1/chat/completions"


def line(custom_id: object = "a", **other: object) -> dict[str, Any]:
    return {"custom_id": custom_id, "method": "POST", "url": URL, "body": {"model": "m", "messages": []}} | other


def checked(tmp_path: Path, *lines: object) -> batch_input.Checked:
    path = tmp_path / "input.jsonl"
    path.write_bytes(b"\n".join(one if isinstance(one, bytes) else orjson.dumps(one) for one in lines))
    return check_input(path, URL, lambda name: "no such model" if name == "absent" else None)


@pytest.mark.parametrize(
    ("bad", "code", "param"),
    [
        (b"{", "invalid_json_line", None),
        ([], "invalid_json_line", None),
        (line(None), "missing_required_parameter", "custom_id"),
        (line(7), "invalid_custom_id", "custom_id"),
        (line("good"), "duplicate_custom_id", "custom_id"),
        (line(method="GET"), "invalid_method", "method"),
        (line(url="/v1/completions"), "invalid_url", "url"),
        (line(body="x"), "invalid_body", "body"),
        (line(body={}), "missing_required_parameter", "body.model"),
        (line(body={"model": "m", "stream": True}), "invalid_body", "body.stream"),
        (line(body={"model": "other"}), "mismatched_model", "body.model"),
        (line(more=1), "unknown_parameter", None),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, bad: object, code: str, param: str | None) -> None:
    found = checked(tmp_path, line("good"), b"", bad, line("last"))
    assert [(fault["code"], fault["line"], fault["param"]) for fault in found.faults] == [(code, 3, param)]


def test_good_lines_have_no_fault_and_come_in_their_order(tmp_path: Path) -> None:
    found = checked(tmp_path, line("b"), b" ", line("a", body={"model": "m", "n": 1}))
    assert found == (2, "m", [])
    assert [one[:2] for one in requests(tmp_path / "input.jsonl")] == [(1, "b"), (3, "a")]


def test_a_model_that_is_not_there_is_told_once(tmp_path: Path) -> None:
    found = checked(tmp_path, *[line(str(number), body={"model": "absent"}) for number in range(3)])
    assert [(fault["code"], fault["line"]) for fault in found.faults] == [("model_not_found", 1)]


def test_empty_and_too_long_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [fault["code"] for fault in checked(tmp_path, b"").faults] == ["empty_file"]
    monkeypatch.setattr(batch_input, "MAX_REQUESTS", 1)
    assert [fault["code"] for fault in checked(tmp_path, line("a"), line("b")).faults] == ["too_many_tasks"]
    monkeypatch.setattr(batch_input, "MAX_FAULTS", 2)
    assert len(checked(tmp_path, *[b"{"] * 5).faults) == 3

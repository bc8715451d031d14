"""Whatever comes back, every row is in the ledger once, and in one of the other files if it was sent."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tuneset.providers.batches.batch_answers import ANSWERS, LEDGER, UNANSWERED, answer_of, join
from tuneset.providers.batches.batch_requests import CHAT, write_requests

ROWS = [{"messages": [{"role": "user", "content": f"{number}?"}], "note": number} for number in range(5)] + [
    {"messages": []}
]


def answer(custom_id: str, text: str, reason: str = "stop") -> dict[str, Any]:
    body = {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": reason}]}
    return {"custom_id": custom_id, "response": {"status_code": 200, "body": body}, "error": None}


def refused(custom_id: str) -> dict[str, Any]:
    body = {"error": {"message": "No.", "code": "content_filter"}}
    return {"custom_id": custom_id, "response": {"status_code": 400, "body": body}, "error": None}


def expired(custom_id: str) -> dict[str, Any]:
    return {"custom_id": custom_id, "response": None, "error": {"code": "batch_expired", "message": "Late."}}


KINDS: dict[str, Callable[[str], dict[str, Any]]] = {
    "answer": lambda one: answer(one, "Yes."),
    "refused": refused,
    "expired": expired,
    "empty": lambda one: answer(one, ""),
}


def lines(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


@given(st.lists(st.tuples(st.integers(-1, 4), st.sampled_from([*KINDS, "torn"])), max_size=12))
def test_counts_are_conserved(back: list[tuple[int, str]]):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").write_bytes(b"\n".join(map(orjson.dumps, ROWS)))
        parts = write_requests(folder / "in", folder, model="m", url=CHAT, most_requests=None, most_bytes=None).parts
        ids = [one["custom_id"] for one in lines(parts[0].path)]
        texts = [
            b'{"custom' if kind == "torn" else orjson.dumps(KINDS[kind](ids[row] if row >= 0 else "stranger"))
            for row, kind in back
        ]
        (folder / "out").write_bytes(b"\n".join(texts))
        done = join(folder, [folder / "out"], ["not_in_files"])
        first = {row: kind for row, kind in reversed(back) if kind != "torn" and row >= 0}
        assert done.rows == len(ROWS) == sum(done.outcomes.values())
        assert [one["row"] for one in lines(folder / LEDGER)] == [1, 2, 3, 4, 5, 6]
        answered = [row for row, kind in first.items() if kind == "answer"]
        assert done.outcomes["answered"] == len(answered) == len(lines(folder / ANSWERS))
        assert done.outcomes["missing"] == 5 - len(first)
        assert done.outcomes["left_out"] == 1
        assert len(lines(folder / UNANSWERED)) == 5 - len(answered)
        codes = {"refused": "content_filter", "expired": "batch_expired", "empty": "no_answer", "answer": None}
        told = {one["row"] - 1: one["code"] for one in lines(folder / LEDGER)}
        assert all(told[row] == codes[kind] for row, kind in first.items())
        assert done.strays == len(back) - len(first)
        assert lines(folder / ANSWERS) == [
            {**ROWS[row], "messages": [*ROWS[row]["messages"], {"role": "assistant", "content": "Yes."}]}  # type: ignore[misc]
            for row in sorted(answered)
        ]


def test_a_call_of_a_tool_is_an_answer():
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    body = {"choices": [{"message": {"content": None, "tool_calls": [call]}, "finish_reason": "tool_calls"}]}
    assert answer_of(body) == ({"role": "assistant", "tool_calls": [call]}, "tool_calls")


def test_what_was_thought_is_kept_beside_an_answer_and_is_none_by_itself():
    told = {"message": {"content": "4", "reasoning_content": "2 + 2"}, "finish_reason": "stop"}
    assert answer_of({"choices": [told]}) == (
        {"role": "assistant", "content": "4", "reasoning_content": "2 + 2"},
        "stop",
    )
    assert answer_of(
        {"choices": [told | {"message": {"content": "", "reasoning": "2 +"}, "finish_reason": "length"}]}
    ) == (
        None,
        "length",
    )


def test_a_response_that_is_not_whole_ends_as_a_completion_would():
    said = {"type": "message", "content": [{"type": "output_text", "text": "Ye"}]}
    for told, reason in (("max_output_tokens", "length"), ("content_filter", "content_filter"), ("other", None)):
        body = {"output": [said], "status": "incomplete", "incomplete_details": {"reason": told}}
        assert answer_of(body) == ({"role": "assistant", "content": "Ye"}, reason)
    assert answer_of({"output": [said], "status": "completed", "incomplete_details": None})[1] == "stop"

"""Every row becomes one request or has a code; files keep to the limits, which do not change what is asked."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.errors import InputError, UsageError
from tuneset.providers.batches.batch_requests import CHAT, LEFT_OUT, ROWS, PreparedRequests, write_requests

USER, ANSWER = {"role": "user", "content": "What now?"}, {"role": "assistant", "content": "Rest.", "weight": 1}


def batch_line(custom_id: object = "mine", url: str = CHAT, **body: object) -> dict[str, Any]:
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": {"model": "m", **body}}


GOOD: list[dict[str, Any]] = [
    {"messages": [USER]},
    {"messages": [USER, ANSWER], "tools": [{"type": "function", "function": {"name": "f"}}]},
    {"messages": [USER, ANSWER, USER, ANSWER]},
]
BAD = [
    ([1], "invalid_json"),
    ({"messages": [ANSWER]}, "no_prompt"),
    ({"messages": [{"role": "system", "content": "x"}]}, "no_prompt"),
    ({"messages": "x"}, "no_prompt"),
    ({"text": "x"}, "no_prompt"),
    (batch_line(7), "no_custom_id"),
    (batch_line("a", model=""), "no_model"),
    (batch_line("b", url="/v1/responses"), "other_url"),
    (batch_line("c", model="n"), "other_model"),
]


def written(
    folder: Path,
    rows: list[Any],
    *,
    model: str | None = "m",
    most: float | None = None,
    most_bytes: float | None = None,
) -> tuple[PreparedRequests, list[bytes], list[dict[str, Any]]]:
    """What was prepared, the requests of all parts, and the lines of ROWS."""
    source = folder / "source.jsonl"
    source.write_bytes(b"\xef\xbb\xbf" + b"\n\n".join(orjson.dumps(row) for row in rows))
    done = write_requests(source, folder, model=model, url=CHAT, most_requests=most, most_bytes=most_bytes)
    requests = [line for part in done.parts for line in part.path.read_bytes().splitlines(keepends=True)]
    return done, requests, [orjson.loads(line) for line in (folder / ROWS).read_bytes().splitlines()]


@pytest.mark.parametrize(("row", "code"), BAD)
def test_a_row_that_cannot_be_asked_has_a_code(tmp_path: Path, row: object, code: str):
    done, requests, rows = written(tmp_path, [GOOD[0], row])
    assert (len(requests), done.left_out, rows[1]["code"]) == (1, {code: 1}, code)
    assert code in LEFT_OUT


def test_a_file_without_a_row_to_ask_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="1 no_prompt"):
        written(tmp_path, [{"messages": [ANSWER]}])
    with pytest.raises(UsageError, match="name no model"):
        written(tmp_path, [GOOD[0]], model=None)


def test_the_prompt_is_asked_without_its_answer_and_without_keys_of_training(tmp_path: Path):
    _, requests, _ = written(tmp_path, GOOD)
    bodies = [orjson.loads(line)["body"] for line in requests]
    assert [len(body["messages"]) for body in bodies] == [1, 1, 3]
    assert all("weight" not in message for body in bodies for message in body["messages"])
    assert (bodies[1]["tools"], "tools" in bodies[0]) == (GOOD[1]["tools"], False)


def test_a_batch_line_goes_as_it_is_and_an_id_once(tmp_path: Path):
    row = batch_line(temperature=1e-07)
    done, requests, _ = written(tmp_path, [row, row], model=None)
    assert requests == [orjson.dumps(row) + b"\n"]
    assert (done.model, done.left_out) == ("m", {"duplicate_custom_id": 1})


@given(
    st.lists(st.sampled_from([*GOOD, *(row for row, _ in BAD), batch_line()]), max_size=12),
    st.integers(1, 5),
    st.integers(300, 900),
)
def test_rows_are_conserved_and_parts_keep_to_the_limits(rows: list[Any], most: int, most_bytes: int):
    rows = [GOOD[0], *rows]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        done, requests, account = written(Path(one), rows, most=most, most_bytes=most_bytes)
        whole, same, _ = written(Path(other), rows)
        assert len(whole.parts) == 1
        assert all(part.requests <= most and part.path.stat().st_size <= most_bytes for part in done.parts)
        assert requests == same
        assert done.rows == len(rows) == len(account) == len(requests) + sum(done.left_out.values())
        sent = [(row["custom_id"], row["part"]) for row in account if row["code"] is None]
        assert [custom_id for custom_id, _ in sent] == [orjson.loads(line)["custom_id"] for line in requests]
        assert len({custom_id for custom_id, _ in sent}) == len(sent)
        assert [sum(part == number for _, part in sent) for number in range(len(done.parts))] == [
            part.requests for part in done.parts
        ]

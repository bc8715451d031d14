"""What a valid file may hold; what fails one is proved, with its full text, where a job fails (`test_worker`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.endpoint.support import chat, examples, lines
from tuneset.training import training_file
from tuneset.training.chat_lines import example_fault
from tuneset.training.training_file import check_lines, check_training, check_validation

CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": "A"},
        {"role": "assistant", "content": "A", "weight": 1, "name": "helper"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "assistant", "content": "A", "refusal": None},
        {"role": "assistant", "refusal": "No."},
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "assistant", "content": [{"type": "text", "text": "A"}, {"type": "refusal", "refusal": "No."}]},
        {"role": "assistant", "content": ""},
    ],
)
def test_an_answer_in_any_form_of_the_protocol_has_no_fault(message: dict[str, Any]) -> None:
    assert example_fault({"messages": [{"role": "user", "content": "U"}, message]}) is None


@pytest.mark.parametrize(
    "message",
    [
        {"role": "system", "content": [{"type": "text", "text": "S"}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]},
        {"role": "tool", "content": "T", "tool_call_id": "call_1"},
        {"role": "function", "content": "F", "name": "f"},
    ],
)
def test_context_in_any_form_of_the_protocol_has_no_fault(message: dict[str, Any]) -> None:
    assert example_fault({"messages": [message, {"role": "assistant", "content": "A"}], "tools": []}) is None


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("text", "is not a dictionary"),
        ({"role": 7}, "Input tag found using 'role' does not match any of the expected tags: "),
        ({"role": "user", "content": None}, "is missing key 'content'."),
        ({"role": "user", "content": 7}, "content must be a string or a list of content parts"),
        ({"role": "system", "content": [{"type": "image_url"}]}, "content must be a string or a list of content parts"),
        ({"role": "tool", "content": "T"}, "is missing key 'tool_call_id'."),
        ({"role": "assistant", "content": "A", "weight": True}, "weight must be 0 or 1"),
        ({"role": "assistant", "content": "A", "refusal": 7}, "refusal must be a string"),
        ({"role": "assistant", "content": "A", "function_call": {}}, "function_call must have a name and arguments"),
        ({"role": "user", "content": "U", "x" * 100: 1}, f'contains an extra "{"x" * 64}".'),
    ],
)
def test_a_message_in_another_form_is_named_by_its_number(message: object, fault: str) -> None:
    found = example_fault({"messages": [{"role": "assistant", "content": "A"}, message]})
    assert found is not None
    assert found.startswith(f", message 2 {fault}")


@pytest.mark.parametrize("rows", [{}, {"messages": {}}, {"messages": None}, {"messages": "text"}])
def test_an_example_without_messages_is_a_fault(rows: dict[str, Any]) -> None:
    assert example_fault(rows) is not None


def test_blank_lines_count_as_lines_and_not_as_examples(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n \n" + lines(examples()[:10]) + b"\r\n\n{")
    assert check_lines(path) == (
        "Invalid file format. Example 11 cannot be parsed. Error: line contains invalid json: "
        "Expecting property name enclosed in double quotes: line 1 column 2 (char 1) (line 15)"
    )
    path.write_bytes(b"\n \n" + lines(examples()[:10]) + b"\r\n\n")
    assert check_lines(path) is None
    assert check_training(path, "file-1", "supervised", 10) is None


def test_a_line_separator_inside_a_text_ends_no_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"messages": [{"role": "assistant", "content": "a\u2028b\x85c"}]}\n' * 10, encoding="utf-8")
    assert check_training(path, "file-1", "supervised", 10) is None


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_file, "MAX_LINE", 100)
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines([chat("U", "x" * 200)]))
    assert check_lines(path) == (
        "Invalid file format. Example 1 cannot be parsed. Error: line contains invalid json: "
        "longer than 32 MiB (line 1)"
    )


def test_a_validation_file_needs_one_example(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n")
    fault = check_validation(path, "file-1", "supervised")
    assert fault is not None
    assert (fault.code, fault.param) == ("invalid_n_examples", "validation_file")
    path.write_bytes(lines(examples()[:1]))
    assert check_validation(path, "file-1", "supervised") is None

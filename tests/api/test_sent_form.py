"""A dataset goes in the form that the provider reads, and what is minded about a row is told of our line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.providers.protocol_server import write_dataset
from tuneset.api.remote.sent_form import our_line, sent_files
from tuneset.errors import InputError
from tuneset.params import parse_params
from tuneset.providers.places import Places

PARAMS = parse_params({"endpoint": {"profile": "bedrock-customization"}}, "p")


def lines(folder: Path, *weights: int) -> Places:
    write_dataset(folder)
    places = Places(folder)
    rows = [
        {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "weight": weight}]}
        for weight in weights
    ]
    places.dataset("train").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return places


def test_a_provider_that_reads_our_lines_gets_them(tmp_path: Path) -> None:
    params = parse_params({"endpoint": {"profile": "openai"}}, "p")
    assert sent_files(params, lines(tmp_path, 1), print) == {}
    assert our_line(params, Places(tmp_path))(7) == 7


def test_lines_without_a_place_are_told_and_rows_are_found_again(tmp_path: Path) -> None:
    said: list[str] = []
    places = lines(tmp_path, 1, 0, 0, 1)
    sent = sent_files(PARAMS, places, said.append)
    assert len(sent["train"].read_bytes().splitlines()) == 2
    assert "2 of 7 lines have no place" in said[0]
    assert [our_line(PARAMS, places)(row) for row in (1, 2)] == [1, 4]


def test_a_dataset_of_which_nothing_has_a_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no line has a place"):
        sent_files(PARAMS, lines(tmp_path, 0, 0), print)

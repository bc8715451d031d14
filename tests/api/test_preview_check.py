"""The provider's own tokens and mask are held against ours, line by line, and what differs is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.providers.protocol_server import KEY, FakeClock, write_dataset
from tests.providers.together_server import MODEL, TogetherServer
from tests.targets.local_models.tiny_models import tiny_model
from tuneset.api.masked_lines import masked_lines, target_model
from tuneset.api.remote.preview_check import preview
from tuneset.params import Params, parse_params
from tuneset.providers import remote_stages
from tuneset.providers.places import Places
from tuneset.targets.masks.recipes import RECIPES


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TogetherServer:
    monkeypatch.setenv("TOGETHER_API_KEY", KEY)
    write_dataset(tmp_path)
    server = TogetherServer()
    remote_stages.upload(FakeClock().on(server.endpoint()), Places(tmp_path), say=_silent)
    return server


def _silent(_: str) -> None:
    """Nobody listens."""


def params(target: str | None) -> Params:
    found: dict[str, Any] = {"endpoint": {"profile": "together"}, "tune": {"model": MODEL}}
    return parse_params({**found, **({"target": target} if target else {})}, "p")


def rows(places: Places) -> list[dict[str, Any]]:
    """The first three lines as a provider with the same template shows them."""
    model, made = target_model(str(tiny_model("chatml"))), []
    for line in masked_lines(str(places.dataset("train")), model, RECIPES["together"]):
        assert line.mask is not None
        ids = [int(one) for one in line.mask.tokens.ids]
        labels = [-100] * len(ids)
        for first, last in line.mask.trained_tokens:
            labels[first:last] = ids[first:last]
        made.append({"input_ids": ids, "labels": labels, "truncated": False})
    return json.loads(json.dumps(made[:3]))  # type: ignore[no-any-return]


def outcome(server: TogetherServer, places: Places, target: str | None = "") -> tuple[str, str]:
    named = str(tiny_model("chatml")) if target == "" else target
    found = preview(FakeClock().on(server.endpoint()), params(named), places)
    assert found is not None
    return found.outcome, found.found


def test_a_line_whose_tokens_or_mask_differ_is_told(server: TogetherServer, tmp_path: Path) -> None:
    places = Places(tmp_path)
    server.preview_rows = rows(places)
    server.preview_rows[0]["input_ids"][1] += 1
    server.preview_rows[1]["labels"] = [-100] * len(server.preview_rows[1]["labels"])
    said, found = outcome(server, places)
    assert said == "warning"
    assert found.startswith("2 of 3 lines differ at Together AI")
    assert f"{places.dataset('train')}:1: " in found
    assert "the first that differs is number 2" in found
    assert f"{places.dataset('train')}:2: 0 tokens are trained there" in found


def test_the_same_tokens_and_mask_are_said_to_be_that_and_a_cut_row_is_compared_as_far_as_it_goes(
    server: TogetherServer, tmp_path: Path
) -> None:
    places = Places(tmp_path)
    server.preview_rows = rows(places)
    cut = server.preview_rows[2]
    server.preview_rows[2] = {"input_ids": cut["input_ids"][:-1], "labels": cut["labels"][:-1], "truncated": True}
    assert outcome(server, places) == ("ok", "Together AI sees our tokens and our mask in 3 lines")


def test_without_a_vocabulary_or_an_answer_it_is_skipped(server: TogetherServer, tmp_path: Path) -> None:
    assert outcome(server, Places(tmp_path), None)[0] == "skipped"
    server.preview_rows = None  # type: ignore[assignment]
    assert outcome(server, Places(tmp_path))[0] == "skipped"

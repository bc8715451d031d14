"""A folder is of a model that sees where its config has a part for it and a processor lies beside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tuneset.training.local_base import sees_pictures


@pytest.mark.parametrize(
    ("config", "files", "sees"),
    [
        ({}, [], False),
        ({}, ["preprocessor_config.json"], False),
        ({"vision_config": {}}, [], False),
        ({"vision_config": None}, ["preprocessor_config.json"], False),
        ({"vision_config": {}}, ["preprocessor_config.json"], True),
        ({"vision_config": {"depth": 2}}, ["processor_config.json"], True),
        ([], ["processor_config.json"], False),
    ],
)
def test_a_model_sees_by_its_config_and_its_processor(
    tmp_path: Path, config: object, files: list[str], *, sees: bool
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    for name in files:
        (tmp_path / name).write_text("{}")
    assert sees_pictures(tmp_path) is sees

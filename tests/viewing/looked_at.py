"""Viewers of small files and datasets, made as the command makes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from tuneset.execution.fused_run import prepare
from tuneset.execution.progress import no_progress
from tuneset.params import Params, parse_params
from tuneset.rules.engine.check_context import Settings
from tuneset.targets.target import Target
from tuneset.viewing.filters import wanted
from tuneset.viewing.marks import Marks
from tuneset.viewing.one_row import RowJudge
from tuneset.viewing.open_rows import open_rows
from tuneset.viewing.viewer import Viewer

JUDGE = RowJudge(Settings("sft", "openai", ""), Target("o200k_base"))


def write_lines(path: Path, values: Iterable[Any]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(value) + b"\n" for value in values))
    return path


def viewer_of(paths: Sequence[Path], scratch: Path, params: Params | None = None) -> Viewer:
    rows = open_rows(paths, params or Params(), scratch, no_progress)
    of_run = parse_params(dict(rows.manifest["params"]), "") if rows.manifest else Params()
    marks = Marks(rows.folder / "review.jsonl", rows, "ann")
    return Viewer(rows, of_run, JUDGE, marks, scratch)


def prepared(folder: Path, examples: Sequence[Any], **params: object) -> Path:
    """The folder of a dataset that is made of examples."""
    raw = write_lines(folder / "raw.jsonl", examples)
    out = folder / "dataset"
    prepare([raw], out, Params.model_validate({"workers": 1, **params}), no_progress)
    return out


def found(viewer: Viewer, **asked: object) -> list[int]:
    """The rows that a filter finds."""
    return [int(row) for row in viewer.search(wanted((name, str(value)) for name, value in asked.items())).all()]

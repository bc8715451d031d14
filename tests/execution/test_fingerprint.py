"""What makes a shard another one: its bytes, its place, the params of its stages; and nothing else."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import tuneset
from tests.execution.conftest import Row, write_rows
from tests.targets.local_models.tiny_models import CHATML, write_model
from tuneset import stage_table
from tuneset.errors import UsageError
from tuneset.execution import fingerprint
from tuneset.params import Params, parse_params
from tuneset.reading import raw_shards
from tuneset.reading.raw_shards import plan

ALL = ("ingest", "clean", "validate", "bands", "dedup", "render", "tokenize")
ROWS: list[Row] = [(f"question {number}", "an answer " * 20) for number in range(40)]


def params(**sections: Any) -> Params:  # noqa: ANN401  any section
    return parse_params(sections, "params")


def of_file(path: Path, stages: tuple[str, ...] = ("ingest",)) -> list[str]:
    return [fingerprint.of_shard(shard, stages, Params()) for shard in plan([path])]


@pytest.mark.parametrize(
    "other",
    [
        params(workers=7),
        params(gate={"min_examples": 3}),
        params(split={"validation": 0.5, "test": 0.1}),
        params(dedup={"warn_share": 0.9, "prefer": "length", "near": {"policy": "keep_together"}}),
        params(tune={"n_epochs": 9, "seed": 3}),
        params(endpoint={"spend_limit_usd": 5, "state": "elsewhere"}),
    ],
)
def test_params_that_no_row_wise_stage_reads_change_nothing(other: Params) -> None:
    assert fingerprint.of_params(ALL, other) == fingerprint.of_params(ALL, Params())


@pytest.mark.parametrize(
    ("stage", "other"),
    [
        ("ingest", params(ingest={"system": "Be brief."})),
        ("ingest", params(tune={"method": "dpo"})),
        ("clean", params(clean={"mojibake": False})),
        ("clean", params(clean={"redact": {"email": "off"}})),
        ("validate", params(validate={"ignore": ["TXT003"]})),
        ("validate", params(endpoint={"profile": "openai"})),
        ("bands", params(dedup={"near": {"threshold": 0.9}})),
        ("bands", params(dedup={"near": {"key": "answer"}})),
        ("dedup", params(dedup={"evaluation": {"question_share": 0.6}})),
        ("tokenize", params(tokenize={"max_tokens": 100})),
        ("tokenize", params(tune={"model": "gpt-4o"})),
        ("render", params(split={"group_by": "messages"})),
        ("render", params(split={"stratify_by": "source"})),
    ],
)
def test_a_param_changes_the_stages_that_read_it(stage: str, other: Params) -> None:
    assert fingerprint.of_params((stage,), other) != fingerprint.of_params((stage,), Params())


def test_a_param_of_a_late_stage_leaves_the_early_ones() -> None:
    early = ("ingest", "clean", "validate")
    for other in (
        params(dedup={"near": {"n": 3}}),
        params(tokenize={"max_tokens": 9}),
        params(split={"group_by": "x"}),
    ):
        assert fingerprint.of_params(early, other) == fingerprint.of_params(early, Params())


def test_a_step_depends_on_what_it_was_given_and_on_its_stages() -> None:
    made = fingerprint.of_step("a", ("tokenize",), Params())
    assert made == fingerprint.of_step("a", ("tokenize",), Params())
    others = [
        fingerprint.of_step("b", ("tokenize",), Params()),
        fingerprint.of_step("a", ("dedup", "tokenize"), Params()),
        fingerprint.of_step("a", ("tokenize",), Params(), "decided"),
        fingerprint.of_step("a", ("tokenize",), params(tokenize={"max_tokens": 9})),
    ]
    assert len({made, *others}) == 5


def test_only_the_changed_part_of_a_file_is_another_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_shards, "SHARD_BYTES", 2000)
    path = write_rows(tmp_path / "raw.jsonl", ROWS)
    before = of_file(path)
    assert len(before) == len(set(before)) > 3
    path.write_bytes(path.read_bytes().replace(b"question 39", b"question 93"))
    assert of_file(path)[:-1] == before[:-1]
    assert of_file(path)[-1] != before[-1]


def test_the_same_bytes_elsewhere_are_another_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = write_rows(tmp_path / "a.jsonl", ROWS), write_rows(tmp_path / "b.jsonl", ROWS)
    assert of_file(one) != of_file(other)
    monkeypatch.setattr(raw_shards, "SHARD_BYTES", 2000)
    before = of_file(one)
    one.write_bytes(b"\n" + one.read_bytes())  # every row stands one line further down
    assert not set(of_file(one)) & set(before)


def test_the_code_of_a_users_own_filter_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    settings = params(clean={"filters": {"function": "users_filter:keep"}})
    seen = []
    for answer in ("True", "False"):
        (tmp_path / "users_filter.py").write_text(f"def keep(messages):\n    return {answer}\n")
        importlib.invalidate_caches()
        seen.append(fingerprint.of_params(("clean",), settings))
        assert fingerprint.of_params(("ingest",), settings) == fingerprint.of_params(("ingest",), Params())
    monkeypatch.delitem(sys.modules, "users_filter")
    assert seen[0] != seen[1]
    with pytest.raises(UsageError, match=r"^clean\.filters\.function: nowhere cannot be imported"):
        fingerprint.of_params(("clean",), params(clean={"filters": {"function": "nowhere:keep"}}))


def test_the_versions_of_the_libraries_of_a_stage_count(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint.of_libraries(["clean"])
    assert fingerprint.of_step("a", ["clean"], Params()) == fingerprint.of_step("a", ["clean"], Params())
    seen = {fingerprint.of_step("a", ["clean"], Params())}
    for name in before.keys() - {"python"}:
        monkeypatch.setattr(fingerprint, "_version", lambda one, other=name: "0" if one == other else before.get(one))
        seen.add(fingerprint.of_step("a", ["clean"], Params()))
    assert len(seen) == len(before)


def test_files_of_a_target_that_change_within_a_process_count(tmp_path: Path) -> None:
    write_model(tmp_path, CHATML)
    settings = params(target={"model": str(tmp_path)})
    before = fingerprint.of_params(("tokenize",), settings)
    assert fingerprint.of_params(("tokenize",), settings) == before
    write_model(tmp_path, CHATML + " ")
    assert fingerprint.of_params(("tokenize",), settings) != before


UNCHANGING = {
    "numpy": "its numbers are whole ones",
    "xxhash": "a digest is the same in every version",
    "zstandard": "so is what is packed",
    "huggingface_hub": "it fetches files, which are digested",
    "spacy": "its version and the model's come with clean.redact.detectors",
    "presidio_analyzer": "so does this one's",
}
DISTRIBUTIONS = {"PIL": "pillow", "stdnum": "python-stdnum"}


@pytest.mark.parametrize(
    ("stage", "room"), [("ingest", "reading"), ("clean", "cleaning"), ("validate", "rules"), ("tokenize", "targets")]
)
def test_a_stage_names_each_library_of_its_room_whose_output_it_keeps(stage: str, room: str) -> None:
    imported = set()
    for path in (Path(tuneset.__file__).parent / room).rglob("*.py"):
        for line in re.findall(r"^\s*(?:import|from) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            imported.add(line)
    others = imported - sys.stdlib_module_names - UNCHANGING.keys() - {"tuneset"}
    names = {DISTRIBUTIONS.get(name, name.replace("_", "-")) for name in others}
    assert names - set(stage_table.libraries(stage)) == set()
    assert names


def test_parts_do_not_run_together() -> None:
    assert fingerprint.digest("a", "b") != fingerprint.digest("ab")
    assert fingerprint.digest("a", None) != fingerprint.digest("a")
    assert fingerprint.digest({"b": 1, "a": 2}) == fingerprint.digest({"a": 2, "b": 1})

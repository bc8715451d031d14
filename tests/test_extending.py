"""One more of each kind is one line in a registry: it is put in here, and seen at work; docs/extending.md tells how."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from tests.builders import chat
from tests.cleaning.private_data.test_detectors import BADGE
from tests.cleaning.test_steps import SHOUT
from tests.execution.test_executor import listening
from tests.providers import dummy_protocol
from tests.providers.protocol_server import write_dataset
from tests.providers.test_other_protocol import PROFILE, silent
from tests.reading.containers.test_registry import ARROWS
from tests.reading.shapes.test_registry import DIALOG
from tests.rules.passes.test_laws import BAD_TEXT, THINKING
from tests.rules.support import registered
from tests.targets.test_target import Words
from tests.test_stage_table import DUMMY as SHORTEN
from tests.training.test_trainer import ask
from tuneset import profile, stage_table
from tuneset.cleaning import steps
from tuneset.cleaning.filtering import filters
from tuneset.cleaning.filtering.base import Filter, Judged, Verdict
from tuneset.cleaning.private_data import detectors
from tuneset.cli.main import app
from tuneset.cli.repository import dvc_file
from tuneset.drop_reasons import REASONS
from tuneset.execution import executor
from tuneset.execution.executor import EXECUTORS
from tuneset.params import EndpointParams, FilterParams, Params
from tuneset.profile import load_profile, profile_names
from tuneset.providers import endpoint, remote_stages
from tuneset.providers.places import Places
from tuneset.providers.protocols import PROTOCOLS, JobProtocol
from tuneset.reading.containers import registry as containers
from tuneset.reading.grouping import registry as groupings
from tuneset.reading.grouping.base import Grouping
from tuneset.reading.shapes import registry as shapes
from tuneset.rules.repairs import registry as repairs
from tuneset.rules.repairs.repair import Look, Repair
from tuneset.stage_table import load
from tuneset.targets.tokenizer import TOKENIZERS
from tuneset.terms import Format, Reason
from tuneset.training.progress import Done
from tuneset.training.trainer import TRAINERS, load_trainer, trainer_address
from tuneset.writing import registry as exporters
from tuneset.writing.exporter import Dataset, Exporter, LineOutcome, Order, OutFolder

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
WIDE = {"COLUMNS": "400"}


def put_in(patch: pytest.MonkeyPatch, module: types.ModuleType, name: str, one: object) -> None:
    """Have one thing more at the beginning of a tuple."""
    patch.setattr(module, name, (one, *getattr(module, name)))


# --- one of each kind ------------------------------------------------------------------------------------------------


def judge_echoes(judged: Judged, params: FilterParams) -> Iterator[Verdict]:
    yield judged.texts["answer"] == "echo", pl.lit("the answer is echo")


def write_count(dataset: Dataset, out: OutFolder, order: Order) -> Iterator[LineOutcome]:
    numbers = [(side, line.number) for side in dataset.sides for line in dataset.lines(side)]
    out.text("count.txt", str(len(numbers)))
    yield from (LineOutcome(side, number, 1) for side, number in numbers)


ECHO = Filter("ECH001", lambda params: True, judge_echoes)
ECHO_REASON = Reason("ECH001", "echo", "clean", "the answer is echo", "say something else")
SEVEN = Reason("SEV001", "seven", "shorten", "the prompt ends in a seven", "ask for another number")


def shout_b(example: dict[str, Any], line_format: Format) -> bool:
    last = example["messages"][-1]
    changed = bool(last["content"] == "it is b")
    last["content"] = "it is B" if changed else last["content"]
    return changed


BEFORE = chat("Which letter?", "it is b")
LETTER = Repair(
    "REP900", "small-letter", "A letter becomes a capital.", "Letters are.", ("TXT900",), BEFORE,
    chat("Which letter?", "it is B"), shout_b, (Look("content", "it is b"),),
)  # fmt: skip
HALVES = Grouping(
    "halves",
    lambda record: "half" in record,
    lambda record: str(record["half"]),
    lambda records: {"question": records[0]["text"], "answer": records[1]["text"]},
    ({"half": 1, "text": "?"}, {"half": 1, "text": "!"}),
)
COUNT = Exporter("count", "how many lines there are", write_count)


def know(patch: pytest.MonkeyPatch, reason: Reason) -> None:
    assert isinstance(REASONS, dict)
    patch.setitem(REASONS, reason.code, reason)


def a_shape(patch: pytest.MonkeyPatch) -> None:
    put_in(patch, shapes, "SHAPES", DIALOG)


def a_container(patch: pytest.MonkeyPatch) -> None:
    put_in(patch, containers, "CONTAINERS", ARROWS)


def a_grouping(patch: pytest.MonkeyPatch) -> None:
    put_in(patch, groupings, "GROUPINGS", HALVES)


def a_repair(patch: pytest.MonkeyPatch) -> None:
    put_in(patch, repairs, "REPAIRS", LETTER)
    patch.setitem(repairs.BY_CODE, LETTER.code, LETTER)


def a_step(patch: pytest.MonkeyPatch) -> None:
    put_in(patch, steps, "TEXT_STEPS", SHOUT)


def a_filter(patch: pytest.MonkeyPatch) -> None:
    put_in(patch, filters, "FILTERS", ECHO)
    know(patch, ECHO_REASON)


def a_kind_of_private_data(patch: pytest.MonkeyPatch) -> None:
    put_in(patch, detectors, "DETECTORS", BADGE)


def a_tokenizer(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(TOKENIZERS, "words", Words)


def an_export_format(patch: pytest.MonkeyPatch) -> None:
    put_in(patch, exporters, "EXPORTERS", COUNT)
    patch.delitem(sys.modules, "tuneset.cli.dataset.export", raising=False)  # its help is made when it is loaded


def a_stage(patch: pytest.MonkeyPatch) -> None:
    place = stage_table.names().index("review")
    before, after = stage_table.STAGES[:place], stage_table.STAGES[place:]
    patch.setattr(stage_table, "STAGES", (*before, SHORTEN, *after))
    know(patch, SEVEN)


KINDS: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None] | None]] = {
    "A rule": ("tuneset.rules.registry.BY_CODE", None),
    "A raw shape": ("tuneset.reading.shapes.registry.SHAPES", a_shape),
    "A container": ("tuneset.reading.containers.registry.CONTAINERS", a_container),
    "Records that make one conversation": ("tuneset.reading.grouping.registry.GROUPINGS", a_grouping),
    "A repair": ("tuneset.rules.repairs.registry.REPAIRS", a_repair),
    "A cleaning step": ("tuneset.cleaning.steps.TEXT_STEPS", a_step),
    "A filter": ("tuneset.cleaning.filtering.filters.FILTERS", a_filter),
    "A kind of private data": ("tuneset.cleaning.private_data.detectors.DETECTORS", a_kind_of_private_data),
    "A provider that speaks a known protocol": ("tuneset.profile.profile_names", None),
    "A job protocol": ("tuneset.providers.protocols.PROTOCOLS", None),
    "A trainer": ("tuneset.training.trainer.TRAINERS", None),
    "A recipe: what a trainer trains": ("tuneset.targets.masks.recipes.RECIPES", None),
    "A tokenizer": ("tuneset.targets.tokenizer.TOKENIZERS", a_tokenizer),
    "An export format": ("tuneset.writing.registry.EXPORTERS", an_export_format),
    "An executor": ("tuneset.execution.executor.EXECUTORS", None),
    "A stage": ("tuneset.stage_table.STAGES", a_stage),
}
"""By the heading in docs/extending.md the registry, and what puts one more of the kind into it.

A rule has to be taken out again by `registered`; executors, trainers, recipes, protocols and providers have tests of
their own.
"""

LETTERS = "abcdefghijkl"
ROWS = (
    ("What is quiet?", "a quiet answer"),  # the step
    ("Say badge-123456", "badge-123456 it is"),  # private data
    ("Where?", BAD_TEXT),  # the rule
    ("Again?", "echo"),  # the filter
    ("Which number is 7", "the seventh"),  # the stage
    ("Why?", "because of this and that"),
)


@pytest.fixture
def extended(tmp_path: Path) -> Iterator[list[str]]:
    """One more of every kind that works on rows, in a folder of its own; gives what the executor notes."""
    labels: list[str] = []
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.chdir(tmp_path)
        for _, put in KINDS.values():
            if put is not None:
                put(patch)
        patch.setitem(EXECUTORS, "listening", listening(labels))
        patch.setattr(executor, "DEFAULT", "listening")
        stack.enter_context(registered(THINKING))
        Path("a.txt").write_text("#arrows\n" + "".join(f"{asked} -> {answer}\n" for asked, answer in ROWS))
        Path("b.jsonl").write_bytes(
            b"".join(orjson.dumps({"dialog": f"Who is {n}?|it is {n}"}) + b"\n" for n in LETTERS)
        )
        Path("c.jsonl").write_bytes(b"\n".join(orjson.dumps(record) for record in HALVES.raw))
        yield labels


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, [*arguments], env=WIDE)
    assert done.exit_code == code, done.output
    return done.stdout


SETTINGS = ("--set", "tokenize.encoding=words", "--set", "dedup.near.enabled=false", "--set", "split.validation=2")


def test_prepare_and_its_ledger_know_one_more_of_each_kind(extended: list[str]) -> None:
    run("prepare", "a.txt", "b.jsonl", "c.jsonl", "--out", "out", *SETTINGS)
    metrics = json.loads(Path("out/metrics.json").read_bytes())
    assert metrics["rows"]["read"] == len(ROWS) + len(LETTERS) + len(HALVES.raw)
    assert metrics["rows"]["dropped_by_code"] == {"ECH001": 1, "ING002": 1, "SEV001": 1, "TXT900": 1}
    assert metrics["stages"]["ingest"]["shape.dialog"] == len(LETTERS)
    clean = metrics["stages"]["clean"]
    assert (clean["changed.shout"], clean["private.badge.found"]) == (2, 2)
    ledger = pl.read_parquet("out/ledger.parquet").filter(pl.col("outcome") == "dropped").sort("source", "line")
    assert ledger.select("source", "line", "stage", "code").rows() == [
        ("a.txt", 4, "validate", "TXT900"),
        ("a.txt", 5, "clean", "ECH001"),
        ("a.txt", 6, "shorten", "SEV001"),
        ("c.jsonl", 2, "ingest", "ING002"),  # told where its conversation is
    ]
    written = Path("out/train.jsonl").read_text() + Path("out/validation.jsonl").read_text()
    assert "badge-<BADGE_1> it is" in written
    assert "What is LOUD?" in written
    assert "it is B" in written
    assert '"content":"?"},{"role":"assistant","content":"!"' in written
    words = sum(len(text.split()) for text in re.findall('"content":"(.*?)"', written))
    assert sum(metrics["tokens"][side] for side in ("train", "validation")) == words + 11 * written.count("\n")
    together = " + ".join(("ingest", *stage_table.row_wise_after("ingest")))
    assert "shorten" in together
    assert any(label.startswith(together) for label in extended)


def test_check_rules_and_the_page_of_rules_know_one_more(extended: list[str]) -> None:
    lines = (chat("Where?", BAD_TEXT), chat("Who?", "badge-123456"))
    Path("d.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    report = json.loads(run("check", "d.jsonl", "--severity", "EGR005=warning", "--output", "json", code=1))
    found = {(one["code"], one["line"]) for one in report["files"][0]["findings"]}
    assert {("TXT900", 1), ("EGR005", 2)} <= found
    for page in (run("rules"), run("rules", "--output", "markdown"), run("rules", "--output", "json")):
        assert THINKING.name in page
        assert ECHO_REASON.summary in page
        assert SEVEN.summary in page
        assert LETTER.what in page
    assert THINKING.why in run("rules", "TXT900")
    assert ECHO_REASON.remedy in run("rules", "echo")


def test_help_the_dvc_file_and_the_table_of_stages_know_one_more(extended: list[str]) -> None:
    assert SHORTEN.help in run("--help")
    assert f"{COUNT.name}: {COUNT.title}" in run("export", "--help")
    assert "cmd: ${tuneset} shorten" in dvc_file.text()
    assert any(SHORTEN.does in line for line in stage_table.markdown())


def test_tokens_and_export_know_one_more(extended: list[str]) -> None:
    Path("d").mkdir()
    Path("d/train.jsonl").write_bytes(orjson.dumps(chat("one two", "three")) + b"\n")
    assert run("export", "d", "--to", "count", "--out", "e").startswith("1 lines read, 1 exported")
    assert Path("e/count.txt").read_text() == "1"
    assert list(json.loads(Path("e/manifest.json").read_bytes())["files"]) == ["count.txt"]


def test_a_profile_that_is_put_into_the_folder_is_a_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = yaml.safe_load((ROOT / "pipeline/tuneset/profiles/nebius.yaml").read_text(encoding="utf-8"))
    least = {"value": 77, "unit": "examples", "source": "this test", "as_of": dt.date(2026, 11, 20)}
    facts |= {"name": "acme", "limits": {"min_examples": least}, "rules": {}}
    (tmp_path / "acme.yaml").write_text(yaml.safe_dump(facts), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(facts["endpoint"]["api_key_env"], "not a real key")
    monkeypatch.setattr(profile, "resources", types.SimpleNamespace(files=lambda package: tmp_path))
    load_profile.cache_clear()
    try:
        assert profile_names() == ["acme"]
        assert endpoint.connect(EndpointParams(profile="acme")).profile.name == "acme"
        assert facts["purposes"].keys() <= set(run("purposes", "--profile", "acme").split())
        Path("train.jsonl").write_bytes(orjson.dumps(chat("Who?", "I.")) + b"\n")
        assert "at least 77" in run("check", "train.jsonl", "--profile", "acme", code=1)
    finally:
        load_profile.cache_clear()


def test_a_protocol_that_is_registered_takes_a_dataset_to_its_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dummy_protocol, "WORLD", dummy_protocol.World())
    monkeypatch.setitem(PROTOCOLS, "dummy", JobProtocol("Dummy", "tests.providers.dummy_protocol:connect"))
    monkeypatch.setattr(endpoint, "load_profile", lambda name: PROFILE)
    write_dataset(tmp_path)
    places = Places(tmp_path)
    opened = endpoint.connect(EndpointParams(profile="dummy"))
    remote_stages.upload(opened, places, say=silent)
    remote_stages.tune(opened, places, Params(), say=silent)
    remote_stages.fetch_results(opened, places)
    assert (places.results / "raw" / "metrics.csv").read_bytes() == dummy_protocol.RESULT


def test_a_trainer_that_is_registered_trains_in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TRAINERS, "greet", "tests.training.test_trainer:greet")
    assert callable(load_trainer(trainer_address("greet")))
    assert ask(tmp_path, trainer_address("greet").partition(":")[2])[-1] == Done(7)


# --- the page --------------------------------------------------------------------------------------------------------

SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
PATH = re.compile(r"`((?:pipeline|tests|docs|schemas|benchmarks)/[^` ]+|[A-Za-z.]+\.(?:md|yaml))`")


def test_the_page_tells_every_kind_with_its_registry() -> None:
    assert {kind: re.findall("^Registry: `(.+)`$", text, re.MULTILINE) for kind, text in SECTIONS.items()} == {
        kind: [registry] for kind, (registry, _) in KINDS.items()
    }
    for registry, _ in KINDS.values():
        module, _, name = registry.rpartition(".")
        assert load(f"{module}:{name}"), registry


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_that_the_page_names_is_there(kind: str) -> None:
    named = PATH.findall(SECTIONS[kind])
    assert any(path.startswith(("pipeline/", "tests/")) for path in named)
    for path in named:
        place = ROOT / path
        assert (place.parent if "NAME" in place.name else place).exists(), path

"""The stage table is the one place that knows of stages; a row put in is seen everywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tests.execution.conftest import write_rows
from tuneset import stage_table
from tuneset.cli.main import app
from tuneset.cli.repository import dvc_file
from tuneset.errors import UsageError
from tuneset.model import StageResult, Tables, no_rejects, reject_frame
from tuneset.params import Params
from tuneset.stage_table import Stage

ROOT = Path(__file__).parents[1]

DUMMY = Stage(
    "shorten",
    "row",
    help="Drop every example whose prompt ends in a seven.",
    does="drops sevens",
    leaves="`work/shorten`",
    step="tests.test_stage_table:shorten",
    params=("clean",),
    libraries=("numpy",),
    work="persist",
)


def shorten(tables: Tables, _params: Params) -> StageResult:
    """A stage of this test's own."""
    asked = tables.messages.filter(pl.col("role") == "user", pl.col("content").str.ends_with("7"))["row_id"]
    goes = tables.examples["row_id"].is_in(asked.implode())
    rejects = reject_frame(tables.examples.filter(goes), "shorten", "SEV001", "ends in a seven")
    return StageResult(tables.keep(~goes), rejects, {})


@pytest.fixture
def with_dummy(monkeypatch: pytest.MonkeyPatch) -> None:
    place = stage_table.names().index("validate")
    monkeypatch.setattr(stage_table, "STAGES", (*stage_table.STAGES[:place], DUMMY, *stage_table.STAGES[place:]))


def test_a_stage_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match=r"^shorten: there is no such stage\n  allowed: label, ingest, clean"):
        stage_table.stage("shorten")


def test_every_function_that_a_row_names_is_there() -> None:
    for row in stage_table.STAGES:
        places = [place for place in (row.step, row.run, row.command) if place]
        assert len(places) == 1, f"{row.name}: one way to run it"
        assert all(callable(stage_table.load(place)) for place in places)
        assert bool(row.step) == (row.scope == "row")


def test_sections_of_params_are_stages_or_of_the_whole_run() -> None:
    sections = set(Params().as_document())
    assert sections - set(stage_table.names()) == {"diff", "endpoint", "run", "target", "workers"}
    assert {name.split(".")[0] for row in stage_table.STAGES for name in row.params} <= sections


def test_the_readme_shows_the_table() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "\n".join(stage_table.markdown()) in page
    in_order = " -> ".join(row.name for row in stage_table.STAGES if not row.asked_by)
    assert f"    data/raw  ->  {in_order}\n" in page


def test_reading_the_table_loads_no_library() -> None:
    program = (
        "import sys, tuneset.stage_table; print(*(m for m in ('polars', 'pydantic', 'typer') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.usefixtures("with_dummy")
def test_a_row_put_in_is_a_command_a_dvc_stage_and_a_row_of_the_readme() -> None:
    place = stage_table.names().index("shorten")
    earlier = stage_table.names()[place - 1]
    assert (stage_table.before("shorten"), stage_table.before("validate")) == (earlier, "shorten")
    assert stage_table.row_wise_after("ingest")[-2:] == ("shorten", "validate")
    assert DUMMY.help in CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout
    assert DUMMY.help in CliRunner().invoke(app, ["shorten", "--help"], env={"COLUMNS": "200"}).stdout
    assert "| `shorten` | drops sevens | `work/shorten` |" in stage_table.markdown()
    assert f"  shorten:\n    cmd: ${{tuneset}} shorten\n    deps:\n      - data/work/{earlier}\n" in dvc_file.text()


@pytest.mark.usefixtures("with_dummy")
def test_a_row_put_in_runs_in_prepare_and_alone_and_stands_in_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    raw = write_rows(tmp_path / "raw.jsonl", [(f"what is {number}", f"it is {number}") for number in range(30)])
    whole = CliRunner().invoke(app, ["prepare", str(raw), "--out", "out", "--set", "dedup.near.enabled=false"])
    assert whole.exit_code == 0, whole.stderr
    dropped = pl.read_parquet("out/ledger.parquet").filter(pl.col("stage") == "shorten")
    assert dropped["line"].to_list() == [8, 18, 28]
    assert json.loads(Path("out/metrics.json").read_bytes())["stages"]["shorten"]["dropped.SEV001"] == 3
    assert '"numpy"' in Path("out/manifest.json").read_text()
    settings = ["--set", f"ingest.paths=[{raw}]"]
    for name in ("ingest", *stage_table.row_wise_after("ingest")):
        alone = CliRunner().invoke(app, [name, *settings])
        assert alone.exit_code == 0, alone.stderr
    assert alone.stdout == "validate: 27 rows in, 27 out, 0 dropped\n"


def louder(tables: Tables, _params: Params) -> StageResult:
    """A stage that changes what cleaning left."""
    loud = tables.messages.with_columns(pl.col("content").str.replace("it is", "It is!"))
    return StageResult(Tables(tables.examples, loud), no_rejects(), {})


def test_what_a_row_put_in_changes_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = DUMMY._replace(name="louder", step="tests.test_stage_table:louder")
    place = stage_table.names().index("validate")
    monkeypatch.setattr(stage_table, "STAGES", (*stage_table.STAGES[:place], row, *stage_table.STAGES[place:]))
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "raw.jsonl", [(f"what is {number}", f"it is {number}") for number in range(30)])
    settings = ["--set", "dedup.near.enabled=false"]
    made = CliRunner().invoke(app, ["prepare", "raw.jsonl", "--out", "out", *settings])
    assert made.exit_code == 0, made.stderr
    told = CliRunner().invoke(app, ["explain", "raw.jsonl:3", "--texts"])
    assert told.exit_code == 0, told.stderr
    assert "louder" in told.stdout
    assert "It is! 2" in told.stdout

"""The registry of cleaning steps, the params and params.yaml name the same switches; a new step needs one line."""

from pathlib import Path

import polars as pl
import pytest
import yaml

from tests.builders import chat, tables_of
from tuneset.cleaning import steps
from tuneset.cleaning.steps import MessageStep, TextStep
from tuneset.model import Tables
from tuneset.params import CleanParams
from tuneset.stages.clean import clean

PARAMS = Path(__file__).parents[2] / "params.yaml"


def test_each_step_has_one_switch_with_the_same_default() -> None:
    defaults = {step.name: step.default for step in steps.TEXT_STEPS}
    defaults |= {step.name: step.default for step in steps.MESSAGE_STEPS}
    switches = {name: value for name, value in CleanParams().model_dump().items() if type(value) is bool}
    del switches["trace"]
    assert switches == defaults
    written = yaml.safe_load(PARAMS.read_text())["clean"]
    assert {name: written[name] for name in defaults} == defaults


def shout(texts: pl.Series) -> pl.Series:
    return texts.str.replace("quiet", "LOUD")


SHOUT = TextStep("shout", shout)


def test_a_step_that_is_registered_runs_is_counted_and_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_names(tables: Tables) -> tuple[pl.DataFrame, int]:
        return tables.messages.with_columns(pl.lit(None, pl.String).alias("name")), 7

    monkeypatch.setattr(steps, "TEXT_STEPS", (*steps.TEXT_STEPS, SHOUT))
    added = MessageStep("no_names", no_names, "removed.names", "no_names")
    monkeypatch.setattr(steps, "MESSAGE_STEPS", (*steps.MESSAGE_STEPS, added))
    result = clean(tables_of([chat("quiet?", "fine")]), CleanParams(trace=True))
    assert result.tables.messages["content"].to_list() == ["LOUD?", "fine"]
    assert result.metrics["changed.shout"] == 1
    assert result.metrics["removed.names"] == 7
    assert result.report_tables["trace"].select("step", "before", "after").rows() == [("shout", "quiet?", "LOUD?")]


def test_a_step_that_is_off_by_default_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(texts: pl.Series) -> pl.Series:
        raise AssertionError

    monkeypatch.setattr(steps, "TEXT_STEPS", (TextStep("never", never, default=False),))
    assert clean(tables_of([chat(" a ", "b")]), CleanParams()).metrics["changed.never"] == 0

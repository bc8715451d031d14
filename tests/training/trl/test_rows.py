"""What is trained of a file is what `tuneset mask` shows; what has no answer within the limit is left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.endpoint.support import chat, preference
from tests.targets.local_models.tiny_models import tiny_model
from tuneset.targets.local_models.chat_model import ChatModel, open_model
from tuneset.targets.local_models.model_files import ModelPlace
from tuneset.targets.masks.mask import IGNORED_LABEL, mask_example
from tuneset.targets.masks.recipes import DEFAULT_RECIPE, RECIPES
from tuneset.training.trainer import CannotTrainError
from tuneset.training.trl.rows import preference_rows, prompt_rows, supervised_rows

LONG = 4_096
CORRECTED = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Is it open?"},
        {"role": "assistant", "content": "No idea.", "weight": 0},
        {"role": "user", "content": "Look."},
        {"role": "assistant", "content": "It is."},
    ]
}
CALLED = {
    "messages": [
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "rain"},
        {"role": "assistant", "content": "Rain."},
    ],
    "tools": [{"type": "function", "function": {"name": "look"}}],
}


def model(style: str = "chatml") -> ChatModel:
    return open_model(ModelPlace(str(tiny_model(style))))


def written(folder: Path, rows: list[Any]) -> Path:
    path = folder / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("style", ["chatml", "llama", "thinking", "bars"])
def test_the_labels_are_those_of_the_mask(style: str, tmp_path: Path) -> None:
    lines = [chat("Which city?", "Oslo, Straße 7"), CORRECTED] + ([CALLED] if style in {"chatml", "llama"} else [])
    rows = supervised_rows(written(tmp_path, lines), model(style), LONG, "training_file")
    masks = [mask_example(model(style), line, RECIPES[DEFAULT_RECIPE]) for line in lines]
    assert [row["input_ids"] for row in map(rows.__getitem__, range(len(rows)))] == [
        list(mask.tokens.ids) for mask in masks
    ]
    assert [row["labels"] for row in map(rows.__getitem__, range(len(rows)))] == [
        mask.labels().tolist() for mask in masks
    ]
    assert (rows.tokens, rows.trained) == (sum(m.count for m in masks), sum(m.trained_count for m in masks))
    assert 0 < rows.trained < rows.tokens
    assert [rows.some([1])[0], len(rows.some([1]))] == [rows[1], 1]


def test_an_example_is_cut_at_its_end_and_left_out_where_no_answer_is_left(tmp_path: Path) -> None:
    path = written(tmp_path, [chat("a", "b " * 50), chat("a " * 50, "b")])
    rows = supervised_rows(path, model(), 20, "training_file")
    assert (len(rows), rows.tokens, rows.cut, rows.empty) == (1, 20, 2, 1)
    assert rows[0]["labels"][-1] != IGNORED_LABEL


def test_what_the_template_refuses_fails_the_job_with_the_number_of_the_example(tmp_path: Path) -> None:
    path = written(tmp_path, [chat("a", "b"), CORRECTED])
    with pytest.raises(CannotTrainError) as raised:
        supervised_rows(path, model("gemma"), LONG, "validation_file")
    assert (raised.value.code, raised.value.param) == ("invalid_validation_file", "validation_file")
    assert str(raised.value) == (
        "The job failed due to an invalid validation file. Example 2: the template refuses the conversation: "
        '"there is no system role".'
    )


def test_of_a_pair_both_outputs_stand_behind_one_prompt(tmp_path: Path) -> None:
    path = written(tmp_path, [preference("Which city?", "Oslo", "OSLO!"), preference("a " * 60, "b", "c")])
    rows = preference_rows(path, model(), 60, "training_file")
    assert (len(rows), rows.cut, rows.empty) == (1, 1, 1)
    texts = {"prompt": "<|im_start|>user\nWhich city?<|im_end|>\n<|im_start|>assistant\n"}
    texts |= {"chosen": "Oslo<|im_end|>", "rejected": "OSLO!<|im_end|>"}
    assert rows[0] == {f"{name}_ids": list(model().vocabulary.encode(text).ids) for name, text in texts.items()}
    assert rows.trained == len(rows[0]["chosen_ids"]) + len(rows[0]["rejected_ids"])


def test_a_prompt_is_the_text_that_asks_and_keeps_its_row_for_the_grader(tmp_path: Path) -> None:
    line = {"messages": [{"role": "user", "content": "Which city?"}], "answer": "Oslo"}
    long = {"messages": [{"role": "user", "content": "a " * 60}]}
    rows = prompt_rows(written(tmp_path, [line, long]), model(), 80, "training_file")
    assert (len(rows), rows.empty, rows.trained) == (1, 1, 0)
    assert rows.rows[0]["prompt"] == "<|im_start|>user\nWhich city?<|im_end|>\n<|im_start|>assistant\n"
    assert json.loads(rows.rows[0]["row"]) == line

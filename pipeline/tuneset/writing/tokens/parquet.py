"""The export format `parquet`: rows for verl; with a target, tokens and labels for Together.

Without a target a supervised row has `messages`, a task `prompt`, `reward_model` and what else verl wants. A table
fills the arguments of one call with the names of another's, so that lines with calls need a target. With one a row is
`input_ids`, `attention_mask` and `labels`, in which -100 stands for a token that is not learned.

Sources: verl 0.9.1, `utils/dataset/multiturn_sft_dataset.py`, `trainer/config` (2026-11-26); Together, data formats
(togethercomputer/skills at 644d3822, 2026-08-18).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import polars as pl

from tuneset import export_reasons as reasons
from tuneset.json_text import dumps
from tuneset.writing.conversation import Conversation, LeftOutError
from tuneset.writing.exporter import Dataset, Exporter, LineOutcome, Order, OutFolder
from tuneset.writing.fitting import refuse, refuse_untrained
from tuneset.writing.row_files import ExportContext, ExportRow, Written, counted, rows_of
from tuneset.writing.scripts_of import write_reward

IGNORED = -100
"""The label of a token that is not learned, as PyTorch's cross entropy ignores it."""
_ROWS = 1 << 14
"""Rows that are held as Python objects, and rows of a group in the file."""
_MESSAGES = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
_CHAT: dict[str, Any] = {"messages": _MESSAGES}
_TASK: dict[str, Any] = {
    "data_source": pl.String,
    "prompt": _MESSAGES,
    "reward_model": pl.Struct({"style": pl.String, "ground_truth": pl.String}),
    "extra_info": pl.Struct({"index": pl.Int64, "columns": pl.String}),
}
_TOKENS: dict[str, Any] = {
    "input_ids": pl.List(pl.Int32),
    "attention_mask": pl.List(pl.Int8),
    "labels": pl.List(pl.Int32),
}


def rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:
    """The row of a line: tokens where there is a target, else messages."""
    if context.order.target is not None and whole.method == "sft":
        ids, learned = counted(whole, context.order.target, context.order.max_length)
        if not any(learned):
            raise LeftOutError(reasons.NOTHING_TRAINED, "no token is learned")
        labels = [token if one else IGNORED for token, one in zip(ids, learned, strict=True)]
        return [{"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels}]
    refuse(whole, lacks={"tools", "images", "reasoning", "names"})
    refuse_untrained(whole)
    said = [{"role": message.role, "content": message.text} for message in whole.messages]
    return [{"messages": said}] if whole.method == "sft" else [_task(whole, said)]


def _task(whole: Conversation, said: list[ExportRow]) -> ExportRow:
    """A task as verl's reward functions are given it: its answer by that name, all columns as JSON text."""
    if not whole.columns:
        raise LeftOutError(reasons.NO_PLACE, "a task without a column to grade by")
    name = "reference_answer" if "reference_answer" in whole.columns else next(iter(whole.columns))
    whole.changes.add(reasons.COLUMN_COPIED)
    truth = whole.columns[name]
    return {
        "data_source": "tuneset",
        "prompt": said,
        "reward_model": {"style": "rule", "ground_truth": truth if isinstance(truth, str) else dumps(truth)},
        "extra_info": {"index": 0, "columns": dumps(whole.columns)},
    }


def write_parquet(dataset: Dataset, out: OutFolder, order: Order) -> Iterator[LineOutcome]:
    """Write `SIDE.parquet` for each side that has a row, and yield what became of each line."""
    context = ExportContext(order, dataset.survey)
    tokens = order.target is not None and dataset.survey.method == "sft"
    schema = pl.Schema(_TOKENS if tokens else _TASK if dataset.survey.method == "rft" else _CHAT)
    files = {side: f"{side}.parquet" for side in dataset.sides}
    counts: Counter[str] = Counter()
    for side in dataset.sides:
        held: list[ExportRow] = []
        frames: list[pl.DataFrame] = []
        for line in dataset.lines(side):
            outcome, made = rows_of(side, line, context, rows)
            for row in made:
                if "extra_info" in row:
                    row["extra_info"]["index"] = counts[side]
                counts[side] += 1
            held += made
            if len(held) >= _ROWS:
                frames.append(pl.DataFrame(held, schema=schema))
                held = []
            yield outcome
        frames.append(pl.DataFrame(held, schema=schema))
        if counts[side] or side == "train":
            with out.writing(files[side]) as handle:
                pl.concat(frames).write_parquet(handle, compression="zstd", row_group_size=_ROWS)
    _setup(Written(out, context, counts, files), tokens=tokens)


def _setup(written: Written, *, tokens: bool) -> None:
    recipe, method = written.context.recipe, written.context.survey.method
    if tokens:
        target = written.context.order.target
        written.readme(
            "Tokens and labels",
            f"together files upload {written.files['train']}",
            f"Tokens of {target.name if target else ''}; a model with another vocabulary learns nonsense from "
            "them. Together "
            "takes them as they are; so does TRL, once they are loaded as a dataset.",
        )
        return
    validation = written.validation or written.files["train"]
    sides = f"data.train_files={written.files['train']} data.val_files={validation}"
    if method == "rft":
        command = [
            "python -m verl.trainer.main_ppo algorithm.adv_estimator=grpo",
            f"{sides} data.train_batch_size={recipe.batch_size}",
            f"data.max_prompt_length={recipe.max_length} data.max_response_length={recipe.max_length // 4}",
            'actor_rollout_ref.model.path="$model"',
            f"actor_rollout_ref.actor.optim.lr={recipe.learning_rate}",
            "custom_reward_function.path=reward.py custom_reward_function.name=compute_score",
            f"trainer.total_epochs={recipe.epochs}",
        ]
        write_reward(written)
    else:
        command = [
            "torchrun --standalone --nproc_per_node 1 -m verl.trainer.sft_trainer",
            f"{sides} data.train_batch_size={recipe.batch_size} data.max_length={recipe.max_length}",
            f'model.path="$model" model.lora_rank={recipe.lora_rank} model.lora_alpha={recipe.lora_alpha}',
            f"optim.lr={recipe.learning_rate} trainer.total_epochs={recipe.epochs} trainer.seed={recipe.seed}",
        ]
    model = recipe.model or "${1:?name the model: sh train.sh MODEL}"
    lines = " \\\n  ".join([*command, "trainer.logger=console", '"$@"' if recipe.model else '"${@:2}"'])
    written.out.text("train.sh", f"#!/bin/bash\nset -e\nmodel={model}\n{lines}\n")
    written.readme(
        "Rows for verl",
        f"bash train.sh{'' if recipe.model else ' MODEL'}",
        "verl stops at a row that is longer than `max_length`. Further options after the model are given to it "
        "as they are. "
        "This export was read in verl's code and not run with it, since it needs a GPU.",
    )


PARQUET = Exporter(
    "parquet",
    "verl, as tables; with --target tokens and labels, as Together takes them",
    write_parquet,
    frozenset({"sft", "rft"}),
)

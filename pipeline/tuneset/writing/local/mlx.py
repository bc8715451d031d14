"""The export format `mlx`: rows for mlx-lm, one for each trained answer, of which the last message alone is learned.

All layers are trained, as other trainers do: its own choice, the last sixteen, fails on a model that has fewer. mlx-lm
reads no weight: with `mask_prompt` it learns the last message of a row, without it everything, the question too.
The validation set must be called `valid.jsonl`; under another name it is passed over without a word.

Source: mlx-lm 0.32.2, `tuner/datasets.py` (2026-11-25).
"""

from __future__ import annotations

from tuneset.writing.conversation import Conversation
from tuneset.writing.fitting import refuse, refuse_unasked, tell_names, up_to_each_answer
from tuneset.writing.row_files import ExportContext, ExportRow, Written, hf_messages, row_exporter
from tuneset.writing.yaml_text import yaml_text


def rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:  # noqa: ARG001  a row says it all
    """A row for each trained answer, its tools as a list: mlx-lm gives them to the template as they stand."""
    refuse(whole, lacks={"images"})
    refuse_unasked(whole)
    tell_names(whole)
    beside = {"tools": whole.tools} if whole.tools else {}
    return [{"messages": hf_messages(one.messages), **beside} for one in up_to_each_answer(whole)]


def _setup(written: Written) -> None:
    recipe = written.context.recipe
    least = min((count for side, count in written.rows.items() if count and side != "test"), default=1)
    batch = max(1, min(recipe.batch_size, least))
    train = written.rows["train"]
    config = {
        **({"model": recipe.model} if recipe.model else {}),
        "train": True,
        "data": ".",
        "fine_tune_type": "lora",
        "num_layers": -1,
        "mask_prompt": True,
        "iters": max(1, train * recipe.epochs // batch),
        "batch_size": batch,
        "learning_rate": recipe.learning_rate,
        "max_seq_length": recipe.max_length,
        "lora_parameters": {"rank": recipe.lora_rank, "scale": recipe.lora_alpha / recipe.lora_rank, "dropout": 0.0},
        "seed": recipe.seed,
        "adapter_path": "adapters",
    }
    written.out.text("config.yaml", yaml_text(config))
    written.readme(
        "Rows for mlx-lm",
        f"mlx_lm.lora {'' if recipe.model else '--model MODEL '}-c config.yaml",
        f"`iters` is {recipe.epochs} epochs at {batch} rows an update; each set needs at least as many rows as a "
        "batch has. "
        "Longer rows than `max_seq_length` are cut.",
    )


MLX = row_exporter(
    "mlx",
    "mlx-lm on Apple machines",
    ("sft",),
    rows,
    _setup,
    lambda side: f"{side.replace('validation', 'valid')}.jsonl",
)

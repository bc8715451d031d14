"""The export format `tinker`: tokens, the next token of each, and its weight, with a script that drives the training.

Tinker has no jobs: a program sends each batch and takes each step. Its rows are tokens of one model, so that a target
has to be named.

Source: tinker 0.38.0, `types/datum.py`, `lib/public_interfaces/service_client.py` (2026-11-26).
"""

from __future__ import annotations

from tuneset import export_reasons as reasons
from tuneset.artifacts import json_bytes
from tuneset.writing.conversation import Conversation, LeftOutError
from tuneset.writing.row_files import ExportContext, ExportRow, Written, counted, row_exporter
from tuneset.writing.scripts_of import script


def rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:
    """The row of a supervised line: `tokens`, `target_tokens` and `weights`, each one shorter than the text."""
    assert context.order.target is not None
    ids, learned = counted(whole, context.order.target, context.order.max_length)
    if not any(learned[1:]):
        raise LeftOutError(reasons.NOTHING_TRAINED, "no token is learned")
    return [{"tokens": ids[:-1], "target_tokens": ids[1:], "weights": learned[1:]}]


def _setup(written: Written) -> None:
    recipe, target = written.context.recipe, written.context.order.target
    assert target is not None
    settings = {
        "model": recipe.model or target.name,
        "epochs": recipe.epochs,
        "learning_rate": recipe.learning_rate,
        "batch_size": recipe.batch_size,
        "lora_rank": recipe.lora_rank,
        "seed": recipe.seed,
        "train": written.files["train"],
    }
    written.out.text("config.json", json_bytes(settings).decode())
    written.out.text("train.py", script("train_tinker.py"))
    written.readme(
        "Tokens and weights for Tinker",
        "uv run train.py",
        f"Tokens of {target.name}; TINKER_API_KEY holds the key. Written after the client's code, and not run at "
        "the service.",
    )


TINKER = row_exporter("tinker", "tokens and weights for Tinker; needs --target", ("sft",), rows, _setup)._replace(
    needs_target=True
)

"""The scripts and configs that several formats bring along, as text. No format stands here."""

from __future__ import annotations

from importlib import resources

from tuneset.artifacts import json_bytes
from tuneset.writing.row_files import Written


def script(name: str) -> str:
    """The text of a script in `writing/scripts/`."""
    return (resources.files("tuneset.writing") / "scripts" / name).read_text(encoding="utf-8")


def write_reward(written: Written) -> None:
    """Write `reward.py` and, where a grader was given, `grader.json`."""
    written.out.text("reward.py", script("reward.py"))
    if written.context.order.grader is not None:
        written.out.text("grader.json", json_bytes(written.context.order.grader).decode())


def write_trl(written: Written, title: str, *notes: str) -> None:
    """Write `train.py`, its `config.json` and the README of rows that TRL trains on."""
    recipe, method = written.context.recipe, written.context.survey.method
    settings = {
        "method": method,
        "model": recipe.model,
        "files": {side: written.files[side] for side in ("train", "validation") if written.rows[side]},
        "epochs": recipe.epochs,
        "learning_rate": recipe.learning_rate,
        "batch_size": recipe.batch_size,
        "max_length": recipe.max_length,
        "lora_rank": recipe.lora_rank,
        "lora_alpha": recipe.lora_alpha,
        "beta": recipe.beta,
        "seed": recipe.seed,
    }
    written.out.text("config.json", json_bytes(settings).decode())
    written.out.text("train.py", script("train_trl.py"))
    if method == "rft":
        write_reward(written)
    written.readme(
        title,
        f"python train.py{'' if recipe.model else ' --model MODEL'}",
        "`uv run train.py` brings the libraries along that the script names; `--check` prints what is learned of each "
        "row, as the trainer itself labels it, and trains nothing.",
        *notes,
    )

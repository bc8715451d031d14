"""What a training leaves of its model: a folder that PEFT or transformers loads, with tokenizer, template and card."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from tuneset.artifacts import read_json, write_bytes, write_json
from tuneset.training.gguf import NotConvertedError, write_gguf
from tuneset.training.progress import Note
from tuneset.training.trainer import TrainingRequest
from tuneset.training.trl.model_class import load_pretrained
from tuneset.training.trl.plan import TrlPlan

TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "merges.txt", "tokenizer.model", "chat_template.jinja", "chat_template.json",
    "processor_config.json", "preprocessor_config.json", "video_preprocessor_config.json",
)  # fmt: skip
ADAPTER_FILES = ("adapter_model.safetensors", "adapter_config.json", *TOKENIZER_FILES, "README.md")
"""What can be downloaded of an adapter, as far as it is there."""

MERGED = "merged"
"""The folder of an adapter's whole weights."""

GGUF = "model.gguf"


def save_model(model: Any, base: Path, folder: Path, request: TrainingRequest, plan: TrlPlan) -> None:
    """Write a model to a folder, whole or not at all."""
    temporary = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    if hasattr(model, "peft_config"):
        model.save_pretrained(temporary, selected_adapters=["default"])
        config = read_json(temporary / "adapter_config.json")
        # The folder's path is this machine's own; its name tells the base. PEFT writes a set in any order.
        config |= {"base_model_name_or_path": base.name, "target_modules": sorted(config["target_modules"])}
        write_json(temporary / "adapter_config.json", config)
    else:
        model.save_pretrained(temporary)
    _copy_tokenizer(base, temporary)
    write_bytes(temporary / "README.md", _card(base, request, plan).encode())
    shutil.rmtree(folder, ignore_errors=True)
    temporary.replace(folder)


def save_merged(base: Path, adapter: Path, folder: Path) -> list[str]:
    """Write the weights that a base has with an adapter, in the base's own precision; give the names of their files.

    They are added up in float32 on the processor. Tokenizer and template lie beside the adapter already.
    """
    shutil.rmtree(folder, ignore_errors=True)
    model = load_pretrained(base, dtype="auto")
    own = model.dtype
    merged = PeftModel.from_pretrained(model.to(torch.float32), str(adapter)).merge_and_unload()
    merged.to(own).save_pretrained(folder)
    return sorted(path.name for path in folder.iterdir())


def save_gguf(base: Path, whole: Path, file: Path) -> Note | None:
    """Convert whole weights to a GGUF file; where that does not succeed, what the owner is told, and no file."""
    _copy_tokenizer(base, whole)
    try:
        write_gguf(whole, file)
    except NotConvertedError as error:
        file.unlink(missing_ok=True)
        return Note("warn", f"There is no GGUF file: {error}")
    return None


def _copy_tokenizer(base: Path, folder: Path) -> None:
    for name in TOKENIZER_FILES:
        if (base / name).exists():
            shutil.copyfile(base / name, folder / name)


_METHODS = {
    "supervised": "supervised fine-tuning",
    "dpo": "direct preference optimization",
    "kto": "Kahneman-Tversky optimization",
    "reinforcement": "reinforcement with a grader (GRPO)",
}


def _card(base: Path, request: TrainingRequest, plan: TrlPlan) -> str:
    """The model card, with the keys that the hub reads."""
    adapter = request.tuning != "full"
    method = _METHODS[request.method]
    lines = [
        "---",
        f"base_model: {base.name}",
        f"library_name: {'peft' if adapter else 'transformers'}",
        "pipeline_tag: text-generation",
        "tags:",
        f"- {'lora' if adapter else 'full'}",
        f"- {request.method}",
        "---",
        "",
        f"# {'Adapter of' if adapter else 'Model trained from'} {base.name}",
        "",
        f"Made by {method}, with TRL behind `tuneset serve`.",
        "",
        "| setting | value |",
        "|---|---|",
        f"| tuning | {request.tuning} |",
        *(f"| {name} | {value} |" for name, value in plan.hyperparameters().items()),
        f"| learning rate | {plan.learning_rate:g} |",
        f"| steps | {plan.steps} |",
        f"| seed | {request.seed} |",
        "",
    ]
    return "\n".join(lines)

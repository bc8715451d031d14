"""The export format `axolotl`: chat lines and a config for Axolotl, which reads the weights of answers as they are.

Arguments of calls stay JSON text, which Axolotl reads before it renders: it loads rows through a table, which fills
objects with the names of other rows' arguments. Its preference loader takes roles and texts alone.

Sources: Axolotl 0.19.0, `prompt_strategies/chat_template.py`, `prompt_strategies/dpo/chat_template.py` (2026-11-25).
"""

from __future__ import annotations

from typing import Any

from tuneset import export_reasons as reasons
from tuneset.writing.conversation import Conversation, LeftOutError
from tuneset.writing.fitting import has_untrained, refuse
from tuneset.writing.pairs import with_tools
from tuneset.writing.row_files import Context, ExportRow, Written, hf_message, hf_messages, row_exporter
from tuneset.writing.yaml_text import yaml_text


def rows(whole: Conversation, context: Context) -> list[ExportRow]:  # noqa: ARG001  a row says it all
    """The row of a supervised line or of a pair."""
    refuse(whole, lacks={"images", "names"})
    if whole.method == "dpo":
        refuse(whole, lacks={"tools", "reasoning"})
        assert whole.chosen is not None
        assert whole.rejected is not None
        answers = {"chosen": hf_message(whole.chosen), "rejected": hf_message(whole.rejected)}
        return [{"messages": hf_messages(whole.messages), **answers}]
    if not any(message.trained for message in whole.messages):
        raise LeftOutError(reasons.NOTHING_TRAINED, "no answer is trained")
    if has_untrained(whole):
        whole.changes.add(reasons.WEIGHT_CARRIED)
    return [with_tools({"messages": hf_messages(whole.messages, as_text=True, weights=True)}, whole)]


def _data_set(method: str | None, path: str) -> dict[str, Any]:
    if method == "dpo":
        fields = {"field_messages": "messages", "field_chosen": "chosen", "field_rejected": "rejected"}
        return {"path": path, "type": "chat_template.default", **fields}
    return {
        "path": path,
        "type": "chat_template",
        "field_messages": "messages",
        "field_tools": "tools",
        "message_property_mappings": {"role": "role", "content": "content"},
        "message_field_training": "weight",
        "roles_to_train": ["assistant"],
        "train_on_eos": "turn",
    }


def _setup(written: Written) -> None:
    recipe, method = written.context.recipe, written.context.survey.method
    config: dict[str, Any] = {
        "base_model": written.context.model,
        "chat_template": "tokenizer_default",
        **({"rl": "dpo", "rl_beta": recipe.beta} if method == "dpo" else {}),
        "datasets": [_data_set(method, written.files["train"])],
    }
    if written.validation:
        config["test_datasets"] = [{**_data_set(method, written.validation), "split": "train"}]
    config |= {
        "sequence_len": recipe.max_length,
        "adapter": "lora",
        "lora_r": recipe.lora_rank,
        "lora_alpha": recipe.lora_alpha,
        "lora_target_linear": True,
        "micro_batch_size": 1,
        "gradient_accumulation_steps": recipe.batch_size,
        "num_epochs": recipe.epochs,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler": "cosine",
        "optimizer": "adamw_torch",
        "bf16": "auto",
        "seed": recipe.seed,
        "output_dir": "out",
    }
    written.out.text("axolotl.yml", yaml_text(config))
    written.readme(
        "Rows for Axolotl",
        f"axolotl train axolotl.yml{'' if recipe.model else ' --base-model MODEL'}",
        "Rows longer than `sequence_len` are left out by Axolotl, which says how many.",
        "Without a GPU add `--bf16 false --lora-mlp-kernel false --lora-qkv-kernel false --lora-o-kernel false`.",
    )


AXOLOTL = row_exporter("axolotl", "Axolotl, with a config", ("sft", "dpo"), rows, _setup)

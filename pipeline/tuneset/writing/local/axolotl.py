"""The export format `axolotl`: chat lines and a config for Axolotl, which reads the weights of answers as they are.

Arguments of calls stay JSON text, which Axolotl reads before it renders: it loads rows through a table, which fills
objects with the names of other rows' arguments. The table's columns are those of its first 10 MiB, so that every answer
has its weight and every row its tools, were they none. Its preference loader takes roles and texts alone, and looks
for an answer in the text of the template from its beginning: it finds short ones in the template's own words.

Sources: Axolotl 0.19.0, `prompt_strategies/chat_template.py`, `prompt_strategies/dpo/chat_template.py`; datasets 4.8.4,
`packaged_modules/json/json.py` (2026-11-27).
"""

from __future__ import annotations

from typing import Any

from tuneset import export_reasons as reasons
from tuneset.writing.conversation import Conversation, LeftOutError, tools_text
from tuneset.writing.fitting import has_untrained, refuse, refuse_unasked
from tuneset.writing.row_files import ExportContext, ExportRow, Written, hf_message, hf_messages, row_exporter
from tuneset.writing.yaml_text import yaml_text

LEAST = 32
"""Characters of an answer that no template's own words hold by chance, as "You are a helpful assistant." has fewer."""


def rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:  # noqa: ARG001  a row says it all
    """The row of a supervised line or of a pair."""
    refuse(whole, lacks={"images", "names"})
    if whole.method == "dpo":
        refuse(whole, lacks={"tools", "reasoning"})
        refuse_unasked(whole)
        _refuse_not_found(whole)
        assert whole.chosen is not None
        assert whole.rejected is not None
        answers = {"chosen": hf_message(whole.chosen), "rejected": hf_message(whole.rejected)}
        return [{"messages": hf_messages(whole.messages), **answers}]
    if not any(message.trained for message in whole.messages):
        raise LeftOutError(reasons.NOTHING_TRAINED, "no answer is trained")
    if has_untrained(whole):
        whole.changes.add(reasons.WEIGHT_CARRIED)
    said = hf_messages(whole.messages, as_text=True)
    for row, message in zip(said, whole.messages, strict=True):
        if message.role == "assistant":
            row["weight"] = int(message.trained)
    return [{"messages": said, "tools": tools_text(whole.tools)}]


def _refuse_not_found(whole: Conversation) -> None:
    for path, answer in list(whole.said())[-2:]:
        if len(answer.text) < LEAST or answer.text != answer.text.strip():
            raise LeftOutError(
                reasons.NO_PLACE,
                f"{path}.content: fewer than {LEAST} characters, or white space at an end, where the trainer may take "
                "other words for it",
            )


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

"""The export formats `sharegpt` and `llama-factory`: turns of `from` and `value`, and LLaMA-Factory's config for them.

Neither reads a weight. Where an answer of the dataset has the weight 0, `llama-factory` writes a row for each trained
answer and has the trainer learn the last turn alone (`mask_history`); `sharegpt` leaves such lines out. LLaMA-Factory's
own reader of chat lines is not used: it adds words to system messages and writes arguments as text within text.

Sources: LLaMA-Factory 0.9.5, `data/converter.py`, `data/formatter.py`, `hparams/data_args.py` (2026-11-25).
"""

from __future__ import annotations

from typing import Any

from tuneset import export_reasons as reasons
from tuneset.artifacts import json_bytes
from tuneset.json_text import dumps
from tuneset.writing.conversation import Conversation, LeftOutError
from tuneset.writing.fitting import refuse, refuse_untrained, up_to_each_answer
from tuneset.writing.row_files import ExportContext, ExportRow, Written, row_exporter
from tuneset.writing.turns import spoken, spoken_answer
from tuneset.writing.yaml_text import yaml_text

_LACKS = {"images", "reasoning", "names"}


def _row(whole: Conversation, **beside: Any) -> ExportRow:  # noqa: ANN401  columns of the row
    functions = [tool["function"] for tool in whole.tools]
    row = {"conversations": spoken(whole), **beside}
    return {**row, "tools": dumps(functions) if functions else ""}


def sharegpt_rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:  # noqa: ARG001  a row says it all
    """The row of a supervised line all of whose answers are trained."""
    refuse(whole, lacks=_LACKS)
    refuse_untrained(whole)
    return [_row(whole)]


def factory_rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:
    """The rows of a line, of any method."""
    refuse(whole, lacks=_LACKS)
    if whole.method == "dpo":
        assert whole.chosen is not None
        assert whole.rejected is not None
        _must_end(whole, ("human", "observation"))
        chosen = spoken_answer(whole.chosen, "$.preferred_output[0]")
        return [_row(whole, chosen=chosen, rejected=spoken_answer(whole.rejected, "$.non_preferred_output[0]"))]
    if whole.method == "kto":
        _must_end(whole, ("gpt", "function_call"))
        if not whole.messages[-1].content and not whole.messages[-1].calls:
            raise LeftOutError(reasons.NO_PLACE, "an answer that is empty, which the trainer takes for the other label")
        return [_row(whole, kto_tag=whole.label)]
    if _last_alone(context):
        return [_row(one) for one in up_to_each_answer(whole)]
    _must_end(whole, ("gpt", "function_call"))
    return [_row(whole)]


def _last_alone(context: ExportContext) -> bool:
    """Whether the trainer is told to learn the last turn of a row alone."""
    return context.survey.method == "sft" and (context.survey.untrained or context.order.split_unstable)


def _must_end(whole: Conversation, speakers: tuple[str, str]) -> None:
    turns = spoken(whole)
    if not turns or turns[-1]["from"] not in speakers:
        raise LeftOutError(reasons.TURNS_NOT_TAKEN, "the last turn is not one that the trainer takes there")


def _setup_sharegpt(written: Written) -> None:
    written.readme(
        "Rows in the form of ShareGPT",
        None,
        "Every answer is learned by trainers that take this form; lines with an answer of weight 0 are left out. "
        "Speakers "
        "are `system`, `human`, `gpt`, `function_call` and `observation`; `tools` is JSON text.",
    )


def _setup_factory(written: Written) -> None:
    recipe, survey = written.context.recipe, written.context.survey
    columns = {"messages": "conversations", "tools": "tools"}
    ranking = survey.method == "dpo"
    columns |= {"chosen": "chosen", "rejected": "rejected"} if ranking else {}
    columns |= {"kto_tag": "kto_tag"} if survey.method == "kto" else {}
    sides = {side: f"tuneset_{side}" for side in ("train", "validation") if written.rows[side]}
    info = {
        name: {
            "file_name": written.files[side],
            "formatting": "sharegpt",
            **({"ranking": True} if ranking else {}),
            "columns": columns,
        }
        for side, name in sides.items()
    }
    config: dict[str, Any] = {
        "model_name_or_path": written.context.model,
        "stage": survey.method,
        "do_train": True,
        "finetuning_type": "lora",
        "lora_target": "all",
        "lora_rank": recipe.lora_rank,
        "lora_alpha": recipe.lora_alpha,
        **({"pref_beta": recipe.beta} if survey.method in ("dpo", "kto") else {}),
        **({"mask_history": True} if _last_alone(written.context) else {}),
        "dataset_dir": ".",
        "dataset": sides.get("train", "tuneset_train"),
        **({"eval_dataset": sides["validation"], "eval_strategy": "epoch"} if "validation" in sides else {}),
        "template": "TEMPLATE",
        "cutoff_len": recipe.max_length,
        "per_device_train_batch_size": 1,
        "gradient_accumulation_steps": recipe.batch_size,
        "num_train_epochs": recipe.epochs,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": "cosine",
        "seed": recipe.seed,
        "output_dir": "out",
        "report_to": "none",
    }
    written.out.text("dataset_info.json", json_bytes(info).decode())
    written.out.text("train.yaml", yaml_text(config))
    asked = "" if recipe.model else "model_name_or_path=MODEL "
    written.readme(
        "Rows for LLaMA-Factory",
        f"llamafactory-cli train train.yaml {asked}template=TEMPLATE",
        "TEMPLATE is LLaMA-Factory's name for the model's chat template, such as `qwen`, `llama3` or `gemma`; a "
        "wrong one "
        "trains all the same, and badly. Longer rows than `cutoff_len` are cut.",
    )


SHAREGPT = row_exporter("sharegpt", "turns of from and value", ("sft",), sharegpt_rows, _setup_sharegpt)
LLAMA_FACTORY = row_exporter(
    "llama-factory", "LLaMA-Factory, with both configs", ("sft", "dpo", "kto"), factory_rows, _setup_factory
)

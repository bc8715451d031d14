# /// script
# requires-python = ">=3.11"
# dependencies = ["trl>=1.16", "peft>=0.20", "datasets>=5", "transformers>=5"]
# ///
"""Trains on the rows beside this file with TRL, as `config.json` says: supervised, preferences, or tasks with a reward.

    python train.py --model MODEL
    uv run train.py --model MODEL          # with the libraries that are named above
    hf jobs uv run train.py --model MODEL --data NAME/OF_A_DATASET

Of a supervised row the answers alone are learned, and of them none with the weight 0. For that the marks of generation
in the model's chat template are gated; before anything is trained it is checked that the gate holds.
"""

import argparse
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ASK = {"role": "user", "content": "Is it open?"}
REPLY = {"role": "assistant", "content": "Yes."}
MARKED = re.compile(r"\{%(-?)\s*generation\s*(-?)%\}(.*?)\{%(-?)\s*endgeneration\s*(-?)%\}", re.DOTALL)


def main() -> None:
    """Read the settings, load model and rows, train, save."""
    settings = json.loads((HERE / "config.json").read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default=settings["model"], required=settings["model"] is None)
    parser.add_argument("--data", default=str(HERE), help="a folder with the files of this export, or a dataset's name")
    parser.add_argument("--output", default="out")
    parser.add_argument("--max-steps", type=int, default=-1)
    parser.add_argument("--check", action="store_true", help="stop before the training; print what is learned")
    options = parser.parse_args()

    import datasets
    from transformers import AutoTokenizer

    if int(datasets.__version__.partition(".")[0]) < 5:
        raise SystemExit(
            "datasets below 5 fills the arguments of calls with the names of other rows: install datasets>=5"
        )
    names = settings["files"]
    if Path(options.data).is_dir():
        paths = {side: str(Path(options.data) / name) for side, name in names.items()}
        rows = datasets.load_dataset("json", data_files=paths, features=features(paths.values(), settings["method"]))
    else:
        rows = datasets.load_dataset(options.data, data_files=names)
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    given = tokenizer.chat_template
    trainer = TRAINERS[settings["method"]](options.model, tokenizer, rows, common(settings, options), settings)
    if options.check:
        show(trainer, tokenizer)
        return
    trainer.train()
    tokenizer.chat_template = given  # the marks serve the training alone
    trainer.save_model(options.output)


def features(paths: Iterable[str], method: str) -> Any:
    """The columns of all rows; a reader that is told none takes them from the first 10 MiB and stops at a later row."""
    from datasets import Features, Json, List, Value

    names: dict[str, None] = {}
    for path in paths:
        with Path(path).open(encoding="utf-8") as lines:
            for line in lines:
                names.update(dict.fromkeys(json.loads(line)))
    lists: dict[str, Any] = {name: List(Json()) for name in ("messages", "prompt", "completion", "chosen", "rejected")}
    known = {**lists, "tools": Value("string"), **({"label": Value("bool")} if method == "kto" else {})}
    return Features({name: known.get(name, Json()) for name in names})


def common(settings: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """What all trainers are told."""
    import torch

    on_gpu = torch.cuda.is_available()
    small = min(settings["batch_size"], 2)
    return {
        "output_dir": options.output,
        "num_train_epochs": settings["epochs"],
        "max_steps": options.max_steps,
        "learning_rate": settings["learning_rate"],
        "per_device_train_batch_size": small,
        "gradient_accumulation_steps": max(1, settings["batch_size"] // small),
        "seed": settings["seed"],
        "bf16": on_gpu and torch.cuda.is_bf16_supported(),
        "use_cpu": not (on_gpu or torch.backends.mps.is_available()),
        "eval_strategy": "epoch" if "validation" in settings["files"] else "no",
        "report_to": [],
    }


def given_to(rows: Any, tokenizer: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """Rows, tokenizer and the adapter that is trained, as every trainer takes them."""
    from peft import LoraConfig

    rank, alpha = settings["lora_rank"], settings["lora_alpha"]
    return {
        "train_dataset": rows["train"],
        "eval_dataset": rows.get("validation"),
        "processing_class": tokenizer,
        "peft_config": LoraConfig(r=rank, lora_alpha=alpha, target_modules="all-linear", task_type="CAUSAL_LM"),
    }


def sft(model: str, tokenizer: Any, rows: Any, arguments: dict[str, Any], settings: dict[str, Any]) -> Any:
    """Supervised: conversations, or prompts and completions."""
    from trl import SFTConfig, SFTTrainer

    whole = "messages" in rows["train"].column_names
    if whole:
        tokenizer.chat_template = gated(tokenizer)
    config = SFTConfig(**arguments, max_length=settings["max_length"], assistant_only_loss=whole)
    return SFTTrainer(model=model, args=config, **given_to(rows, tokenizer, settings))


def gated(tokenizer: Any) -> str:
    """The model's template with marks of generation around answers, but for those of weight 0."""
    from trl.chat_template_utils import get_training_chat_template

    try:
        template = get_training_chat_template(tokenizer) or tokenizer.chat_template
    except ValueError as error:
        raise SystemExit(
            f"TRL knows no training template for this model ({error}).\nExport with --to prompt-completion, which "
            "needs none."
        ) from error
    tokenizer.chat_template = MARKED.sub(gate, template)
    for weight, learns in ((0, False), (1, True)):
        found = tokenizer.apply_chat_template(
            [ASK, {**REPLY, "weight": weight}], return_dict=True, return_assistant_tokens_mask=True
        )
        if bool(sum(found["assistant_masks"])) is not learns:
            raise SystemExit(
                "The model's template hides the weight of an answer. Export with --to prompt-completion, which "
                "needs no gate."
            )
    return str(tokenizer.chat_template)


def gate(found: re.Match[str]) -> str:
    """One marked block: without marks for an answer of weight 0, else as it was."""
    before, begin, block, end, after = found.groups()
    return (
        f"{{%{before} if message.weight is defined and message.weight == 0 {begin}%}}{block}{{%{end} else %}}"
        f"{{% generation {begin}%}}{block}{{%{end} endgeneration %}}{{% endif {after}%}}"
    )


def dpo(model: str, tokenizer: Any, rows: Any, arguments: dict[str, Any], settings: dict[str, Any]) -> Any:
    """Preference pairs."""
    from trl import DPOConfig, DPOTrainer

    config = DPOConfig(**arguments, max_length=settings["max_length"], beta=settings["beta"])
    return DPOTrainer(model=model, args=config, **given_to(rows, tokenizer, settings))


def kto(model: str, tokenizer: Any, rows: Any, arguments: dict[str, Any], settings: dict[str, Any]) -> Any:
    """Answers that are good or bad, each by itself."""
    from trl import KTOConfig, KTOTrainer

    config = KTOConfig(**arguments, max_length=settings["max_length"], beta=settings["beta"])
    return KTOTrainer(model=model, args=config, **given_to(rows, tokenizer, settings))


def rft(model: str, tokenizer: Any, rows: Any, arguments: dict[str, Any], settings: dict[str, Any]) -> Any:
    """Tasks, whose answers `reward.py` grades."""
    from reward import reward
    from trl import GRPOConfig, GRPOTrainer

    config = GRPOConfig(**arguments, max_completion_length=settings["max_length"] // 4)
    return GRPOTrainer(model=model, reward_funcs=[reward], args=config, **given_to(rows, tokenizer, settings))


def show(trainer: Any, tokenizer: Any) -> None:
    """Print of each row what is learned, as JSON lines."""
    for row in trainer.train_dataset:
        if "labels" not in row:
            raise SystemExit("--check is for supervised rows")
        learned = [label for label in row["labels"] if label != -100]
        print(json.dumps({"tokens": len(row["input_ids"]), "learned": tokenizer.decode(learned)}, ensure_ascii=False))


TRAINERS = {"sft": sft, "dpo": dpo, "kto": kto, "rft": rft}

if __name__ == "__main__":
    main()

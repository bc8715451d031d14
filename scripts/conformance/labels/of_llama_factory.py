"""LLaMA-Factory's labels, by its own loader and template."""

import json
import pathlib
import sys

import yaml
from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import get_train_args
from llamafactory.model import load_tokenizer

_, model, out = sys.argv
settings = yaml.safe_load(pathlib.Path("train.yaml").read_text())
settings |= {"model_name_or_path": model, "template": "qwen", "use_cpu": True, "overwrite_cache": True}
model_args, data_args, training_args, _, _ = get_train_args(settings)
module = load_tokenizer(model_args)
tokenizer = module["tokenizer"]
template = get_template_and_fix_tokenizer(tokenizer, data_args)
rows = get_dataset(template, model_args, data_args, training_args, stage="sft", **module)["train_dataset"]
learned = [tokenizer.decode([label for label in row["labels"] if label != -100]) for row in rows]
pathlib.Path(out).write_text("".join(json.dumps({"learned": one}) + "\n" for one in learned))

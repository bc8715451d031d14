"""Axolotl's labels, by its own reader of chat lines."""

import json
import pathlib
import sys

import datasets
from axolotl.cli.config import load_cfg
from axolotl.loaders import load_tokenizer
from axolotl.prompt_strategies.chat_template import StrategyLoader
from axolotl.utils.dict import DictDefault

_, model, out = sys.argv
config = load_cfg("axolotl.yml", base_model=model, bf16=False)
tokenizer = load_tokenizer(config)
strategy = StrategyLoader()(tokenizer, config, DictDefault(config.datasets[0]))
rows = datasets.load_dataset("json", data_files="train.jsonl", split="train")
learned = []
for row in rows:
    labels = strategy.tokenize_prompt(row)["labels"]
    labels = labels[0] if labels and isinstance(labels[0], list) else labels
    learned.append(tokenizer.decode([label for label in labels if label != -100]))
pathlib.Path(out).write_text("".join(json.dumps({"learned": one}) + "\n" for one in learned))

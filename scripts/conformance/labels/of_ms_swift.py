"""ms-swift's labels, by its own template."""

import json
import pathlib
import sys

import swift.dataset
from swift.model import get_processor
from swift.template import get_template

_, model, out = sys.argv
template = get_template(get_processor(model, model_type="qwen2", use_hf=True), template_type="qwen2_5", max_length=4096)
template.set_mode("train")
rows, _ = swift.dataset.load_dataset(["train.jsonl"], split_dataset_ratio=0, use_hf=True)
learned = [
    template.tokenizer.decode([label for label in template.encode(row)["labels"] if label != -100]) for row in rows
]
pathlib.Path(out).write_text("".join(json.dumps({"learned": one}) + "\n" for one in learned))

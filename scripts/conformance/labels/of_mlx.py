"""What mlx-lm learns: all tokens from an offset on."""

import json
import pathlib
import sys
import types

from mlx_lm.tokenizer_utils import load
from mlx_lm.tuner.datasets import load_local_dataset

_, model, out = sys.argv
tokenizer = load(pathlib.Path(model))
train, _, _ = load_local_dataset(pathlib.Path(), tokenizer, types.SimpleNamespace(mask_prompt=True))
with pathlib.Path(out).open("w") as handle:
    for row in range(len(train)):
        tokens, offset = train.process(train[row])
        handle.write(json.dumps({"learned": tokenizer.decode(tokens[offset:])}) + "\n")

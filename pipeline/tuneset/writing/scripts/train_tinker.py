# /// script
# requires-python = ">=3.11"
# dependencies = ["tinker>=0.38"]
# ///
"""Trains on `train.jsonl` at Tinker, as `config.json` says: cross entropy of the tokens whose weight is not 0.

TINKER_API_KEY=... uv run train.py
"""

import json
import random
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Send the batches of all epochs, then keep the weights."""
    import tinker
    from tinker import types

    settings = json.loads((HERE / "config.json").read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in (HERE / settings["train"]).read_text(encoding="utf-8").splitlines()]
    data = [
        types.Datum(
            model_input=types.ModelInput.from_ints(row["tokens"]),
            loss_fn_inputs={"target_tokens": row["target_tokens"], "weights": [float(one) for one in row["weights"]]},
        )
        for row in rows
    ]
    client = (
        tinker.ServiceClient()
        .create_lora_training_client(base_model=settings["model"], rank=settings["lora_rank"], seed=settings["seed"])
        .result()
    )
    order = random.Random(settings["seed"])
    size = settings["batch_size"]
    for epoch in range(settings["epochs"]):
        order.shuffle(data)
        for first in range(0, len(data), size):
            done = client.forward_backward(data[first : first + size], "cross_entropy")
            step = client.optim_step(types.AdamParams(learning_rate=settings["learning_rate"]))
            print(epoch, first, done.result().metrics, flush=True)
            step.result()
    print(client.save_weights_for_sampler(name="tuneset").result().path)


if __name__ == "__main__":
    main()

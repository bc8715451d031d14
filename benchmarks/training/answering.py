"""Tokens a second of a model at hand that many ask at once: decoded together, and in turns.

    python -m benchmarks.training.answering MODEL [--clients 1 4 16] [--tokens 128] [--rounds 3]

Needs the extra `trl`. In turns each row computes its token by itself, as it is for models whose rows cannot take steps
together. Both are measured in the same rounds, one after the other; the best round counts. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuneset.training.generator import LoadedModel


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()

    from tuneset.training.generator import ModelRef  # noqa: PLC0415  the help needs no PyTorch
    from tuneset.training.trl.generation import TunedModel, load_model  # noqa: PLC0415  as above

    model: TunedModel = load_model(ModelRef("", given.model.name, None, str(given.model)))
    weights = model.weights
    can = weights.together
    found: dict[str, Any] = {"together": can}
    for clients in given.clients:
        best = {"turns": 0.0, "together": 0.0}
        for _ in range(given.rounds):
            for how in best if can else ["turns"]:
                weights.together = how == "together"
                best[how] = max(best[how], tokens_per_s(model, clients, given.tokens))
        found[f"{clients} clients"] = {how: round(value) for how, value in best.items()}
    print(json.dumps(found, indent=2))


def tokens_per_s(model: LoadedModel, clients: int, tokens: int) -> float:
    """Ask so many questions at once; the tokens of all answers by the seconds of the slowest."""
    from tuneset.training.generator import Piece, Question  # noqa: PLC0415  as above

    told = [0] * clients
    began = time.perf_counter()

    def ask(number: int) -> None:
        asked = Question(text=f"Client {number} says", max_tokens=tokens, seed=number)
        told[number] = sum(isinstance(record, Piece) for record in model.generate(asked))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(told) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()

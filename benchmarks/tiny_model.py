"""What the tiny model, or another that begins with nothing, learns of prompts, beside an n-gram that has none.

    python benchmarks/tiny_model.py [FILE] [--rows N] [--validation N] [--trainer torch]

FILE holds chat lines; without one, prompts are functions of this machine's Python installation and answers their
documentation. Printed are, in nats a piece of the validation answers: the model's loss, that of one that learned the
same answers in another order than the prompts, that of the best interpolated n-gram on the same pieces (Kneser and Ney,
1995, with one discount), and seconds of processor time. After that the loss of an answer that a cue 20 words before it
decides, beside what a guess at the cue costs.
"""

from __future__ import annotations

import argparse
import ast
import functools
import itertools
import json
import math
import random
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tiktoken

from tuneset.training.progress import Checkpoint, Record, to_line
from tuneset.training.tiny.corpus import Corpus, build_corpus
from tuneset.training.trainer import TrainingRequest, load_trainer, trainer_address
from tuneset.training.trainer_files import PROGRESS
from tuneset.training.vocabulary import make_encoding

ORDERS = range(2, 8)
DISCOUNTS = (0.5, 0.65, 0.75, 0.85, 0.95)
COLOURS = {"red": "stop", "green": "go", "blue": "swim", "white": "snow"}
FILLING = (
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "it",
    "you",
    "that",
    "he",
    "was",
    "for",
    "on",
    "are",
    "with",
    "as",
    "his",
    "they",
    "be",
    "at",
    "one",
    "have",
    "this",
    "from",
)
CUE_DISTANCE = 20

MAX_CODE, MAX_SAID = 500, 600
"""Characters of a function and of its documentation."""

Row = Mapping[str, Any]
Whole = npt.NDArray[np.int64]


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--rows", type=int, default=7_000)
    parser.add_argument("--validation", type=int, default=400)
    parser.add_argument("--trainer", choices=("tiny", "torch"), default="tiny")
    options = parser.parse_args()
    examples = _examples(options.file, options.rows + options.validation)
    training, validation = examples[: -options.validation], examples[-options.validation :]
    with tempfile.TemporaryDirectory() as scratch:
        print(f"{len(training)} rows, {len(validation)} to measure on")
        learn = functools.partial(trained, options.trainer)
        loss, seconds, folder = learn(Path(scratch) / "paired", training, validation)
        print(f"paired answers      {loss:6.3f}  {seconds:5.1f} s", flush=True)
        other, _, _ = learn(Path(scratch) / "unpaired", shuffled(training), shuffled(validation))
        print(f"unpaired answers    {other:6.3f}", flush=True)
        encoding = encoding_of(folder)
        best, order, discount = best_ngram(build_corpus(training, encoding), build_corpus(validation, encoding))
        print(f"best n-gram         {best:6.3f}  order {order}, discount {discount}", flush=True)
        for number in (100, 300, 1_000):
            held_out = list(cues(200, 2))
            cued, _, folder = learn(Path(scratch) / f"cue-{number}", list(cues(number, 1)), held_out)
            pieces = build_corpus(held_out, encoding_of(folder)).learned.sum() / len(held_out)
            print(f"cue, {number:5} rows   {cued * pieces:6.3f} an answer  a guess {math.log(len(COLOURS)):.3f}")


def cues(number: int, seed: int) -> Iterator[Row]:
    """Chat examples in whose prompt one of four colours, 20 words before its end, decides the answer."""
    draw = random.Random(seed)
    for _ in range(number):
        colour = draw.choice(list(COLOURS))
        words = [draw.choice(FILLING) for _ in range(CUE_DISTANCE)]
        question = {"role": "user", "content": " ".join([colour, *words])}
        yield {"messages": [question, {"role": "assistant", "content": COLOURS[colour]}]}


def documented_functions() -> Iterator[Row]:
    """A chat example of each function of the installation that has a documentation: its code, and what that says."""
    seen = set()
    roots = (Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib")))
    for path in sorted(path for root in roots for path in root.rglob("*.py")):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, SyntaxError):
            continue
        for node in ast.walk(tree):
            said = ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None
            if said is None or said in seen or not isinstance(node, ast.FunctionDef):
                continue
            seen.add(said)
            node.body = node.body[1:] or [ast.Pass()]
            messages = zip(("user", "assistant"), (ast.unparse(node)[:MAX_CODE], said[:MAX_SAID]), strict=True)
            yield {"messages": [{"role": role, "content": text} for role, text in messages]}


def shuffled(examples: Sequence[Row]) -> list[Row]:
    """The same prompts and the same answers, in other pairs."""
    answers = [example["messages"][-1] for example in examples]
    random.Random(1).shuffle(answers)
    pairs = zip(examples, answers, strict=True)
    return [{"messages": [*example["messages"][:-1], answer]} for example, answer in pairs]


def trained(
    trainer: str, folder: Path, training: Sequence[Row], validation: Sequence[Row]
) -> tuple[float, float, Path]:
    """Train with `auto` for all; the last validation loss, seconds of processor time, and the folder."""
    folder.mkdir()
    files = {"t": training, "v": validation}
    for name, examples in files.items():
        (folder / name).write_text("".join(json.dumps(example) + "\n" for example in examples), encoding="utf-8")
    training_file, validation_file = str(folder / "t"), str(folder / "v")
    request = TrainingRequest(
        trainer="",
        method="supervised",
        training=training_file,
        validation=validation_file,
        n_epochs="auto",
        batch_size="auto",
        learning_rate_multiplier="auto",
        seed=1,
        encoding="o200k_base",
        max_example_tokens=16_384,
    )
    began = time.process_time()
    told: list[Record] = []
    with (folder / PROGRESS).open("ab", buffering=0) as handle:
        for record in load_trainer(trainer_address(trainer))(request, folder):
            handle.write(to_line(record))
            told.append(record)
    last = [record for record in told if isinstance(record, Checkpoint)][-1]
    return last.metrics["full_valid_loss"], time.process_time() - began, folder


def encoding_of(folder: Path) -> tiktoken.Encoding:
    """The vocabulary that was learned in a folder; all checkpoints have the same."""
    with np.load(next(folder.glob("checkpoint-*.npz"))) as arrays:
        pieces, ends = arrays["merges"].tobytes(), arrays["merge_ends"].tolist()
    return make_encoding([pieces[begin:end] for begin, end in itertools.pairwise([0, *ends])])


def best_ngram(training: Corpus, validation: Corpus) -> tuple[float, int, float]:
    """The lowest loss over ORDERS and DISCOUNTS, and where it was reached."""
    return min(
        (loss, order, d) for order in ORDERS for d in DISCOUNTS for loss in [ngram_loss(training, validation, order, d)]
    )


def ngram_loss(training: Corpus, validation: Corpus, order: int, discount: float) -> float:
    """Mean loss of an interpolated Kneser-Ney model on the learned pieces of `validation`."""
    size = int(max(training.pieces.max(), validation.pieces.max())) + 1
    grams, seen = _grams(training, validation, order, size)
    counts: list[Whole] = [np.zeros(0, np.int64)] * (order + 1)
    counts[order] = np.bincount(grams[order])
    firsts = [np.unique(numbers, return_index=True)[1] for numbers in grams]
    for n in range(order, 1, -1):  # below the highest order a gram counts once for each piece before it
        counts[n - 1] = np.bincount(grams[n - 1][firsts[n]], minlength=len(firsts[n - 1]))
    probability = np.full(len(validation.pieces), 1 / size)
    for n in range(1, order + 1):
        context = grams[n - 1][np.maximum(firsts[n] - 1, 0)]
        contexts = len(firsts[n - 1])
        total = np.bincount(context, counts[n], minlength=contexts)
        types = np.bincount(context, counts[n] > 0, minlength=contexts)
        before = np.r_[0, seen[n - 1][:-1]]
        known = before >= 0
        known[known] = total[before[known]] > 0
        count = np.where(seen[n] >= 0, counts[n][seen[n]], 0)
        kept = np.maximum(count[known] - discount, 0)
        probability[known] = (kept + discount * types[before[known]] * probability[known]) / total[before[known]]
    return float(-np.log(probability[validation.learned]).mean())


def _grams(training: Corpus, validation: Corpus, order: int, size: int) -> tuple[list[Whole], list[Whole]]:
    """For each length the number of the gram that ends at each piece; in `validation` -1 where it is unknown."""
    pieces, others = training.pieces.astype(np.int64), validation.pieces.astype(np.int64)
    grams, seen = [np.zeros(len(pieces), np.int64)], [np.zeros(len(others), np.int64)]
    for n in range(1, order + 1):
        key = np.r_[0, grams[-1][:-1]] * size + pieces
        key[: n - 1] = -1
        known, numbers = np.unique(key, return_inverse=True)
        before = np.r_[-1 if n > 1 else 0, seen[-1][:-1]]
        asked = np.where(before < 0, -2, before * size + others)
        place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        grams.append(numbers)
        seen.append(np.where(known[place] == asked, place, -1))
    return grams, seen


def _examples(path: Path | None, number: int) -> list[Row]:
    if path is None:
        return list(itertools.islice(documented_functions(), number))
    with path.open(encoding="utf-8") as handle:
        return [json.loads(line) for line, _ in zip(handle, range(number), strict=False)]


if __name__ == "__main__":
    main()

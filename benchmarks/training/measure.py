"""The trainer `trl` beside a plain script of TRL's by hand: tokens a second, memory, loss; and what a GPU alone shows.

    python benchmarks/training/measure.py MODEL OUTPUT [--parts PART...] [--rows N]

MODEL is a folder with weights, tokenizer and chat template. Rows are functions of Python's standard library with their
documentation as the answer. Each training is a process of its own, and gets the same rows, seed, batch and learning
rate on either side; the script tokenizes with transformers and knows nothing of Tuneset. Parts:

- lora, full, qlora: an adapter, all weights, an adapter of a model of four bits, each here and by hand, at the same
  time on the same device: a step of a small model waits for the processor, whose pace changes from minute to minute
  more than the two differ. The rate is that of all tokens after the first step, what is saved on the way included;
- methods: preferences and graded answers;
- memory: rows so long that a batch does not fit into `--memory` GiB, and a room in which nothing fits;
- endpoint: `tuneset serve --devices 0`: a job is cancelled, the next one trained, the model asked.

Everything that was measured lies in OUTPUT, a folder for each training.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import json
import os
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import endpoint_jobs
import trl_by_hand

from tuneset.training.progress import Done, Metrics, Note, Planned, to_line
from tuneset.training.trainer import CannotTrainError, TrainingRequest, load_trainer, trainer_environment
from tuneset.training.trainer_files import PROGRESS

Row = Mapping[str, Any]

MEASURED = "measured.json"
REQUEST = "asked.json"
MAX_CODE, MAX_SAID = 1_500, 1_500
"""Characters of a function and of its documentation."""

SEED, BATCH = 7, 16
TUNINGS = ("lora", "full", "qlora")
AVERAGED = 10
"""Steps over which losses are compared: what TRL logs by itself."""

LONG_ROW = 24
"""Exchanges of a long row."""


def main() -> None:
    """Measure the parts that are asked for, one after the other, and print a line for each training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--parts", nargs="+", default=["lora", "full", "qlora", "methods", "memory", "endpoint"])
    parser.add_argument("--rows", type=int, default=2_048)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--memory", type=float, default=8.0)
    parser.add_argument("--longest", type=int, default=8_192, help="tokens at which a row is cut")
    parser.add_argument("--train", choices=("here", "by-hand"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train is not None:
        measure(options.output, by_hand=options.train == "by-hand")
        return
    options.output.mkdir(parents=True, exist_ok=True)
    rows = list(itertools.islice(documented_functions(), options.rows))
    print(f"{len(rows)} rows; {machine()}", flush=True)
    for part in options.parts:
        began = time.monotonic()
        if part in TUNINGS:
            for number in range(options.repeat):
                compare(options, part, rows, f"{part}-{number}")
        else:
            {"methods": methods, "memory": memory, "endpoint": endpoint}[part](options, rows)
        print(f"  {part}: {time.monotonic() - began:.0f} s in all", flush=True)


def documented_functions() -> Iterator[Row]:
    """A chat example of each documented function of the standard library: its code, and what is said of it."""
    seen = set()
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")) + sorted(
        path for path in Path(sysconfig.get_path("stdlib")).glob("*/**/*.py") if "site-packages" not in path.parts
    ):
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


def machine() -> str:
    """What this runs on."""
    code = (
        "import torch, transformers, trl, peft; card = torch.cuda.get_device_name() if torch.cuda.is_available() else "
        "f'{torch.get_num_threads()} threads of the processor'; "
        "print(card, 'torch', torch.__version__, 'transformers', transformers.__version__, 'trl', trl.__version__, "
        "'peft', peft.__version__)"
    )
    return subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def request(
    options: argparse.Namespace,
    folder: Path,
    rows: Sequence[Row],
    **asked: Any,  # noqa: ANN401  any field of it
) -> TrainingRequest:
    """A job on some rows, which are written to the folder."""
    folder.mkdir(parents=True)
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    usual: dict[str, Any] = {
        "trainer": "tuneset.training.trl.trl_trainer:train",
        "method": "supervised",
        "training": str(folder / "rows.jsonl"),
        "validation": None,
        "n_epochs": options.epochs,
        "batch_size": BATCH,
        "learning_rate_multiplier": 1.0,
        "seed": SEED,
        "encoding": "",
        "max_example_tokens": options.longest,
        "model_folder": str(options.model),
    }
    return TrainingRequest(**usual | asked)


def start(
    folder: Path, asked: TrainingRequest, side: str = "here", memory: float | None = None
) -> subprocess.Popen[str]:
    """Begin a training in a process of its own."""
    (folder / REQUEST).write_text(json.dumps({"request": vars(asked), "memory": memory}), encoding="utf-8")
    command = [sys.executable, str(Path(__file__)), "-", str(folder), "--train", side]
    environment = os.environ | trainer_environment("trl")
    with (folder / "stderr.log").open("w") as log:
        return subprocess.Popen(command, env=environment, stderr=log, stdout=log, text=True)


def finish(folder: Path, process: subprocess.Popen[str]) -> dict[str, Any]:
    """What was measured of a training; the end of its log where it came to nothing."""
    if process.wait() or not (folder / MEASURED).exists():
        print(f"{folder.name}: ended with {process.returncode}", (folder / "stderr.log").read_text()[-3_000:], sep="\n")
        return {}
    found: dict[str, Any] = json.loads((folder / MEASURED).read_text())
    return found


def measure(folder: Path, *, by_hand: bool) -> None:
    """Train in this process, and write down when each step ended, the losses and the memory."""
    began = time.perf_counter()
    document = json.loads((folder / REQUEST).read_text())
    asked = TrainingRequest(**document["request"])
    import torch  # noqa: PLC0415  the process that starts this one needs none

    on_gpu = torch.cuda.is_available()
    if on_gpu and document["memory"] is not None:
        share = document["memory"] * 2**30 / torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(share)
    found = trl_by_hand.train(asked, folder) if by_hand else train_here(asked, folder)
    found |= {
        "seconds": time.perf_counter() - began,
        "allocated": torch.cuda.max_memory_allocated() if on_gpu else 0,
        "reserved": torch.cuda.max_memory_reserved() if on_gpu else 0,
    }
    (folder / MEASURED).write_text(json.dumps(found))


def train_here(asked: TrainingRequest, folder: Path) -> dict[str, Any]:
    """Train by the trainer's own interface, as the endpoint's process does."""
    ends: list[float] = []
    found: dict[str, Any] = {"ends": ends, "values": [], "notes": []}
    with (folder / PROGRESS).open("ab", buffering=0) as handle:
        try:
            for record in load_trainer(asked.trainer)(asked, folder):
                handle.write(to_line(record))
                match record:
                    case Planned():
                        found["plan"] = record.message
                    case Metrics():
                        ends.append(time.perf_counter())
                        found["values"].append(record.values)
                    case Note():
                        found["notes"].append(record.message)
                    case Done():
                        found["trained_tokens"] = record.trained_tokens
        except CannotTrainError as error:
            found["refused"] = f"{error.code}: {error}"
    found["losses"] = [values["train_loss"] for values in found["values"]]
    return found


def compare(options: argparse.Namespace, tuning: str, rows: Sequence[Row], name: str) -> None:
    """The same training here and by hand, at the same time."""
    started = {}
    for side in ("here", "by-hand"):
        folder = options.output / f"{name}-{side}"
        started[side] = (folder, start(folder, request(options, folder, rows, tuning=tuning), side))
    measured = {side: finish(folder, process) for side, (folder, process) in started.items()}
    if not all(measured.values()):
        return
    tokens = measured["by-hand"]["tokens"]
    rates = {side: rate(one["ends"], tokens * options.epochs) for side, one in measured.items()}
    curves = {side: averages(one["losses"], one.get("averaged", 1)) for side, one in measured.items()}
    for side, one in measured.items():
        print(
            f"{name:8} {side:8} {rates[side]:9,.0f} tokens/s  step {median_step(one['ends']) * 1e3:6.1f} ms  "
            f"{one['allocated'] / 2**30:6.2f} GiB allocated  {one['reserved'] / 2**30:6.2f} reserved  "
            f"{one['seconds']:5.1f} s  loss {curves[side][0]:.4f} to {curves[side][-1]:.4f}",
            flush=True,
        )
    pairs = list(zip(*curves.values(), strict=False))
    gaps = [abs(here - by_hand) for here, by_hand in pairs]
    print(
        f"{name:8} ratio {rates['here'] / rates['by-hand']:.3f}; losses of {AVERAGED} steps differ by "
        f"{statistics.mean(gaps):.5f} on average, {max(gaps):.5f} at most, "
        f"the last by {pairs[-1][0] - pairs[-1][1]:+.5f}",
        flush=True,
    )


def rate(ends: Sequence[float], tokens: int) -> float:
    """Tokens a second after the first step."""
    return tokens * (1 - 1 / len(ends)) / (ends[-1] - ends[0])


def median_step(ends: Sequence[float]) -> float:
    """Seconds of a step in the middle."""
    return statistics.median(after - before for before, after in itertools.pairwise(ends))


def averages(losses: Sequence[float], averaged: int) -> list[float]:
    """Mean losses of AVERAGED steps each; `averaged` are what each of them is the mean of already."""
    size = AVERAGED // averaged
    return [statistics.mean(losses[start : start + size]) for start in range(0, len(losses) - size + 1, size)]


def methods(options: argparse.Namespace, rows: Sequence[Row]) -> None:
    """Preferences and graded answers, at the same time."""
    pairs = [preference(row) for row in rows[: 16 * BATCH]]
    sums = [sum_prompt(number) for number in range(64)]
    grader = {"type": "string_check", "name": "sum", "input": "{{sample.output_text}}", "operation": "like"}
    asked = {
        "dpo": (pairs, {"method": "dpo", "learning_rate_multiplier": 5.0, "n_epochs": 1}),
        "grpo": (
            sums,
            {
                "method": "reinforcement", "grader": grader | {"reference": "{{item.answer}}"}, "n_epochs": 1,
                "batch_size": 4, "learning_rate_multiplier": 5.0, "max_example_tokens": min(options.longest, 192),
            },
        ),
    }  # fmt: skip
    started = {}
    for name, (chosen, fields) in asked.items():
        folder = options.output / name
        started[name] = (folder, start(folder, request(options, folder, chosen, **fields)))
    for name, (folder, process) in started.items():
        found = finish(folder, process)
        if found:
            told = f"{found['values'][0]} to {found['values'][-1]}" if found["values"] else found.get("refused")
            print(
                f"{name:8} {len(found['ends'])} steps of {median_step(found['ends']):.2f} s, "
                f"{found['allocated'] / 2**30:.2f} GiB, {found['seconds']:.0f} s: {told}",
                flush=True,
            )


def preference(row: Row) -> Row:
    """What the documentation says, against the same in capitals."""
    question, answer = row["messages"]
    return {
        "input": {"messages": [question]},
        "preferred_output": [answer],
        "non_preferred_output": [answer | {"content": answer["content"].upper()}],
    }


def sum_prompt(number: int) -> Row:
    """A sum, and what it is."""
    one, other = number % 8 + 2, number // 8 + 1
    content = f"What is {one} plus {other}? Answer with the number alone."
    return {"messages": [{"role": "user", "content": content}], "answer": str(one + other)}


def memory(options: argparse.Namespace, rows: Sequence[Row]) -> None:
    """Long rows in a room that is too small for a batch of them, and in one that is too small for all."""
    long = [
        {"messages": [message for row in rows[start : start + LONG_ROW] for message in row["messages"]]}
        for start in range(0, min(len(rows), 2 * BATCH * LONG_ROW), LONG_ROW)
    ]
    for name, room in (("halved", options.memory), ("nothing", 0.5)):
        folder = options.output / f"memory-{name}"
        found = finish(folder, start(folder, request(options, folder, long, n_epochs=1, tuning="full"), memory=room))
        if found:
            print(f"{name:8} {room} GiB: {found['notes']} {found.get('refused', '')}", flush=True)
            print(f"{name:8} {len(found['ends'])} steps, {found['allocated'] / 2**30:.2f} GiB allocated", flush=True)


def endpoint(options: argparse.Namespace, rows: Sequence[Row]) -> None:
    """Jobs by HTTP."""
    for line in endpoint_jobs.run(options.model, options.output / "endpoint", rows[: 8 * BATCH]):
        print(f"endpoint {line}", flush=True)


if __name__ == "__main__":
    main()

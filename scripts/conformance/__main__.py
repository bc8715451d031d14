"""Builds an environment a trainer, trains two steps on an export, compares what is learned, and writes the table.

    python -m scripts.conformance [--only FLAVOUR]... [--folder DIR]

Needs a registry of packages and some ten gigabytes; a run takes about half an hour on two processors. Nothing is
fetched but packages: the model is random and made here. Of trainers that are left out the table keeps its rows.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from scripts.conformance.learned import Turn, turns_of, wanted
from scripts.conformance.trainers import TRAINERS, Trainer
from tuneset.execution.progress import no_progress
from tuneset.targets.local_models.chat_model import open_model
from tuneset.targets.local_models.model_files import ModelPlace
from tuneset.targets.masks.mask import mask_example
from tuneset.targets.masks.recipes import DEFAULT_RECIPE, RECIPES
from tuneset.writing import registry
from tuneset.writing.export import export
from tuneset.writing.exporter import Dataset, Order

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "conformance.md"
BEGIN, FINISH = "<!-- table: `make conformance` writes this -->", "<!-- end of table -->"
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "ACCELERATE_USE_CPU": "1",
    "AXOLOTL_DO_NOT_TRACK": "1",
    "DISABLE_VERSION_CHECK": "1",
    "WANDB_DISABLED": "true",
}
"""No network, no GPU, no reports to anybody."""


def lines() -> list[dict[str, Any]]:
    """Chat lines of each kind: plain ones, calls of two tools at once, and answers that are not to be learned."""
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    names = ("get_weather", "get_time")
    tools = [
        {"type": "function", "function": {"name": n, "description": "Tells.", "parameters": parameters}} for n in names
    ]
    plain = [
        {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": f"Say {n}"},
                {"role": "assistant", "content": f"It is {n}."},
            ]
        }
        for n in range(12)
    ]
    calls = [
        {"id": f"call_{n}", "type": "function", "function": {"name": n, "arguments": f'{{"city": "{city}"}}'}}
        for n, city in zip(names, ("Oslo", "Zürich"), strict=True)
    ]
    called = {
        "messages": [
            {"role": "user", "content": "Weather in Oslo, time in Zürich?"},
            {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "call_get_weather", "content": "rain"},
            {"role": "tool", "tool_call_id": "call_get_time", "content": "noon"},
            {"role": "assistant", "content": "Rain, and noon."},
        ],
        "tools": tools,
        "parallel_tool_calls": True,
    }
    corrected = {
        "messages": [
            {"role": "user", "content": "Is it open?"},
            {"role": "assistant", "content": "No idea.", "weight": 0},
            {"role": "user", "content": "Look."},
            {"role": "assistant", "content": "It is.", "weight": 1},
        ]
    }
    return [*plain, *[called] * 4, *[corrected] * 4]


def main() -> None:
    """Run the trainers that were asked for, and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", choices=[one.flavour for one in TRAINERS])
    parser.add_argument("--folder", type=Path, default=Path("build/conformance"))
    options = parser.parse_args()
    folder = options.folder.resolve()
    data = folder / "dataset"
    data.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines())
    (data / "train.jsonl").write_text(text, encoding="utf-8")
    (data / "validation.jsonl").write_text(text, encoding="utf-8")
    model = folder / "model"
    if not (model / "config.json").is_file():
        run([environment(TRAINERS[0], folder) / "python", HERE / "tiny_model.py", data / "train.jsonl", model], folder)
    rows = dict(re.findall(r"^(\| `([\w-]+)` .*)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE))
    rows = {flavour: row for row, flavour in rows.items()}
    failed = []
    for trainer in TRAINERS:
        if options.only is None or trainer.flavour in options.only:
            print(f"--- {trainer.flavour}", file=sys.stderr, flush=True)
            row, good = judged(trainer, folder, data, model)
            rows[trainer.flavour] = row
            failed += [] if good else [trainer.flavour]
            write(rows)
    if failed:
        raise SystemExit(f"not as the export says: {', '.join(failed)}")


def judged(trainer: Trainer, folder: Path, data: Path, model: Path) -> tuple[str, bool]:
    """The row of the table for a trainer, and whether all is well."""
    bin_ = environment(trainer, folder)
    out = folder / f"export-{trainer.flavour}"
    export(Dataset(data, no_progress), registry.exporter(trainer.flavour), out, Order())
    labels = folder / f"labels-{trainer.flavour}.jsonl"
    run([bin_ / "python", HERE / "labels" / trainer.labels, model, labels], out, stubs=folder / "stubs")
    learned = [json.loads(line)["learned"] for line in labels.read_text(encoding="utf-8").splitlines()]
    found = sorted(turn for text in learned for turn in turns_of(text))
    same = found == sorted(wanted(lines())) == masked(model)
    command = trainer.command.format(bin=bin_, model=model, stubs=folder / "stubs")
    trained = subprocess.run(command, shell=True, cwd=out, env=os.environ | QUIET, check=False).returncode == 0  # noqa: S602  a command of ours
    shown = ", ".join(f"{name} {version(bin_, name)}" for name in trainer.shown)
    verdict = f"{len(found)} answers, all as the dataset says" if same else "**not as the dataset says**"
    steps = "two steps" if trained else "**failed**"
    day = dt.datetime.now(tz=dt.UTC).date().isoformat()
    return f"| `{trainer.flavour}` | {shown} | {len(learned)} | {verdict} | {steps} | {day} |", same and trained


def masked(model: Path) -> list[Turn]:
    """The turns that `tuneset mask` says are learned, of all lines, in the order of what they say."""
    found = open_model(ModelPlace(str(model)))
    masks = [mask_example(found, line, RECIPES[DEFAULT_RECIPE]) for line in lines()]
    return sorted(turn for one in masks for first, end in one.trained for turn in turns_of(one.text[first:end]))


def environment(trainer: Trainer, folder: Path) -> Path:
    """The folder of an environment's programs, made where it is not there yet."""
    packages = "-".join(trainer.packages)
    place = folder / f"env-{re.sub('[^a-z0-9.=]+', '-', packages)}"
    ready = place / "ready"
    if not ready.is_file():
        venv.create(place, with_pip=True, clear=True)
        pip: list[Path | str] = [place / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
        # PyTorch first, by itself: whatever build of it is at hand stays.
        run([*pip, "install", trainer.packages[0]], folder)
        run([*pip, "install", *trainer.packages], folder)
        if trainer.without:
            run([*pip, "uninstall", "--yes", *trainer.without], folder)
        ready.touch()
    stub = folder / "stubs" / "torchaudio"  # LLaMA-Factory imports it, and uses nothing of it for text
    stub.mkdir(parents=True, exist_ok=True)
    (stub / "__init__.py").touch()
    return place / "bin"


def version(bin_: Path, name: str) -> str:
    """The version of a package in an environment."""
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    done = subprocess.run([bin_ / "python", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def run(command: list[Path | str], folder: Path, stubs: Path | None = None) -> None:
    """Run a program to its end; a failure of it is ours."""
    paths = {"PYTHONPATH": str(stubs)} if stubs is not None else {}
    subprocess.run([str(part) for part in command], cwd=folder, env=os.environ | QUIET | paths, check=True)


def write(rows: dict[str, str]) -> None:
    """Put the rows into the page, in the order of the trainers."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(FINISH)[2]
    head = [
        "| export | versions | rows | what the trainer's own labels say | trained on a processor | date |",
        "|---|---|---|---|---|---|",
    ]
    table = [*head, *(rows[one.flavour] for one in TRAINERS if one.flavour in rows)]
    PAGE.write_text("\n".join([f"{before}{BEGIN}", "", *table, "", f"{FINISH}{after}"]), encoding="utf-8")


if __name__ == "__main__":
    main()

"""dvc.yaml from the stage table: what `tuneset init` writes, and this repository's own with the code of each stage."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tuneset import stage_table
from tuneset.dataset_folder import find, is_dataset
from tuneset.execution import benchmark_indices
from tuneset.execution.comparison.revision import PREFIX
from tuneset.params import Params
from tuneset.stage_table import Stage

HEAD = """\
# One stage a step, each cached by its inputs. Folders of rows persist: a stage makes only those shards again
# that have changed. `dvc repro` runs what has changed, `dvc repro gate` stops before the job.
"""
TEST_SET = "data/dataset/test.jsonl"
"""Written where split.test is above 0, so that dvc.yaml can name it only then: DVC wants every out to be there."""
REMOTE = """\

  # From here on requests go to the endpoint of params.yaml. Receipts in data/receipts make a repeated run adopt what is
  # there already instead of sending it again.
"""
OPTIONAL = """
  # Did it help? Asks base and fine-tuned model, which costs money at paid endpoints. Without the signs it is a stage.
  # evaluate:
  #   cmd: ${tuneset} evaluate
  #   deps:
  #     - data/dataset/validation.jsonl
  #     - data/remote/job.json
  #     - data/results/results.json
  #     - data/reports/metrics.json
  #   params: [endpoint]
  #   outs:
  #     - data/evaluation.jsonl
  #     - data/evaluation/report.html
  #     - data/evaluation/report.md: {cache: false}
  #   metrics:
  #     - data/evaluation.json: {cache: false}
"""
"""Behind the stages of the table: it may cost more than the job, so that nobody gets it without asking."""
PLOTS = """\

plots:
  - data/reports/plots/tokens.csv:
      template: bar_horizontal
      x: examples
      y: at_least
      title: Examples by tokens
  - data/reports/plots/characters.csv:
      template: bar_horizontal
      x: examples
      y: at_least
      title: Examples by characters
  - loss:
      title: Loss by step
      x: step
      y:
        data/results/step_metrics.csv: [train_loss, valid_loss]
  - accuracy:
      title: Token accuracy by step
      x: step
      y:
        data/results/step_metrics.csv: [train_accuracy, valid_mean_token_accuracy]
"""


def text(
    command: str = "tuneset",
    head: str = HEAD,
    code: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """The file.

    Args:
        command: how Tuneset is called.
        head: the comment above all.
        code: the files and folders of each stage's code, where they are a part of the repository, and other files that
            it reads.
    """
    lines = [head, f"vars:\n  - tuneset: {command}\n\nstages:\n"]
    for row in stage_table.STAGES:
        if row.asked_by:
            lines.append(_comment(row))
            continue
        if row.scope == "remote" and REMOTE not in lines:
            lines.append(REMOTE)
        lines.append(_stage(row, (code or {}).get(row.name, ())))
    return "".join([*lines, OPTIONAL, PLOTS])


def dependencies(row: Stage) -> list[str]:
    """What a stage reads below the repository, its code apart.

    >>> dependencies(stage_table.stage("clean"))
    ['data/work/ingest']
    """
    before = stage_table.before(row.name) if row.work and not row.reads else ""
    return [f"data/{path}" for path in ([f"work/{before}"] if before else row.reads)]


def unseen(row: Stage, params: Params) -> list[str]:
    """The files that params name for a stage and the dvc.yaml of this folder does not, while DVC runs the stage.

    DVC would not run it again when such a file changes.
    """
    path = Path("dvc.yaml")
    if not row.files_in_params or "DVC_STAGE" not in os.environ or not path.is_file():
        return []
    stages = yaml.safe_load(path.read_text(encoding="utf-8")).get("stages", {})
    told = {str(one) for one in stages.get(row.name, {}).get("deps", [])}
    return [name for name in files_in_params(row, params) if name not in told]


def unkept_test_set(stage: str, params: Params) -> bool:
    """Whether a stage that DVC runs writes a test set that the dvc.yaml of this folder does not name."""
    path = Path("dvc.yaml")
    if stage != "split" or not params.split.test or "DVC_STAGE" not in os.environ or not path.is_file():
        return False
    outs = yaml.safe_load(path.read_text(encoding="utf-8")).get("stages", {}).get(stage, {}).get("outs", [])
    return TEST_SET not in [name for out in outs for name in ([out] if isinstance(out, str) else out)]


def files_in_params(row: Stage, params: Params) -> list[str]:
    """The files and folders of this repository that params name for a stage, as dvc.yaml would.

    A function is the file of its module, a benchmark its index; what lies in a package, in the hub's cache or in a git
    revision is none.
    """
    document = params.as_document()
    return [
        name for key in row.files_in_params for value in _values(document, key) for name in _files(key, value, params)
    ]


def _values(document: Mapping[str, Any], key: str) -> list[str]:
    """The names that stand at a dotted key, as a list; an object that stands there is no name.

    >>> _values({"review": {"file": "a"}}, "review.file"), _values({"review": {"file": {}}}, "review.file")
    (['a'], [])
    """
    found: Any = document
    for part in key.split("."):
        found = found[part]
    return [name for name in (found if isinstance(found, list) else [found]) if isinstance(name, str)]


def _files(key: str, value: str, params: Params) -> list[str]:
    if key in ("clean.map", "clean.filters.function"):
        module = value.partition(":")[0].replace(".", "/")
        return [path for path in (f"{module}.py", module) if Path(path).exists()][:1]
    if key == "dedup.evaluation.benchmarks":
        index = benchmark_indices.known(params.dedup.evaluation.indices).get(value)
        return [] if index is None or index.is_absolute() else [index.as_posix()]
    if key == "gate.baseline" and value.startswith(PREFIX):
        return []
    if key == "gate.baseline" and is_dataset(Path(value)):
        return [find(Path(value)).metrics.as_posix()]
    if key == "target.model":
        return [value] if Path(value).exists() else []
    return [value]


def _comment(row: Stage) -> str:
    """A stage as a comment: it runs where params ask for it, and DVC wants to see whatever a stage reads."""
    signed = "".join(f"  # {line.removeprefix('  ')}" for line in _stage(row, ()).splitlines(keepends=True))
    return f"  # Where {row.asked_by} is set in params.yaml, take the signs away: then it is a stage.\n{signed}\n"


def _stage(row: Stage, more: Sequence[str]) -> str:
    work = [f"work/{row.name}"] if row.work else []
    lines = [f"  {row.name}:\n", f"    cmd: ${{tuneset}} {row.name}\n"]
    if row.files_in_params:
        keys = " and ".join(row.files_in_params)
        lines.append(f"    # DVC sees files of {keys} in params.yaml only where they are named here too.\n")
    lines += ["    deps:\n", *_entries([*dependencies(row), *more])]
    lines.append(f"    params: [{', '.join(row.params)}]\n")
    lines.append("    outs:\n")
    lines += _entries((f"data/{path}" for path in work), " {persist: true}" if row.work == "persist" else "")
    lines += _entries(f"data/{path}" for path in row.outs)
    if row.name == "split":
        lines.append(f"      # Where split.test is above 0, name the test set here too:\n      # - {TEST_SET}\n")
    lines += _entries((f"data/{path}" for path in row.small_outs), " {cache: false}")
    if row.metrics:
        lines.append("    metrics:\n")
        lines += _entries((f"data/{path}" for path in row.metrics), " {cache: false}")
    return "".join(lines)


def _entries(paths: Iterable[str], option: str = "") -> list[str]:
    r"""Entries of a list in YAML, each with an option.

    >>> _entries(["a", "b"], " {persist: true}")
    ['      - a: {persist: true}\n', '      - b: {persist: true}\n']
    """
    return [f"      - {path}{':' if option else ''}{option}\n" for path in paths]

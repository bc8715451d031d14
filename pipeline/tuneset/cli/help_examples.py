"""The examples at the end of a command's `--help`. A test runs the options of each past the command that it is of."""

from __future__ import annotations

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "prepare": (
        "tuneset prepare raw/ --out dataset",
        "tuneset prepare chats.jsonl faq.csv --out dataset --set split.validation=0.2",
    ),
    "check": (
        "tuneset check train.jsonl validation.jsonl",
        "tuneset check data/ --profile together --model Qwen/Qwen3-8B",
        "tuneset check train.jsonl --select TOL,CNV --output concise",
        "tuneset check train.jsonl --diff",
    ),
    "baseline": ("tuneset baseline data/ --out baseline.json", "tuneset check data/ --baseline baseline.json"),
    "tokens": ("tuneset tokens train.jsonl --profile openai --model gpt-4.1-mini-2025-04-14",),
    "plan": ("tuneset plan dataset", "tuneset plan train.jsonl --output markdown"),
    "export": ("tuneset export dataset --to openai --out exported",),
    "card": ("tuneset card dataset --to hf", "tuneset card dataset --out cards"),
    "doctor": ("tuneset doctor dataset", "tuneset doctor"),
    "upload": ("tuneset upload dataset", "tuneset upload"),
    "tune": ("tuneset tune dataset", "tuneset tune --detach"),
    "results": ("tuneset results dataset",),
    "summary": ("tuneset summary dataset", "tuneset summary"),
    "diff": (
        "tuneset diff old-dataset dataset",
        "tuneset diff rev:v1.0 data --max-gone 0.01 --output markdown",
        "tuneset diff old.jsonl new.jsonl --show 20",
    ),
    "view": (
        "tuneset view dataset",
        "tuneset view dataset --terminal --filter side=dropped --filter code=DUP",
        "tuneset view dataset --filter text=refund --output json",
    ),
    "explain": ("tuneset explain raw/chats.jsonl:12 --out dataset",),
    "rules": ("tuneset rules", "tuneset rules CNV006"),
}
"""By command; each line is one that can be typed."""


def examples(command: str) -> str | None:
    """The end of a command's help, or None where it has no example."""
    lines = EXAMPLES.get(command)
    return None if lines is None else "\n\n".join(("Examples:", *lines))

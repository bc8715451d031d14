"""The card of a dataset on the Hugging Face Hub: YAML that the Hub reads, and Markdown below it.

Keys and values are those of the Hub's dataset card specification, 2026-11-20; a test has huggingface_hub read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tuneset.drop_reasons import REASONS
from tuneset.figures import number_of
from tuneset.terms import Format
from tuneset.writing.cards.facts import CardFacts
from tuneset.writing.yaml_text import yaml_text

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
"""`size_categories` of dataset cards. Hugging Face Hub, dataset card metadata, 2026-11-20."""
_TOP_SIZES = ((10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"))
FORMS: Mapping[Format, str] = {
    "sft": "`messages`, a list of `role` and `content`, with `tools` where calls are offered",
    "dpo": "`input` with `messages`, and one answer each in `preferred_output` and `non_preferred_output`",
    "kto": "`messages` that end with an answer, and `label`, which says whether it is good",
    "rft": "`messages` that end with a question, and the columns by which answers are graded",
}
TO_FILL = "**To be filled by the author:**"


def front_matter(
    method: Format,
    files: Mapping[str, str],
    rows: int,
    languages: Iterable[str] = (),
    tags: Sequence[str] = (),
    features: Sequence[Mapping[str, str]] = (),
) -> str:
    """The YAML block with its fences, given by side the file that holds it.

    `features` are the columns as the Hub's `dataset_info` has them; without them a reader guesses from the first rows.

    >>> print(front_matter("sft", {"train": "train.jsonl"}, 5, ["en"]).split("tags")[0], end="")
    ---
    language:
    - en
    task_categories:
    - text-generation
    size_categories:
    - n<1K
    """
    size = next((name for most, name in (*_SIZES, *_TOP_SIZES) if rows < most), "n>1B")
    spoken = list(languages)
    front: dict[str, Any] = {
        **({"language": spoken} if spoken else {}),
        "task_categories": ["text-generation"],
        "size_categories": [size],
        "tags": ["conversational", "tuneset", method, *tags],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": side, "path": path} for side, path in files.items()],
            }
        ],
        **({"dataset_info": {"features": [dict(one) for one in features]}} if features else {}),
    }
    return "\n".join(("---", yaml_text(front).rstrip(), "---"))


def card(facts: CardFacts) -> str:
    """The card of a dataset as it lies in its folder."""
    files = {side: f"{side}.jsonl" for side in facts.files}
    tags = ["tool-calling"] if facts.tools else []
    return "\n".join(
        (
            front_matter(facts.method, files, facts.examples, facts.languages, tags),
            "",
            f"# {facts.name}",
            "",
            f"{facts.examples:,} examples to fine-tune a language model with. Each line has {FORMS[facts.method]}.",
            "",
            *_table(("file", "examples", "tokens", "bytes", "sha256"), _files(facts)),
            "",
            "## What it was made from",
            "",
            *(_table(("raw file", "examples"), [(f"`{one.name}`", f"{one.examples:,}") for one in facts.sources])
              if facts.sources else ["Not known."]),
            "",
            *_taught(facts),
            f"{TO_FILL} who made each of them, when, from what, under which licence, and whether the people in it",
            "agreed.",
            "",
            "## What was done",
            "",
            *done(facts),
            "",
            "## Languages",
            "",
            ", ".join(f"{code} ({share:.0%})" for code, share in facts.languages.items()) or "Not known.",
            "",
            "## Uses, limits and licence",
            "",
            f"{TO_FILL} what the dataset is for and what it is not for, known biases, the licence (`license` above),",
            "and whom to ask.",
            "",
        )
    )  # fmt: skip


def _taught(facts: CardFacts) -> list[str]:
    """Which answers a model gave, as the raw rows say."""
    if not facts.teachers:
        return []
    told = ", ".join(f"{count:,} by `{model}`" for model, count in facts.teachers.items())
    return [f"Answers that a model gave, counted in the raw rows: {told}.", ""]


def _files(facts: CardFacts) -> list[tuple[str, ...]]:
    return [
        (
            f"`{side}.jsonl`",
            f"{file['examples']:,}",
            f"{facts.tokens[side]:,}" if side in facts.tokens else "",
            f"{file['bytes']:,}",
            f"`{file['sha256']}`",
        )
        for side, file in facts.files.items()
    ]


def done(facts: CardFacts) -> list[str]:
    """What became of the raw rows, and of private data in them, a line each as a list."""
    lines = []
    if facts.read:
        gone = sum(facts.dropped.values())
        lines.append(f"- Of {facts.read:,} raw rows {facts.examples:,} are examples here and {gone:,} were dropped.")
    lines += [
        f"  - {count:,} for {code}" + (f": {REASONS[code].summary}" if code in REASONS else "")
        for code, count in sorted(facts.dropped.items(), key=lambda item: (-item[1], item[0]))
    ]
    lines += [
        f"- Private data, {kind.replace('_', ' ')}: in {number_of(count, 'example')}; {_POLICIES.get(policy, 'found')}."
        for kind, (count, policy) in facts.private.items()
    ]
    if facts.encoding:
        lines.append(f"- Tokens were counted by {facts.encoding}.")
    version = facts.versions.get("tuneset")
    return [*lines, *([f"- Made with Tuneset {version}."] if version else [])] or ["Not known."]


_POLICIES = {"redact": "replaced by a placeholder", "drop": "such examples were dropped", "flag": "left in"}


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown; a name that holds the sign of a column keeps it as a character."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return lines + ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]

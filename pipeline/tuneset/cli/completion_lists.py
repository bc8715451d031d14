"""What a shell offers where a rule, a provider, a param or a document is named; `completion` loads it when asked."""

from __future__ import annotations

from collections.abc import Iterator

from tuneset.cli.description.documents import names
from tuneset.cli.description.of_params import described
from tuneset.drop_reasons import REASONS
from tuneset.profile import profile_names
from tuneset.rules.registry import listed
from tuneset.rules.repairs.registry import REPAIRS
from tuneset.rules.rule import FAMILIES
from tuneset.writing.registry import EXPORTERS

Offered = Iterator[tuple[str, str]]
"""What can be typed, with a few words on it."""


def rules(incomplete: str) -> Offered:
    """Yield rules by code, and families; behind the last comma of a list."""
    before = incomplete[: incomplete.rfind(",") + 1]
    offered = [*FAMILIES.items(), *((rule.code, rule.summary) for rule in listed())]
    yield from ((before + code, words) for code, words in offered if (before + code).startswith(incomplete))


def codes(incomplete: str) -> Offered:
    """Yield the codes of rules, of reasons for a drop and of repairs."""
    yield from rules(incomplete)
    others = [*((one.code, one.summary) for one in REASONS.values()), *((one.code, one.what) for one in REPAIRS)]
    yield from ((code, words) for code, words in others if code.startswith(incomplete))


def profiles(incomplete: str) -> Offered:
    """Yield the providers."""
    yield from ((name, "") for name in profile_names() if name.startswith(incomplete))


def params(incomplete: str) -> Offered:
    """Yield the keys of params.yaml as `--set` takes them: with the sign for the value."""
    yield from ((f"{one['key']}=", one["help"]) for one in described() if f"{one['key']}=".startswith(incomplete))


def document_names(incomplete: str) -> Offered:
    """Yield what `tuneset schema` prints."""
    yield from ((name, "") for name in names() if name.startswith(incomplete))


def exporters(incomplete: str) -> Offered:
    """Yield the formats of `export`."""
    yield from ((one.name, one.title) for one in EXPORTERS if one.name.startswith(incomplete))


def destinations(incomplete: str) -> Offered:
    """Yield where `migrate` can go: the formats of `export`, and the providers."""
    yield from exporters(incomplete)
    yield from profiles(incomplete)

"""What a shell offers where a rule, a provider, a param or a document is to be named. Nothing is loaded before."""

from __future__ import annotations

from collections.abc import Iterator

Offered = Iterator[tuple[str, str]]
"""What can be typed, with a few words on it."""


def rules(incomplete: str) -> Offered:
    """Yield rules by code, and families; behind the last comma of a list."""
    from tuneset.rules.registry import listed  # noqa: PLC0415  only where somebody asks
    from tuneset.rules.rule import FAMILIES  # noqa: PLC0415  the same

    before = incomplete[: incomplete.rfind(",") + 1]
    offered = [*FAMILIES.items(), *((rule.code, rule.summary) for rule in listed())]
    yield from ((before + code, words) for code, words in offered if (before + code).startswith(incomplete))


def codes(incomplete: str) -> Offered:
    """Yield the codes of rules, of reasons for a drop and of repairs."""
    from tuneset.drop_reasons import REASONS  # noqa: PLC0415  the same
    from tuneset.rules.repairs.registry import REPAIRS  # noqa: PLC0415  the same

    yield from rules(incomplete)
    others = [*((one.code, one.summary) for one in REASONS.values()), *((one.code, one.what) for one in REPAIRS)]
    yield from ((code, words) for code, words in others if code.startswith(incomplete))


def profiles(incomplete: str) -> Offered:
    """Yield the providers."""
    from tuneset.profile import profile_names  # noqa: PLC0415  the same

    yield from ((name, "") for name in profile_names() if name.startswith(incomplete))


def params(incomplete: str) -> Offered:
    """Yield the keys of params.yaml as `--set` takes them: with the sign for the value."""
    from tuneset.cli.description.of_params import described  # noqa: PLC0415  the same

    yield from ((f"{one['key']}=", one["help"]) for one in described() if f"{one['key']}=".startswith(incomplete))


def document_names(incomplete: str) -> Offered:
    """Yield what `tuneset schema` prints."""
    from tuneset.cli.description.documents import names  # noqa: PLC0415  the same

    yield from ((name, "") for name in names() if name.startswith(incomplete))


def exporters(incomplete: str) -> Offered:
    """Yield the formats of `export`."""
    from tuneset.writing.registry import EXPORTERS  # noqa: PLC0415  the same

    yield from ((one.name, one.title) for one in EXPORTERS if one.name.startswith(incomplete))


def destinations(incomplete: str) -> Offered:
    """Yield where `migrate` can go: the formats of `export`, and the providers."""
    yield from exporters(incomplete)
    yield from profiles(incomplete)

"""What a shell asks where a rule, a provider, a param or a document is to be named: `completion_lists`, loaded then."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tuneset.stage_table import load

Offer = Callable[[str], Iterator[tuple[str, str]]]
"""Yields what can be typed after what was, with a few words on it."""


def _late(name: str) -> Offer:
    """The function of that name in `completion_lists`, which loads far more than any command's `--help` needs.

    >>> [code for code, _ in _late("profiles")("loc")]
    ['local']
    """

    def offer(incomplete: str) -> Iterator[tuple[str, str]]:
        offered: Iterator[tuple[str, str]] = load(f"tuneset.cli.completion_lists:{name}")(incomplete)
        return offered

    return offer


rules = _late("rules")
codes = _late("codes")
profiles = _late("profiles")
params = _late("params")
document_names = _late("document_names")
exporters = _late("exporters")
destinations = _late("destinations")

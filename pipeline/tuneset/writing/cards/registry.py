"""The cards that there are: `tuneset card --to NAME` writes one, without it all are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tuneset.errors import UsageError
from tuneset.writing.cards import croissant, eu_summary, hub
from tuneset.writing.cards.facts import CardFacts


class Card(NamedTuple):
    """One card: its name, its file, what it is in a few words, and its text."""

    name: str
    file: str
    title: str
    text: Callable[[CardFacts], str]


CARDS = (
    Card("hf", "README.md", "a dataset card for the Hugging Face Hub", hub.card),
    Card("croissant", "croissant.json", "Croissant 1.0, JSON-LD of MLCommons", croissant.document),
    Card(
        "eu", "training-content-summary.md", "the EU's public summary of training content, a draft", eu_summary.summary
    ),
)


def card(name: str) -> Card:
    """The card of a name. Raises UsageError where there is none."""
    for one in CARDS:
        if one.name == name:
            return one
    raise UsageError(f"--to {name}: there is no such card", allowed=", ".join(one.name for one in CARDS))

"""All kinds of private data in one text, each character claimed once.

This is the whole of the detection: a pure function of the text. What is done about the finds is decided elsewhere.
Where finds overlap, a kind with a stricter form wins over any other; among equals the longer find wins.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping

from tuneset.cleaning.private_data import detectors
from tuneset.cleaning.private_data.kinds import DEFAULT_REGIONS, EVERY, Detector, Kind, Span


def find_private(
    text: str,
    regions: tuple[str, ...] = DEFAULT_REGIONS,
    groups: int = EVERY,
    optional: tuple[Detector, ...] = (),
) -> list[Span]:
    """Every find in the text, in order, none overlapping another or a placeholder that already stands there.

    `regions` are the countries whose national phone numbers count. `groups` may leave out what cannot be in the
    text, as `find_suspects` says; it saves time and changes nothing. `optional` are detectors that look
    beside those that always do.

    >>> [span.kind for span in find_private("ann@acme.org paid with 4012 8888 8888 1881, not <CARD_1>")]
    ['email', 'card']
    """
    spans = list(_candidates(text, regions, groups, optional))
    if not spans:
        return []
    taken = [found.span() for found in detectors.placeholder_pattern().finditer(text)] if "<" in text else []
    chosen: list[Span] = []
    order = _order((*optional, *detectors.DETECTORS))

    def precedence(span: Span) -> tuple[bool, int, int, int]:
        loose, rank = order[span.kind]
        return loose, span.start - span.end, rank, span.start

    for span in sorted(spans, key=precedence):
        if all(span.end <= start or end <= span.start for start, end in taken):
            taken.append((span.start, span.end))
            chosen.append(span)
    return sorted(chosen, key=lambda span: span.start)


@functools.lru_cache(maxsize=16)
def _order(known: tuple[Detector, ...]) -> Mapping[Kind, tuple[bool, int]]:
    return {detector.kind: (not detector.strict, rank) for rank, detector in enumerate(known)}


def _candidates(text: str, regions: tuple[str, ...], groups: int, optional: tuple[Detector, ...]) -> Iterator[Span]:
    """Whatever the detectors find; a cheap test before each one that is not cheap itself."""
    seen: dict[re.Pattern[str], bool] = {}
    for detector in (*detectors.DETECTORS, *optional):
        if not groups & detector.groups:
            continue
        needs = detector.needs
        if needs is not None and needs not in seen:
            seen[needs] = needs.search(text) is not None
        if needs is None or seen[needs]:
            yield from detector.find(text, regions)

"""Rendered lines and their masks as text for a terminal, as HTML and as JSON. Nothing is computed here."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tuneset.targets.masks.mask import Mask
from tuneset.targets.masks.recipes import Recipe

GREEN, DIM, OFF = "\x1b[32m", "\x1b[2m", "\x1b[0m"
"""What is trained, and what is not, on a terminal with colours."""

_PAGE = """<!doctype html>
<meta charset="utf-8">
<title>What is trained</title>
<style>
body {{ font: 14px/1.5 ui-monospace, monospace; margin: 2rem; max-width: 60rem; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #ccc; padding: 1rem; color: #666; }}
b {{ font-weight: normal; color: #063; background: #dfd; }}
small {{ color: #666; }}
</style>
<h1>What is trained</h1>
<p>{title}</p>
"""


def mask_document(mask: Mask, line: int) -> dict[str, Any]:
    """A mask as JSON: numbers of tokens, spans of what is trained in characters and tokens, and the segments."""
    trained = mask.trained_tokens
    return {
        "line": line,
        "tokens": mask.count,
        "trained_tokens": mask.trained_count,
        "text": mask.text,
        "trained": [
            {"start": start, "end": end, "first_token": first, "last_token": last}
            for (start, end), (first, last) in zip(_joined(mask), trained, strict=True)
        ],
        "segments": [one._asdict() for one in mask.segments],
        "unstable_messages": mask.unstable,
        "straddling_tokens": mask.straddling(),
    }


def render_document(mask: Mask, line: int) -> dict[str, Any]:
    """A rendered line as JSON: its text, and the number and the place of each token."""
    return {
        "line": line,
        "text": mask.text,
        "tokens": mask.count,
        "ids": mask.tokens.ids.tolist(),
        "starts": mask.tokens.starts.tolist(),
        "ends": mask.tokens.ends.tolist(),
    }


def mask_lines(mask: Mask, line: int, *, colour: bool) -> Iterator[str]:
    """Yield a mask for a person: a heading, then the text, what is trained in colour or in brackets."""
    share = mask.trained_count / mask.count if mask.count else 0.0
    yield f"line {line}: {mask.trained_count:,} of {mask.count:,} tokens are trained ({share:.1%})"
    opened, closed = (GREEN, f"{OFF}{DIM}") if colour else ("\u27e6", "\u27e7")
    text = "".join(f"{opened}{part}{closed}" if trained else part for part, trained in _parts(mask))
    yield from (f"{DIM}{text}{OFF}" if colour else text).split("\n")
    for number in mask.unstable:
        yield f"unstable: message {number + 1}, or what stands before it, is shown otherwise later on"
    for place in mask.straddling():
        yield f"straddling: token {place} begins in what is not trained"


def mask_page(masks: Iterable[tuple[int, Mask | None, str]], recipe: Recipe) -> Iterator[str]:
    """Yield a page of HTML: of each line, by number, its mask or the reason why there is none."""
    yield _PAGE.format(title=html.escape(f"{recipe.name}: {recipe.title}"))
    for line, mask, reason in masks:
        if mask is None:
            yield f"<h2>line {line}</h2><p>{html.escape(reason)}</p>"
            continue
        yield f"<h2>line {line} <small>{mask.trained_count:,} of {mask.count:,} tokens</small></h2><pre>"
        yield "".join(f"<b>{html.escape(part)}</b>" if trained else html.escape(part) for part, trained in _parts(mask))
        yield "</pre>"


def _joined(mask: Mask) -> list[tuple[int, int]]:
    """Spans of characters, one for each span of tokens: from the first of its first to the last of its last."""
    return [(int(mask.tokens.starts[first]), int(mask.tokens.ends[last - 1])) for first, last in mask.trained_tokens]


def _parts(mask: Mask) -> Iterator[tuple[str, bool]]:
    """The text in parts, each with whether it is trained."""
    place = 0
    for start, end in _merged(mask.trained):
        yield mask.text[place:start], False
        yield mask.text[start:end], True
        place = end
    yield mask.text[place:], False


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that touch as one.

    >>> _merged([(0, 2), (2, 3), (5, 6)])
    [(0, 3), (5, 6)]
    """
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found

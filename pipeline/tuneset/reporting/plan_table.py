"""A plan as a table of 80 columns, as Markdown, and as one JSON document. Nothing is judged here."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from tuneset.figures import number_of
from tuneset.profile import load_profile

SCHEMA_VERSION = 1
WIDTH = 80
_MODEL = 29
_MARKS = {"yes": "yes", "changed": "changed", "no": "no"}


@dataclasses.dataclass(frozen=True)
class Shown:
    """A row as people read it."""

    model: str
    fits: str
    tokens: str
    epochs: str
    usd: str
    ends: str


def document(plan: Any) -> dict[str, Any]:  # noqa: ANN401  tuneset.api.plan.Plan, which stands above this room
    """The whole plan, numbers as they are."""
    return {
        "schema_version": SCHEMA_VERSION,
        "files": [{"path": path, "examples": examples} for path, examples in plan.files],
        "format": plan.format,
        "decided": plan.decided,
        "targets": [
            {
                **dataclasses.asdict(row),
                "priced": row.priced.isoformat() if row.priced else None,
                "ends": row.ends.isoformat() if row.ends else None,
            }
            for row in plan.rows
        ],
        "notices": {name: list(told) for name, told in plan.notices.items() if told},
    }


def text(plan: Any) -> Iterator[str]:  # noqa: ANN401  as of `document`
    """Yield the lines of the table: a block for each provider, what stands against its models below."""
    yield from _heading(plan)
    yield ""
    yield f"{'model':{_MODEL}}  {'fits':7} {'tokens':>12} {'epochs':>6} {'USD':>9}  ends"
    for name, rows in _by_profile(plan.rows):
        yield f"{name}: {load_profile(name).title}"
        for row in rows:
            shown = _shown(row)
            yield (
                f"  {shown.model:{_MODEL - 2}}  {shown.fits:7} {shown.tokens:>12} {shown.epochs:>6} "
                f"{shown.usd:>9}  {shown.ends}"
            ).rstrip()
        for told, whose in _reasons(rows):
            of = "" if len(whose) == len(rows) else f"{', '.join(whose)}: "
            yield from textwrap.wrap(f"- {of}{told}", WIDTH - 2, initial_indent="  ", subsequent_indent="    ")
    yield ""
    yield from textwrap.wrap(_legend(plan), WIDTH)


def markdown(plan: Any) -> Iterator[str]:  # noqa: ANN401  as of `document`
    """Yield the same as a table for a pull request."""
    yield "## tuneset plan"
    yield ""
    yield from _heading(plan)
    yield ""
    yield "| provider | model | fits | tokens | epochs | USD | ends | why, and what `prepare` changes |"
    yield "|---|---|---|---:|---:|---:|---|---|"
    for name, rows in _by_profile(plan.rows):
        for row in rows:
            shown = _shown(row)
            told = (*row.why, *(f"prepare {change}" for change in row.changes), *_counted(row))
            why = "; ".join(told).replace("|", "\\|")
            cells = (name, row.model, shown.fits, shown.tokens, shown.epochs, shown.usd, shown.ends, why)
            yield f"| {' | '.join(cells)} |"
    yield ""
    yield _legend(plan)


def _heading(plan: Any) -> Iterator[str]:  # noqa: ANN401  as of `document`
    for path, examples in plan.files:
        yield f"{path}: {number_of(examples, 'example')}"
    yield f"format: {plan.format or 'none that is trained on'} ({plan.decided})"


def _legend(plan: Any) -> str:  # noqa: ANN401  as of `document`
    dates = sorted({row.priced for row in plan.rows if row.priced is not None})
    day = f", as of {dates[0]}" if dates else ""
    return (
        f"changed: after tuneset prepare for that provider. ~: an estimate; --output json says why. epochs: those of "
        f"params, else as OpenAI's cookbook reckons. USD: all epochs of "
        f"the training file{day}; ?: no price is known. ends: the last day, as far as is known, before jobs or the "
        f"model end."
    )


def _by_profile(rows: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    names = list(dict.fromkeys(row.profile for row in rows))
    for name in names:
        yield name, [row for row in rows if row.profile == name]


def _reasons(rows: Sequence[Any]) -> Iterator[tuple[str, list[str]]]:
    """What is said of the rows of one provider, each sentence once with the models that it holds of."""
    said: dict[str, list[str]] = {}
    for row in rows:
        by = (f"tokens by {row.counted_by}",) if row.counted_by else ()
        for told in (*row.why, *(f"prepare {change}" for change in row.changes), *by):
            said.setdefault(told, []).append(_bare(row.model))
    yield from said.items()


def _counted(row: Any) -> Iterator[str]:  # noqa: ANN401  tuneset.api.plan.Row
    """Yield by what tokens were counted, or why they are an estimate."""
    if row.counted_by:
        yield f"tokens by {row.counted_by}"
    elif row.tokens is not None and not row.exact:
        yield f"~ {row.estimated.replace(row.model, 'it')}"


def _shown(row: Any) -> Shown:  # noqa: ANN401  tuneset.api.plan.Row
    model = _bare(row.model)
    if len(model) > _MODEL - 2:
        model = model[: _MODEL - 3] + "…"
    tokens = "-" if row.tokens is None else f"{'' if row.exact else '~'}{row.tokens:,}"
    usd = "-" if row.tokens is None else "?" if row.usd is None else f"{row.usd:,.2f}"
    return Shown(model, _MARKS[row.fits], tokens, str(row.epochs), usd, row.ends.isoformat() if row.ends else "")


def _bare(model: str) -> str:
    return model.rpartition("/")[2]

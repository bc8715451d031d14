"""Token counts of files as text with a small histogram, and as one JSON document. Nothing is counted here."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tuneset.figures import number_of
from tuneset.profile import load_profile, profile_names
from tuneset.rules.engine.token_counts import RangeCounts
from tuneset.targets.cost import default_epochs, estimate

PERCENTILES = (5, 25, 50, 75, 95, 99)
LONGEST = 5
BILLABLE_OF = "one epoch over the file, of each example no more than the limit of the model"
"""What `billable_tokens` counts; times `epochs` it is what a job is billed."""
BAR_CHARACTERS = 30


@dataclasses.dataclass(frozen=True)
class FileTokens:
    """The counts of one file and what they were made with.

    Args:
        limit: tokens that an example may have for the model; None where that is not known.
        recipe: by which trained tokens were counted.
    """

    path: str
    counts: RangeCounts
    model: str
    encoding: str
    exact: bool
    limit: float | None
    recipe: str = ""


def document(files: Sequence[FileTokens], today: dt.date) -> dict[str, Any]:
    """Totals, percentiles, histogram, longest examples, epochs and cost of each file."""
    return {"schema_version": 1, "files": [_file(file, today) for file in files]}


def text(files: Sequence[FileTokens], today: dt.date) -> Iterator[str]:
    """Yield the same for a person."""
    for file in files:
        found = _file(file, today)
        yield f"{file.path}: {number_of(found['tokens'], 'token')} in {number_of(found['examples'], 'example')}"
        yield f"  model      {file.model}, counted with {file.encoding}"
        if found["exact"]:
            yield "  exact      no count is an estimate"
        for reason, count in found["estimated_because"].items():
            yield f"  estimate   {number_of(count, 'example')}: {reason}"
        if found["trained_tokens"] is not None:
            untrained = found["examples_without_trained_tokens"]
            more = f"; {untrained:,} examples have none" if untrained else ""
            yield f"  trained    {found['trained_tokens']:,} tokens of an epoch get a loss ({file.recipe}){more}"
        if found["skipped"]:
            yield f"  skipped    {number_of(found['skipped'], 'line')} without an example; see tuneset check"
        if not found["examples"]:
            continue
        shares = ", ".join(f"{name} {value:,}" for name, value in found["percentiles"].items())
        yield f"  examples   mean {found['mean']:,}, {shares}"
        widest = max(entry["examples"] for entry in found["histogram"])
        for entry in found["histogram"]:
            bar = "#" * math.ceil(BAR_CHARACTERS * entry["examples"] / widest)
            yield f"  {entry['from']:>9,} to {entry['to']:>9,}  {entry['examples']:>9,}  {bar}".rstrip()
        longest = ", ".join(f"line {entry['line']} ({entry['tokens']:,})" for entry in found["longest"])
        yield f"  longest    {longest}"
        if found["over_length"]:
            yield f"  too long   {number_of(found['over_length'], 'example')} of more than {file.limit:,.0f} tokens"
        trained = found["billable_tokens"] * found["epochs"]
        each = f"{found['billable_tokens']:,} an epoch"
        yield f"  epochs     {found['epochs']} by default, {trained:,} tokens billed ({each})"
        for entry in found["cost"]:
            yield f"  cost       {entry['usd']:>12,.2f} USD  {entry['profile']}/{entry['model']}" + (
                "" if entry["exact"] else ", by tokens that are an estimate for it"
            )
        if not found["cost"]:
            yield "  cost       no profile states a price"


def _file(file: FileTokens, today: dt.date) -> dict[str, Any]:
    tokens = file.counts.tokens[:, 1]
    trained = file.counts.tokens[:, 2]
    examples = len(tokens)
    billable = int(np.minimum(tokens, file.limit).sum()) if file.limit else int(tokens.sum())
    order = np.argsort(-tokens, kind="stable")[:LONGEST]
    found: dict[str, Any] = {
        "path": file.path,
        "model": file.model,
        "encoding": file.encoding,
        "encoding_exact": file.exact,
        "exact": not file.counts.assumed,
        "estimated_because": dict(sorted(file.counts.assumed.items())),
        "trained_tokens": int(trained.clip(0).sum()) if (trained >= 0).any() else None,
        "examples_without_trained_tokens": int((trained == 0).sum()),
        "examples": examples,
        "skipped": file.counts.skipped,
        "tokens": int(tokens.sum()),
        "billable_tokens": billable,
        "billable_tokens_of": BILLABLE_OF,
        "mean": round(float(tokens.mean())) if examples else 0,
        "percentiles": _percentiles(tokens),
        "histogram": _histogram(tokens),
        "longest": [{"line": int(line), "tokens": int(count)} for line, count in file.counts.tokens[order, :2]],
        "over_length": int((tokens > file.limit).sum()) if file.limit else 0,
        "epochs": default_epochs(examples),
    }
    found["cost"] = _costs(file, billable, examples, today)
    return found


def _percentiles(tokens: npt.NDArray[np.int64]) -> dict[str, int]:
    """Percentiles by the nearest rank, so that each is the size of a real example.

    >>> _percentiles(np.array([1, 2, 3, 100]))["p50"], _percentiles(np.array([1, 2, 3, 100]))["max"]
    (2, 100)
    """
    if not len(tokens):
        return {}
    values = np.percentile(tokens, [0, *PERCENTILES, 100], method="inverted_cdf")
    names = ["min", *(f"p{share}" for share in PERCENTILES), "max"]
    return {name: int(value) for name, value in zip(names, values, strict=True)}


def _histogram(tokens: npt.NDArray[np.int64]) -> list[dict[str, int]]:
    """Examples by powers of two: a bin holds those of `from` to `to` tokens.

    >>> _histogram(np.array([3, 4, 9]))
    [{'from': 2, 'to': 3, 'examples': 1}, {'from': 4, 'to': 7, 'examples': 1}, {'from': 8, 'to': 15, 'examples': 1}]
    """
    if not len(tokens):
        return []
    bins = np.floor(np.log2(np.maximum(tokens, 1))).astype(int)
    return [
        {"from": 2**power, "to": 2 ** (power + 1) - 1, "examples": int((bins == power).sum())}
        for power in range(bins.min(), bins.max() + 1)
    ]


def _costs(file: FileTokens, tokens: int, examples: int, today: dt.date) -> list[dict[str, Any]]:
    """USD of a training job of default epochs for every living model that has a price, the cheapest first.

    `exact` is whether the tokens are exact for that model: it has the vocabulary of the count, and nothing is assumed.
    """
    found = []
    for profile in profile_names():
        for model, entry in load_profile(profile).models.items():
            usd = estimate(tokens, examples, "auto", entry).usd
            if usd and (entry.shutdown is None or entry.shutdown > today):
                own = entry.encoding == file.encoding and entry.encoding_exact
                exact = own and not file.counts.assumed
                found.append({"profile": profile, "model": model, "usd": usd, "exact": exact})
    return sorted(found, key=lambda entry: (entry["usd"], entry["profile"], entry["model"]))

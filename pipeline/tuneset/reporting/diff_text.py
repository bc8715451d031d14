"""The difference of two sets as text: 80 columns, colour where it is asked for; and as Markdown for a pull request.

Texts of rows are shown with control characters spelled out, so that none reaches the terminal.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tuneset.reporting.text_width import at_left, at_right, cells_of, end_of

WIDTH = 80
KINDS = ("added", "gone", "moved", "changed")
_SIGNS = {"added": "+", "gone": "-", "moved": ">", "changed": "~"}
_COLOURS = {"+": "\x1b[32m", "-": "\x1b[31m", ">": "\x1b[36m", "~": "\x1b[33m"}
_BOLD, _RED, _RESET = "\x1b[1m", "\x1b[1;31m", "\x1b[0m"
_KEPT_BEFORE = 20  # characters of what two lines have in common that are left before their first difference
_LANGUAGES = 3
_NAME = 29
MEASURES = (
    "distance: 0 the same, 1 nothing in common; of numbers the largest difference of the cumulative shares "
    "(Kolmogorov-Smirnov), of languages half the sum of the differences of shares (total variation)"
)


def lines(document: Mapping[str, Any], *, colour: bool = False) -> list[str]:
    """The whole difference for a terminal."""
    told = [*_sets(document), "", *_counts(document)]
    for kind in ("added", "gone", "moved"):
        told += _reasons(kind, document["reasons"][kind])
    told += ["", *_table(_source_rows(document), numbers=6)]
    if document["dropped_by_code"]:
        told += ["", *_table(_code_rows(document), numbers=3)]
    told += ["", *_shift_table(document), *textwrap.wrap(MEASURES, WIDTH)]
    for kind in KINDS:
        told += _shown(kind, document)
    told += _limits(document)
    return [_coloured(line) for line in told] if colour else told


def markdown(document: Mapping[str, Any]) -> list[str]:
    """The same for a pull request: tables, and rows to look at folded away."""
    told = [f"### {_escaped(document['a']['name'])} → {_escaped(document['b']['name'])}", ""]
    header = ("", "rows", "of A", "limit")
    rows = [("same", f"{document['rows']['same']:,}", "", "")]
    for kind in KINDS:
        limit = document["limits"].get(f"max_{kind}")
        stands = "" if limit is None else f"{limit['limit']:.2%} {'holds' if limit['passed'] else '**passed**'}"
        rows.append((kind, f"{document['rows'][kind]:,}", f"{document['shares_of_a'][kind]:.2%}", stands))
    told += [*(f"- {line}" for line in _sets(document)), "", *_markdown_table([header, *rows])]
    for kind in ("added", "gone", "moved"):
        found = document["reasons"][kind]
        if found:
            why = [(entry["code"], f"{entry['rows']:,}", entry["for_example"]) for entry in found]
            told += ["", *_markdown_table([(f"{kind}, why", "rows", "for example"), *why])]
    for table in (_source_rows(document), _code_rows(document), _shift_rows(document, _LANGUAGES)):
        if len(table) > 1:
            told += ["", *_markdown_table(table)]
    told += ["", MEASURES]
    for kind in KINDS:
        shown = _shown(kind, document)
        if shown:
            fence = "`" * (3 + max((len(run) for line in shown for run in _ticks(line)), default=0))
            told += ["", f"<details><summary>{kind}</summary>", "", fence, *shown[2:], fence, "", "</details>"]
    return told


def _ticks(line: str) -> Iterator[str]:
    """Runs of backticks in a line.

    >>> list(_ticks("a `b` ```c"))
    ['`', '`', '```']
    """
    return ("".join(run) for tick, run in itertools.groupby(line, lambda character: character == "`") if tick)


def _sets(document: Mapping[str, Any]) -> list[str]:
    found = []
    for name in "ab":
        one = document[name]
        sides = ", ".join(f"{side} {count:,}" for side, count in one["sides"].items())
        found.append(f"{name.upper()}  {shown(one['name'])}: {one['rows']:,} rows{f' ({sides})' if sides else ''}")
    return found


def _counts(document: Mapping[str, Any]) -> list[str]:
    told = [f"{'same':8} {document['rows']['same']:>12,}"]
    rows, shares = document["rows"], document["shares_of_a"]
    return told + [f"{kind:8} {rows[kind]:>12,}  {shares[kind]:>8.2%} of A" for kind in KINDS]


def _reasons(kind: str, found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not found:
        return
    yield from ("", f"{kind}, why")
    for entry in found:
        begin = f"{entry['rows']:>12,}  {entry['code']:13} "
        yield from textwrap.wrap(
            shown(entry["for_example"]), WIDTH, initial_indent=begin, subsequent_indent=" " * len(begin)
        ) or [begin.rstrip()]


def _source_rows(document: Mapping[str, Any]) -> list[tuple[str, ...]]:
    columns = ("a", "b", *KINDS)
    header = ("source", "A", "B", *KINDS)
    return [header, *((one["source"], *(f"{one[name]:,}" for name in columns)) for one in document["sources"])]


def _code_rows(document: Mapping[str, Any]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("dropped, by code", "A", "B", "change")]
    for one in document["dropped_by_code"]:
        known = one["a"] is not None and one["b"] is not None
        counts = ("-" if one[name] is None else f"{one[name]:,}" for name in "ab")
        rows.append((one["code"], *counts, f"{one['b'] - one['a']:+,}" if known else "-"))
    return rows


def _shift_table(document: Mapping[str, Any]) -> list[str]:
    """The table of distributions, with as many languages of each side as a terminal has room for."""
    table: list[str] = []
    for languages in range(_LANGUAGES, 0, -1):
        table = list(_table(_shift_rows(document, languages), numbers=1))
        if max(map(len, table)) <= WIDTH:
            break
    return table


def _shift_rows(document: Mapping[str, Any], languages: int) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("distribution", "distance", "A", "B")]
    for one in document["shifts"]:
        if one["distance"] is None:
            rows.append((one["name"], "-", one["missing"], ""))
            continue
        rows.append(
            (
                one["name"].replace("_", " "),
                f"{one['distance']:.4f}",
                *(_summary(one[side], languages) for side in "ab"),
            )
        )
    return rows


def _summary(side: Mapping[str, Any], languages: int) -> str:
    """One side of a distribution in a few words.

    >>> _summary({"rows": 3, "mean": 2.0, "p5": 1, "p50": 2, "p95": 3}, 3)
    'mean 2, 1..2..3'
    >>> _summary({"rows": 2, "shares": {"en": 0.6, "fr": 0.4}}, 1)
    'en 60%'
    """
    if "shares" in side:
        return ", ".join(f"{name} {share:.0%}" for name, share in list(side["shares"].items())[:languages])
    if not side["rows"]:
        return "no row"
    return f"mean {side['mean']:,.0f}, {side['p5']:,}..{side['p50']:,}..{side['p95']:,}"


def _table(rows: Sequence[tuple[str, ...]], *, numbers: int) -> Iterator[str]:
    """A table whose first column is a name, and whose next `numbers` columns stand to the right."""
    widths = [max(cells_of(row[place]) for row in rows) for place in range(len(rows[0]))]
    widths[0] = min(widths[0], max(_NAME, WIDTH - sum(widths[1:]) - 2 * len(widths[1:])))
    for row in rows:
        line = [at_left(_cut_left(shown(row[0]), widths[0]), widths[0])]
        for place, cell in enumerate(row[1:], start=1):
            line.append(at_right(cell, widths[place]) if place <= numbers else at_left(cell, widths[place]))
        yield "  ".join(line).rstrip()


def _cut_left(name: str, width: int) -> str:
    """A name whose beginning goes where it is too long.

    >>> _cut_left("a/long/path.jsonl", 9)
    '....jsonl'
    """
    return name if cells_of(name) <= width else "..." + end_of(name, width - 3)


def _shown(kind: str, document: Mapping[str, Any]) -> list[str]:
    """Rows of one kind, each with its place and why, or with its text diff; and how many more there are."""
    found, count = document["shown"][kind], document["rows"][kind]
    if not found:
        return []
    told = ["", kind]
    for entry in found:
        place = entry["row"] if "row" in entry else f"{entry['a']} -> {entry['b']}"
        raw = f" (raw {entry['raw']})" if entry["raw"] != place else ""
        sides = f", {entry['from']} to {entry['to']}" if entry.get("from") != entry.get("to") else ""
        begin = f"{_SIGNS[kind]} {shown(place)}{shown(raw)}{sides}"
        told += textwrap.wrap(begin, WIDTH, subsequent_indent="    ", break_on_hyphens=False) or [begin]
        if "code" in entry:
            told += textwrap.wrap(
                f"{entry['code']}: {shown(entry['reason'])}", WIDTH, initial_indent="    ", subsequent_indent="    "
            )
        told += [f"    {line}" for line in clipped(entry.get("diff", ()), WIDTH - 4)]
    if count > len(found):
        told.append(f"  and {count - len(found):,} more; --show {count} shows all")
    return told


def clipped(diff: Iterable[str], width: int) -> list[str]:
    """The lines of a text diff, cut to a width so that what differs is seen.

    >>> clipped(["- " + "x" * 90 + " old", "+ " + "x" * 90 + " new"], 40)
    ['- ...xxxxxxxxxxxxxxxxxxx old', '+ ...xxxxxxxxxxxxxxxxxxx new']
    """
    told: list[str] = []
    for sign, run in itertools.groupby((shown(line) for line in diff), lambda line: line[:1]):
        new = list(run)
        told += _clip_pairs(told, new, width) if sign == "+" else new
    return [line if len(line) <= width else f"{line[: width - 3]}..." for line in told]


def _clip_pairs(told: list[str], new: list[str], width: int) -> list[str]:
    """New lines, and in `told` the old ones before them, without the long beginning that both have."""
    old = len(told) - len(list(itertools.takewhile(lambda line: line.startswith("-"), reversed(told))))
    for place, line in enumerate(new):
        if old + place >= len(told):
            break
        before = told[old + place]
        start = (common := _common_beginning(before[2:], line[2:])) - _KEPT_BEFORE
        if start > 0 and common > width // 2 and max(len(before), len(line)) > width:
            told[old + place], new[place] = f"- ...{before[2 + start :]}", f"+ ...{line[2 + start :]}"
    return new


def _common_beginning(one: str, other: str) -> int:
    """How many characters two texts begin with that are the same.

    >>> _common_beginning("abc", "abd"), _common_beginning("ab", "abc")
    (2, 2)
    """
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (mine, yours) in pairs if mine != yours), min(len(one), len(other)))


def _limits(document: Mapping[str, Any]) -> list[str]:
    found = document["limits"]
    if not found:
        return []
    told = [""]
    for name, one in found.items():
        stands = "holds" if one["passed"] else "FAILED"
        told.append(f"{stands:6} diff.{name}: {one['value']:.2%} of A, at most {one['limit']:.2%}")
    return told


def shown(text: str) -> str:
    r"""A text without control characters, and those that change the direction of writing.

    >>> shown("a\x1b[31m\u202eb\tc")
    'a\\x1b[31m\\u202eb\\tc'
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _coloured(line: str) -> str:
    """A line in the colour of its sign."""
    bare = line.lstrip(" ")
    if line.startswith("FAILED"):
        return f"{_RED}FAILED{_RESET}{line[6:]}"
    if line in KINDS or line.endswith(", why"):
        return f"{_BOLD}{line}{_RESET}"
    sign = bare[:2].rstrip() if bare[1:2] == " " else ""
    return f"{_COLOURS[sign]}{line}{_RESET}" if sign in _COLOURS else line


def _markdown_table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    cells = [f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in rows]
    return [cells[0], f"|{'---|' * len(rows[0])}", *cells[1:]]


def _escaped(text: str) -> str:
    """A text that stays one cell of a table, and of which nothing is taken for HTML."""
    return shown(text).replace("|", "\\|").replace("<", "&lt;")

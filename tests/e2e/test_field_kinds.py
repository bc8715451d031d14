"""One run over a file of every kind that people bring: what each gives, what it does not and why, and what is told."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import tuneset
from tests.e2e.field_kinds import KINDS, Kind

METHODS = sorted({kind.method for kind in KINDS})
SETTINGS = {
    "ingest": {"unreadable": "skip"},
    "dedup": {"near": {"enabled": False}, "prefixes": "off"},
    "workers": 2,
}


TABLES_AND_TEXTS = frozenset(
    ("CSV", "semicolons", "a title above", "carriage returns", "no header", "a column alone", "UTF-16", "cp1252",
     "plain text", "HTML", "a pickle", "WhatsApp's export", "cells of Python")
)  # fmt: skip


def file_of(kind: Kind) -> str:
    return f"{KINDS.index(kind):03}"


def bytes_of(kind: Kind) -> bytes:
    data = kind.data.replace(b"@", file_of(kind).encode())
    return kind.pack(data) if kind.pack else data


def said(example: dict[str, Any]) -> str:
    """An example as the table has it."""
    asked = example["input"]["messages"] if "input" in example else example["messages"]
    parts = [_message(message) for message in asked]
    if "input" in example:
        parts += [f"{mark} {example[side][0]['content']}" for mark, side in SIDES]
    if example.get("tools"):
        parts.append("with " + ", ".join(tool["function"]["name"] for tool in example["tools"]))
    verdict = {True: "good ", False: "bad ", None: ""}[example.get("label")]
    return verdict + " | ".join(parts)


SIDES = (("+", "preferred_output"), ("-", "non_preferred_output"))


def _message(message: dict[str, Any]) -> str:
    if message.get("tool_calls"):
        calls = [f"{call['function']['name']} {call['function']['arguments']}" for call in message["tool_calls"]]
        return f"{message['role']} calls {', '.join(calls)}"
    content = message["content"]
    text = content if isinstance(content, str) else "".join(part["text"] for part in content)
    return f"{message['role']}: {text}"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of each method's run."""
    top = tmp_path_factory.mktemp("kinds")
    for kind in KINDS:
        folder = top / kind.method
        folder.mkdir(exist_ok=True)
        (folder / file_of(kind)).write_bytes(bytes_of(kind))
    return {method: top / method for method in METHODS}


@pytest.fixture(scope="module")
def runs(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuneset.Prepared]:
    out = tmp_path_factory.mktemp("out")
    return {
        method: tuneset.prepare([folder], out / method, {**SETTINGS, "tune": {"method": method}})
        for method, folder in folders.items()
    }


@pytest.fixture(scope="module")
def outcomes(runs: dict[str, tuneset.Prepared]) -> dict[str, tuple[list[str], tuple[str, ...], list[str]]]:
    """By file: what its examples say, the codes of its other rows, and the columns that are told."""
    found: dict[str, tuple[list[str], tuple[str, ...], list[str]]] = {}
    for done in runs.values():
        written = {side: list(done.examples(side)) for side in ("train", "validation")}
        of_file: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in done.ledger.iter_rows(named=True):
            of_file[_name(row["source"])].append(row)
        for name, rows in of_file.items():
            kept = [written[row["outcome"]][row["written_line"] - 1] for row in rows if row["outcome"] != "dropped"]
            codes = tuple(row["code"] for row in rows if row["outcome"] == "dropped")
            found[name] = ([said(example) for example in kept], codes, [])
        for source, columns in done.metrics["columns"]["unused"].items():
            found[_name(source)][2].extend(columns)
    return found


def _name(source: str) -> str:
    """The file of a source, also where it is a member of an archive."""
    return next(part for part in Path(source).parts if len(part) == 3 and part.isdigit())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_gives_what_it_holds_and_an_account_of_the_rest(
    kind: Kind, outcomes: dict[str, tuple[list[str], tuple[str, ...], list[str]]]
) -> None:
    expected = [text.replace("@", file_of(kind)) for text in kind.said]
    examples, codes, told = outcomes[file_of(kind)]
    assert examples == expected
    assert codes == kind.rejects
    assert tuple(told) == kind.told


def test_every_dropped_row_has_a_remedy_and_no_text_in_its_detail(runs: dict[str, tuneset.Prepared]) -> None:
    for done in runs.values():
        details = done.ledger.filter(pl.col("outcome") == "dropped")["detail"].to_list()
        assert all(detail and "nine" not in detail and "Open 0" not in detail for detail in details)


def test_check_calls_no_file_of_another_kind_broken_json(folders: dict[str, Path]) -> None:
    for kind in KINDS:
        if kind.pack or kind.name in TABLES_AND_TEXTS:
            report = tuneset.check(folders[kind.method] / file_of(kind), workers=1)
            codes = report.findings.filter(pl.col("severity") == "error")["code"].to_list()
            assert len(codes) == 1, (kind.name, codes)
            assert "JSN001" not in codes, kind.name

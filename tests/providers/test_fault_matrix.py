"""Every fault at every kind of request of the remote way, over real sockets, in front of the embedded endpoint.

Whatever the fault, one rerun ends with one file a side, one job, its results, and no more. What the faulty run itself
does is the table of docs/reliability.md, which is held against this test. A usual run has each fault met by some kinds,
which move on from fault to fault; the long run by all. There TUNESET_WRITE_RELIABILITY=1 writes the table.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.amounts import LONG, cases
from tests.providers.fault_proxy import FAULTS, LATE, fault_proxy
from tests.providers.quick_endpoint import quick_endpoint
from tests.providers.whole_way import check, go, write_own_dataset
from tuneset.errors import RemoteError

KINDS = (
    "GET /models", "GET /files", "POST /files", "GET /files/ID", "POST /uploads", "POST /uploads/ID/parts",
    "POST /uploads/ID/complete", "GET /fine_tuning/jobs", "POST /fine_tuning/jobs", "GET /fine_tuning/jobs/ID",
    "GET /fine_tuning/jobs/ID/events", "GET /files/ID/content", "GET /fine_tuning/jobs/ID/checkpoints",
)  # fmt: skip
MET = cases(5, len(KINDS))
"""How many kinds meet each fault in this run."""
AT_ONCE = 4
PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
HEADER = "| fault | where | outcome of that run |\n|---|---|---|\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with quick_endpoint(tmp_path_factory.mktemp("endpoint")) as port:
        yield port


def outcome(port: int, data: Path, seed: int, kind: str, fault: str) -> str:
    """Meet the fault at the first request of that kind, rerun where the run stopped, and say what it did."""
    write_own_dataset(data, seed)
    met: list[str] = []
    with fault_proxy(port, honours_keys=fault in LATE) as proxy:

        def meet(request: str) -> str | None:
            if request != kind or met:
                return None
            met.append(request)
            return fault

        try:
            go(proxy.port, data, seed, meet, silent_port=proxy.silent_port)
            said = "goes on by itself"
        except RemoteError as error:
            said = f"stops with `{error.code}`; the same command finishes"
            go(proxy.port, data, seed)
    assert met == [kind]
    check(port, data, seed)
    return said


def told(fault: str) -> dict[str, str]:
    """What the page tells of a fault, by kind of request."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    by_kinds = {row[1]: row[2] for row in rows if len(row) == 3 and row[0] == fault}
    return {
        kind: said
        for kinds, said in by_kinds.items()
        for kind in (KINDS if kinds == "every request" else kinds.strip("`").split("`, `"))
    }


def rows_of(fault: str, outcomes: dict[str, str]) -> list[str]:
    rows = []
    for said in dict.fromkeys(outcomes.values()):
        kinds = [kind for kind in KINDS if outcomes[kind] == said]
        where = "every request" if len(kinds) == len(KINDS) else ", ".join(f"`{kind}`" for kind in kinds)
        rows.append(f"| {fault} | {where} | {said} |")
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(FAULTS)), ids=FAULTS)
def test_one_rerun_after_a_fault_at_any_request_ends_well(port: int, tmp_path: Path, number: int) -> None:
    fault = FAULTS[number]

    def at(place: int) -> str:
        seed = 2 * (number * len(KINDS) + place) + ("/uploads" in KINDS[place])  # odd seeds are sent in parts
        return outcome(port, tmp_path / str(place), seed, KINDS[place], fault)

    with ThreadPoolExecutor(AT_ONCE) as threads:  # they wait more than they work
        places = [(number * MET + turn) % len(KINDS) for turn in range(MET)]
        outcomes = {KINDS[place]: said for place, said in zip(places, threads.map(at, places), strict=True)}
    if LONG and os.environ.get("TUNESET_WRITE_RELIABILITY"):
        write_rows(fault, rows_of(fault, outcomes))
    written = told(fault)
    assert set(written) == set(KINDS)
    assert {kind: written[kind] for kind in outcomes} == outcomes


def write_rows(fault: str, rows: list[str]) -> None:
    """Put the rows of one fault into the table, in the order of FAULTS."""
    before, rest = PAGE.read_text(encoding="utf-8").split(HEADER)
    table = list(itertools.takewhile(lambda line: line.startswith("|"), rest.splitlines()))
    after = rest.split("\n", len(table))[-1] if table else rest
    kept = [row for row in table if not row.startswith(f"| {fault} |")] + rows
    order = {f"| {name} |": place for place, name in enumerate(FAULTS)}
    kept.sort(key=lambda row: order["|".join(row.split("|")[:2]) + "|"])
    PAGE.write_text(before + HEADER + "\n".join(kept) + "\n" + after, encoding="utf-8")

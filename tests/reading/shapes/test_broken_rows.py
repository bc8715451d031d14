"""Whatever part of a row is another value than it should be, the row is an example or a reject, and never a defect."""

import copy
from typing import Any

import pytest

from tests.amounts import cases
from tests.reading.shapes import test_exports, test_provider_shapes
from tests.reading.shapes.test_registry import JUNK, places
from tuneset.params import IngestParams
from tuneset.reading.grouping.gather import gathered
from tuneset.reading.grouping.registry import GROUPINGS
from tuneset.reading.records import Records
from tuneset.stages.ingest import ingest

EXPORTS: list[Any] = [
    {"mapping": test_exports.TREE, "current_node": "new"},
    test_exports.claude(attachments=[{"extracted_content": "a"}], content=[{"type": "text", "text": "x"}]),
    {"messages": test_exports.DISCORD},
    {"messages": test_exports.TELEGRAM},
]
TURNS = cases(4, 1)
"""In how many turns the values are put into places: each place gets every so manieth, and the next place others."""
CALLS = [[row] for row in test_provider_shapes.LOGGED]
WHOLE = [[row] for row in (*test_provider_shapes.WITH_A_CALL, *EXPORTS)]
GROUPED = [list(grouping.raw) for grouping in GROUPINGS]


@pytest.mark.slow
@pytest.mark.parametrize("rows", [*WHOLE, *CALLS, *GROUPED])
def test_a_broken_row_is_an_example_or_a_reject(rows: list[Any]) -> None:
    for number, place in enumerate(places(rows)):
        for junk in JUNK[number % TURNS :: TURNS]:
            broken: Any = copy.deepcopy(rows)
            holder = broken
            for key in place[:-1]:
                holder = holder[key]
            if len(place) > 1 or type(junk) is dict:
                holder[place[-1]] = junk
            raw = Records(list(range(1, len(rows) + 1)), [0] * len(rows), broken)
            for records in gathered(iter([raw]), lambda _: False):
                ingest(records, "a", IngestParams(), "sft")

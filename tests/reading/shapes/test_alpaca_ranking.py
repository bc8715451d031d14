"""Two outputs of one instruction are a pair; any other number of them, and anything else than texts, is none."""

from __future__ import annotations

from typing import Any

import pytest

from tuneset.reading.shapes.choose import chooser, shapes_of


@pytest.mark.parametrize("output", ["Yes.", ["Yes."], ["Yes.", "No.", "Perhaps."], ["Yes.", 3], [["Yes."], ["No."]]])
def test_what_is_no_pair_of_texts_is_not_taken(output: Any) -> None:  # noqa: ANN401  any JSON value
    shape = chooser(shapes_of("dpo"))({"instruction": "Open?", "output": output})
    assert shape is None


@pytest.mark.parametrize("output", [["Yes.", "No."], '["Yes.", "No."]'])
def test_of_two_outputs_the_first_is_the_better_one(output: Any) -> None:  # noqa: ANN401  any JSON value
    record = {"instruction": "Open?", "input": "On Monday", "output": output, "id": 7}
    shape = chooser(shapes_of("dpo"))(record)
    assert shape is not None
    assert shape.read(record) == (
        {
            "input": {"messages": [{"role": "user", "content": "Open?\n\nOn Monday"}]},
            "preferred_output": [{"role": "assistant", "content": "Yes."}],
            "non_preferred_output": [{"role": "assistant", "content": "No."}],
        },
        {"id": 7},
    )

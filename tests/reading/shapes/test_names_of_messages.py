"""A log that an agent kept of its own side has the user's questions as answers: names say so, and the row is told."""

from typing import Any

import pytest

from tests.reading.shapes.reading import read
from tuneset.params import Mapping
from tuneset.reading.shapes import mapped
from tuneset.reading.shapes.base import ShapeError


def chat(*turns: tuple[str, str]) -> dict[str, Any]:
    return {"messages": [{"role": role, "name": name, "content": f"said by {name}"} for role, name in turns]}


TURNED = [
    chat(("assistant", "user_proxy"), ("user", "assistant")),
    chat(("assistant", "User Proxy"), ("user", "coder"), ("assistant", "user_proxy")),
    chat(("assistant", "user"), ("user", "critic")),
]


@pytest.mark.parametrize(
    "row",
    [
        chat(("user", "user_proxy"), ("assistant", "coder")),
        chat(("user", "assistant"), ("assistant", "critic")),  # what another agent said is asked
        chat(("user", "Ann"), ("assistant", "Bo")),
        chat(("user", "user"), ("assistant", "user")),
        chat(("user", "customer"), ("assistant", "agent")),
    ],
)
def test_names_that_do_not_say_the_opposite_are_kept(row: dict[str, Any]) -> None:
    assert read(row)[0]["messages"] == row["messages"]


@pytest.mark.parametrize("row", TURNED)
def test_roles_that_names_turn_round_are_told(row: dict[str, Any]) -> None:
    with pytest.raises(ShapeError) as told:
        read(row)
    assert told.value.code == "CNV001"
    assert "role_key: name" in str(told.value)


def test_the_mapping_that_is_advised_reads_the_row() -> None:
    roles = {"user_proxy": "user", "assistant": "assistant"}
    mapping = Mapping(messages="messages", role_key="name", content_key="content", roles=roles)
    (shape,) = mapped.shapes(mapping, "sft", None)
    example, _ = shape.read(TURNED[0])
    assert [each["role"] for each in example["messages"]] == ["user", "assistant"]

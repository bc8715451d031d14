"""Filters: a value is compared with its own kind alone; what is no filter is refused by its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.retrieval.attribute_filters import DEEPEST, MOST, read_filter

FILE = {"lang": "ja", "year": 2024, "draft": True, "score": 0.5}


def compare(kind: str, key: str, value: object) -> dict[str, Any]:
    return {"type": kind, "key": key, "value": value}


@pytest.mark.parametrize(
    ("document", "param"),
    [
        ([], "filters"),
        ({}, "filters.type"),
        (compare("like", "lang", "j%"), "filters.type"),
        ({"type": ["eq"], "key": "a", "value": 1}, "filters.type"),
        ({"type": "eq", "key": "lang"}, "filters"),
        (compare("eq", "lang", "ja") | {"more": 1}, "filters"),
        ({"type": "eq", "key": 1, "value": 1}, "filters"),
        (compare("eq", "lang", None), "filters.value"),
        (compare("gt", "year", [1]), "filters.value"),
        (compare("in", "lang", "ja"), "filters.value"),
        (compare("in", "lang", [None]), "filters.value"),
        ({"type": "and"}, "filters"),
        ({"type": "or", "filters": [compare("eq", "a", 1), {"type": "x"}]}, "filters.filters[1].type"),
    ],
)
def test_what_is_no_filter_is_refused_by_its_place(document: object, param: str) -> None:
    with pytest.raises(ApiError) as caught:
        read_filter(document)
    assert (caught.value.status, caught.value.param) == (400, param)


def test_a_filter_is_neither_deep_nor_long_without_end() -> None:
    deep: dict[str, Any] = compare("eq", "a", 1)
    for _ in range(DEEPEST):
        deep = {"type": "and", "filters": [deep]}
    read_filter(deep)
    for far in ({"type": "and", "filters": [deep]}, {"type": "or", "filters": [compare("eq", "a", 1)] * (MOST + 1)}):
        with pytest.raises(ApiError):
            read_filter(far)


@pytest.mark.parametrize(
    ("document", "holds"),
    [
        (compare("eq", "lang", "ja"), True),
        (compare("eq", "lang", "JA"), False),
        (compare("eq", "draft", 1), False),
        (compare("eq", "draft", True), True),
        (compare("eq", "year", "2024"), False),
        (compare("eq", "year", 2024.0), True),
        (compare("ne", "lang", "de"), True),
        (compare("ne", "nowhere", "de"), True),
        (compare("eq", "nowhere", "de"), False),
        (compare("gt", "year", 2023), True),
        (compare("gte", "year", 2024), True),
        (compare("lt", "year", 2024), False),
        (compare("lte", "score", 0.5), True),
        (compare("gt", "lang", 1), False),
        (compare("lt", "nowhere", 1), False),
        (compare("in", "lang", ["de", "ja"]), True),
        (compare("in", "lang", []), False),
        (compare("nin", "lang", ["de"]), True),
        (compare("nin", "nowhere", ["de"]), True),
        ({"type": "and", "filters": [compare("eq", "lang", "ja"), compare("gt", "year", 2030)]}, False),
        ({"type": "or", "filters": [compare("eq", "lang", "ja"), compare("gt", "year", 2030)]}, True),
        ({"type": "and", "filters": []}, True),
        ({"type": "or", "filters": []}, False),
    ],
)
def test_a_filter_holds_of_the_files_that_it_describes(document: dict[str, Any], *, holds: bool) -> None:
    assert read_filter(document)(FILE) is holds


VALUES = st.one_of(st.text(max_size=2), st.booleans(), st.integers(-2, 2), st.floats(-2, 2))


@settings(max_examples=drawn(40))
@given(st.dictionaries(st.sampled_from("ab"), VALUES), VALUES, st.lists(VALUES, max_size=3))
def test_each_comparison_and_its_opposite_share_all_files(attributes: dict[str, Any], value: Any, many: Any) -> None:  # noqa: ANN401  any value
    def holds(kind: str, given_value: object) -> bool:
        return read_filter(compare(kind, "a", given_value))(attributes)

    assert holds("eq", value) != holds("ne", value)
    assert holds("in", many) != holds("nin", many)
    assert holds("in", many) == any(holds("eq", one) for one in many)
    ordered = [holds("lt", value), holds("eq", value), holds("gt", value)]
    assert sum(ordered) <= 1
    assert holds("lte", value) == any(ordered[:2]) or isinstance(value, bool)
    assert holds("gte", value) == any(ordered[1:]) or isinstance(value, bool)

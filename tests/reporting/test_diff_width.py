"""The text of a diff fits a terminal, whatever languages its two versions hold."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tuneset.reporting.diff_text import WIDTH, _shift_table

shares = st.lists(st.sampled_from(["en", "unknown", "fr", "zh-Hant", "sr-Latn"]), unique=True, min_size=1).map(
    lambda names: {"rows": 100, "shares": dict.fromkeys(names, 1 / len(names))}
)


@given(shares, shares)
def test_as_many_languages_are_named_as_there_is_room_for(first: dict[str, Any], second: dict[str, Any]) -> None:
    shift = {"name": "languages", "distance": 0.0346, "a": first, "b": second}
    told = _shift_table({"shifts": [{**shift, "name": "answer_characters"}, shift]})
    assert max(map(len, told)) <= WIDTH
    assert told[-1].startswith("languages")
    assert f"{next(iter(first['shares']))} " in told[-1]

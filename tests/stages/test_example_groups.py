"""What makes rows one group or one stratum: keys of dedup, raw columns with their ids; nothing where an id lacks."""

from tests.builders import chat, tables_of
from tuneset.example_tables import Example
from tuneset.stages.dedup_keys import with_keys
from tuneset.stages.example_groups import ALL, group_keys, strata


def groups_of(examples: list[Example], metas: list[dict[str, object] | None], group_by: str) -> list[str]:
    return group_keys(with_keys(tables_of(examples, metas=metas)).examples, group_by).to_list()


def test_the_stratum_is_the_source_or_the_value_of_a_raw_column() -> None:
    examples = [chat(str(number), "a") for number in range(4)]
    metas: list[dict[str, object] | None] = [{"topic": "a"}, {"topic": "b"}, {"topic": None}, None]
    keyed = with_keys(tables_of(examples, metas=metas)).examples
    assert strata(keyed, None).to_list() == [ALL] * 4
    assert strata(keyed, "source").to_list() == ["raw.jsonl"] * 4
    found = strata(keyed, "topic")
    assert found.name == "stratum"
    assert found.to_list() == ['"a"', '"b"', "", ""]


# --- groups and lines --------------------------------------------------------------------------------------------


def test_prompt_and_messages_are_the_keys_of_dedup() -> None:
    examples = [chat("q", "a"), chat("Q", "b"), chat("q ", "A")]
    for name in ("prompt", "messages"):
        keyed = with_keys(tables_of(examples)).examples
        assert group_keys(keyed, name).to_list() == keyed[f"{name}_key"].to_list()
        assert group_keys(keyed, name).name == "group"
    first, second, third = groups_of(examples, [None] * 3, "prompt")
    assert first == second == third
    first, second, third = groups_of(examples, [None] * 3, "messages")
    assert first == third != second


def test_rows_that_lack_the_column_or_have_null_in_it_are_groups_of_their_own() -> None:
    examples = [chat(str(number), "a") for number in range(5)]
    metas: list[dict[str, object] | None] = [
        None,
        {"other": "customer"},
        {"customer": None},
        {"customer": None, "other": 1},
        {"nested": {"customer": 1}},
    ]
    assert len(set(groups_of(examples, metas, "customer"))) == 5


def test_rows_with_the_same_value_are_one_group() -> None:
    examples = [chat(str(number), "a") for number in range(9)]
    metas: list[dict[str, object] | None] = [
        {"customer": 7},
        {"other": 1, "customer": 7},
        {"customer": "7"},
        {"customer": 8},
        {"customer": {"a": 1, "b": [2]}},
        {"customer": {"b": [2], "a": 1}},
        {"customer": 2**70},
        {"customer": 2**70 + 1},
        {"customer": ""},
    ]
    found = groups_of(examples, metas, "customer")
    assert found[0] == found[1] == found[2]
    assert found[4] == found[5]
    assert len(set(found)) == 6


def test_a_number_is_one_id_however_tables_write_it_and_other_ids_stay_apart() -> None:
    apart: list[object] = [7, "07", 7.5, "7.5 kg", 70, -7, True, "seven", "Seven", [7], {"id": 7}, 1e300, 2**60 + 1]
    same: list[object] = [7.0, "7", "7.0", " 7\t", "7.00"]
    values = [*apart, *same]
    metas: list[dict[str, object] | None] = [{"customer": value} for value in values]
    found = groups_of([chat(str(number), "a") for number in range(len(values))], metas, "customer")
    assert len(set(found[: len(apart)])) == len(apart)
    assert set(found[len(apart) :]) == {found[0]}


def test_rows_without_an_id_have_nothing_in_common() -> None:
    metas: list[dict[str, object] | None] = [{"customer": value} for value in ("", " ", None, "\t", 0, "0", False)]
    examples = [chat(str(number), "a") for number in range(len(metas))]
    assert len(set(groups_of(examples, metas, "customer"))) == len(metas) - 1  # a number is one id also as text


def test_a_columns_name_may_hold_any_character() -> None:
    name = 'the "customer"\\é\n'
    metas: list[dict[str, object] | None] = [{name: 1}, {name: 1}]
    assert len(set(groups_of([chat("a", "b"), chat("c", "d")], metas, name))) == 1

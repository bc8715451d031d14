"""split: groups stay together, old rows stay where they are, and the lines are what a provider takes."""

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.tables import Example
from pipeline.stages.dedup import with_keys
from pipeline.stages.split import assign_sides, group_keys, render_lines
from tests.builders import chat, pair, tables_of

GROUPS = st.lists(st.sampled_from([f"group {number}" for number in range(12)]), max_size=30)
SHARE = st.floats(0, 1, exclude_max=True)
SALT = st.text(max_size=4)


def frame(groups: list[str]) -> pl.DataFrame:
    rows = {"row_id": [str(number) for number in range(len(groups))], "group": groups}
    return pl.DataFrame(rows, schema={"row_id": pl.String, "group": pl.String})


def sides(groups: list[str], validation: float, salt: str = "tuneset") -> list[str]:
    assigned = assign_sides(frame(groups), validation, salt)
    assert assigned["row_id"].to_list() == [str(number) for number in range(len(groups))]
    return assigned["side"].to_list()


def groups_of(examples: list[Example], metas: list[dict[str, object] | None], group_by: str) -> list[str]:
    return group_keys(with_keys(tables_of(examples, metas=metas)).examples, group_by).to_list()


@given(GROUPS, GROUPS, SHARE, SALT)
def test_adding_rows_moves_no_old_row(old: list[str], new: list[str], validation: float, salt: str) -> None:
    assert sides(old + new, validation, salt)[: len(old)] == sides(old, validation, salt)
    assert sides(new + old, validation, salt)[len(new) :] == sides(old, validation, salt)


@given(GROUPS, SHARE | st.integers(1, 40), SALT)
def test_one_group_is_on_one_side(groups: list[str], validation: float, salt: str) -> None:
    sides_of: dict[str, set[str]] = {}
    for group, side in zip(groups, sides(groups, validation, salt), strict=True):
        sides_of.setdefault(group, set()).add(side)
    assert all(len(found) == 1 for found in sides_of.values())


@given(GROUPS, SHARE | st.integers(1, 40))
def test_the_order_of_rows_makes_no_difference(groups: list[str], validation: float) -> None:
    forward = dict(zip(groups, sides(groups, validation), strict=True))
    backward = dict(zip(reversed(groups), sides(groups[::-1], validation), strict=True))
    assert forward == backward


@given(GROUPS, SHARE, SHARE)
def test_a_larger_share_only_adds_to_validation(groups: list[str], one: float, other: float) -> None:
    low, high = sorted((one, other))
    chosen = [number for number, side in enumerate(sides(groups, low)) if side == "validation"]
    assert all(sides(groups, high)[number] == "validation" for number in chosen)


@given(GROUPS, st.integers(1, 40), SALT)
def test_a_number_is_never_exceeded_and_never_takes_everything(groups: list[str], wanted: int, salt: str) -> None:
    found = sides(groups, wanted, salt)
    assert found.count("validation") <= wanted
    assert not groups or "train" in found


@given(st.integers(1, 60), st.integers(1, 40))
def test_a_number_is_reached_where_every_group_is_one_example(rows: int, wanted: int) -> None:
    found = sides([f"row {number}" for number in range(rows)], wanted)
    assert found.count("validation") == min(wanted, rows - 1)


@pytest.mark.parametrize("validation", [0.02, 0.1, 0.5, 0.9])
def test_the_share_is_near_its_target_on_many_groups(validation: float) -> None:
    share = sides([f"question {number}" for number in range(20_000)], validation).count("validation") / 20_000
    assert share == pytest.approx(validation, abs=0.01)


def test_no_share_takes_nothing() -> None:
    assert set(sides([f"group {number}" for number in range(500)], 0)) == {"train"}


def test_the_salt_draws_again() -> None:
    groups = [f"group {number}" for number in range(200)]
    assert sides(groups, 0.5, "one") != sides(groups, 0.5, "two")
    assert sides(groups, 20, "one") != sides(groups, 20, "two")


def test_the_draw_is_the_same_on_every_machine_and_in_every_version() -> None:
    found = sides([f"group {number}" for number in range(20)], 0.2)
    assert [number for number, side in enumerate(found) if side == "validation"] == [1, 5, 12, 15, 19]


def test_no_rows_have_no_sides() -> None:
    assert sides([], 0.1) == sides([], 5) == []
    assert assign_sides(frame([]), 0.1, "s").schema == pl.Schema({"row_id": pl.String, "side": pl.String})


def test_a_group_too_large_for_the_number_is_passed_over() -> None:
    groups = ["large"] * 50 + ["small"] * 2 + ["other"] * 60
    assert sides(groups, 2).count("validation") == 2


def test_one_group_never_divides() -> None:
    assert set(sides(["only"] * 20, 5)) == {"train"}


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
    assert found[0] == found[1]
    assert found[4] == found[5]
    assert len(set(found)) == 7


def test_a_columns_name_may_hold_any_character() -> None:
    name = 'the "customer"\\é\n'
    metas: list[dict[str, object] | None] = [{name: 1}, {name: 1}]
    assert len(set(groups_of([chat("a", "b"), chat("c", "d")], metas, name))) == 1


def test_lines_are_what_the_provider_takes_and_nothing_else() -> None:
    examples = [chat("q\n", "ä", system="s"), {**chat("q", "a"), "tools": [{"type": "function"}]}]
    metas: list[dict[str, object]] = [{"customer": 7}, {}]
    lines = render_lines(with_keys(tables_of(examples, metas=metas)))
    assert lines.name == "text"
    assert lines[0] == (
        '{"messages":[{"role":"system","content":"s"},{"role":"user","content":"q\\n"},'
        '{"role":"assistant","content":"ä"}]}'
    )
    assert [orjson.loads(line) for line in lines] == examples


def test_a_pair_is_written_as_a_pair() -> None:
    lines = render_lines(with_keys(tables_of([pair("q", "a", "b")], line_format="dpo")))
    assert [orjson.loads(line) for line in lines] == [pair("q", "a", "b")]


def test_an_integer_of_any_size_is_written_as_it_is() -> None:
    example = {**chat("q", "a"), "id": 2**80}
    assert f'"id":{2**80}' in render_lines(tables_of([example]))[0]

"""split: groups and components stay together, old rows where they are, each stratum has its share of every side."""

import itertools
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import assigned_sides
from tuneset.stages.example_groups import ALL, positions
from tuneset.stages.split import SIDE, SIDES, assign_sides, mend_small, place

GROUPS = st.lists(st.sampled_from([f"group {number}" for number in range(12)]), max_size=30)
SHARE = st.floats(0, 1, exclude_max=True)
SALT = st.text(max_size=4)


COLUMNS = pl.Schema({"row_id": pl.String, "group": pl.String, "component": pl.String, "stratum": pl.String})


def frame(
    groups: Sequence[str], components: Sequence[str | None] | None = None, strata: Sequence[str] | None = None
) -> pl.DataFrame:
    rows = len(groups)
    columns = ([str(number) for number in range(rows)], groups, components or [None] * rows, strata or [ALL] * rows)
    return pl.DataFrame(dict(zip(COLUMNS, columns, strict=True)), schema=COLUMNS)


def sides(groups: list[str], validation: float, salt: str = "tuneset", test: float = 0) -> list[str]:
    assigned = assigned_sides(frame(groups), validation, test, salt)
    assert assigned["row_id"].to_list() == [str(number) for number in range(len(groups))]
    assert not assigned["joined"].any()
    return assigned["side"].to_list()


def sides_of_names(names: Sequence[str], found: Sequence[str]) -> dict[str, set[str]]:
    """On which sides the rows of each group or component stand."""
    together: dict[str, set[str]] = {}
    for name, side in zip(names, found, strict=True):
        together.setdefault(name, set()).add(side)
    return together


@given(GROUPS, GROUPS, SHARE, SALT)
def test_adding_rows_moves_no_old_row(old: list[str], new: list[str], validation: float, salt: str) -> None:
    assert sides(old + new, validation, salt)[: len(old)] == sides(old, validation, salt)
    assert sides(new + old, validation, salt)[len(new) :] == sides(old, validation, salt)


@given(GROUPS, SHARE | st.integers(1, 40), SALT)
def test_one_group_is_on_one_side(groups: list[str], validation: float, salt: str) -> None:
    assert all(len(found) == 1 for found in sides_of_names(groups, sides(groups, validation, salt)).values())


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
    placed = assigned_sides(frame([]), 5, 0.1, "s")
    assert placed.dtypes == [pl.String, SIDE, pl.Boolean]
    assert placed.columns == ["row_id", "side", "joined"]


def test_a_group_too_large_for_the_number_is_passed_over() -> None:
    groups = ["large"] * 50 + ["small"] * 2 + ["other"] * 60
    assert sides(groups, 2).count("validation") == 2


def test_one_group_never_divides() -> None:
    assert set(sides(["only"] * 20, 5)) == {"train"}


# --- the test set ------------------------------------------------------------------------------------------------


SIZE = st.sampled_from([0, 0.1, 0.3, 0.49, 1, 2, 5])


@given(GROUPS, SIZE, SIZE, SALT)
def test_a_test_set_takes_from_training_alone(groups: list[str], validation: float, test: float, salt: str) -> None:
    without, found = sides(groups, validation, salt), sides(groups, validation, salt, test)
    assert all(len(names) == 1 for names in sides_of_names(groups, found).values())
    assert set(found) <= set(SIDES)
    if validation < 1:  # a number takes from what the ratios leave
        assert all(before in (now, "train") for before, now in zip(without, found, strict=True))


@pytest.mark.parametrize(("validation", "test"), [(0.1, 0.1), (0.2, 0.05), (0, 0.3)])
def test_both_shares_are_near_their_targets(validation: float, test: float) -> None:
    found = sides([f"question {number}" for number in range(20_000)], validation, test=test)
    assert found.count("validation") / 20_000 == pytest.approx(validation, abs=0.01)
    assert found.count("test") / 20_000 == pytest.approx(test, abs=0.01)


@pytest.mark.parametrize(("validation", "test"), [(20, 0.1), (0.1, 20), (20, 30)])
def test_a_number_on_one_side_takes_nothing_from_the_other(validation: float, test: float) -> None:
    found = sides([f"question {number}" for number in range(2000)], validation, test=test)
    for side, size in (("validation", validation), ("test", test)):
        if size >= 1:
            assert found.count(side) == size
        else:
            assert found.count(side) / 2000 == pytest.approx(size, abs=0.02)


@given(GROUPS, GROUPS, st.floats(0, 0.5), st.floats(0, 0.49))
def test_adding_rows_moves_no_old_row_into_or_out_of_the_test_set(
    old: list[str], new: list[str], validation: float, test: float
) -> None:
    assert sides(old + new, validation, test=test)[: len(old)] == sides(old, validation, test=test)


# --- a few rows --------------------------------------------------------------------------------------------------


def mended(groups: Sequence[str], validation: float, components: Sequence[str | None] | None = None) -> list[str]:
    placed = frame(groups, components)
    placed = placed.with_columns(positions(placed["group"], "salt"))
    return mend_small(placed, assign_sides(placed, validation, 0), validation)["side"].to_list()


@pytest.mark.parametrize(
    ("groups", "validation"), [([], 0.1), (["a"] * 20, 0.1), (list("abcdefghijkl"), 0.0), (["a", "b"], 0.0001)]
)
def test_one_group_no_share_and_less_than_a_provider_takes_leave_validation_empty(
    groups: list[str], validation: float
) -> None:
    assert set(mended(groups, validation)) <= {"train"}


def test_groups_that_near_duplicates_tie_are_not_moved() -> None:
    assert set(mended(["a", "b"] * 5, 0.0001, ["near"] * 10)) == {"train"}


@given(st.integers(2, 12), st.integers(2, 9), st.sampled_from([0.1, 0.3, 5, 12]))
def test_where_all_groups_are_tied_validation_gets_what_is_tied_whole(families: int, size: int, asked: float) -> None:
    groups = [f"{family} {member}" for family in range(families) for member in range(size)]
    components = [name.split(" ")[0] for name in groups]
    placed = frame(groups, components)
    placed = placed.with_columns(positions(placed["group"], "salt"))
    found = place(placed, asked, 0)["side"].to_list()
    assert all(len(one) == 1 for one in sides_of_names(components, found).values())
    rows = len(groups)
    # From what a provider takes as training on, validation is not empty; below, where a hash says so.
    assert ("validation" in found) == (rows >= 10 or "validation" in assign_sides(placed, asked, 0)["side"])
    if "validation" in found and rows >= 20:
        assert found.count("train") >= 10
    if asked >= 1:
        assert found.count("validation") <= max(size, asked)


@pytest.mark.parametrize("asked", [(0.2, 0.0), (0.3, 0.2), (20, 0.0)])
@pytest.mark.parametrize("salt", "abcde")
def test_where_most_rows_are_tied_each_family_is_drawn_as_one_group(asked: tuple[float, float], salt: str) -> None:
    sizes = [2 + number % 9 for number in range(90)]
    groups = [f"{family} {member}" for family, size in enumerate(sizes) for member in range(size)]
    components = [name.split(" ")[0] for name in groups]
    placed = frame(groups, components).with_columns(positions(pl.Series(groups), salt))
    found = place(placed, *asked)
    names = found["side"].to_list()
    assert all(len(one) == 1 for one in sides_of_names(components, names).values())
    wanted = sum(share * len(groups) if share < 1 else share for share in asked)
    alone = assign_sides(placed.with_columns(pl.lit(None, pl.String).alias("component")), *asked)["side"]
    assert found["joined"].to_list() == (found["side"] != alone).to_list()
    assert wanted / 2 <= len(groups) - names.count("train") <= 2 * wanted  # drawn one by one, next to none


def test_a_family_that_is_larger_than_what_is_asked_for_is_trained() -> None:
    groups = [f"{family} {member}" for family in range(40) for member in range(5)] + [f"large {n}" for n in range(60)]
    components = [name.split(" ")[0] for name in groups]
    for salt in map(str, range(20)):
        placed = frame(groups, components).with_columns(positions(pl.Series(groups), salt))
        assert set(place(placed, 0.1, 0)["side"][-60:]) == {"train"}


def test_a_few_ties_draw_no_family() -> None:
    groups = [f"{family} {member}" for family in range(90) for member in range(3)] + [f"free {n}" for n in range(400)]
    components = [None if name.startswith("free") else name.split(" ")[0] for name in groups]
    placed = frame(groups, components).with_columns(positions(pl.Series(groups), "salt"))
    assert place(placed, 0.1, 0).equals(assign_sides(placed, 0.1, 0))


@pytest.mark.parametrize("rows", range(10, 60))
def test_validation_is_never_empty_by_chance_and_training_has_what_it_can(rows: int) -> None:
    for draw in range(20):
        found = mended([f"{draw} {row}" for row in range(rows)], 0.1)
        assert found.count("validation") >= 1
        assert found.count("train") >= min(10, rows - 1)


@given(GROUPS, SHARE, SALT)
def test_a_set_that_chance_was_kind_to_is_as_it_was(groups: list[str], validation: float, salt: str) -> None:
    placed = frame(groups)
    placed = placed.with_columns(positions(placed["group"], salt))
    given_sides = assign_sides(placed, validation, 0)
    found = mend_small(placed, given_sides, validation)
    counts = [given_sides["side"].to_list().count(side) for side in ("train", "validation")]
    if counts[0] >= 10 and counts[1]:
        assert found.equals(given_sides)
    assert all(len(one) == 1 for one in sides_of_names(groups, found["side"].to_list()).values())


@given(
    st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(0, 1)), min_size=10, max_size=12),
    st.sampled_from([(0.9, 0.0), (0.4, 0.5), (0.0, 0.9), (2, 0.9)]),
    SALT,
)
def test_few_groups_leave_something_to_train_on(
    rows: list[tuple[int, int | None]], shares: tuple[float, float], salt: str
) -> None:
    groups, components = [f"group {group}" for group, _ in rows], [None if one is None else f"{one}" for _, one in rows]
    placed = frame(groups, components)
    placed = placed.with_columns(positions(placed["group"], salt))
    found = place(placed, *shares)["side"].to_list()
    assert "train" in found
    assert all(len(one) == 1 for one in sides_of_names(groups, found).values())
    named = [(name, side) for name, side in zip(components, found, strict=True) if name is not None]
    for name in {name for name, _ in named}:
        assert len({side for other, side in named if other == name}) == 1


@given(
    st.lists(st.tuples(st.integers(0, 40), st.none() | st.integers(0, 3)), min_size=10, max_size=40),
    st.floats(0.01, 0.5),
    SALT,
)
def test_a_small_set_passes_wherever_its_groups_allow_it(
    rows: list[tuple[int, int | None]], validation: float, salt: str
) -> None:
    groups = [f"group {group}" for group, _ in rows]
    tied = dict(rows)  # a group is tied to others by one component, or by none
    components = [None if tied[group] is None else f"near {tied[group]}" for group, _ in rows]
    placed = frame(groups, components)
    placed = placed.with_columns(positions(placed["group"], salt))
    found = place(placed, validation, 0)["side"].to_list()
    free = {name for name, component in zip(groups, components, strict=True) if component is None}
    if len(set(groups)) > 1 and free:
        assert found.count("validation") >= 1 or (len(free) == 1 and free == set(groups))
    assert found.count("train") >= 1
    assert all(len(one) == 1 for one in sides_of_names(groups, found).values())
    if all(component is None for component in components) and len(set(groups)) == len(groups):
        assert found.count("train") >= min(10, len(groups) - 1)


@given(st.lists(st.integers(0, 40), min_size=10, max_size=40), st.floats(0.01, 0.5))
def test_what_fills_an_empty_validation_is_the_group_of_the_lowest_hash(rows: list[int], validation: float) -> None:
    groups = [f"group {row}" for row in rows]
    placed = frame(groups)
    placed = placed.with_columns(positions(placed["group"], "tuneset"))
    given_sides = assign_sides(placed, validation, 0)
    after = mend_small(placed, given_sides, validation)["side"].to_list()
    if "validation" not in given_sides["side"] and len(set(groups)) > 1:
        chosen = {at for at, side in zip(placed["group"], after, strict=True) if side == "validation"}
        sizes = {at: placed["group"].to_list().count(at) for at in placed["group"]}
        fitting = {at for at, size in sizes.items() if len(rows) - size >= 10}
        assert chosen == {min(fitting or sizes)}


# --- components --------------------------------------------------------------------------------------------------


COMPONENTS = st.lists(
    st.tuples(st.sampled_from([f"group {n}" for n in range(12)]), st.none() | st.sampled_from(["c1", "c2", "c3"])),
    max_size=30,
)


@given(COMPONENTS, SIZE, SIZE)
def test_no_group_and_no_component_straddles(
    rows: list[tuple[str, str | None]], validation: float, test: float
) -> None:
    groups, components = [group for group, _ in rows], [component for _, component in rows]
    found = assigned_sides(frame(groups, components), validation, test, "salt")
    assert all(len(names) == 1 for names in sides_of_names(groups, found["side"].to_list()).values())
    inside = [(name, side) for name, side in zip(components, found["side"], strict=True) if name is not None]
    assert all(
        len({side for _, side in part}) == 1 for _, part in itertools.groupby(sorted(inside), key=lambda x: x[0])
    )


@given(COMPONENTS, SIZE, SIZE)
def test_only_rows_that_a_component_moved_are_flagged_and_they_stand_in_training(
    rows: list[tuple[str, str | None]], validation: float, test: float
) -> None:
    groups, components = [group for group, _ in rows], [component for _, component in rows]
    own = sides(groups, validation, "salt", test)
    found = assigned_sides(frame(groups, components), validation, test, "salt")
    for before, side, joined in zip(own, found["side"], found["joined"], strict=True):
        assert joined == (side != before)
        assert not joined or side == "train"


def drawn(groups: Sequence[str]) -> dict[str, list[str]]:
    """Groups by the side of each by itself, under shares of 0.3 and 0.3."""
    by_side: dict[str, list[str]] = {side: [] for side in SIDES}
    for group, side in zip(groups, sides(list(groups), 0.3, test=0.3), strict=True):
        by_side[side].append(group)
    return by_side


BY_SIDE = drawn([f"group {number}" for number in range(60)])


@pytest.mark.parametrize(
    ("members", "side"),
    [
        (("validation", "validation"), "validation"),
        (("test", "test"), "test"),
        (("train", "train"), "train"),
        (("validation", "train"), "train"),
        (("test", "train"), "train"),
        (("validation", "test"), "train"),
        (("validation", "validation", "test"), "train"),
    ],
)
def test_a_component_joins_groups_toward_training(members: tuple[str, ...], side: str) -> None:
    groups = [BY_SIDE[own][number] for number, own in enumerate(members)]
    found = assigned_sides(frame(groups, ["c"] * len(groups)), 0.3, 0.3, "tuneset")
    assert found["side"].to_list() == [side] * len(groups)
    assert found["joined"].to_list() == [own != side for own in members]


def test_a_chain_of_groups_and_components_is_one() -> None:
    first, second = BY_SIDE["validation"][:2]
    last = BY_SIDE["train"][0]
    # first and second share component c, second and last share component d; the rows without one follow their groups.
    groups, components = [first, first, second, second, last, last], [None, "c", "c", "d", "d", None]
    found = assigned_sides(frame(groups, components), 0.3, 0.3, "tuneset")
    assert found["side"].to_list() == ["train"] * 6
    assert found["joined"].to_list() == [True] * 4 + [False] * 2


# --- strata ------------------------------------------------------------------------------------------------------


def shares(strata: Sequence[str], found: Sequence[str], side: str) -> dict[str, float]:
    return {
        stratum: sum(s == side for n, s in zip(strata, found, strict=True) if n == stratum) / strata.count(stratum)
        for stratum in set(strata)
    }


def stratified(strata: list[str], validation: float, test: float = 0) -> list[str]:
    groups = [f"{stratum} {number}" for number, stratum in enumerate(strata)]
    return assigned_sides(frame(groups, None, strata), validation, test, "tuneset")["side"].to_list()


THREE = ["a"] * 6000 + ["b"] * 3000 + ["c"] * 1000


def test_a_ratio_holds_in_each_stratum() -> None:
    found = stratified(THREE, 0.2, 0.1)
    assert shares(THREE, found, "validation") == pytest.approx(dict.fromkeys("abc", 0.2), abs=0.03)
    assert shares(THREE, found, "test") == pytest.approx(dict.fromkeys("abc", 0.1), abs=0.03)


def test_a_number_is_divided_over_the_strata_by_their_rows() -> None:
    found = stratified(THREE, 100, 20)
    for side, number in (("validation", 100), ("test", 20)):
        assert shares(THREE, found, side) == {"a": number / 10_000, "b": number / 10_000, "c": number / 10_000}
    assert stratified(["a"] * 60 + ["b"] * 33 + ["c"] * 7, 5).count("validation") == 5


def test_a_number_smaller_than_the_number_of_strata_is_not_exceeded() -> None:
    found = stratified([f"stratum {number % 20}" for number in range(200)], 5)
    assert found.count("validation") == 5


@given(st.lists(st.sampled_from("abc"), max_size=30), st.lists(st.sampled_from("AZ"), max_size=10), SHARE)
def test_a_new_stratum_moves_no_old_row(old: list[str], new: list[str], validation: float) -> None:
    assert stratified(old + new, validation)[: len(old)] == stratified(old, validation)


@given(GROUPS, st.data(), SHARE)
def test_a_group_that_reaches_into_another_stratum_stays_where_it_was(
    groups: list[str], data: st.DataObject, validation: float
) -> None:
    others = data.draw(st.lists(st.sampled_from("abc"), min_size=len(groups), max_size=len(groups)))
    alone = assigned_sides(frame(groups), validation, 0, "s")["side"]
    mixed = assigned_sides(frame(groups, None, others), validation, 0, "s")["side"]
    assert alone.to_list() == mixed.to_list()

"""The order of turns: who has the fewest, then whose last turn was longest ago, then who has waited longest."""

from __future__ import annotations

import collections

from hypothesis import given
from hypothesis import strategies as st

from tuneset.endpoint.project_turns import ProjectTurns


def test_who_has_more_waits_however_long_ago_its_last_turn_was() -> None:
    turns = ProjectTurns()
    for project in "ab":
        turns.give(project)
    assert turns.next("ab", {"a": 1}) == "b"
    assert turns.next("ab", {"a": 1, "b": 1}) == "a"
    assert turns.next("abc", {"a": 1, "b": 1, "c": 1}) == "c"  # it never had one


def test_all_that_one_asks_for_comes_in_turn_with_what_others_ask_for() -> None:
    waiting, order, turns = list("aaabacb"), "", ProjectTurns()
    while waiting:
        project = turns.next(waiting, {})
        waiting.remove(project)
        turns.give(project)
        order += project
    assert order == "abcabaa"


@given(st.lists(st.sampled_from("abcd"), min_size=1), st.integers(1, 3))
def test_nobody_who_waits_is_passed_over_while_another_gets_two_turns(asked: list[str], number: int) -> None:
    waiting, held, turns = collections.Counter(asked), collections.deque[str](), ProjectTurns()
    given_since = {project: collections.Counter[str]() for project in waiting}
    while waiting:
        if len(held) == number:
            held.popleft()
        project = turns.next(waiting, collections.Counter(held))
        turns.give(project)
        held.append(project)
        given_since[project].clear()
        waiting[project] -= 1
        waiting = +waiting
        for other in waiting.keys() - {project}:
            given_since[other][project] += 1
            assert held.count(other) or given_since[other][project] < 2

"""Turns of several projects: never too many, none lost, and a free one goes to who has the fewest."""

from __future__ import annotations

import asyncio
import collections

from hypothesis import given
from hypothesis import strategies as st

from tuneset.endpoint.fair_turns import FairTurns


async def go(number: int, acts: list[tuple[str, str]]) -> None:
    turns, held = FairTurns(number), collections.Counter[str]()
    waiting: list[tuple[str, asyncio.Task[None]]] = []
    given: list[str] = []

    async def take(project: str) -> None:
        await turns.take(project)
        held[project] += 1
        given.append(project)

    for act, project in acts:
        before, queued = held.copy(), collections.Counter(one for one, task in waiting if not task.done())
        given.clear()
        if act == "take":
            waiting.append((project, asyncio.create_task(take(project))))
        elif act == "leave" and queued[project]:
            next(task for one, task in waiting if one == project and not task.done()).cancel()
            queued[project] -= 1
        elif act == "give" and held[project]:
            held[project] -= 1
            before[project] -= 1
            turns.give_back(project)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting = [(one, task) for one, task in waiting if not task.done()]
        assert held.total() <= number
        assert held.total() == number or not waiting
        if act == "give" and given:
            assert before[given[0]] == min(before[one] for one in queued if queued[one])
        for name in "abc":
            assert turns.waiting(name) == sum(one == name for one, _ in waiting)
    while held.total():
        project = next(iter(+held))
        held[project] -= 1
        turns.give_back(project)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert all(task.done() for _, task in waiting)


@given(
    st.integers(1, 3), st.lists(st.tuples(st.sampled_from(["take", "take", "give", "leave"]), st.sampled_from("abc")))
)
def test_a_free_turn_goes_to_the_project_with_the_fewest_and_none_is_lost(
    number: int, acts: list[tuple[str, str]]
) -> None:
    asyncio.run(go(number, acts))


def test_who_leaves_at_the_moment_its_turn_comes_passes_it_on() -> None:
    async def leave() -> None:
        turns = FairTurns(1)
        await turns.take("a")
        first, second = asyncio.create_task(turns.take("b")), asyncio.create_task(turns.take("b"))
        await asyncio.sleep(0)
        turns.give_back("a")
        first.cancel()
        await asyncio.wait_for(second, 300)
        turns.give_back("b")
        third, fourth = asyncio.create_task(turns.take("c")), asyncio.create_task(turns.take("c"))
        await asyncio.sleep(0)
        fourth.cancel()
        turns.give_back("c")  # it has not noticed yet that it is cancelled
        await asyncio.sleep(0)
        assert (third.done(), fourth.cancelled(), turns.waiting("c")) == (True, True, 0)
        await asyncio.wait_for(turns.take("d"), 300)

    asyncio.run(leave())


def test_projects_that_have_as_many_come_in_turn() -> None:
    async def order() -> list[str]:
        turns, seen = FairTurns(1), list[str]()

        async def one(project: str) -> None:
            async with turns.taken(project):
                seen.append(project)
                await asyncio.sleep(0)

        await turns.take("z")
        tasks = [asyncio.create_task(one(project)) for project in "aaaabbc"]
        await asyncio.sleep(0)
        turns.give_back("z")
        await asyncio.gather(*tasks)
        return seen

    assert "".join(asyncio.run(order())) == "abcabaa"


def test_turns_that_are_given_up_at_the_same_moment_are_passed_over_however_many() -> None:
    async def given_up() -> None:
        turns = FairTurns(1)
        await turns.take("a")
        waiting = [asyncio.create_task(turns.take("a")) for _ in range(2_000)]
        await asyncio.sleep(0)
        for task in waiting[:-1]:
            task.cancel()
        turns.give_back("a")
        await waiting[-1]
        await asyncio.gather(*waiting, return_exceptions=True)
        assert turns.waiting("a") == 0

    asyncio.run(given_up())

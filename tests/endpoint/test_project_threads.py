"""Threads that work for projects: one thing of each at a time, and nobody waits for another while one is free."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

from tuneset.endpoint.project_threads import ProjectThreads
from tuneset.endpoint.state.objects import Record

LIMIT_S = 300


def records(names: str) -> list[Record]:
    """Records of which each is called after its project and its place."""
    return [Record({"id": f"{project}{place}"}, {}, project) for place, project in enumerate(names)]


def test_a_project_whose_work_takes_its_time_holds_up_no_other() -> None:
    begun, ended = queue.Queue[str](), queue.Queue[None]()
    goes_on = {project: threading.Event() for project in "abcd"}

    def work(waiting: Sequence[Record]) -> None:
        begun.put(",".join(record.document["id"] for record in waiting))
        assert goes_on[waiting[0].project].wait(LIMIT_S)

    threads = ProjectThreads(3, "test", work, lambda: ended.put(None))
    threads.begin(records("aab"))
    assert {begun.get(timeout=LIMIT_S) for _ in "ab"} == {"a0,a1", "b2"}
    threads.begin(records("abcd"))  # a and b are at it, and one thread is free
    assert begun.get(timeout=LIMIT_S) == "c2"
    assert threads.busy == {"a", "b", "c"}
    goes_on["b"].set()
    ended.get(timeout=LIMIT_S)
    threads.begin(records("abd"))
    assert begun.get(timeout=LIMIT_S) == "d2"  # b had a turn already
    for event in goes_on.values():
        event.set()
    threads.close()
    assert (threads.busy, begun.qsize()) == (set(), 0)

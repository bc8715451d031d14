"""The executor of many machines: tasks on the workers of a Ray cluster, which lie wherever Ray puts them.

Ray does a task again when its worker or machine is lost, and also when only its result is; so a task may be done twice,
at the same time too. All that shards write follows from their data, and is written under names of their own. Tuneset,
and what the work reads, must be there on each machine: raw data and scratch in a store, or in folders that all share.

This process holds a few tasks and results at a time. Functions, tasks and results travel as bytes that Python has
pickled here, so that a worker is set up before anything of the work is loaded. With them goes what this machine has of
code and libraries: a worker that has others is refused, as it could leave other bytes. Each task of Ray costs this
process some 0.6 ms, half of it of Ray, so where there are many tasks some of them go together.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import gc
import itertools
import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tuneset import __version__
from tuneset.errors import TunesetError, UsageError, panics_told
from tuneset.execution.executors.process_setup import GC_THRESHOLD, WORKER_ENVIRONMENT
from tuneset.execution.progress import Progress, told

Task = TypeVar("Task")
Result = TypeVar("Result")

QUEUED_PER_WORKER = 2
"""Tasks that Ray holds a worker: enough to keep it busy, few enough to keep results from piling up."""
LOTS_PER_WORKER = 4
"""So many times as many lots as workers are to be left, when the next lot is cut: the last ones are of one task."""
MOST_TOGETHER = 16
"""Tasks that go together at most: what a worker is at is done again when it is lost."""
MOST_REPEATS = 4
"""How often a task is done again whose worker or machine was lost; what it works on is to blame then."""


class RayCluster:
    """Maps over tasks on a Ray cluster, one core a task.

    Args:
        workers: how many tasks are worked on at a time; None for one a core of the cluster.
        progress: told of every finished task.
        address: of the cluster; None for one that the environment names (`RAY_ADDRESS`), or else Ray on this machine.

    Raises UsageError where Ray is not installed, or no cluster answers.
    """

    repeats = True

    def __init__(self, workers: int | None, progress: Progress, *, address: str | None = None) -> None:
        try:
            import ray.exceptions  # noqa: PLC0415  the extra `ray`; a folder called ray can be imported, but holds none
        except ImportError:
            raise UsageError(
                "run.engine: ray is not installed",
                hint="install Tuneset with the extra ray, or add it: pip install ray",
            ) from None
        self._ray = ray
        self._own = not ray.is_initialized()
        if self._own:
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
            try:
                ray.init(address=address, log_to_driver=False, configure_logging=False)
            except (ConnectionError, ValueError) as error:
                raise UsageError(
                    f"run.address: no Ray cluster answers at {address} ({type(error).__name__})",
                    hint="start one with `ray start --head`, or leave run.address out for Ray on this machine",
                ) from None
            self._on_stdout = contextlib.redirect_stdout(sys.stderr)  # Ray tells there of lost workers, amid a result
            self._on_stdout.__enter__()
        self._do = ray.remote(max_retries=MOST_REPEATS, num_cpus=1)(_do)
        self._progress = progress
        self.workers = workers or max(int(ray.cluster_resources().get("CPU", 1)), 1)

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        *,
        label: str,
        size: int,
        count: int | None = None,
    ) -> Iterator[Result]:
        """Yield `function(task)` for each task, in order; a single task goes to the cluster too."""
        del size
        if count is None:
            tasks = list(tasks)
            count = len(tasks)
        self._progress(label, 0, count)
        from tuneset.execution.fingerprint import of_machine  # noqa: PLC0415  stages and libraries, which Ray comes before

        wanted = pickle.dumps(functools.partial(told, function, label))
        call = self._ray.put(pickle.dumps((str(Path.cwd()), of_machine(), wanted)))
        waiting, left = iter(tasks), count
        pending: collections.deque[tuple[list[Task], Any]] = collections.deque()
        done = 0
        try:
            while True:
                while len(pending) < self.workers * QUEUED_PER_WORKER:
                    lot = list(itertools.islice(waiting, together(left, self.workers)))
                    if not lot:
                        break
                    left -= len(lot)
                    pending.append((lot, self._do.remote(call, pickle.dumps(lot))))
                if not pending:
                    return
                lot, reference = pending.popleft()
                results = self._results(reference, call, function, lot, label)
                del reference
                for result in results:
                    done += 1
                    yield result
                    self._progress(label, done, count)
        finally:
            for _, reference in pending:
                with contextlib.suppress(Exception):  # the cluster may be gone, which is told elsewhere
                    self._ray.cancel(reference)

    def ahead(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], *, size: int
    ) -> contextlib.AbstractContextManager[Mapping[Task, Result]]:
        """Nothing is done ahead: who waits here are machines that may do other work."""
        del function, tasks, size
        return contextlib.nullcontext({})

    def broadcast(self, module: str, *, size: int) -> None:
        """Workers load what they need with their first task."""
        del module, size

    def over_all(self, step: Callable[[], Result], *, label: str) -> Result:
        """Do the step in this process."""
        with panics_told(label):
            return step()

    def close(self) -> None:
        """Leave the cluster, if this executor has joined it."""
        if self._own:
            self._ray.shutdown()
            self._on_stdout.__exit__(None, None, None)

    def _results(
        self,
        reference: Any,  # noqa: ANN401  Ray's
        call: Any,  # noqa: ANN401  the same
        function: Callable[[Task], Result],
        lot: Sequence[Task],
        label: str,
    ) -> Iterator[Result]:
        """Yield the result of each task of a lot; where workers were lost on it, each is done by itself."""
        lost = self._ray.exceptions
        try:
            answers = pickle.loads(self._ray.get(reference))  # noqa: S301  of our own workers
        except (lost.WorkerCrashedError, lost.NodeDiedError, lost.OutOfMemoryError, lost.ObjectLostError) as error:
            if len(lot) > 1:
                for task in lot:
                    yield from self._results(self._do.remote(call, pickle.dumps([task])), call, function, [task], label)
                return
            from tuneset.execution.executors.task_rows import rows_of  # noqa: PLC0415  it loads what only workers need

            raise TunesetError(
                f"{label}: workers were lost {MOST_REPEATS + 1} times on {rows_of(function, lot[0])}",
                hint="most often memory ran out: give workers more of it, or leave those rows out; what was finished "
                "is kept",
            ) from error
        except lost.RayError as error:
            if isinstance(error, (RuntimeError, ImportError)):  # of Ray itself: tasks tell their own errors
                raise UsageError(
                    "run.address: workers of the cluster cannot load Tuneset",
                    hint=f"install Tuneset {__version__} on each machine, as it is here",
                ) from error
            raise TunesetError(
                f"{label}: the Ray cluster failed ({type(error).__name__})",
                hint="run it again; what was finished is kept",
            ) from error
        for succeeded, value in answers:
            if not succeeded:
                raise value
            yield value


def together(left: int, workers: int) -> int:
    """How many tasks go together, of so many that are left.

    >>> [together(left, 2) for left in (1000, 80, 16, 3, 0)]
    [16, 10, 2, 1, 1]
    """
    return max(min(left // (workers * LOTS_PER_WORKER), MOST_TOGETHER), 1)


def unlike(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """What two machines have of another version, or only one of them has.

    >>> unlike({"tuneset": "a", "polars": "2.1"}, {"tuneset": "a", "polars": "2.0", "ftfy": "6.3"})
    ['ftfy', 'polars']
    """
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _do(call: bytes, lot: bytes) -> bytes:
    """Do some tasks, in a worker of Ray; give the result of each; the last may be an error, as it was raised."""
    for name, value in WORKER_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    gc.set_threshold(GC_THRESHOLD)
    folder, there, pickled = pickle.loads(call)  # noqa: S301  of the process whose job this is
    from tuneset.execution.fingerprint import of_machine  # noqa: PLC0415  it loads polars, which reads what was set

    if others := unlike(there, of_machine()):
        refused = UsageError(
            f"run.address: workers have another {', '.join(others)} than the machine that runs the command",
            hint=f"install Tuneset {__version__} and the same libraries on all of them",
        )
        return pickle.dumps([(False, refused)])
    with contextlib.suppress(OSError):  # a machine that has no such folder has no use for relative paths either
        os.chdir(folder)
    answers: list[tuple[bool, object]] = []
    try:
        function = pickle.loads(pickled)  # noqa: S301  the same
        answers.extend((True, function(task)) for task in pickle.loads(lot))  # noqa: S301  the same
    except Exception as error:  # noqa: BLE001  whatever it is, it is raised where the result is asked for
        answers.append((False, error))
    return pickle.dumps(answers)

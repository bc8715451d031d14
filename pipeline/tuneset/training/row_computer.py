"""What computes for the decoding: reads parts of prompts, and takes steps with many rows at once.

Which rows there are, and in what order they come, is the business of `decoding`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from tuneset.training.sampling import LogProbabilities

Memory = TypeVar("Memory")


class NoRoomError(Exception):
    """There is not enough memory for what was to be computed."""


class Computer(Protocol[Memory]):
    """The weights of a model. It is asked from one thread at a time.

    `places` rows take a step at most, and all memories together may take `room` bytes.
    """

    @property
    def places(self) -> int:
        """How many rows take a step at most."""

    @property
    def room(self) -> int:
        """Bytes that the memories of all rows may take."""

    def new_memory(self, beside: object | None, /) -> Memory:
        """The memory of a row without pieces; what its prompt has `beside` them is read with the first part."""

    def size(self, memory: Memory, /) -> int:
        """Its bytes."""

    def read(
        self, memory: Memory, variant: str | None, pieces: Sequence[int], given: Sequence[int], /
    ) -> tuple[LogProbabilities, list[float]]:
        """Read more pieces of one row; the log probabilities of each next one, and those of `given`.

        These are the pieces that follow on each of the last ones, as many. Raises NoRoomError.
        """

    def step(self, rows: Sequence[tuple[Memory, str | None, int]], /) -> Sequence[LogProbabilities]:
        """Read one more piece of each row, by the variant of the weights that it asks.

        Raises NoRoomError; then the memories of these rows are of no more use.
        """

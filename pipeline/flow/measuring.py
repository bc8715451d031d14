"""What the gate measures on the written files, range by range in worker processes."""

from __future__ import annotations

from pathlib import Path

from pipeline.checks.ranges import ByteRange, byte_ranges, lines_of
from pipeline.flow.pool import Pool
from pipeline.stages import gate


def measure(train: Path, validation: Path, pool: Pool) -> gate.Measured:
    """Read both files from scratch and hold what they ask against each other."""
    return gate.compare(_digests(train, pool), _digests(validation, pool))


def digest_range(part: ByteRange) -> bytes:
    """The digests of the prompts of all lines in a part of a file, one after the other."""
    return gate.digests(line for line in lines_of(part) if line)


def _digests(path: Path, pool: Pool) -> bytes:
    size = path.stat().st_size
    return b"".join(pool.map(digest_range, byte_ranges(path, 0, size), label=f"gate: {path.name}", size=size))

"""Runs a trainer as its own process does, and keeps where it stands before every step."""

from __future__ import annotations

import sys
from pathlib import Path

from tuneset.training import epoch_loop, run

if __name__ == "__main__":
    epoch_loop.KEEP_EVERY_S = -1.0
    run.main(Path(sys.argv[1]), int(sys.argv[2]))

"""Every code of the remote side is explained in docs/reliability.md, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from tuneset.providers.call_fault import FaultKind

ROOT = Path(__file__).parents[2]


def test_the_page_names_every_code_and_no_other() -> None:
    sources = [path for room in ("providers", "cli") for path in (ROOT / "pipeline/tuneset" / room).rglob("*.py")]
    raised = {code for path in sources for code in re.findall(r'code="([a-z_]+)"', path.read_text(encoding="utf-8"))}
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").split("## Codes")[1]
    table = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`([a-z_]+)`", " ".join(table))) == raised | {*get_args(FaultKind)}

"""Every code of the remote side is explained in docs/reliability.md, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

from tuneset.providers import failures

ROOT = Path(__file__).parents[2]


def test_the_page_names_every_code_and_no_other() -> None:
    sources = [path for room in ("providers", "cli") for path in (ROOT / "pipeline/tuneset" / room).glob("*.py")]
    raised = {code for path in sources for code in re.findall(r'code="([a-z_]+)"', path.read_text(encoding="utf-8"))}
    told_by_status = {
        *failures._CODES.values(),
        "server_error",
        "client_error",
        "unexpected_answer",
        "connection_failed",
    }
    special = {"training_not_available", "quota_exceeded", "file_not_ready", "purpose_download_forbidden"}
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").split("## Codes")[1]
    table = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`([a-z_]+)`", " ".join(table))) == raised | told_by_status | special

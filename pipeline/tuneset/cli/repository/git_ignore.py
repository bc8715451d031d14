"""What git must never be offered in somebody's own repository: raw data, what holds rows of it, state, keys."""

from __future__ import annotations

from pathlib import Path

from tuneset import artifacts, stage_table

_HEAD = "# Raw data, what holds rows of it, and the state of endpoints: DVC keeps these, or nobody. Keys: nobody."
_RAW_AND_STATE = ("/data/prompts/", "/data/raw/", "/data/work/", "/data/local/", "/data/dataset/", "/out/")
_ANSWERS = (
    "/data/label/*.jsonl",
    "/data/label/batches/",
    "/data/evaluation.jsonl",
    "/data/evaluation/report.html",
    "/data/remote/evaluation_answers.jsonl",
    "/data/remote/evaluation_batches/",
)
"""What `label` and `evaluate` leave beside their figures."""
_COPIES = ("clean_trace.md", "*.fixed.jsonl", ".env", ".env.*", "*.key", "*.pem")


def rules() -> list[str]:
    """The lines, from the stage table: what DVC caches is not for git, small outs and metrics are."""
    cached = [f"/data/{path}" for row in stage_table.STAGES for path in row.outs]
    own = [path for path in (*_ANSWERS, *cached) if not path.startswith(_RAW_AND_STATE)]
    return list(dict.fromkeys((*_RAW_AND_STATE, *own, *_COPIES)))


def add_to(path: Path) -> bool:
    """Write the lines that the file lacks behind those that it has. Whether there was anything to add."""
    present = path.read_text(encoding="utf-8") if path.is_file() else ""
    missing = [rule for rule in rules() if rule not in present.splitlines()]
    if not missing:
        return False
    gap = "" if not present else "\n" if present.endswith("\n") else "\n\n"
    artifacts.write_bytes(path, "\n".join((f"{present}{gap}{_HEAD}", *missing, "")).encode())
    return True

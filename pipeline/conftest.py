"""Which files' examples are tried: those that import the libraries of a trainer only where these are installed."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

TRAINING = Path(__file__).parent / "tuneset" / "training"
NEEDY = re.compile(
    r"^(?:import|from) (?:torch|trl|peft|tuneset\.training\.\w+\."
    r"(?:base_model|methods|transformer|measuring|model_file|lessons))\b",
    re.MULTILINE,
)

collect_ignore = (
    []
    if importlib.util.find_spec("torch")
    else [str(path) for path in TRAINING.rglob("*.py") if NEEDY.search(path.read_text(encoding="utf-8"))]
)

"""The names of what lies in a trainer's folder, which the endpoint and all trainers share; see docs/training.md."""

from __future__ import annotations

REQUEST = "request.json"
"""What the trainer has to do; the endpoint writes it."""

PAUSE = "pause"
"""Asks the trainer to stop before its next step; the endpoint makes and removes it."""

PROGRESS = "progress.jsonl"
"""What has happened so far, one record a line."""

RESULTS = "step_metrics.csv"
"""The result file, under its name at OpenAI (2026-11-20); it is there at the end."""

LOG = "stderr.log"
"""What the trainer says beside that: nothing, unless it crashes."""

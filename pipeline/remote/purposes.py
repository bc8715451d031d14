"""What files are uploaded for. Data only, without the client, so that the command line can name it cheaply."""

from __future__ import annotations

from typing import Literal

Purpose = Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
"""Source: OpenAI API specification, FilePurpose, as of 2026-08-21."""

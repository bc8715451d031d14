"""The export formats that there are: each is one file behind a small interface, and one line here.

To add one: write its file with a function that makes the rows of a conversation, and put its `Exporter` into EXPORTERS.
"""

from __future__ import annotations

from tuneset.errors import UsageError
from tuneset.writing.chat_lines import OPENAI
from tuneset.writing.exporter import Exporter
from tuneset.writing.hosted.bedrock import BEDROCK_CONVERSE, BEDROCK_RFT
from tuneset.writing.hosted.vertex import VERTEX
from tuneset.writing.local.axolotl import AXOLOTL
from tuneset.writing.local.hub import HF
from tuneset.writing.local.kto import KTO
from tuneset.writing.local.mistral import MISTRAL
from tuneset.writing.local.mlx import MLX
from tuneset.writing.local.ms_swift import MS_SWIFT
from tuneset.writing.local.sharegpt import LLAMA_FACTORY, SHAREGPT
from tuneset.writing.local.trl import PROMPT_COMPLETION, TRL
from tuneset.writing.tokens.parquet import PARQUET
from tuneset.writing.tokens.tinker import TINKER

EXPORTERS: tuple[Exporter, ...] = (
    OPENAI,
    TRL,
    PROMPT_COMPLETION,
    KTO,
    AXOLOTL,
    MS_SWIFT,
    LLAMA_FACTORY,
    SHAREGPT,
    MLX,
    MISTRAL,
    HF,
    PARQUET,
    TINKER,
    VERTEX,
    BEDROCK_CONVERSE,
    BEDROCK_RFT,
)
"""In the order in which they are listed."""


def exporter(name: str) -> Exporter:
    """The export format of that name. Raises UsageError where there is none."""
    for one in EXPORTERS:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in EXPORTERS)
    raise UsageError(f"--to {name}: there is no such export format", allowed=known)

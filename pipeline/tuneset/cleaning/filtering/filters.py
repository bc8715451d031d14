"""Which examples a user does not want, by measures of their text: the first reason of each, none removed here.

Everything is off until a threshold is given. To add a filter: write its file, add its line here, its code to
`drop_reasons.py` and its threshold to `FilterParams`.
"""

from __future__ import annotations

import polars as pl

from tuneset.cleaning.filtering.base import Filter, Judged
from tuneset.cleaning.filtering.keywords import KEYWORDS
from tuneset.cleaning.filtering.language import LANGUAGE
from tuneset.cleaning.filtering.length import CHARACTERS, LITTLE_ANSWER, TURNS
from tuneset.cleaning.filtering.patterns import PATTERNS
from tuneset.cleaning.filtering.refusals import REFUSALS
from tuneset.cleaning.filtering.repetition import REPETITION, RUNS
from tuneset.cleaning.filtering.score import SCORE
from tuneset.cleaning.filtering.symbols import SYMBOLS
from tuneset.cleaning.filtering.user_function import USER_FUNCTION
from tuneset.model import Tables
from tuneset.params import FilterParams

FILTERS: tuple[Filter, ...] = (
    SCORE,
    CHARACTERS,
    TURNS,
    LITTLE_ANSWER,
    REPETITION,
    SYMBOLS,
    RUNS,
    LANGUAGE,
    REFUSALS,
    PATTERNS,
    KEYWORDS,
    USER_FUNCTION,  # the dearest one, last
)
"""In the order in which they judge: the first one that drops an example gives the reason."""

UNWANTED_SCHEMA = pl.Schema({"row_id": pl.String, "code": pl.String, "detail": pl.String})


def unwanted(tables: Tables, params: FilterParams) -> pl.DataFrame:
    """The examples that a filter does not want: UNWANTED_SCHEMA, one row each, in the order of the examples.

    `detail` names the measure, its value and the limit; never text of the row. Raises UsageError for a regular
    expression that is none, a function that cannot be found or fails, and a missing extra.
    """
    wanted = [single for single in FILTERS if single.is_on(params)]
    if not wanted or tables.examples.is_empty():
        return pl.DataFrame(schema=UNWANTED_SCHEMA)
    code: pl.Series = pl.repeat(None, tables.examples.height, dtype=pl.String, eager=True)
    detail = code.clone()
    judged = Judged(tables, code.is_null())
    for single in wanted:
        for hits, details in single.judge(judged, params):
            new = hits & judged.open
            code = pl.select(pl.when(new).then(pl.lit(single.code)).otherwise(code)).to_series()
            detail = pl.select(pl.when(new).then(details).otherwise(detail)).to_series()
            judged.open = code.is_null()
    found = pl.DataFrame({"row_id": tables.examples["row_id"], "code": code, "detail": detail}, schema=UNWANTED_SCHEMA)
    return found.filter(pl.col("code").is_not_null())

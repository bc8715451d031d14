"""A shard needs few enough regular expressions for polars to keep them compiled until the next one."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from tests.builders import chat, tables_of
from tests.private import PRIVATE, says
from tuneset.execution.row_steps import validate_step
from tuneset.execution.shard_tasks import bands
from tuneset.params import CleanParams, Params
from tuneset.stages.clean import clean
from tuneset.stages.dedup_keys import with_keys

KEPT_COMPILED = 32
"""How many expressions polars keeps: with 33 in turn each call takes 25 times as long (2.1, measured)."""
METHODS = ("contains", "count_matches", "extract", "extract_all", "extract_groups", "find", "replace", "replace_all")
EVERYTHING = "\n".join(
    [
        *(says(kind) for kind in PRIVATE),
        "\u00a0\n \n  indented\x07 schÃ¶n ÂŁ ﬁ \r\n\n\n\n   \nor 4012888888881881, call 0151 23456789 or 020 7946 0958",
        "password: Tr0ub4dor&3 https://a:Xk29vQz7@b.org/?token=abc1234567890 Server=x;Password=Xk29vQz7; jdbc:oracle",
    ]
)
"""Text that every cheap test lets pass, so that every dear one is made."""


def test_polars_keeps_all_expressions_of_a_shard_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = tables_of([chat(EVERYTHING, EVERYTHING, system="  \n x"), chat("Hi", "Hello")])

    def go_over_a_shard() -> None:
        cleaned = clean(tables, CleanParams()).tables
        with_keys(cleaned)  # validation may drop all that was made up above
        validate_step(cleaned, Params())
        bands(cleaned, Params())

    go_over_a_shard()  # what is looked for once a process, such as the kinds of characters, is none of it
    seen: set[str] = set()

    def counted(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: object, pattern: Any = None, *args: Any, **options: Any) -> Any:  # noqa: ANN401  as polars has it
            if isinstance(pattern, str) and not options.get("literal"):
                seen.add(pattern)
            return method(self, pattern, *args, **options)

        return call

    namespace = type(pl.col("t").str)
    for name in METHODS:
        monkeypatch.setattr(namespace, name, counted(getattr(namespace, name)))
    go_over_a_shard()
    assert len(seen) > KEPT_COMPILED - 6, "the text above no longer reaches every search"
    assert len(seen) <= KEPT_COMPILED, "one expression more than polars keeps: 1 us a row; join two of them"

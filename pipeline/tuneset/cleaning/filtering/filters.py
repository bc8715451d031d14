"""Which examples a user does not want, by measures of their text: the first reason of each, none removed here.

Everything is off until a threshold is given. Texts are the contents of messages and the text parts of contents given
as parts. What the model is to learn, the assistant's messages, is the "answer".
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator

import polars as pl

from tuneset.cleaning.filtering.language import detect_languages
from tuneset.cleaning.filtering.quality import longest_run, repeated_line_share, repeated_ngram_share, symbol_share
from tuneset.cleaning.filtering.refusals import is_refusal
from tuneset.cleaning.filtering.user_function import judge_examples
from tuneset.errors import UsageError
from tuneset.model import Tables, sentence

LANGUAGE, CHARACTERS, TURNS, LITTLE_ANSWER = "CLN003", "CLN004", "CLN005", "CLN006"
REPETITION, SYMBOLS, REFUSAL, PATTERN, KEYWORD, USER_FUNCTION = (
    "CLN007",
    "CLN008",
    "CLN009",
    "CLN010",
    "CLN011",
    "CLN012",
)

UNWANTED_SCHEMA = pl.Schema({"row_id": pl.String, "code": pl.String, "detail": pl.String})


@dataclasses.dataclass(frozen=True)
class Filters:
    """Thresholds; None, False and empty tuples switch a filter off. Lengths are in characters.

    Args:
        languages: ISO 639 codes that the answers may be in; an answer with less than `language_min_chars` characters
            of prose, or a score under `language_min_score`, is not judged.
        min_chars, max_chars: of all texts of an example together.
        min_turns, max_turns: number of user and assistant messages.
        min_answer_chars: of the assistant's texts together; answers that call tools are not judged.
        max_repeated_lines: share of the answer's characters in lines that stood there before.
        max_repeated_ngrams: share of the answer's n-grams of `ngram` words that stood there before.
        max_run: how often one character may stand in a row.
        max_symbols: share of an example's characters that are neither letters, digits nor white space.
        refusals: whether answers that refuse to help are unwanted.
        patterns: regular expressions (Rust's syntax: no look-around, no back-references) that no text may match.
        keywords: words and phrases, whatever their case, that no text may hold.
        function: `module:function` that gets the messages of an example, a list of dicts, and says whether to keep it.
    """

    languages: tuple[str, ...] = ()
    language_min_score: float = 0.5
    language_min_chars: int = 40
    min_chars: int | None = None
    max_chars: int | None = None
    min_turns: int | None = None
    max_turns: int | None = None
    min_answer_chars: int | None = None
    max_repeated_lines: float | None = None
    max_repeated_ngrams: float | None = None
    ngram: int = 5
    max_run: int | None = None
    max_symbols: float | None = None
    refusals: bool = False
    patterns: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    function: str | None = None

    @property
    def any_on(self) -> bool:
        """Whether there is anything to look at."""
        idle = Filters(
            language_min_score=self.language_min_score, language_min_chars=self.language_min_chars, ngram=self.ngram
        )
        return self != idle


def unwanted(tables: Tables, filters: Filters) -> pl.DataFrame:
    """The examples that a filter does not want: UNWANTED_SCHEMA, one row each, in the order of the examples.

    `detail` names the measure, its value and the limit; never text of the row. Raises UsageError for a regular
    expression that is none, a function that cannot be found or fails, and a missing extra.
    """
    if not filters.any_on or tables.examples.is_empty():
        return pl.DataFrame(schema=UNWANTED_SCHEMA)
    frame = _texts_by_example(tables)
    code: pl.Series = pl.repeat(None, frame.height, dtype=pl.String, eager=True)
    detail = code.clone()
    for reason, hits, details in _verdicts(tables, frame, filters):
        new = hits & code.is_null()
        code = pl.select(pl.when(new).then(pl.lit(reason)).otherwise(code)).to_series()
        detail = pl.select(pl.when(new).then(details).otherwise(detail)).to_series()
    if filters.function is not None:
        code, detail = _ask_function(tables, code, detail, filters.function)
    found = pl.DataFrame({"row_id": frame["row_id"], "code": code, "detail": detail}, schema=UNWANTED_SCHEMA)
    return found.filter(pl.col("code").is_not_null())


def _texts_by_example(tables: Tables) -> pl.DataFrame:
    """One row an example: `text` and `answer`, messages joined by newlines, `turns`, and whether a tool is called."""
    text = pl.col("text")
    is_answer = pl.col("role") == "assistant"
    sums = (
        tables.messages.select("row_id", "role", "tool_calls", text=message_texts(tables.messages))
        .group_by("row_id", maintain_order=True)
        .agg(
            text=text.drop_nulls().str.join("\n"),
            answer=text.filter(is_answer).drop_nulls().str.join("\n"),
            turns=(is_answer | (pl.col("role") == "user")).sum(),
            calls=pl.col("tool_calls").is_not_null().any(),
        )
    )
    return (
        tables.examples.select("row_id")
        .join(sums, on="row_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("text", "answer").fill_null(""), pl.col("turns").fill_null(0), pl.col("calls").fill_null(value=False)
        )
    )


def message_texts(messages: pl.DataFrame) -> pl.Series:
    """The text of each message: its content, or its text parts joined by newlines; null where there is none."""
    parts = messages["parts"]
    if parts.null_count() == messages.height:
        return messages["content"]
    joined = [None if text is None else "\n".join(_part_texts(json.loads(text))) for text in parts]
    return pl.select(pl.coalesce(messages["content"], pl.Series(joined, dtype=pl.String))).to_series()


def _part_texts(parts: object) -> Iterator[str]:
    """The texts of content parts.

    >>> list(_part_texts([{"type": "text", "text": "a"}, {"type": "image_url"}]))
    ['a']
    """
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]


Verdict = tuple[str, pl.Series, pl.Expr]
"""A reason's code, one Boolean an example, and what to say of those that are true."""


def _verdicts(tables: Tables, frame: pl.DataFrame, filters: Filters) -> Iterator[Verdict]:
    yield from _lengths(frame, filters)
    yield from _quality(frame, filters)
    if filters.languages:
        found = detect_languages(frame["answer"])
        sure = (found["score"] >= filters.language_min_score) & (found["letters"] >= filters.language_min_chars)
        wanted = ", ".join(filters.languages)
        said = sentence("the answer is in {}; allowed: {}", found["language"], wanted)
        yield LANGUAGE, sure & ~found["language"].is_in(list(filters.languages)), said
    if filters.refusals:
        answers = tables.messages.filter(pl.col("role") == "assistant")
        refusing = answers.filter(is_refusal(message_texts(answers)))["row_id"].unique()
        yield REFUSAL, frame["row_id"].is_in(refusing.implode()), pl.lit("an answer refuses to help")
    for number, pattern in enumerate(filters.patterns, 1):
        yield PATTERN, _matches(frame["text"], pattern), pl.lit(f"matches clean.filters.patterns, number {number}")
    if filters.keywords:
        hits = _matches(frame["text"], keyword_pattern(filters.keywords))
        yield KEYWORD, hits, pl.lit("holds one of clean.filters.keywords")


def _lengths(frame: pl.DataFrame, filters: Filters) -> Iterator[Verdict]:
    characters, answer = frame["text"].str.len_chars(), frame["answer"].str.len_chars()
    for code, what, sizes, least, most in (
        (CHARACTERS, "characters", characters, filters.min_chars, filters.max_chars),
        (TURNS, "user and assistant messages", frame["turns"], filters.min_turns, filters.max_turns),
        (LITTLE_ANSWER, "characters in the answer", answer, filters.min_answer_chars, None),
    ):
        if least is not None:
            few = sizes < least
            few = few & ~frame["calls"] if code == LITTLE_ANSWER else few
            yield code, few, sentence("{} {}; at least {} wanted", sizes, what, least)
        if most is not None:
            yield code, sizes > most, sentence("{} {}; at most {} wanted", sizes, what, most)


def _quality(frame: pl.DataFrame, filters: Filters) -> Iterator[Verdict]:
    answer, n = frame["answer"], filters.ngram
    measures: tuple[tuple[str, str, Callable[[], pl.Series], float | None], ...] = (
        (REPETITION, "of the answer stands in repeated lines", lambda: repeated_line_share(answer),
         filters.max_repeated_lines),
        (REPETITION, f"of the answer's {n}-grams repeat", lambda: repeated_ngram_share(answer, n),
         filters.max_repeated_ngrams),
        (SYMBOLS, "of the characters are symbols", lambda: symbol_share(frame["text"]), filters.max_symbols),
    )  # fmt: skip
    for code, what, measure, limit in measures:
        if limit is not None:
            share = measure()
            yield (
                code,
                share > limit,
                sentence("{} {}; at most {} wanted", share.round(2), what, limit),
            )
    if filters.max_run is not None:
        runs = longest_run(frame["text"])
        said = sentence("one character {} times in a row; at most {} wanted", runs, filters.max_run)
        yield REPETITION, runs > filters.max_run, said


def keyword_pattern(keywords: tuple[str, ...]) -> str:
    """A pattern that finds the keywords as whole words, whatever their case.

    >>> pl.Series(["A CAT.", "concatenate"]).str.contains(keyword_pattern(("cat",))).to_list()
    [True, False]
    """
    return "(?i)" + "|".join(
        (r"\b" if word[:1].isalnum() else "") + re.escape(word) + (r"\b" if word[-1:].isalnum() else "")
        for word in keywords
    )


def _matches(texts: pl.Series, pattern: str) -> pl.Series:
    try:
        return texts.str.contains(pattern)
    except pl.exceptions.ComputeError:
        raise UsageError(
            f"clean.filters.patterns: {pattern!r} is no regular expression",
            allowed="the syntax of Rust's regex crate: no look-around, no back-references",
        ) from None


def _ask_function(tables: Tables, code: pl.Series, detail: pl.Series, function: str) -> tuple[pl.Series, pl.Series]:
    """Let the user's function judge the examples that nothing else dropped."""
    open_rows = tables.examples.with_columns(code=code).filter(pl.col("code").is_null())
    refused = judge_examples(open_rows, tables.messages, function)
    new = tables.examples["row_id"].is_in(refused.implode()) & code.is_null()
    said = pl.lit(f"{function} said no")
    return (
        pl.select(pl.when(new).then(pl.lit(USER_FUNCTION)).otherwise(code)).to_series(),
        pl.select(pl.when(new).then(said).otherwise(detail)).to_series(),
    )

"""Filters: off by default, each with its own code, details without text of the row."""

# ruff: noqa: E501  whole error texts

import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.cleaning.filtering.filters import FILTERS, UNWANTED_SCHEMA, unwanted
from tuneset.drop_reasons import REASONS
from tuneset.errors import UsageError
from tuneset.model import EXAMPLES_SCHEMA, MESSAGES_SCHEMA, Tables
from tuneset.params import FilterParams, ScoreParams

GERMAN = "Die Katze sitzt auf dem Dach und schaut den Vögeln zu, während es langsam zu regnen beginnt."
ENGLISH = "The cat sits on the roof and watches the birds while it slowly begins to rain over the town."


def tables_of(*answers: str, **columns: str) -> Tables:
    rows = [f"{n:016x}" for n in range(len(answers))]
    examples = [
        {"row_id": row, "source": "raw.jsonl", "line": n + 1, "item": 0, "format": "sft"} for n, row in enumerate(rows)
    ]
    messages = []
    for row, answer in zip(rows, answers, strict=True):
        messages.append({"row_id": row, "branch": "prompt", "turn": 0, "role": "user", "content": "Why?"})
        messages.append(
            {"row_id": row, "branch": "prompt", "turn": 1, "role": "assistant", "content": answer, **columns}
        )
    return Tables(pl.DataFrame(examples, schema=EXAMPLES_SCHEMA), pl.DataFrame(messages, schema=MESSAGES_SCHEMA))


def verdicts(filters: FilterParams, *answers: str) -> list[tuple[str, str]]:
    found = unwanted(tables_of(*answers), filters)
    assert found.schema == UNWANTED_SCHEMA
    return found.select("code", "detail").rows()


def test_everything_is_off_by_default() -> None:
    assert verdicts(FilterParams(), "", "!!!!!!!!!!!!", "I cannot help with that.") == []


def test_every_filter_is_off_by_default_and_has_a_reason_of_clean() -> None:
    assert not [single.code for single in FILTERS if single.is_on(FilterParams())]
    assert {REASONS[single.code].stage for single in FILTERS} == {"clean"}


def test_length_in_characters() -> None:
    filters = FilterParams(min_chars=8, max_chars=12)
    assert verdicts(filters, "12", "123", "1234567", "12345678") == [
        ("CLN004", "7 characters; at least 8 wanted"),
        ("CLN004", "13 characters; at most 12 wanted"),
    ]


def test_length_in_turns_counts_user_and_assistant() -> None:
    assert verdicts(FilterParams(min_turns=2, max_turns=2), "a") == []
    assert verdicts(FilterParams(min_turns=3), "a") == [("CLN005", "2 user and assistant messages; at least 3 wanted")]
    assert verdicts(FilterParams(max_turns=1), "a") == [("CLN005", "2 user and assistant messages; at most 1 wanted")]


def test_too_little_text_in_the_answer_but_not_beside_a_tool_call() -> None:
    assert verdicts(FilterParams(min_answer_chars=3), "ok", "yes") == [
        ("CLN006", "2 characters in the answer; at least 3 wanted")
    ]
    assert unwanted(tables_of("", tool_calls="[]"), FilterParams(min_answer_chars=3)).is_empty()


def test_repeated_lines() -> None:
    text = "this line repeats itself\n" * 5
    assert verdicts(FilterParams(max_repeated_lines=0.5), "one line\nanother line\na third line", text) == [
        ("CLN007", "0.8 of the answer stands in repeated lines; at most 0.5 wanted")
    ]


def test_repeated_ngrams_also_where_words_are_not_separated() -> None:
    filters = FilterParams(max_repeated_ngrams=0.5, ngram=2)
    assert verdicts(filters, ENGLISH, "go on " * 20, "你好吗" * 20) == [
        ("CLN007", "0.95 of the answer's 2-grams repeat; at most 0.5 wanted"),
        ("CLN007", "0.95 of the answer's 2-grams repeat; at most 0.5 wanted"),
    ]


def test_character_runs_do_not_count_lines_that_are_drawn() -> None:
    assert verdicts(FilterParams(max_run=10), "-" * 80 + "\n" + "=" * 80, "a" * 30) == [
        ("CLN007", "one character 30 times in a row; at most 10 wanted")
    ]


def test_symbols() -> None:
    assert verdicts(FilterParams(max_symbols=0.5), "Fine: (really)!", "%$#&!@*" * 5) == [
        ("CLN008", "0.9 of the characters are symbols; at most 0.5 wanted")
    ]


def test_a_score_in_a_raw_column() -> None:
    tables = tables_of("a", "b", "c", "d")
    metas = ['{"rating":2.5}', '{"rating":"3"}', '{"rating":"good"}', None]
    rated = Tables(tables.examples.with_columns(pl.Series("meta", metas)), tables.messages)
    found = unwanted(rated, FilterParams(score=ScoreParams(column="rating", at_least=3.0)))
    assert found.select("row_id", "code", "detail").rows() == [
        (tables.examples["row_id"][0], "CLN013", "the score is 2.5; at least 3.0 wanted")
    ]


def test_languages_need_score_and_length() -> None:
    filters = FilterParams(languages=["en"])
    assert verdicts(filters, ENGLISH, "Ja, gut.", "", "```python\nimport os\nprint(os.getcwd(), end='')\n```" * 3) == []
    assert verdicts(filters, GERMAN) == [("CLN003", "the answer is in de; allowed: en")]
    assert verdicts(FilterParams(languages=["en"], language_min_score=1.0), GERMAN) == []
    assert verdicts(FilterParams(languages=["de", "en"]), GERMAN, ENGLISH) == []


def test_patterns_are_named_by_number_and_never_shown() -> None:
    assert verdicts(FilterParams(patterns=["nothing", r"se(cre)+t"]), "a secret") == [
        ("CLN010", "matches clean.filters.patterns, number 2")
    ]


def test_a_broken_pattern_is_the_users_mistake() -> None:
    with pytest.raises(UsageError) as caught:
        unwanted(tables_of("a"), FilterParams(patterns=["(a"]))
    assert str(caught.value) == (
        "clean.filters.patterns: '(a' is no regular expression\n"
        "  allowed: the syntax of Rust's regex crate: no look-around, no back-references"
    )


def test_keywords_are_whole_words_of_any_case() -> None:
    filters = FilterParams(keywords=["cat", "c++", "as an AI"])
    said = ("CLN011", "holds one of clean.filters.keywords")
    assert verdicts(filters, "concatenate", "c+", "A CAT", "I write C++.", "AS AN AI, no") == [said] * 3


def test_the_first_reason_wins_and_order_is_kept() -> None:
    found = unwanted(tables_of("x" * 40, "fine", "no"), FilterParams(max_chars=20, max_run=10, min_answer_chars=3))
    assert found.select("row_id", "code").rows() == [("0" * 16, "CLN004"), ("0" * 15 + "2", "CLN006")]


def test_text_parts_are_read_too() -> None:
    tables = tables_of("x")
    messages = tables.messages.with_columns(
        content=pl.when(pl.col("turn") == 0).then(pl.col("content")),
        parts=pl.when(pl.col("turn") == 1).then(pl.lit('[{"type":"text","text":"a cat"},{"type":"image_url"}]')),
    )
    assert unwanted(Tables(tables.examples, messages), FilterParams(keywords=["cat"])).height == 1


@pytest.fixture
def user_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "my_filters.py").write_text(
        "def short(messages): return len(messages[-1]['content']) > 5\n"
        "def fails(messages): raise ValueError(messages[-1]['content'])\n"
        "def vague(messages): return 'perhaps'\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "my_filters"


def test_a_function_of_the_user_decides_last(user_module: str) -> None:
    found = verdicts(FilterParams(function=f"{user_module}:short", max_chars=30), "fine", "rather long", "x" * 40)
    assert found == [("CLN012", "my_filters:short said no"), ("CLN004", "45 characters; at most 30 wanted")]


def test_the_working_folder_is_searched_while_the_function_is_loaded_and_called_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_early_words.py").write_text("WORDS = ['cat']\n")
    (tmp_path / "my_late_words.py").write_text("WORDS = ['dog']\n")
    (tmp_path / "my_judge.py").write_text(
        "import my_early_words\n"
        "def keep(messages):\n"
        "    import my_late_words\n"
        "    return messages[-1]['content'] not in my_early_words.WORDS + my_late_words.WORDS\n"
    )
    monkeypatch.chdir(tmp_path)
    before = [*sys.path]
    refused = [("CLN012", "my_judge:keep said no")] * 2
    assert verdicts(FilterParams(function="my_judge:keep"), "cat", "bird", "dog") == refused
    assert sys.path == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("my_filters:fails", "clean.filters.function: my_filters:fails failed at raw.jsonl:1 with ValueError\n  do: call the function by hand with the messages of that line"),
        ("my_filters:vague", "clean.filters.function: my_filters:vague returned str at raw.jsonl:1\n  allowed: True to keep the example, False to drop it"),
        ("my_filters:none", "clean.filters.function: my_filters has no function none"),
        ("my_filters", "clean.filters.function: my_filters is no function\n  allowed: module:function"),
        ("no_such_module:f", "clean.filters.function: no_such_module cannot be imported: No module named 'no_such_module'"),
    ],
)  # fmt: skip
def test_a_function_that_does_not_work_is_named_without_text_of_the_row(user_module: str, name: str, said: str) -> None:
    assert user_module in name or "no_such" in name
    with pytest.raises(UsageError) as caught:
        unwanted(tables_of("private words"), FilterParams(function=name))
    assert str(caught.value) == said


@given(st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_a_verdict_does_not_depend_on_the_neighbours(answers: list[str]) -> None:
    filters = FilterParams(min_chars=8, max_run=3, max_symbols=0.4, max_repeated_ngrams=0.3, ngram=1, refusals=True)
    together = dict(unwanted(tables_of(*answers), filters).select("row_id", "detail").rows())
    for number, answer in enumerate(answers):
        alone = unwanted(tables_of(answer), filters)["detail"].to_list()
        assert alone == [together[f"{number:016x}"]] if f"{number:016x}" in together else alone == []

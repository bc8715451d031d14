"""Decontamination: which rows go, for which match, and that nothing else happens to the rest."""

from collections.abc import Sequence

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import chat, row_id, tables_of
from tuneset.example_tables import to_examples
from tuneset.model import StageResult, Tables
from tuneset.similarity.contamination import ANSWER_LEAST_UNITS, QUESTION_LEAST_UNITS, index_evaluation
from tuneset.stages.decontaminate import CONTAMINATION_SCHEMA, EvaluationTexts, decontaminate

QUESTION = "A train leaves at nine and travels three hours at sixty kilometres an hour; how far does it go?"
ANSWER = "It travels one hundred and eighty kilometres, because three hours at sixty kilometres an hour make that."


def sides(questions: Sequence[str], answers: Sequence[str], share: float = 0.5) -> list[EvaluationTexts]:
    return [
        EvaluationTexts(
            name,
            index_evaluation(pl.Series(texts, dtype=pl.String), 8, least_units=least),
            [f"eval.jsonl:{line}" for line in range(1, len(texts) + 1)],
            share,
        )
        for name, texts, least in (
            ("question", questions, QUESTION_LEAST_UNITS),
            ("answer", answers, ANSWER_LEAST_UNITS),
        )
    ]


def run(tables: Tables, chosen: Sequence[EvaluationTexts]) -> StageResult:
    """Decontaminate examples of one question and one answer."""
    texts = [
        tables.messages.filter(pl.col("role") == role)["content"] for role in ("user", "assistant")
    ]  # fmt: skip
    return decontaminate(tables, texts, chosen)


def test_rows_on_the_same_subject_stay() -> None:
    examples = [chat("When does the train leave, and how far does it go?", "At nine. One hundred kilometres.")]
    result = run(tables_of(examples), sides([QUESTION], [ANSWER]))
    assert to_examples(result.tables) == examples
    assert result.report_tables["contamination"].is_empty()
    assert result.report_tables["contamination"].schema == CONTAMINATION_SCHEMA
    assert result.metrics == {"contaminated.question": 0, "contaminated.answer": 0}


def test_an_answer_is_never_held_against_a_question() -> None:
    examples = [chat(ANSWER, QUESTION)]
    assert to_examples(run(tables_of(examples), sides([QUESTION], [ANSWER])).tables) == examples


def test_no_rows_and_no_evaluation_texts_are_no_trouble() -> None:
    assert run(tables_of([]), sides([QUESTION], [ANSWER])).rejects.is_empty()
    assert run(tables_of([chat(QUESTION, ANSWER)]), sides([], [])).rejects.is_empty()


def test_a_contaminated_row_goes_and_names_what_it_matched() -> None:
    rows = [chat("Hello?", "Hi."), chat(f"Tell me: {QUESTION}", "Far."), chat("Tell me?", ANSWER)]
    result = run(tables_of(rows), sides(["Another question", QUESTION], ["", ANSWER]))
    assert to_examples(result.tables) == rows[:1]
    assert result.rejects.select("line", "stage", "code", "detail", "kept_row_id").rows() == [
        (2, "dedup", "DUP003", "holds 100 % of the question at eval.jsonl:2", None),
        (3, "dedup", "DUP003", "holds 100 % of the answer at eval.jsonl:2", None),
    ]
    assert result.report_tables["contamination"].rows() == [
        ("raw.jsonl", 2, 0, row_id(2), "question", "eval.jsonl:2", 1.0),
        ("raw.jsonl", 3, 0, row_id(3), "answer", "eval.jsonl:2", 1.0),
    ]
    assert result.metrics == {"contaminated.question": 1, "contaminated.answer": 1}


def test_a_row_that_both_sides_find_is_dropped_once_for_the_question_and_noted_for_both() -> None:
    result = run(tables_of([chat(QUESTION, ANSWER)]), sides([QUESTION], [ANSWER]))
    assert result.rejects["detail"].to_list() == ["holds 100 % of the question at eval.jsonl:1"]
    assert result.report_tables["contamination"]["side"].to_list() == ["question", "answer"]


def test_the_share_from_which_a_row_goes_is_each_sides_own() -> None:
    words = QUESTION.split()
    tables = tables_of([chat(" ".join([*words[:12], "and", "what", "then?"]), "Hm.")])
    assert run(tables, sides([QUESTION], [], 0.9)).rejects.is_empty()
    rejects = run(tables, sides([QUESTION], [], 0.6)).rejects
    assert rejects["detail"].to_list() == ["holds 63 % of the question at eval.jsonl:1"]


def test_no_detail_holds_a_text() -> None:
    result = run(tables_of([chat(QUESTION, ANSWER)]), sides([QUESTION], [ANSWER]))
    said = result.rejects.write_csv() + result.report_tables["contamination"].write_csv()
    assert "train" not in said
    assert "kilometres" not in said


TEXT = st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta", "epsilon"]), max_size=14).map(" ".join)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=6), st.lists(TEXT, max_size=4), st.lists(TEXT, max_size=4))
def test_every_row_stays_as_it_is_or_goes_for_a_match(
    rows: list[tuple[str, str]], questions: list[str], answers: list[str]
) -> None:
    tables = tables_of([chat(*row) for row in rows])
    result = run(tables, sides(questions, answers))
    matched = result.report_tables["contamination"]["row_id"].unique().sort().to_list()
    assert result.rejects["row_id"].sort().to_list() == matched
    stayed = ~tables.examples["row_id"].is_in(matched)
    assert to_examples(result.tables) == to_examples(tables.keep(stayed))
    assert (result.report_tables["contamination"]["share"] >= 0.5).all()
    for row in matched:
        asked, answered = rows[int(row, 16) - 1]
        assert {*asked.split(), *answered.split()} & {word for text in questions + answers for word in text.split()}

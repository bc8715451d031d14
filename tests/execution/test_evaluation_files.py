"""Evaluation files: what of them is held against training data, and what is no evaluation file."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path

import orjson
import pytest

from tests.builders import chat, pair, tables_of
from tuneset.errors import InputError
from tuneset.example_tables import Example
from tuneset.execution import evaluation_files
from tuneset.model import Format
from tuneset.params import EvaluationParams
from tuneset.stages.decontaminate import EvaluationTexts, decontaminate

LONG = "it boils at three hundred and seventy three kelvin"  # as many words as an answer needs to be evidence


def params(*paths: Path, **more: float) -> EvaluationParams:
    return EvaluationParams.model_validate({"files": [str(path) for path in paths], **more})


def sides(*paths: Path) -> dict[str, EvaluationTexts]:
    return {side.name: side for side in evaluation_files.load(params(*paths))}


def units(side: EvaluationTexts) -> list[tuple[str, int]]:
    """Line of each text, and how many of its words count."""
    return [
        (place.rpartition(":")[2], count)
        for place, count in zip(side.places, side.index.coverable.tolist(), strict=True)
    ]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("blank.txt", b" \n\t\n", "blank.txt: holds nothing to compare training data with"),
        ("odd.jsonl", b'{"a": 1}\n', "odd.jsonl: holds nothing to compare training data with"),
        ("short.txt", b"Why?\nAnd you?\n", "short.txt: no text in it is long enough to be compared"),
        ("short.jsonl", orjson.dumps(chat("Why?", "I do not know.")), "short.jsonl: no text in it is long enough"),
        ("empty.jsonl", b"", "empty.jsonl: is empty"),
        ("noise.bin", bytes(range(256)) * 9, "noise.bin: is neither text nor Parquet"),
        ("cut.txt", gzip.compress(b"some words and more of them", mtime=0)[:-9], "cut.txt: the compressed file is"),
    ],
)
def test_a_file_that_holds_nothing_to_compare_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(data)
    with pytest.raises(InputError) as caught:
        evaluation_files.load(params(Path(name)))
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("name", "said"), [("gone.jsonl", "does not exist"), ("folder", "cannot be read: Is a directory")]
)
def test_a_file_that_is_none_is_told_before_any_work_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    with pytest.raises(InputError) as caught:
        evaluation_files.digest(params(Path(name)))
    assert caught.value.message == f"{name}: {said}"


def test_an_rft_example_has_no_answer_that_could_be_one_of_an_evaluation() -> None:
    asked = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
    asked["messages"].append({"role": "user", "content": "r"})
    cases: list[tuple[Format, list[Example], list[str], list[str]]] = [
        ("rft", [asked], ["q\na\nr"], [""]),
        ("sft", [chat("q", "a"), chat("x", "y")], ["q", "x"], ["a", "y"]),
        ("dpo", [pair("q", "a", "b")], ["q"], ["a\nb"]),
        ("sft", [], [], []),
    ]
    for line_format, rows, questions, answers in cases:
        found = evaluation_files.texts(tables_of(rows, line_format=line_format))
        assert [side.to_list() for side in found] == [questions, answers]


QUESTION = "Which lake in the far north freezes last of all in a mild winter?"
OTHER_ANSWER = "the deep one beside the mountain because its water stays warm until january"
INSTRUCTION = "Which lake in the far north freezes last of all in a mild spring?"


def said(*contents: str, system: str | None = None, thought: str | None = None) -> Example:
    """A conversation that starts with the user, with what is thought before its last answer."""
    roles = ("user", "assistant")
    messages: list[dict[str, object]] = [{"role": roles[i % 2], "content": text} for i, text in enumerate(contents)]
    if thought:
        messages[-1]["reasoning_content"] = thought
    return {"messages": [*([{"role": "system", "content": system}] if system else []), *messages]}


def test_a_part_of_a_question_beside_the_prompt_and_an_answer_that_is_quoted_stay(tmp_path: Path) -> None:
    path = tmp_path / "eval.jsonl"
    path.write_bytes(orjson.dumps(chat(QUESTION, OTHER_ANSWER)) + b"\n" + orjson.dumps(chat("is it cold there", "no")))
    stay = [
        said("And then?", "Nothing.", system=INSTRUCTION),
        said("And then?", "Nothing.", thought=INSTRUCTION),
        said("Ask me about lakes.", INSTRUCTION),
        said("Ask me something short.", "Is it cold there?"),
        said("Hello.", "Hello.", system="Is it cold there?"),
        said(f"Is this true: {OTHER_ANSWER}", "Yes."),
        said("Hello.", "Hello.", system=OTHER_ANSWER),
    ]
    go = [
        said("And then?", "Nothing.", system=f"An example. {QUESTION.upper()} The deep one."),
        said("And then?", "Nothing.", thought=f"I know that one: {QUESTION}"),
        said("Ask me about lakes.", f"Gladly: **{QUESTION}**"),
        said("And now?", OTHER_ANSWER, "Thank you.", "You are welcome."),
        said("And now?", "See above.", thought=OTHER_ANSWER),
        said("Tell me.", "No.", QUESTION, "No."),
    ]
    tables = tables_of([*stay, *go])
    result = decontaminate(tables, *evaluation_files.held_against(params(path), tables))
    assert result.rejects["row_id"].to_list() == tables.examples["row_id"].to_list()[len(stay) :]
    assert result.metrics == {"contaminated.question": 4, "contaminated.answer": 2}
    assert result.report_tables["contamination"]["evaluation"].unique().to_list() == [f"{path}:1"]


def test_an_example_that_several_texts_of_it_betray_is_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "eval.jsonl"
    path.write_bytes(orjson.dumps(chat(QUESTION, OTHER_ANSWER)))
    tables = tables_of([said(QUESTION, QUESTION, system=QUESTION)])
    result = decontaminate(tables, *evaluation_files.held_against(params(path), tables))
    assert result.metrics == {"contaminated.question": 1, "contaminated.answer": 0}
    assert result.report_tables["contamination"].height == 1


def test_without_files_there_is_nothing() -> None:
    assert evaluation_files.digest(params()) == []
    assert [len(side.places) for side in evaluation_files.load(params())] == [0, 0]


def test_the_digest_is_that_of_the_bytes_in_the_order_of_the_names(tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    expected = [hashlib.sha256(data).hexdigest() for data in (b"2", b"1")]
    assert evaluation_files.digest(params(two, one)) == expected


def test_rows_of_any_known_shape_give_question_and_answer_and_others_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "eval.jsonl"
    rows = [
        {"a": 1},
        {"question": "How hot is boiling water?", "answer": LONG},
        chat("How hot is boiling water, in short?", f"Well, {LONG}", system="Be short and to the point at all times."),
        {"messages": [{"role": "user", "content": "Only ever asked"}]},
    ]
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    found = sides(path)
    assert units(found["question"]) == [("2", 5), ("3", 7), ("4", 3)]
    assert units(found["answer"]) == [("2", 9), ("3", 10), ("4", 0)]


def test_a_text_file_gives_one_question_a_line_by_its_physical_line(tmp_path: Path) -> None:
    path = tmp_path / "eval.txt"
    path.write_bytes("\ufeffwhat is a café\r\n\r\n  \r\nhow far is it from here".encode())
    found = sides(path)
    assert units(found["question"]) == [("1", 4), ("4", 6)]
    assert units(found["answer"]) == [("1", 0), ("4", 0)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_a_text_file_may_have_any_encoding_and_be_packed(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "eval.txt"
    path.write_bytes(gzip.compress("what is a café".encode(encoding), mtime=0))
    assert units(sides(path)["question"]) == [("1", 4)]


def test_several_files_make_one_index_whose_places_name_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("what is the boiling point")
    Path("b.csv").write_text(f"question,answer\nhow hot is it then,{LONG}\n")
    found = sides(Path("a.txt"), Path("b.csv"))
    assert found["question"].places == found["answer"].places == ["a.txt:1", "b.csv:2"]


def test_thresholds_and_the_length_of_n_grams_are_those_of_the_params(tmp_path: Path) -> None:
    path = tmp_path / "eval.txt"
    path.write_text("what is the boiling point of water")
    question, answer = evaluation_files.load(params(path, n=4, question_share=0.7, answer_share=0.9))
    assert (question.least_share, answer.least_share, question.index.n, answer.index.n) == (0.7, 0.9, 4, 4)


def test_a_file_is_read_once_and_again_when_it_was_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "eval.txt"
    path.write_text("one two three")
    first = sides(path)["question"]
    assert sides(path)["question"] is first
    path.write_text("one two three four")
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    assert units(sides(path)["question"]) == [("1", 4)]


def test_preference_pairs_are_no_questions_and_answers(tmp_path: Path) -> None:
    path = tmp_path / "eval.jsonl"
    path.write_bytes(orjson.dumps(pair("q", "a", "b")))
    with pytest.raises(InputError, match="holds nothing to compare"):
        sides(path)

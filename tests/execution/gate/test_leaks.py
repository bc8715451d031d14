"""The measures of others, held against plain counting; what is boilerplate; who may judge."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.execution.executor import open_executor
from tuneset.execution.gate import measurement, near_rows, number_tables, shared_pieces, texts, validation_blocks
from tuneset.execution.gate.measurement import measure
from tuneset.execution.gate.texts import unit_batches
from tuneset.execution.progress import no_progress
from tuneset.params import NearParams
from tuneset.similarity import boilerplate, common_pieces
from tuneset.stages.gate import LEAKS, Measured

SOURCE = Path(near_rows.__file__).parents[2]
JUDGES = (
    "stages/gate.py",
    *(f"execution/gate/{path.name}" for path in sorted(SOURCE.glob("execution/gate/*.py"))),
)
MAKERS = {
    "tuneset.stages.split", "tuneset.stages.dedup", "tuneset.stages.dedup_keys", "tuneset.stages.near_texts",
    "tuneset.similarity.minhash", "tuneset.similarity.clusters",
    "tuneset.similarity.near_duplicates", "tuneset.similarity.set_store", "tuneset.similarity.conversations",
    "tuneset.execution.duplicates", "tuneset.execution.dataset_files",
}  # fmt: skip
WORDS = [f"w{number}" for number in range(40)]


def row(question: str, answer: str, system: str = "") -> dict[str, Any]:
    first = [{"role": "system", "content": system}] if system else []
    return {"messages": [*first, {"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def measured(folder: Path, train: list[dict[str, Any]], validation: list[dict[str, Any]], **near: Any) -> Measured:  # noqa: ANN401  of params
    for name, rows in (("train", train), ("validation", validation)):
        lines = [orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in rows]
        (folder / f"{name}.jsonl").write_bytes(b"".join(lines))
    with open_executor(1, no_progress) as executor:
        files = (folder / "train.jsonl", folder / "validation.jsonl")
        return measure(*files, NearParams(**near), executor, work=folder / "work")


def story(first: int, words: int = 60) -> str:
    """Words in a row of which no two begin alike."""
    return " ".join(f"word{(first * 997 + place * 31) % 100003}" for place in range(words))


@pytest.mark.parametrize("path", JUDGES)
def test_the_judge_uses_nothing_of_what_made_the_files(path: str) -> None:
    tree = ast.parse((SOURCE / path).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    assert names & MAKERS == set()


def test_rows_that_have_nothing_in_common_leak_nothing(tmp_path: Path) -> None:
    found = measured(tmp_path, [row(story(1), story(2))], [row(story(3), story(4))])
    assert set(found.leaks) == {leak.name for leak in LEAKS}
    assert set(found.leaks.values()) == {0.0}
    assert not any(found.sample.values())


@pytest.mark.parametrize(
    ("train", "names"),
    [
        (row(story(1), "Yes."), {"equal_prompt", "near_prompt", "words_13"}),
        (row(f"{story(1)} more", "Yes."), {"near_prompt", "words_13"}),
        (row("Why?", story(2)), {"equal_answer", "near_answer", "words_13"}),
        (row("Why?", f"{story(2)} more"), {"near_answer", "words_13"}),
        (row(f"{story(1)} a", f"{story(2)} b"), {"near", "near_prompt", "near_answer", "words_13"}),
        (row(f"{story(9)} {' '.join(story(1).split()[5:18])}", "Yes."), {"words_13"}),
        (row(f"{story(9)} {' '.join(story(1).split()[5:17])}", "Yes."), set()),
        (row(story(9), " ".join(reversed(story(2).split()))), set()),
    ],
)
def test_each_measure_sees_its_own_kind(tmp_path: Path, train: dict[str, Any], names: set[str]) -> None:
    found = measured(tmp_path, [row(story(7), story(8)), train], [row(story(1), story(2))])
    assert {name for name, share in found.leaks.items() if share} - {"characters_50"} == names
    for name in names:
        assert found.sample[name] == [(1, 2)]


@pytest.mark.parametrize("side", ["train", "validation"])
def test_parts_are_measured_as_the_text_where_they_are_text_alone(tmp_path: Path, side: str) -> None:
    def in_parts(example: dict[str, Any], *more: dict[str, Any]) -> dict[str, Any]:
        messages = [
            {**each, "content": [{"type": "text", "text": each["content"]}, *more]} for each in example["messages"]
        ]
        return {"messages": messages}

    def found(example: dict[str, Any], asked: dict[str, Any]) -> set[str]:
        chosen = (example, asked) if side == "train" else (asked, example)
        leaks = measured(tmp_path, [row(story(7), story(8)), chosen[0]], [chosen[1]]).leaks
        return {name for name, share in leaks.items() if share} - {"words_13", "characters_50"}

    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    one, other = row(story(1), story(2)), row(story(1), story(3))
    for kind in (one, other):
        assert found(in_parts(kind), one) == found(kind, one) >= {"equal_prompt", "near_prompt"}
        assert found(in_parts(kind, picture), one) == set()


@pytest.mark.parametrize(
    ("text", "share"),
    [
        (story(1), 1.0),
        (f"{story(9)}, {story(1).upper()}", 1.0),
        (story(1).replace(" ", "\n"), 1.0),
        (" ".join(story(1).split()[::2]), 0.0),
        (story(1)[:49], 0.0),
    ],
)
def test_pieces_of_letters_and_digits_are_found_wherever_they_stand(tmp_path: Path, text: str, share: float) -> None:
    found = measured(tmp_path, [row(story(7), story(8)), row("Why?", text)], [row("When?", story(1))])
    assert found.leaks["characters_50"] == share


@pytest.mark.parametrize("others", [shared_pieces.MOST_ROWS, shared_pieces.MOST_ROWS - 1])
def test_what_many_rows_have_is_told_apart(tmp_path: Path, others: int) -> None:
    block = f"Examples: {story(5, 90)} Now this one:"
    train = [row(f"{block} {story(20 + number, 20)}", f"label{number}") for number in range(others + 1)]
    found = measured(tmp_path, train, [row(f"{block} {story(3, 20)}", "label")], key="answer")
    told_apart = others == shared_pieces.MOST_ROWS
    assert (found.leaks["words_13"] == 0, found.leaks["characters_50"] == 0) == (told_apart, told_apart)


def test_a_short_answer_and_one_of_many_rows_are_no_near_answers(tmp_path: Path) -> None:
    polite = "I am sorry but I can not help with this, please ask your local office for advice."
    train = [row(story(number, 9), f"{polite} {number}") for number in range(near_rows.MOST_ROWS + 1)]
    found = measured(tmp_path, [*train, row("a", "It is so.")], [row("q", polite), row("b", "It is so.")])
    assert found.leaks["near_answer"] == 0
    few = train[: boilerplate.LEAST_ROWS // near_rows.LOOSENED - 2]
    assert measured(tmp_path, few, [row("q", polite)]).leaks["near_answer"] == 1


@pytest.mark.parametrize("words", [60, 400])
def test_long_texts_are_near_from_the_very_shingle_on_that_the_threshold_asks_for(tmp_path: Path, words: int) -> None:
    near = NearParams()
    shingles = words - near.n + 1
    least = next(shared for shared in range(shingles) if shared >= near.threshold * (2 * shingles - shared))
    for shared, share in ((least, 1.0), (least - 1, 0.0)):
        same = shared + near.n - 1
        answers = (" ".join([*story(2, same).split(), *story(9, words - same).split()]), story(2, words))
        found = measured(tmp_path, *([row(f"Why {place}?", answer)] for place, answer in enumerate(answers)))
        assert found.leaks["near_answer"] == share


def test_of_a_large_file_some_runs_of_words_are_indexed_but_all_of_a_text_of_few() -> None:
    few, many = shared_pieces.FEW_RUNS + common_pieces.WORDS - 1, 4000  # words: as many runs as count for few
    whole = shared_pieces.WHOLE_FILE_BYTES

    def runs(words: int, file_bytes: int) -> int:
        batches = list(unit_batches([story(2, words - 1), "end"]))
        return len(shared_pieces.index(batches, file_bytes).numbers[0])

    assert runs(few, 100 * whole) == shared_pieces.FEW_RUNS
    assert runs(few + 1, 100 * whole) < shared_pieces.FEW_RUNS
    every = many - common_pieces.WORDS + 1
    assert (runs(many, 0), runs(many, whole)) == (every, every)
    for file_bytes, rate in (
        (whole + 1, 2),
        (2 * whole, 2),
        (2 * whole + 1, 3),
        (1000 * whole, shared_pieces.MOST_RATE),
    ):
        assert runs(many, file_bytes) == pytest.approx(every / rate, rel=0.1)


TEXT = st.lists(st.sampled_from(WORDS[:3]), min_size=1, max_size=24).map(" ".join)
ROWS = st.lists(st.builds(row, TEXT, TEXT), min_size=1, max_size=6)


def said(one: dict[str, Any]) -> list[str]:
    return " ".join(message["content"] for message in one["messages"]).split()


@given(ROWS, ROWS)
@settings(max_examples=drawn(60))
def test_thirteen_words_in_a_row_are_what_counting_finds(
    tmp_path_factory: pytest.TempPathFactory, train: list[dict[str, Any]], validation: list[dict[str, Any]]
) -> None:
    def runs(one: dict[str, Any]) -> set[tuple[str, ...]]:
        words = said(one)
        return {tuple(words[at : at + 13]) for at in range(len(words) - 12)}

    known = set().union(*map(runs, train))
    expected = sum(bool(runs(one) & known) for one in validation) / len(validation)
    assert measured(tmp_path_factory.mktemp("gate"), train, validation).leaks["words_13"] == expected


@given(ROWS, ROWS)
@settings(max_examples=drawn(60))
def test_what_stands_whole_in_training_is_found_by_its_pieces(
    tmp_path_factory: pytest.TempPathFactory, train: list[dict[str, Any]], validation: list[dict[str, Any]]
) -> None:
    found = measured(tmp_path_factory.mktemp("gate"), [*train, *validation], validation)
    long = [len("".join(said(one))) >= 50 + 2 * 12 for one in validation]  # a piece begins within a few words
    assert (found.leaks["characters_50"] or 0.0) >= sum(long) / len(validation)


PARTS = [story(1, 20), story(2, 9), "caf\u00e9 \u65e5\u672c\u8a9e " * 5, "It's 3 - 4?", " ".join(WORDS[:16]), "-" * 40]
PASSAGES = st.lists(st.sampled_from(PARTS), min_size=1, max_size=4).map(" ".join)
SHAPES = st.lists(
    st.one_of(
        st.builds(row, PASSAGES, PASSAGES),
        st.builds(lambda one, other: {"messages": row(one, other)["messages"] * 2}, PASSAGES, PASSAGES),
        st.builds(
            lambda one: {"messages": row(one, "")["messages"][:1], "tools": [{"function": {"name": "f"}}]}, PASSAGES
        ),
    ),
    min_size=1,
    max_size=8,
)


@given(SHAPES, SHAPES, st.integers(60, 900), st.integers(1, 3), st.booleans(), st.sampled_from([0, 9, 30]))
@settings(max_examples=8)
def test_what_is_found_is_the_same_however_the_files_are_cut(
    tmp_path_factory: pytest.TempPathFactory,
    train: list[dict[str, Any]],
    validation: list[dict[str, Any]],
    step: int,
    batch: int,
    in_blocks: bool,
    filter_bits: int,
) -> None:
    whole = measured(tmp_path_factory.mktemp("gate"), train, validation)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(measurement, "STEP_BYTES", step)
        patched.setattr(number_tables, "MOST_FILTER_BITS", filter_bits)
        if in_blocks:
            patched.setattr(validation_blocks, "BLOCK_BYTES", step)
        patched.setattr(texts, "BATCH_EXAMPLES", batch)
        assert measured(tmp_path_factory.mktemp("gate"), train, validation) == whole

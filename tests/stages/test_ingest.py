"""Raw rows become examples or rejects, and each has one place of its own."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.errors import InputError, UsageError
from tuneset.example_tables import to_examples
from tuneset.json_text import JsonValue
from tuneset.model import EXAMPLES_SCHEMA, MESSAGES_SCHEMA, REJECTS_SCHEMA, Format, StageResult
from tuneset.params import IngestParams
from tuneset.reading.containers.jsonl import parse_lines
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records
from tuneset.reading.shapes.choose import taker
from tuneset.stages.ingest import ingest

PLAIN = IngestParams()


def run(data: bytes, params: IngestParams = PLAIN, line_format: Format = "sft") -> StageResult:
    return ingest(parse_lines(data, 1), "raw/a.jsonl", params, line_format)


def test_each_row_that_is_no_example_is_a_reject_with_its_reason() -> None:
    result = run(b'{"messages": []}\nnot json\n\n{"foo": "secret"}\n{"messages": "secret"}\n[{"messages": []}, 3]\n')
    assert result.rejects.select("line", "item", "stage", "code", "detail", "kept_row_id").rows() == [
        (2, 0, "ingest", "JSN001", "invalid JSON at column 1: expecting value", None),
        (4, 0, "ingest", "ING001", "no known shape of sft has the keys foo", None),
        (5, 0, "ingest", "SHP004", "messages is text; a list of messages is needed", None),
        (6, 1, "ingest", "JSN002", "the row is a number; a JSON object is needed", None),
    ]
    assert result.tables.examples.select("source", "line", "item", "format").rows() == [
        ("raw/a.jsonl", 1, 0, "sft"),
        ("raw/a.jsonl", 6, 0, "sft"),
    ]
    assert result.metrics == {"rows.read": 6, "shape.chat": 2}


ODD = b'{"question": "q", "answer": "a", "note": "one two three", "id": "x y"}\n{"question": "q", "answer": "a"}'


def test_a_column_with_text_that_no_example_says_is_counted_by_file() -> None:
    for columns in ("warn", "keep"):
        result = run(ODD, IngestParams.model_validate({"columns": columns}))
        assert result.metrics == {"rows.read": 2, "shape.question_answer": 2, 'unused:["raw/a.jsonl","note"]': 1}
    assert result.tables.examples["meta"].to_list() == ['{"note":"one two three","id":"x y"}', None]


def test_a_score_that_says_how_good_an_answer_is_is_counted_by_file() -> None:
    result = run(b'{"question": "q", "answer": "a", "rating": 2}\n{"question": "q", "answer": "b", "rating": "good"}')
    scored = {'classes:["raw/a.jsonl","rating"]': 1, 'scored:["raw/a.jsonl","rating"]': 1}
    assert result.metrics == {"rows.read": 2, "shape.question_answer": 2, **scored}


def test_such_a_column_is_refused_where_that_is_asked_for() -> None:
    with pytest.raises(UsageError, match=r"^raw/a.jsonl: text in the columns note would be in no example"):
        run(ODD, IngestParams(columns="error"))
    run(b'{"question": "q", "answer": "a", "id": "x"}', IngestParams(columns="error"))


def test_text_beside_the_rows_of_an_envelope_is_counted_too() -> None:
    data = b'{"about": "All about Rome.", "page": 1, "data": [{"question": "q", "answer": "a"}]}'
    records = parse_lines(data, 1, taker(None))
    assert ingest(records, "a", PLAIN, "sft").metrics['unused:["a","about"]'] == 1


LABELLED = b"""{"prompt": "a?", "completion": "A.", "label": true}
{"messages": [{"role": "user", "content": "b?"}, {"role": "assistant", "content": "B."}], "label": false}
{"conversations": [{"from": "human", "value": "c?"}, {"from": "gpt", "value": "C."}], "kto_tag": false}
{"question": "d?", "answer": "D.", "Rating": "thumbs_down"}
{"question": "e?", "answer": "E.", "rating": 1}
"""


def test_a_row_that_says_that_its_answer_is_bad_is_no_supervised_example() -> None:
    result = run(LABELLED)
    assert result.rejects.select("line", "code", "detail").rows() == [
        (2, "LBL001", "label says that the answer is bad"),
        (3, "LBL001", "kto_tag says that the answer is bad"),
        (4, "LBL001", "Rating says that the answer is bad"),
    ]
    assert result.tables.examples["line"].to_list() == [1, 5]


def test_labels_of_classes_and_labels_that_are_to_be_kept_drop_nothing() -> None:
    assert run(LABELLED, IngestParams(labelled_bad="keep")).rejects.is_empty()
    classes = b"".join(b'{"prompt": "%d?", "completion": "c", "label": %d}\n' % (n, n) for n in range(3))
    assert run(classes).rejects.is_empty()


def test_a_label_is_the_graders_in_a_reinforcement_row() -> None:
    result = run(b'{"messages": [{"role": "user", "content": "q"}], "label": false}', line_format="rft")
    assert to_examples(result.tables)[0]["label"] is False


def test_nothing_read_gives_empty_frames_of_the_right_schema() -> None:
    result = run(b"")
    assert result.tables.examples.schema == EXAMPLES_SCHEMA
    assert result.tables.messages.schema == MESSAGES_SCHEMA
    assert result.rejects.schema == REJECTS_SCHEMA


def test_a_row_that_is_nested_too_deeply_to_be_written_is_rejected() -> None:
    deep = b"[" * 300 + b"]" * 300
    result = run(b'{"messages": [], "id": 1}\n{"messages": [], "tools": %b}\n{"messages": [], "id": %b}' % (deep, deep))
    assert result.tables.examples["line"].to_list() == [1]
    assert result.rejects.select("line", "code", "detail").rows() == [
        (2, "JSN001", "the row is nested deeper than 254 levels"),
        (3, "JSN001", "the row is nested deeper than 254 levels"),
    ]


def test_columns_that_the_line_format_does_not_know_are_kept_and_never_written() -> None:
    result = run(b'{"customer_id": 7, "messages": [], "tools": []}')
    assert result.tables.examples.select("tools", "extra", "meta").row(0) == ("[]", None, '{"customer_id":7}')
    assert to_examples(result.tables) == [{"messages": [], "tools": []}]


@pytest.mark.parametrize(
    ("line_format", "line", "expected"),
    [
        ("sft", b'{"prompt": "q", "completion": "a"}', ["system", "user", "assistant"]),
        ("sft", b'{"messages": [{"role": "developer", "content": "d"}]}', ["developer"]),
        ("rft", b'{"messages": [{"role": "user", "content": "q"}]}', ["developer", "user"]),
        ("dpo", b'{"prompt": "q", "chosen": "a", "rejected": "b"}', ["system", "user", "assistant", "assistant"]),
    ],
)
def test_a_system_message_is_added_where_there_is_none(line_format: Format, line: bytes, expected: list[str]) -> None:
    result = run(line, IngestParams(system="Be brief."), line_format)
    assert result.tables.messages["role"].to_list() == expected
    assert (result.tables.messages["content"] == "Be brief.").sum() == (
        expected[0] != "developer" or line_format == "rft"
    )


def test_a_row_id_tells_the_place_and_nothing_else() -> None:
    first, second = run(b'{"messages": []}\n{"messages": []}').tables.examples["row_id"]
    assert first != second
    assert run(b'{"prompt": "x", "completion": "y"}').tables.examples["row_id"].to_list() == [first]
    assert run(b"broken").rejects["row_id"].to_list() == [first]
    assert len(first) == 16
    assert int(first, 16) >= 0


KEYS = ["messages", "prompt", "completion", "question", "answer", "instruction", "input", "output", "history", "system"]
KEYS += ["conversations", "tools", "chosen", "rejected", "preferred_output", "non_preferred_output", "id"]
INNER = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["user", "human", "function_call", "[]", '{"name": "f"}']),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["role", "content", "from", "value", "messages", "weight"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(
    rows=st.lists(st.dictionaries(st.sampled_from(KEYS), INNER, max_size=4), max_size=5),
    line_format=st.sampled_from(["sft", "dpo", "rft"]),
    system=st.none() | st.just("s"),
)
def test_whatever_a_row_holds_it_is_an_example_or_a_reject(
    rows: list[dict[str, JsonValue]], line_format: Format, system: str | None
) -> None:
    records = parse_lines(b"", 1)
    for line, row in enumerate(rows, 1):
        records.add(line, 0, row)
    result = ingest(records, "a", IngestParams(system=system), line_format)
    places = pl.concat([result.tables.examples["line"], result.rejects["line"]])
    assert sorted(places) == list(range(1, len(rows) + 1))
    assert set(result.tables.messages["row_id"]) <= set(result.tables.examples["row_id"])
    assert len(to_examples(result.tables)) == result.tables.examples.height


@given(data=st.binary(max_size=60) | st.text(st.sampled_from('{}[]",:messages \n\\'), max_size=60).map(str.encode))
def test_whatever_the_bytes_of_a_file_rows_in_are_rows_out_and_rejects(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path: Path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(data)
    try:
        batches = [records for shard in plan([path]) for records in read_records(shard)]
    except InputError:
        return
    for records in batches:
        result = ingest(records, "any", PLAIN, "sft")
        assert result.metrics["rows.read"] == records.rows == result.tables.examples.height + result.rejects.height

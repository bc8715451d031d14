"""Files of the kinds that people export, each with what is read from it: the answers, and the code of each reject."""

from __future__ import annotations

import bz2
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tuneset.errors import InputError
from tuneset.params import IngestParams
from tuneset.reading.raw_shards import cut, numbered
from tuneset.reading.read import read_records
from tuneset.stages.ingest import ingest

CHAT = {"messages": [{"role": "user", "content": "Open?"}, {"role": "assistant", "content": "one"}]}
ONE, TWO = '{"question": "Open?", "answer": "one"}', '{"question": "Price?", "answer": "two"}'
BOTH = ["one", "two"]


class Kind(NamedTuple):
    """A file and what it gives: `rejects` has the code of each row that is none; `encoding` is what params say."""

    name: str
    data: bytes
    answers: list[str]
    rejects: tuple[str, ...] = ()
    encoding: str | None = None


def text(name: str, data: str, answers: list[str], *rejects: str, written: str = "utf-8") -> Kind:
    return Kind(name, data.encode(written), answers, rejects)


KINDS = (
    # Python's own notation, and what else is no JSON, is told and never guessed at.
    text("single quotes", "{'question': 'Open?', 'answer': 'one'}\n" + TWO, ["two"], "JSN001"),
    text("True and None", '{"question": "Open?", "answer": "one", "ok": True, "n": None}\n' + TWO, ["two"], "JSN001"),
    text("a line feed within a text", '{"question": "Open?", "answer": "o\nne"}\n' + TWO, ["two"], "JSN001", "JSN001"),
    text("an escape that JSON does not have", '{"question": "Open\\?", "answer": "one"}\n' + TWO, ["two"], "JSN001"),
    text("an array that is cut off", f"[\n{ONE},\n{TWO},\n" + '{"question": "Wh', BOTH, "JSN001"),
    text("a row that is too short", "question,answer\nOpen?,one\nPrice?\nPrice?,two\n", BOTH, "CSV001"),
    # Encodings.
    Kind("cp1252, named", "question,answer\nGeöffnet?,schön\n".encode("cp1252"), ["schön"], encoding="cp1252"),
    Kind("Mac Roman, named", "question,answer\nOuvert?,fermé\n".encode("mac_roman"), ["fermé"], encoding="mac_roman"),
    Kind("Shift-JIS, named", "question,answer\n何時?,東京\n".encode("cp932"), ["東京"], encoding="shift_jis"),
    Kind("GB18030, named", "question,answer\n几点?,北京\n".encode("gb18030"), ["北京"], encoding="gb18030"),
    text("UTF-8 with a mark", "question,answer\nGeöffnet?,schön\n", ["schön"], written="utf-8-sig"),
    text("UTF-16 with tabs", "question\tanswer\nGeöffnet?\tschön\n", ["schön"], written="utf-16"),
    text("UTF-32", "question,answer\nGeöffnet?,schön\n", ["schön"], written="utf-32"),
    # Tables.
    text("sep=", "sep=;\r\nquestion;answer\r\nOpen?;one\r\nPrice?;two\r\n", BOTH),
    text("quotes and commas", 'question,answer\n"Open, ""now""?",one\nPrice?,two\n', BOTH),
    text("backslashes before quotes", 'question,answer\n"Open \\"now\\"?",one\nPrice?,two\n', BOTH),
    text("an index without a name", ",question,answer\n0,Open?,one\n1,Price?,two\n", BOTH),
    text("one name twice", "question,answer,notes,notes\nOpen?,one,x,y\nPrice?,two,x,y\n", BOTH),
    text("a comma at each end", "question,answer,\nOpen?,one,\nPrice?,two,\n", BOTH),
    text("carriage returns", "question,answer\rOpen?,one\rPrice?,two\r", BOTH),
    text("a title above", "Export 2026\n\nquestion,answer\nOpen?,one\nPrice?,two\n", BOTH),
    text("blanks behind commas", 'question, answer\nOpen?, one\n"Price, now?", two\n', BOTH),
    text(
        "blanks behind commas, quotes and no header",
        '"Open, now?", "one, so"\n"Price?", "two"\n',
        [],
        "ING001",
        "ING001",
    ),
    text("a comment before one object", f'/* rows */ {{"data": [{ONE}, {TWO}]}}', BOTH),
    text("cells of Python", f'id,messages\n1,"{CHAT["messages"]}"\n', ["one"]),
    # JSON that is not one value a line.
    text("commas and comments", f"// rows\n[\n{ONE},\n{TWO}, // last\n]\n", BOTH),
    text("commas between lines", f"{ONE},\n{TWO},\n", BOTH),
    text("an array a line", f"[{ONE}]\n[{TWO}]\n", BOTH),
    text("splits", f'{{"train": [{ONE}], "test": [{TWO}]}}', BOTH),
    text("an envelope", f'{{"version": 1, "data": [{ONE}, {TWO}]}}', BOTH),
    text("an envelope a line", f'{{"data": [{ONE}]}}\n{{"data": [{TWO}]}}\n', BOTH),
    text("pages", f'{{"data": [{ONE}], "page": 1}}\n{{"data": [{TWO}], "page": 2}}\n', BOTH),
    text("a second list", f'{{"data": [{ONE}], "more": [{TWO}]}}', BOTH),
    text("arrays one after another", f"[\n{ONE}\n]\n[\n{TWO}\n]\n", BOTH),
    text("rows by name", f'{{"a": {ONE}, "b": {TWO}}}', BOTH),
    text("a data frame by columns", '{"question": {"0": "a", "1": "b"}, "answer": {"0": "one", "1": "two"}}', BOTH),
    text("a viewer's rows", f'{{"rows": [{{"row_idx": 0, "row": {ONE}}}, {{"row_idx": 1, "row": {TWO}}}]}}', BOTH),
    text("one object over lines", json.dumps(CHAT, indent=2), ["one"]),
    text("a bare list of messages", json.dumps(CHAT["messages"]), ["one"]),
    text("a number of many digits", '{"question": "Open?", "answer": "one", "id": 99999999999999999999}', ["one"]),
    text("carriage returns and line feeds", f"{ONE}\r\n{TWO}\r\n", BOTH),
    # Packed.
    Kind("bzip2", bz2.compress(f"{ONE}\n{TWO}\n".encode()), BOTH),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_of_file_gives_its_rows_and_an_account_of_the_rest(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "raw"
    path.write_bytes(kind.data)
    answers: list[Any] = []
    rejects: list[str] = []
    for shard in numbered(cut([path], kind.encoding)):
        for records in read_records(shard):
            result = ingest(records, "raw", IngestParams(), "sft")
            answers += result.tables.messages.filter(role="assistant")["content"].to_list()
            rejects += result.rejects["code"].to_list()
    assert (answers, rejects) == (kind.answers, list(kind.rejects))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.encoding], ids=lambda kind: kind.name)
def test_an_encoding_that_nobody_named_is_one_finding(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "raw"
    path.write_bytes(kind.data)
    with pytest.raises(InputError, match="raw: the text is not UTF-8"):
        cut([path])


@pytest.mark.parametrize("line", ["{'a': 1}", '{"a": True}', '{"a": [None]}', "{\"a\": 1, 'b': 2}"])
def test_what_python_writes_is_told_with_its_remedy(tmp_path: Path, line: str) -> None:
    path = tmp_path / "raw"
    path.write_text(f"{line}\n{ONE}\n")
    (records,) = (records for shard in numbered(cut([path])) for records in read_records(shard))
    assert records.rejects[0].detail.endswith("it is written as Python writes it: write rows with json.dumps")


def test_other_broken_json_is_not_taken_for_python(tmp_path: Path) -> None:
    path = tmp_path / "raw"
    path.write_text(f'{{"a": nil}}\n{ONE}\n')
    (records,) = (records for shard in numbered(cut([path])) for records in read_records(shard))
    assert "Python" not in records.rejects[0].detail

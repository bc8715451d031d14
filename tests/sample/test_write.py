"""The demo input is real text in four shapes, the same bytes every time."""

import inspect
import json
from pathlib import Path

import orjson
import pytest
import typer
from typer.testing import CliRunner

from tuneset.cli.repository.sample import sample
from tuneset.example_tables import to_examples
from tuneset.params import IngestParams
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records
from tuneset.sample.write import SampleFile, write_sample
from tuneset.stages.ingest import ingest


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[SampleFile]:
    return write_sample(tmp_path_factory.mktemp("sample"))


def answers(written: list[SampleFile]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for shard in plan([file.path for file in written]):
        for records in read_records(shard):
            result = ingest(records, shard.source, IngestParams(), "sft")
            assert result.rejects.is_empty()
            (shape,) = set(result.metrics) - {"rows.read"}
            texts = [example["messages"][-1]["content"] for example in to_examples(result.tables)]
            found.setdefault(shape, []).extend(texts)
    return found


def test_no_text_holds_a_memory_address_or_is_empty(written: list[SampleFile]) -> None:
    texts = [text for share in answers(written).values() for text in share]
    assert not [text for text in texts if " at 0x" in text or not text.strip()]


def test_at_least_five_thousand_examples_stand_in_four_shapes(written: list[SampleFile]) -> None:
    counts = {shape: len(texts) for shape, texts in answers(written).items()}
    assert counts.keys() == {"shape.alpaca", "shape.chat", "shape.question_answer", "shape.sharegpt"}
    assert sum(counts.values()) == sum(file.examples for file in written) >= 5000
    assert min(counts.values()) > 1000


def test_the_answers_are_python_s_own_with_their_natural_mess(written: list[SampleFile]) -> None:
    texts = [text for share in answers(written).values() for text in share]
    assert inspect.getdoc(json.JSONDecoder.raw_decode) in texts
    assert len(texts) - len(set(texts)) > 500  # many names, one text
    assert any("@" in text and ".org" in text for text in texts)
    assert min(map(len, texts)) < 30
    assert max(map(len, texts)) > 20_000


def test_the_same_python_gives_the_same_bytes(written: list[SampleFile], tmp_path: Path) -> None:
    again = write_sample(tmp_path)
    assert [file.path.read_bytes() for file in again] == [file.path.read_bytes() for file in written]


def test_the_command_tells_what_it_wrote_on_stdout_alone(written: list[SampleFile], tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(sample)
    result = CliRunner().invoke(app, ["--out", str(tmp_path), "--output", "json"])
    assert result.exit_code == 0
    assert result.stderr == "reading the documentation of this machine's Python ...\n"
    document = orjson.loads(result.stdout)
    assert document["schema_version"] == 1
    assert document["examples"] == sum(file.examples for file in written)
    assert [(Path(file["path"]), file["examples"], file["bytes"]) for file in document["files"]] == [
        (tmp_path / file.path.name, file.examples, file.size) for file in written
    ]

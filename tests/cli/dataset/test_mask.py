"""`render` and `mask`, and `--target` of other commands: what they print, and what they say of bad input."""

import json
from pathlib import Path

import orjson
import polars as pl
import pytest
from typer.testing import CliRunner

from tests.builders import chat
from tests.targets.local_models.tiny_models import tiny_model, write_model
from tuneset.cli.main import app
from tuneset.errors import InputError, UsageError

MODEL = str(tiny_model("chatml"))
REFUSED = orjson.dumps({"messages": [{"role": "user", "content": "Q"}, {"role": "assistant"}]})


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, [*arguments], env={"COLUMNS": "200"})
    assert done.exit_code == code, done.output
    return done.stdout


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("a.jsonl").write_bytes(orjson.dumps(chat("Q", "A")) + b"\n\nno json\n")
    return "a.jsonl"


def test_a_mask_shows_what_is_trained_in_brackets(file: str) -> None:
    lines = run("mask", f"{file}:1", "--target", MODEL).splitlines()
    assert lines[0] == "recipe answers: Every answer with its end, but those of weight 0"
    assert lines[1].startswith("line 1: 2 of ")
    assert "\u27e6A<|im_end|>\u27e7" in lines


def test_a_mask_as_json_has_spans_of_characters_and_tokens(file: str) -> None:
    document = json.loads(run("mask", f"{file}:1", "--target", MODEL, "--recipe", "ms-swift", "--output", "json"))
    assert (document["recipe"], document["own_template"]) == ("ms-swift", True)
    (line,) = document["lines"]
    (span,) = line["trained"]
    assert line["text"][span["start"] : span["end"]] == "A<|im_end|>\n"
    assert span["last_token"] - span["first_token"] == line["trained_tokens"] == 3
    assert "".join(line["text"][one["start"] : one["end"]] for one in line["segments"]) == line["text"]
    assert [one["kind"] for one in line["segments"] if one["role"] == "assistant"] == [
        "template", "text", "end", "template",
    ]  # fmt: skip


def test_a_page_holds_no_text_as_markup(file: str) -> None:
    page = run("mask", f"{file}:1", "--target", MODEL, "--output", "html")
    assert "<b>A&lt;|im_end|&gt;</b>" in page


def test_rendered_tokens_are_together_the_text(file: str) -> None:
    (line,) = json.loads(run("render", f"{file}:1", "--target", MODEL, "--output", "json"))["lines"]
    pieces = [line["text"][start:end] for start, end in zip(line["starts"], line["ends"], strict=True)]
    assert "".join(pieces) == line["text"]
    assert run("render", f"{file}:1", "--target", MODEL).startswith(
        f"line 1: {line['tokens']} tokens\n<|im_start|>user"
    )


def test_a_line_that_gives_no_text_is_told_and_the_others_are_shown(file: str) -> None:
    out = run("mask", file, "--target", MODEL, code=1)
    assert "line 1: 2 of" in out
    assert "line 3: the line is no JSON; see tuneset check" in out
    document = json.loads(run("mask", file, "--target", MODEL, "--output", "json", code=1))
    assert document["lines"][1] == {"line": 3, "error": "the line is no JSON; see tuneset check"}


def test_what_is_missing_is_told(file: str, tmp_path: Path) -> None:
    bare = write_model(tmp_path / "bare", None)
    for arguments, error, said in (
        ((f"{file}:9", "--target", MODEL), InputError, "a.jsonl: has no line 9"),
        (("nowhere.jsonl", "--target", MODEL), InputError, "nowhere.jsonl: cannot be read"),
        ((file, "--target", "nothing"), UsageError, "target nothing: is no folder, no installed package"),
        ((file, "--target", str(bare)), UsageError, "has a vocabulary but no chat template"),
        ((file, "--target", MODEL, "--recipe", "tlr"), UsageError, "unknown recipe tlr"),
    ):
        done = CliRunner().invoke(app, ["mask", *arguments])
        assert isinstance(done.exception, error), done.output
        assert said in str(done.exception)


def test_a_template_of_ones_own_takes_the_place_of_the_models(file: str, tmp_path: Path) -> None:
    (tmp_path / "own.jinja").write_text("own{{ messages[0].content }}", encoding="utf-8")
    assert run("render", f"{file}:1", "--target", MODEL, "--template", "own.jinja").splitlines()[1] == "ownQ"


def test_tokens_of_a_target_are_exact_and_say_what_is_trained(file: str) -> None:
    (found,) = json.loads(run("tokens", file, "--target", MODEL, "--output", "json"))["files"]
    assert (found["exact"], found["estimated_because"], found["trained_tokens"]) == (True, {}, 2)
    (other,) = json.loads(run("tokens", file, "--output", "json"))["files"]
    assert other["trained_tokens"] is None


@pytest.mark.usefixtures("file")
def test_check_asks_the_rules_of_a_target_only_with_one() -> None:
    Path("b.jsonl").write_bytes(orjson.dumps(chat("Say <|eot|>", "A")) + b"\n")
    codes = {}
    for name, more in (("without", ()), ("with", ("--target", MODEL))):
        document = json.loads(run("check", "b.jsonl", *more, "--output", "json", code=1))  # one example is too few
        codes[name] = [one["code"] for one in document["files"][0]["findings"]]
    assert "TGT015" not in codes["without"]
    assert "TGT015" in codes["with"]


def test_prepare_counts_by_its_target_and_holds_the_gates_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = (
        "apple",
        "river",
        "stone",
        "cloud",
        "tiger",
        "piano",
        "maple",
        "ocean",
        "candle",
        "mirror",
        "copper",
        "velvet",
    )
    raw = [chat(f"What is a {word}?", f"The {word} answer number {n}") for n, word in enumerate(words)]
    Path("a.jsonl").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in raw))
    gates = ("require_exact_tokens=true", "min_trained_share=0.01", "max_truncated_answers=0")
    settings = [part for one in gates for part in ("--set", f"gate.{one}")]
    run("prepare", "a.jsonl", "--out", "out", "--target", MODEL, "--set", "target.sequence_length=256", *settings)
    metrics = json.loads(Path("out/metrics.json").read_bytes())
    assert (metrics["tokens"]["exact"], metrics["tokens"]["estimated_examples"]) == (True, 0)
    book = pl.read_parquet("out/ledger.parquet")
    train = book.filter(pl.col("outcome") == "train")
    assert metrics["target"]["trained_tokens"] == train["trained_tokens"].sum()
    assert metrics["tokens"]["train"] == train["tokens"].sum()
    assert book["tokens_exact"].all()
    assert metrics["target"]["packing"]["sequence_length"] == 256
    passed = {name: gate["passed"] for name, gate in json.loads(Path("out/gate.json").read_bytes())["gates"].items()}
    assert all(passed[one.partition("=")[0]] for one in gates)
    run("prepare", "a.jsonl", "--out", "out2", "--set", "gate.min_trained_share=0.01", code=1)

"""Results come home raw and as one table, whatever form and column names the provider uses."""

from __future__ import annotations

import base64
import csv
import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.providers.protocol_server import Server, answer, error
from tuneset.artifacts import read_json
from tuneset.errors import RemoteError
from tuneset.providers.jobs import results, step_metrics
from tuneset.providers.jobs.results import Results

OPENAI = b"step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,1.5,0.25,2.5,0.1\n2,1.0,0.5,,\n"
AZURE = (
    b"\xef\xbb\xbfstep,train_loss,train_mean_token_accuracy,valid_loss,validation_mean_token_accuracy,"
    b"full_valid_loss,full_valid_mean_token_accuracy\r\n1,1.5,0.25,2.5,0.1,,\r\n2,1.0,0.5,,,0.75,0.875\r\n"
)


@pytest.fixture
def usual_csv() -> Iterator[None]:
    """Python's own limit for CSV fields, which reading raw data raises for the whole process."""
    limit = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(limit)


@pytest.fixture
def server() -> Server:
    server = Server()
    server.jobs["ftjob-1"] = {"id": "ftjob-1", "status": "succeeded", "ahead": []}
    return server


def fetch(server: Server, folder: Path, *contents: bytes, name: str = "step_metrics.csv") -> Results:
    ids = [server.add_file(name, content, "fine-tune-results") for content in contents]
    return results.fetch(server.endpoint(), job(*ids), folder)


def job(*ids: str) -> dict[str, Any]:
    return {"job_id": "ftjob-1", "model": "local-tiny", "trained_tokens": 1234, "result_files": list(ids)}


# What is no step metrics


@pytest.mark.parametrize(
    "raw",
    [b"", b"step", b"steps,train_loss\n", b"\x00\xff", b"{}", base64.b64encode(b"something else"), b"c3RlcCx0*"],
)
def test_other_content_is_not_taken_for_step_metrics(raw: bytes) -> None:
    assert step_metrics.text_of(raw) is None


@given(st.binary(max_size=60))
def test_bytes_are_decoded_only_into_something_that_starts_as_step_metrics(raw: bytes) -> None:
    text = step_metrics.text_of(raw)
    assert text is None or "step" in text.lower().partition("\n")[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("step,train_loss\n1,0.5\n2\n", "m.csv: row 3 has 1 cells, the header has 2"),
        ("step,train_loss\nx,0.5\n", "m.csv: row 2 has no step number"),
        ('step,train_loss\n1,"' + "9" * 200_000, "m.csv: is no CSV: field larger than field limit (131072)"),
    ],
)
def test_a_file_that_was_cut_short_is_named_with_its_row(text: str, message: str, usual_csv: None) -> None:
    with pytest.raises(RemoteError) as caught:
        step_metrics.parse(text, "m.csv")
    assert (caught.value.code, caught.value.message) == ("results_unreadable", message)


# Forms and columns


@pytest.mark.parametrize("wrap", [bytes, base64.b64encode, base64.encodebytes])
def test_plain_and_base64_results_give_the_same_table_and_the_raw_bytes_are_kept(
    server: Server, tmp_path: Path, wrap: Callable[[bytes], bytes]
) -> None:
    fetched = fetch(server, tmp_path, wrap(OPENAI))
    assert (tmp_path / "raw" / "step_metrics.csv").read_bytes() == wrap(OPENAI)
    assert (tmp_path / "step_metrics.csv").read_bytes() == OPENAI
    assert fetched.metrics == {
        "model": "local-tiny",
        "trained_tokens": 1234,
        "steps": 2,
        "first": {"train_loss": 1.5, "valid_loss": 2.5},
        "final": {"train_loss": 1.0, "train_accuracy": 0.5, "valid_loss": 2.5, "valid_mean_token_accuracy": 0.1},
    }
    assert read_json(tmp_path / "results.json") == fetched.metrics
    assert fetched.left_out == []


@pytest.mark.parametrize(
    "raw",
    [
        b"Step,Train Loss\n1,1.5\n2,0.5\n",
        b'"step","train_loss"\r\n"1","1.5"\r\n\r\n"2","0.5"\r\n',
        b"step;train_loss\n1;1,5\n2;0,5\n",
        b"step\ttrain_loss\n1\t1.5\n2\t0.5\n",
        b"\nstep, train_loss\n1, 1.5\n2, 0.5\n",
        "step,train_loss\n1,1.5\n2,0.5\n".encode("utf-16"),
        "step,train_loss\n1,1.5\n2,0.5\n".encode("utf-16-le"),
        "step,train_loss\n1,1.5\n2,0.5\n".encode("utf-16-be"),
        b"step,train_loss\r1,1.5\r2,0.5\r",
        b"sep=;\r\nstep;train_loss\r\n1;1,5\r\n2;0,5\r\n",
        b",step,train_loss\n0,1,1.5\n1,2,0.5\n",
        b'"Unnamed: 0","global_step","train_loss"\n0,1,1.5\n1,2,0.5\n',
        gzip.compress(b"step,train_loss\n1,1.5\n2,0.5\n", mtime=0),
        base64.b64encode(gzip.compress(b"STEP;train_loss\n1;1.5\n2;0.5\n", mtime=0)),
    ],
)
def test_every_dialect_of_csv_gives_the_same_table(server: Server, tmp_path: Path, raw: bytes) -> None:
    assert fetch(server, tmp_path, raw).metrics["final"] == {"train_loss": 0.5}
    assert (tmp_path / "step_metrics.csv").read_text() == "step,train_loss\n1,1.5\n2,0.5\n"
    assert (tmp_path / "raw" / "step_metrics.csv").read_bytes() == raw


@pytest.mark.parametrize("raw", [gzip.compress(b"no table", mtime=0), b"\x1f\x8bno gzip", b"\xff\xfes\x00t"])
def test_what_cannot_be_unpacked_is_kept_raw_and_is_no_table(server: Server, tmp_path: Path, raw: bytes) -> None:
    fetched = fetch(server, tmp_path, raw)
    assert fetched.metrics["final"] == {}
    assert (tmp_path / "raw" / "step_metrics.csv").read_bytes() == raw


@pytest.mark.parametrize("name", ["", "x" * 300 + ".csv", "..", "/"])
def test_long_and_empty_names_are_saved_under_others(server: Server, tmp_path: Path, name: str) -> None:
    assert fetch(server, tmp_path, OPENAI, name=name).metrics["steps"] == 2


def test_azures_column_names_become_the_canonical_ones_and_others_follow(server: Server, tmp_path: Path) -> None:
    fetched = fetch(server, tmp_path, AZURE, name="results.csv")
    assert (tmp_path / "step_metrics.csv").read_text() == (
        "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy,"
        "full_valid_loss,full_valid_mean_token_accuracy\n"
        "1,1.5,0.25,2.5,0.1,,\n2,1.0,0.5,,,0.75,0.875\n"
    )
    assert fetched.metrics["final"]["full_valid_mean_token_accuracy"] == 0.875


def test_columns_of_another_method_are_kept_under_their_own_names() -> None:
    table = step_metrics.parse("step,rewards/accuracies,train_loss\n1,1.0,0.69\n", "m.csv")
    assert table.columns == ("step", "train_loss", "rewards/accuracies")
    assert table.measured("rewards/accuracies") == [1.0]


def test_cells_that_are_no_finite_numbers_are_not_final_figures() -> None:
    table = step_metrics.parse("step,train_loss\n1,0.5\n2,nan\n3,\n", "m.csv")
    assert table.measured("train_loss") == [0.5]


cells = st.one_of(st.just(""), st.floats(allow_nan=False, allow_infinity=False).map(repr))


@given(st.lists(st.tuples(st.integers(0, 10**6).map(str), cells, cells, cells, cells), max_size=20))
def test_a_table_written_and_read_again_is_the_same(rows: list[tuple[str, ...]]) -> None:
    table = step_metrics.StepMetrics(step_metrics.COLUMNS, tuple(rows))
    text = step_metrics.text_of(base64.b64encode(table.csv()))
    assert text is not None
    assert step_metrics.parse(text, "m.csv") == table


# What is missing


def test_ids_that_lead_nowhere_are_named_after_the_rest_is_saved(server: Server, tmp_path: Path) -> None:
    good = server.add_file("step_metrics.csv", OPENAI, "fine-tune-results")
    with pytest.raises(RemoteError) as caught:
        results.fetch(server.endpoint(), job("file-8", good, "file-9"), tmp_path)
    assert caught.value.code == "results_missing"
    assert caught.value.message == (
        "job ftjob-1 names result files that http://127.0.0.1:1/v1 does not have: file-8, file-9"
    )
    assert (tmp_path / "step_metrics.csv").read_bytes() == OPENAI
    assert read_json(tmp_path / "results.json")["steps"] == 2


def test_a_result_file_is_never_waited_on(server: Server, tmp_path: Path) -> None:
    file_id = server.add_file("step_metrics.csv", OPENAI, "fine-tune-results")
    server.files[file_id]["status"] = "uploaded"
    results.fetch(server.endpoint(), job(file_id), tmp_path)
    assert server.requests.count("GET /files/ID") == 1


def test_content_without_a_description_is_saved_under_its_id(server: Server, tmp_path: Path) -> None:
    file_id = server.add_file("step_metrics.csv", OPENAI, "fine-tune-results")
    del server.files[file_id]
    assert results.fetch(server.endpoint(), job(file_id), tmp_path).raw_files == [file_id]


def test_a_job_without_step_metrics_says_so_and_leaves_an_empty_table(server: Server, tmp_path: Path) -> None:
    fetched = fetch(server, tmp_path, b"adapter weights", name="adapter.bin")
    assert fetched.left_out == ["job ftjob-1 left no step metrics among its 1 result files"]
    assert (tmp_path / "step_metrics.csv").read_bytes() == OPENAI.splitlines(keepends=True)[0]
    assert fetched.metrics["final"] == {}


@pytest.mark.parametrize(
    ("name", "saved"),
    [("../../etc/passwd", "passwd"), ("dir\\x y.csv", "x_y.csv"), ("..", "file"), (".hidden", "hidden"), ("/", "file")],
)
def test_a_servers_file_name_cannot_leave_the_folder(server: Server, tmp_path: Path, name: str, saved: str) -> None:
    assert fetch(server, tmp_path, OPENAI, name=name).raw_files == [saved]
    assert [path.name for path in (tmp_path / "raw").iterdir()] == [saved]


def test_files_of_an_earlier_job_do_not_stay(server: Server, tmp_path: Path) -> None:
    fetch(server, tmp_path, OPENAI, name="old.csv")
    fetch(server, tmp_path, OPENAI, name="new.csv")
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["new.csv"]


def test_files_of_another_job_do_not_stay_though_nothing_is_fetched(server: Server, tmp_path: Path) -> None:
    fetch(server, tmp_path, OPENAI, name="old.csv")
    with pytest.raises(RemoteError, match="does not have: file-gone"):
        results.fetch(server.endpoint(), {**job("file-gone"), "job_id": "ftjob-2"}, tmp_path)
    assert not list((tmp_path / "raw").glob("*"))


def test_what_was_fetched_of_a_job_stays_when_its_results_have_expired(server: Server, tmp_path: Path) -> None:
    ids = [server.add_file(name, OPENAI, "fine-tune-results") for name in ("a.csv", "b.csv")]
    results.fetch(server.endpoint(), job(*ids), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for gone in (ids[:1], ids):
        for file_id in gone:
            server.files.pop(file_id, None)
            server.contents.pop(file_id, None)
        with pytest.raises(RemoteError, match="results may have expired"):
            results.fetch(server.endpoint(), job(*ids), tmp_path)
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("gone", [[0], [1], [0, 1]])
def test_files_of_one_name_do_not_take_the_place_of_each_other_when_one_has_expired(
    server: Server, tmp_path: Path, gone: list[int]
) -> None:
    ids = [server.add_file("a.csv", content, "fine-tune-results") for content in (OPENAI, OPENAI.replace(b"1.5", b"9"))]
    assert results.fetch(server.endpoint(), job(*ids), tmp_path).raw_files == ["a.csv", "2-a.csv"]
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for place in gone:
        del server.files[ids[place]], server.contents[ids[place]]
    with pytest.raises(RemoteError, match="results may have expired"):
        results.fetch(server.endpoint(), job(*ids), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_lies_beside_a_note_of_another_hand_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    for note in (b"", b"\xff", b"ftjob-2\n", b"ftjob-1\nno name\nfile-1\t../a\nfile-9\t\n"):
        (tmp_path / results.OF_JOB).write_bytes(note)
        assert fetch(server, tmp_path, OPENAI).raw_files == ["step_metrics.csv"]


def test_two_files_of_one_name_are_both_kept(server: Server, tmp_path: Path) -> None:
    assert fetch(server, tmp_path, OPENAI, OPENAI).raw_files == ["step_metrics.csv", "2-step_metrics.csv"]


# Checkpoints


def test_checkpoints_are_saved_by_step_with_what_was_measured(server: Server, tmp_path: Path) -> None:
    server.checkpoints = [
        {"id": f"c-{step}", "step_number": step, "fine_tuned_model_checkpoint": f"ft:m:ckpt-step-{step}",
         "metrics": {"step": step, "valid_loss": 1 / step, "train_loss": None}}
        for step in (20, 10)
    ]  # fmt: skip
    fetch(server, tmp_path, OPENAI)
    assert read_json(tmp_path / "checkpoints.json") == [
        {"step": 10, "model": "ft:m:ckpt-step-10", "metrics": {"step": 10, "valid_loss": 0.1}},
        {"step": 20, "model": "ft:m:ckpt-step-20", "metrics": {"step": 20, "valid_loss": 0.05}},
    ]


def test_the_files_of_the_last_checkpoint_come_home_and_one_that_does_not_is_noted(
    server: Server, tmp_path: Path
) -> None:
    old, new = (server.add_file(f"ck/{name}", name.encode(), "x") for name in ("old.bin", "adapter.safetensors"))
    server.checkpoints = [
        {"id": "c2", "step_number": 2, "result_files": [new, "file-none"]},
        {"id": "c1", "step_number": 1, "result_files": [old]},
    ]
    fetched = fetch(server, tmp_path, OPENAI)
    assert fetched.model_files == ["adapter.safetensors"]
    assert (tmp_path / "model" / "adapter.safetensors").read_bytes() == b"adapter.safetensors"
    assert len(fetched.left_out) == 1


def test_an_endpoint_without_checkpoints_is_gone_round_and_said(server: Server, tmp_path: Path) -> None:
    server.faults["GET /fine_tuning/jobs/ID/checkpoints"] = [answer(lambda: error(404, "no such route"))]
    fetched = fetch(server, tmp_path, OPENAI)
    assert fetched.left_out == ["http://127.0.0.1:1/v1 offers no checkpoints"]
    assert read_json(tmp_path / "checkpoints.json") == []

"""The remote stages work on the folder that `prepare` left, and its receipts are found again from anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.protocol_server import Server, write_dataset
from tuneset.errors import InputError
from tuneset.params import Params
from tuneset.providers import remote_stages
from tuneset.providers.places import Places, find_places


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that `prepare` left, named from a working folder beside it."""
    write_dataset(tmp_path)
    (tmp_path / "dataset").rename(tmp_path / "out")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return Path("../out")


def test_a_folder_without_a_dataset_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no train\.jsonl\n  allowed: the folder of `tuneset prepare --out`"):
        find_places(tmp_path, Path("data"))
    with pytest.raises(InputError, match="nope: is missing"):
        find_places(tmp_path / "nope", Path("data"))


def test_without_a_name_the_data_folder_is_meant(made: Path) -> None:
    assert find_places(None, Path("data")) == Places(Path("data"))
    write_dataset(Path("elsewhere"))
    assert find_places(Path("elsewhere"), Path("data")) == Places(Path("elsewhere")), "a data folder, by its layout"


def test_what_is_said_of_a_dataset_stands_beside_it_and_receipts_in_the_data_folder(made: Path) -> None:
    server, places = Server(), find_places(made, Path("data"))
    remote_stages.upload(server.endpoint(), places, say=lambda _: None)
    remote_stages.tune(server.endpoint(), places, Params(), say=lambda _: None)
    remote_stages.fetch_results(server.endpoint(), places)
    assert {path.name for path in made.iterdir()} == {"train.jsonl", "validation.jsonl", "remote", "results"}
    assert [path.name for path in Path("data").iterdir()] == ["receipts"]


def test_from_another_working_folder_nothing_is_sent_twice(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    remote_stages.upload(server.endpoint(), find_places(made, Path("data")), say=lambda _: None)
    monkeypatch.chdir(tmp_path)
    places = find_places(Path("out"), Path("data"))
    assert places.receipts == tmp_path / "work" / "data" / "receipts"
    remote_stages.upload(server.endpoint(), places, say=lambda _: None)
    remote_stages.tune(server.endpoint(), places, Params(), say=lambda _: None)
    assert (server.count("POST /files"), server.count("POST /fine_tuning/jobs")) == (2, 1)
    assert find_places(Path("out"), Path("own")).receipts == Path("own/receipts"), "one that is named counts"

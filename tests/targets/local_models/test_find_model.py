"""Where a model is looked for: folders, installed packages, the hub's cache; nothing is fetched."""

import sys
from pathlib import Path

import pytest

from tests.targets.local_models.ranked_files import write_tekken, write_tiktoken
from tests.targets.local_models.tiny_models import CHATML, write_model
from tuneset.errors import InputError, UsageError
from tuneset.targets.local_models.find_model import find_model, not_found
from tuneset.targets.local_models.model_files import read_model_files


def place(name: str) -> str | None:
    found = find_model(name)
    return None if found is None else found.folder


@pytest.mark.parametrize("name", ["nothing", "json", "org/nothing", "a b", "../nothing", "gpt-4.1-mini-2025-04-14"])
def test_a_name_that_is_nothing_here_is_none(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert find_model(name) is None


def test_a_folder_without_a_vocabulary_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no vocabulary"):
        find_model(str(tmp_path))


@pytest.mark.parametrize("inside", ["", "models", "package/models"])
def test_a_folder_and_a_bundle_are_found(tmp_path: Path, inside: str) -> None:
    own = write_model(tmp_path / "bundle" / inside, CHATML)
    assert place(str(tmp_path / "bundle")) == str(own)
    assert place(str(own / "tokenizer.json")) == str(own / "tokenizer.json")


def test_an_installed_package_is_found_and_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = write_model(tmp_path / "tiny_tokenizer", CHATML)
    (own / "__init__.py").write_text("raise RuntimeError", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert place("tiny-tokenizer") == str(own)
    assert "tiny_tokenizer" not in sys.modules


def test_a_snapshot_in_the_cache_is_found_by_its_hub_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--org--tiny"
    write_model(repository / "snapshots" / "aaa", CHATML)
    newer = write_model(repository / "snapshots" / "bbb", CHATML)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("bbb", encoding="ascii")
    assert place("org/tiny") == str(newer)
    assert place("org/other") is None


def test_a_name_that_is_nowhere_is_told_with_the_nearest_model() -> None:
    assert str(not_found("gpt-4.1-minus", {"gpt-4.1-mini": None})).splitlines()[2] == "  do: did you mean gpt-4.1-mini?"
    assert "name its folder" in str(not_found("xyz", {}))
    assert "--allow-download" in str(not_found("Org/Xyz", {}))


def test_an_installed_package_without_a_vocabulary_is_told() -> None:
    assert "typer: the installed package holds no tokenizer.json" in str(not_found("typer", {}))


def test_a_package_of_several_vocabularies_asks_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "rank_tokenizer"
    first, _ = write_tiktoken(own / "one", "tokenizer.model")
    second = write_tekken(own / "data", "tekken_1.json")
    (own / "one" / "tokenizer.json.gz").write_bytes(b"")
    (own / "data" / "tokenizer.model").write_bytes(b"\n\x0e\n\x05<unk>")  # a file of SentencePiece
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError, match=r"zer:data/tekken_1\.json, rank-tokenizer:one/tokenizer\.model"):
        find_model("rank-tokenizer")
    with pytest.raises(UsageError, match="none is two"):
        find_model("rank-tokenizer:two")
    assert place("rank-tokenizer:tekken_1.json") == str(second)
    assert place("rank-tokenizer:one/tokenizer.model") == str(first)
    second.unlink()
    assert place("rank-tokenizer") == str(first)


def test_a_folder_of_several_vocabularies_of_ranks_asks_which(tmp_path: Path) -> None:
    write_tiktoken(tmp_path, "a.tiktoken")
    assert read_model_files(tmp_path).kind == "tiktoken"
    write_tiktoken(tmp_path, "b.tiktoken")
    with pytest.raises(InputError, match=r"a\.tiktoken or b\.tiktoken"):
        read_model_files(tmp_path)
    write_tekken(tmp_path)
    assert read_model_files(tmp_path).kind == "tekken"
    write_model(tmp_path, CHATML)
    assert read_model_files(tmp_path).kind == "huggingface"


def test_a_model_whose_files_are_others_by_now_is_read_again(tmp_path: Path) -> None:
    own = write_model(tmp_path, CHATML)
    mine = tmp_path / "mine.jinja"
    mine.write_text("{{ messages[0].content }}", encoding="utf-8")
    found = [find_model(str(own)), find_model(str(own), str(mine))]
    assert [find_model(str(own)), find_model(str(own), str(mine))] == found
    mine.write_text("{{ messages[0].content }} ", encoding="utf-8")
    assert find_model(str(own)) == found[0]
    assert find_model(str(own), str(mine)) != found[1]
    write_model(tmp_path, CHATML + " ")
    assert find_model(str(own)) != found[0]

"""Where a model is looked for: folders, installed packages, the hub's cache; nothing is fetched."""

import sys
from pathlib import Path

import pytest

from tests.targets.local_models.tiny_models import CHATML, write_model
from tuneset.errors import InputError
from tuneset.targets.local_models.find_model import find_model, not_found


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

"""Rank files that are found, checked, or asked for in plain words."""

import hashlib
import importlib
import importlib.util
import os
import socket
import tempfile
from pathlib import Path

import pytest
import tiktoken.load

from tuneset.errors import InputError, UsageError
from tuneset.profile import load_profile
from tuneset.targets import encodings
from tuneset.targets.encodings import RANK_FILES, SPECIAL_TOKENS, get_encoding


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which tiktoken looks for rank files."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(folder))
    return folder


def without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*address: object, **options: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", unreachable)


def cached(folder: Path, name: str) -> Path:
    return folder / hashlib.sha1(RANK_FILES[name][0].encode()).hexdigest()


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        get_encoding("o200k")
    assert str(caught.value) == "unknown encoding o200k\n  allowed: cl100k_base, o200k_base, o200k_harmony"


def test_nothing_here_and_no_network_says_what_to_install(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_package(monkeypatch)
    without_network(monkeypatch)
    with pytest.raises(InputError) as caught:
        encodings._provide_rank_file("o200k_base")
    assert str(caught.value) == (
        "tiktoken's rank file for o200k_base is not on this machine and cannot be downloaded\n"
        "  do: install it once: pip install bpe-openai, or set TIKTOKEN_CACHE_DIR to a folder that has it"
    )
    assert not cache.exists()


def test_a_package_with_other_bytes_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "_packaged_ranks", lambda name: b"IQ== 0\n")
    with pytest.raises(InputError) as caught:
        encodings._provide_rank_file("cl100k_base")
    assert str(caught.value) == (
        "the installed package bpe-openai holds other bytes for cl100k_base than tiktoken expects\n"
        "  do: reinstall it: pip install --force-reinstall bpe-openai"
    )
    assert not cache.exists()


@pytest.mark.parametrize("name", sorted(RANK_FILES))
def test_the_package_fills_the_cache_so_that_tiktoken_needs_no_network(
    cache: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    without_network(monkeypatch)
    address, expected = RANK_FILES[name]
    encodings._provide_rank_file(name)
    assert [path.name for path in cache.iterdir()] == [cached(cache, name).name]
    assert hashlib.sha256(tiktoken.load.read_file_cached(address, expected)).hexdigest() == expected


def test_a_damaged_file_in_the_cache_is_replaced(cache: Path) -> None:
    cache.mkdir()
    cached(cache, "o200k_base").write_bytes(b"half of a f")
    encodings._provide_rank_file("o200k_base")
    digest = hashlib.sha256(cached(cache, "o200k_base").read_bytes()).hexdigest()
    assert digest == RANK_FILES["o200k_base"][1]


def test_a_file_in_the_cache_is_enough(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encodings._provide_rank_file("o200k_base")
    without_package(monkeypatch)
    without_network(monkeypatch)
    encodings._provide_rank_file("o200k_base")
    assert [path.name for path in cache.iterdir()] == [cached(cache, "o200k_base").name]


def test_with_a_network_the_download_is_left_to_tiktoken(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_package(monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as server:
        connect = socket.create_connection
        monkeypatch.setattr(
            socket, "create_connection", lambda address, timeout: connect(server.getsockname(), timeout)
        )
        encodings._provide_rank_file("o200k_base")
    assert not cache.exists()


def test_the_cache_is_where_tiktoken_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    common = Path(tempfile.gettempdir()) / "data-gym-cache"
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "/a")
    monkeypatch.setenv("DATA_GYM_CACHE_DIR", "/b")
    assert encodings._cache_folder() == Path("/a")
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR")
    assert encodings._cache_folder() == Path("/b")
    monkeypatch.delenv("DATA_GYM_CACHE_DIR")
    assert encodings._cache_folder() == common
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    assert encodings._cache_folder() == common


@pytest.mark.parametrize("chosen", [None, "", "/a"])
def test_the_cache_is_on_while_an_encoding_is_loaded_and_the_environment_is_as_before(
    chosen: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATA_GYM_CACHE_DIR", raising=False)
    if chosen is None:
        monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    else:
        monkeypatch.setenv("TIKTOKEN_CACHE_DIR", chosen)
    before, seen = dict(os.environ), list[str]()
    monkeypatch.setattr(encodings, "_provide_rank_file", lambda name: None)
    monkeypatch.setattr(tiktoken, "get_encoding", lambda name: seen.append(os.environ["TIKTOKEN_CACHE_DIR"]))
    encodings.get_encoding.__wrapped__("o200k_base")
    assert seen == [chosen or str(Path(tempfile.gettempdir()) / "data-gym-cache")]  # switched off, it would download
    assert dict(os.environ) == before


@pytest.mark.parametrize("name", sorted(RANK_FILES))
def test_address_and_digest_are_those_of_the_installed_tiktoken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def load(address: str, expected_hash: str) -> dict[bytes, int]:
        asked.append((address, expected_hash))
        return {}

    definitions = importlib.import_module("tiktoken_ext.openai_public")
    monkeypatch.setattr(definitions, "load_tiktoken_bpe", load)
    getattr(definitions, name)()
    assert asked == [RANK_FILES[name]]


def test_every_encoding_that_is_offered_loads() -> None:
    for name in encodings.RANK_FILE_OF:
        assert get_encoding(name).name == name
        assert get_encoding(name) is get_encoding(name)


def test_the_special_tokens_are_those_of_the_vocabularies_and_profiles_have_them_too() -> None:
    assert set(SPECIAL_TOKENS) == get_encoding("cl100k_base").special_tokens_set
    assert get_encoding("o200k_base").special_tokens_set == {SPECIAL_TOKENS[0], SPECIAL_TOKENS[-1]}
    assert set(SPECIAL_TOKENS) <= set(load_profile("openai").special_tokens)

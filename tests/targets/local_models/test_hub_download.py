"""A model is fetched from the hub only where somebody asks for it, and held to the hashes that the hub tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.targets.local_models.small_hub import COMMIT, Hub, served
from tests.targets.local_models.tiny_models import tiny_model
from tuneset.cli.main import app
from tuneset.errors import InputError, UsageError
from tuneset.execution.target_files import account, make_ready
from tuneset.params import TargetParams
from tuneset.targets.local_models.find_model import find_model
from tuneset.targets.local_models.hub_download import fetch_model

NAME = "Org/Model"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with a small model and weights, and an empty cache."""
    folder = tiny_model("chatml")
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    with served(Hub({**files, "model.safetensors": b"weights"})) as found:
        monkeypatch.setenv("HF_ENDPOINT", found.url)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.chdir(tmp_path)
        yield found


def test_nothing_is_asked_of_the_hub_without_leave(hub: Hub) -> None:
    Path("a.jsonl").write_text(json.dumps({"messages": [{"role": "user", "content": "a"}]}) + "\n")
    for command in (["tokens"], ["check"], ["mask"], ["render"]):
        done = CliRunner().invoke(app, [*command, "a.jsonl", "--target", NAME])
        assert isinstance(done.exception, UsageError), command
        assert "--allow-download" in done.exception.hint
    assert hub.asked == []


def test_with_leave_vocabulary_and_template_are_fetched_once_and_no_weights(hub: Hub) -> None:
    folder = fetch_model(NAME)
    assert folder is not None
    assert folder.name == COMMIT
    assert {path.name for path in folder.iterdir()} == hub.files.keys() - {"model.safetensors"}
    asked = len(hub.asked)
    assert fetch_model(NAME) is None
    assert fetch_model(f"{NAME}@{COMMIT}") is None
    assert len(hub.asked) == asked
    assert find_model(NAME) == find_model(f"{NAME}@{COMMIT}")
    assert find_model(f"{NAME}@{'d' * 40}") is None


def test_the_commands_fetch_with_the_option(hub: Hub) -> None:
    del hub
    line = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    Path("a.jsonl").write_text(json.dumps(line) + "\n")
    done = CliRunner().invoke(app, ["mask", "a.jsonl", "--target", NAME, "--allow-download"])
    assert done.exit_code == 0, done.exception
    assert "\u27e6b<|im_end|>\u27e7" in done.stdout


def test_a_file_that_is_not_what_the_hub_tells_of_is_an_error_and_leaves_nothing(hub: Hub) -> None:
    hub.told["tokenizer_config.json"] = "a" * 40
    with pytest.raises(InputError, match=r"tokenizer_config\.json is not the file that the hub tells of"):
        fetch_model(NAME)
    assert not list(Path("cache").rglob("tokenizer_config.json"))
    hub.told.clear()
    assert fetch_model(NAME) is not None or find_model(NAME) is not None


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (401, "GatedRepo", "only to those who have accepted its terms"),
        (403, "GatedRepo", "only to those who have accepted its terms"),
        (401, "", "no such model, or keeps it from you"),
        (404, "RepoNotFound", "no such model, or keeps it from you"),
        (404, "RevisionNotFound", "no such revision"),
    ],
)
def test_what_the_hub_refuses_is_told(hub: Hub, status: int, code: str, said: str) -> None:
    hub.status, hub.code = status, code
    with pytest.raises(UsageError, match=said):
        fetch_model(NAME)


def test_a_hub_that_cannot_be_reached_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.url.rpartition(":")[0] + ":9")
    with pytest.raises(InputError, match="cannot be fetched from the hub"):
        fetch_model(NAME)


def test_what_is_pinned_by_its_hash_must_be_that(hub: Hub) -> None:
    section = TargetParams(model=NAME, allow_download=True)
    make_ready(section)
    told = account(section)["target"]
    assert (told["model"], told["revision"]) == (NAME, COMMIT)
    pinned = section.model_copy(update={"sha256": told["sha256"]})
    make_ready(pinned)
    folder = next(Path("cache").rglob("chat_template.jinja"))
    content = folder.read_bytes()
    folder.unlink()
    folder.write_bytes(content + b" ")
    with pytest.raises(InputError, match=r"its files are others than those of target\.sha256"):
        make_ready(pinned)
    assert hub.asked


def test_a_model_without_a_vocabulary_is_told(hub: Hub) -> None:
    del hub.files["tokenizer.json"]
    with pytest.raises(InputError, match="the hub's model holds no vocabulary"):
        fetch_model(NAME)


def test_what_was_cut_off_is_taken_up(hub: Hub) -> None:
    hub.files["tokenizer.json"] += b" " * 300_000
    hub.breaks_after = 100_000
    folder = fetch_model(NAME)
    assert folder is not None
    assert sum(path.endswith("/tokenizer.json") and way == "GET" for way, path, _ in hub.asked) == 2
    assert (folder / "tokenizer.json").read_bytes() == hub.files["tokenizer.json"]

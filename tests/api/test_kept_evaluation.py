"""An evaluation is left with a server of ours alone: nobody else gets rows that were not asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.providers.protocol_server import Server, error
from tuneset.api.remote.kept_evaluation import MADE_BY, leave
from tuneset.endpoint.jobs.trained_models import OWNER
from tuneset.providers.files.prune import own_files


class Full(Server):
    """A server that takes no files."""

    def act(self, request: httpx2.Request) -> httpx2.Response:
        return error(413, "no room") if request.method == "POST" else super().act(request)


def owned_by(owner: str) -> list[dict[str, Any]]:
    return [{"id": "tuned", "object": "model", "created": 1, "owned_by": owner}]


def left(server: Server, folder: Path, tuned: str, said: list[str]) -> str | None:
    (folder / "evaluation.jsonl").write_text('{"line": 1}\n')
    return leave(
        server.endpoint(), {"tuned": tuned, "file": "/home/me/v.jsonl"}, folder=folder,
        receipts_folder=folder / "receipts", say=said.append,
    )  # fmt: skip


@pytest.mark.parametrize(("owner", "tuned"), [("openai", "tuned"), ("", "tuned"), (MADE_BY, "another")])
def test_nothing_is_sent_where_the_model_is_not_ours(tmp_path: Path, owner: str, tuned: str):
    said: list[str] = []
    assert left(server := Server(models=owned_by(owner)), tmp_path, tuned, said) is None
    assert (server.requests, said) == (["GET /models"], [])


def test_a_server_without_room_is_told_of_and_is_no_fault(tmp_path: Path):
    said: list[str] = []
    assert left(Full(models=owned_by(MADE_BY)), tmp_path, "tuned", said) is None
    assert said[0].startswith("the server keeps no copy of the evaluation: ")


def test_what_is_left_holds_no_path_of_this_machine(tmp_path: Path):
    kept = left(server := Server(models=owned_by(MADE_BY)), tmp_path, "tuned", [])
    assert kept is not None
    assert b"/home/me" not in server.contents[kept]
    assert server.contents[kept].endswith(b'\n{"line": 1}\n')
    assert OWNER == MADE_BY


def test_it_is_not_pruned_as_a_file_that_no_job_needs(tmp_path: Path):
    server = Server(models=owned_by(MADE_BY))
    assert left(server, tmp_path, "tuned", []) == left(server, tmp_path, "tuned", []) is not None
    assert own_files(server.endpoint(), tmp_path / "receipts") == []

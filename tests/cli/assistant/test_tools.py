"""`tuneset mcp`: tools give what commands print, and touch nothing outside of their folder."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import polars as pl
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, TextContent

from tests.command_line import tuneset
from tuneset.cli.assistant.child import kept
from tuneset.cli.assistant.confined import below, dataset_below
from tuneset.cli.assistant.server import server
from tuneset.cli.assistant.tools import page
from tuneset.errors import UsageError

READING = {"check", "tokens", "rules", "explain", "summary", "plan", "diff", "view"}
GOOD = {"messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}]}


def called(root: Path, tool: str, arguments: dict[str, Any], *, allow_write: bool = False) -> CallToolResult:
    """The result of one tool."""
    tools = server(root.resolve(), allow_write=allow_write)

    async def call() -> CallToolResult:
        async with Client(tools) as client:
            return await client.call_tool(tool, arguments)

    return anyio.run(call)


def told(done: CallToolResult) -> str:
    """The message of an error."""
    assert done.is_error
    assert isinstance(done.content[0], TextContent)
    return done.content[0].text


def document(done: CallToolResult) -> Any:  # noqa: ANN401  any JSON document
    """What the command printed."""
    assert done.structured_content is not None
    return done.structured_content["document"]


def listed(target: MCPServer | StdioServerParameters) -> dict[str, bool]:
    """The tools that there are, and whether each is said to be read-only."""

    async def call() -> dict[str, bool]:
        async with Client(target) as client:
            tools = (await client.list_tools()).tools
            assert all(tool.description for tool in tools)
            return {tool.name: bool(tool.annotations and tool.annotations.read_only_hint) for tool in tools}

    return anyio.run(call)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    (tmp_path / "secret.jsonl").write_text(json.dumps(GOOD), encoding="utf-8")
    return folder


def test_no_tool_writes_without_the_switch(root: Path):
    assert listed(server(root, allow_write=False)) == dict.fromkeys(READING, True)
    assert listed(server(root, allow_write=True)) == dict.fromkeys(READING, True) | {"prepare": False, "fix": False}
    assert called(root, "prepare", {"raw": ["."], "out": "out"}).is_error
    assert list(root.iterdir()) == []


def test_the_command_speaks_the_protocol_on_its_own_streams(root: Path):
    arguments = ["-P", "-m", "tuneset", "mcp", "--root", str(root)]
    target = StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))
    assert set(listed(target)) == READING


def test_findings_are_a_result_and_what_the_command_prints(root: Path):
    (root / "train.jsonl").write_text(json.dumps(GOOD) + '\n{"messages": []}\n', encoding="utf-8")
    done = called(root, "check", {"files": ["train.jsonl"], "profile": "openai"})
    printed = tuneset(root, "check", str(root / "train.jsonl"), "--profile", "openai", "--output", "json")
    assert not done.is_error
    assert done.structured_content == {"exit_code": 1, "document": json.loads(printed.stdout), "found": 1}


def test_an_error_of_a_command_is_one_of_the_tool_in_its_words(root: Path):
    (root / "train.jsonl").write_text(json.dumps(GOOD), encoding="utf-8")
    done = called(root, "check", {"files": ["train.jsonl"], "profile": "opnai"})
    assert "unknown profile opnai" in told(done)
    assert "Traceback" not in told(done)


@pytest.mark.parametrize("named", ["../secret.jsonl", "{outside}/secret.jsonl", "link.jsonl", "folder", ".", "a\0b"])
def test_nothing_outside_of_the_root_is_a_path(root: Path, named: str):
    (root / "link.jsonl").symlink_to(root.parent / "secret.jsonl")
    (root / "folder").mkdir()
    (root / "folder" / "up").symlink_to(root.parent)
    with pytest.raises(UsageError):
        below(root, named.format(outside=root.parent))


def test_a_path_outside_of_the_root_is_refused_by_the_tools(root: Path):
    places: dict[str, dict[str, Any]] = {
        "check": {"files": ["../secret.jsonl"]},
        "view": {"paths": ["../secret.jsonl"]},
    }
    places |= {"explain": {"place": "../secret.jsonl:1", "dataset": "."}, "plan": {"dataset": "../secret.jsonl"}}
    places |= {"prepare": {"raw": ["."], "out": "../out"}}
    for tool, arguments in places.items():
        assert "lies outside of the root" in told(called(root, tool, arguments, allow_write=True))
    assert not (root.parent / "out").exists()


def test_links_within_the_root_are_followed(root: Path):
    (root / "a.jsonl").write_text(json.dumps(GOOD), encoding="utf-8")
    (root / "b.jsonl").symlink_to("a.jsonl")
    (root / "circle").symlink_to(".")
    assert below(root, "b.jsonl") == root / "a.jsonl"
    assert below(root, ".") == root


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"clean": {"map": "evil:run"}}, "clean.map names a function"),
        ({"clean": {"filters": {"function": "evil:run"}}}, "clean.filters.function names a function"),
        ({"review": {"file": "../review.jsonl"}}, "review.file of manifest.json: lies outside"),
    ],
)
def test_a_manifest_that_leads_to_code_or_out_is_refused(root: Path, params: dict[str, Any], words: str):
    (root / "train.jsonl").write_text(json.dumps(GOOD), encoding="utf-8")
    manifest = root / "manifest.json"
    manifest.write_text(json.dumps({"params": {"clean": {"map": None}}}), encoding="utf-8")
    assert dataset_below(root, ".") == root
    manifest.write_text(json.dumps({"params": params}), encoding="utf-8")
    for named in (".", "train.jsonl"):
        with pytest.raises(UsageError, match=words):
            dataset_below(root, named)


def test_a_ledger_whose_raw_files_lie_elsewhere_is_refused(root: Path):
    pl.DataFrame({"source": ["raw.jsonl", "../secret.jsonl"]}).write_parquet(root / "ledger.parquet")
    with pytest.raises(UsageError, match=r"a raw file of ledger.parquet: lies outside"):
        dataset_below(root, ".")


@pytest.mark.slow
def test_what_prepare_wrote_can_be_looked_at(root: Path):
    rows = [{"question": f"What is {n} times two?", "answer": f"{n} times two is {2 * n}."} for n in range(12)]
    (root / "raw.jsonl").write_text("\n".join(map(json.dumps, [*rows, rows[0]])), encoding="utf-8")
    made = called(root, "prepare", {"raw": ["raw.jsonl"], "out": "ds"}, allow_write=True)
    assert document(made)["rows"]["read"] == 13
    seen = called(root, "view", {"paths": ["ds"], "filters": ["side=train"], "most": 1})
    assert seen.structured_content is not None
    assert (len(document(seen)["rows"]), seen.structured_content["found"] > 1) == (1, True)
    story = document(called(root, "explain", {"place": "raw.jsonl:13", "dataset": "ds"}))
    assert story["rows"][0]["code"] == "DUP001"


def test_one_rule_is_found_by_its_code(root: Path):
    rules = document(called(root, "rules", {"code": "DUP001"}))
    assert [len(rules[kind]) for kind in ("rules", "reasons", "repairs")] == [0, 1, 0]
    assert called(root, "rules", {"code": "XYZ999"}).is_error


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "tuneset.cli.assistant.server")
    monkeypatch.setitem(sys.modules, "mcp", None)
    for name in [name for name in sys.modules if name.startswith("mcp.")]:
        monkeypatch.delitem(sys.modules, name)
    done = tuneset(tmp_path, "mcp")
    assert done.returncode == 2
    assert "the extra mcp" in done.stderr


def test_findings_are_given_in_pages_over_all_files() -> None:
    files = [{"path": "a", "findings": [0, 1, 2]}, {"path": "b", "findings": []}, {"path": "c", "findings": [3, 4]}]
    done = {"exit_code": 1, "document": {"files": files}}
    for start in range(7):
        for most in range(1, 7):
            paged = page(done, start, most)
            given = [one for file in paged["document"]["files"] for one in file["findings"]]
            assert given == list(range(5))[start : start + most]
            assert paged["found"] == 5


def test_progress_of_a_command_is_heard_while_all_that_it_said_is_kept() -> None:
    heard: list[tuple[float, str]] = []
    parts: list[bytes] = []

    async def hear(share: float, words: str) -> None:
        heard.append((share, words))

    async def said() -> AsyncIterator[bytes]:
        yield b"starting\nreading and cleaning: 20%, 3 s left\n"
        yield b"gate: comparing training: 100%\n1 of 7 gates failed\n"

    async def listen() -> None:
        await kept(said(), parts, hear)

    anyio.run(listen)
    assert heard == [(0.2, "reading and cleaning"), (1.0, "gate: comparing training")]
    assert b"".join(parts).endswith(b"gates failed\n")

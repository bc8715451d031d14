"""The tables of docs/endpoint.md name every route and every parameter that there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel
from starlette.routing import Route

from tuneset.endpoint.api.generation_body import ChatRequest, CompletionRequest, ResponseRequest
from tuneset.endpoint.routes import PAGE as SERVED_PAGE
from tuneset.endpoint.routes import ROUTES

PAGE = (Path(__file__).parents[3] / "docs" / "endpoint.md").read_text(encoding="utf-8")
NAME = re.compile(r"`([a-z_]+)(?:[.:][^`]*)?`")


def parameters() -> dict[str, list[tuple[str, list[str]]]]:
    """Each row of the table: its first cell, and what it says of chat, completions and responses."""
    table = PAGE.split("| parameter | chat | completions | responses |\n")[1].split("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[1:]]
    found: dict[str, list[tuple[str, list[str]]]] = {"chat": [], "completions": [], "responses": []}
    for first, *cells in rows:
        for place, kind in enumerate(found):
            found[kind].append((cells[place], NAME.findall(first)))
    return found


@pytest.mark.parametrize(
    ("kind", "body"),
    [("chat", ChatRequest), ("completions", CompletionRequest), ("responses", ResponseRequest)],
    ids=["chat", "completions", "responses"],
)
def test_every_parameter_of_a_body_is_in_the_table(kind: str, body: type[BaseModel]) -> None:
    told = {name for cell, names in parameters()[kind] if cell != "-" for name in names}
    assert set(body.model_fields) <= told
    assert all(set(names) & set(body.model_fields) for cell, names in parameters()[kind] if cell != "-")


def test_every_route_is_in_the_table() -> None:
    table = PAGE.split("| route | state |\n")[1].split("\n\n")[0]
    told = set(re.findall(r"/[a-z_]+", table))
    asked = {
        f"/{part}"
        for route in ROUTES
        if isinstance(route, Route) and route not in SERVED_PAGE
        for part in route.path.removeprefix("/v1").strip("/").split("/")
        if part and "{" not in part
    }
    assert asked <= told

"""No code knows a provider by name: what differs between them stands in the profiles."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tuneset.profile import profile_names
from tuneset.providers.protocols import PROTOCOLS

SOURCE = Path(__file__).parents[2] / "pipeline" / "tuneset"
MAY_NAME = {
    "providers/bedrock",  # boto3 calls the service so, and the extra is called so
    "params/endpoint.py",  # the default of endpoint.profile, which is a param
    "params/run.py",  # `local` is the engine that works on this machine
    "execution/executor.py",  # the same
    "execution/stores/location.py",  # fsspec calls this machine's files so
    "params/dedup.py",  # as of stages/dedup.py
    "providers/protocols.py",  # a protocol may be called after the provider that made it
    "reading/shapes",  # a raw shape may be called after whoever's format it is
    "params/target.py",  # as of targets/masks/recipes.py
    "training/trl/weights.py",  # a model that sees may be asked `together` with others
    "targets/masks/recipes.py",  # a recipe is called after whose trainer masks so
    "writing",  # an export format may be called after whoever made it
    "execution/duplicates/decide_lots.py",  # as of stages/dedup.py
    "stages/dedup.py",  # `together` is what may be done with conversations there
    "rules",  # a rule's example names the profile for which it is one
    "reporting/rules_page.py",  # shows those examples
    "profiles",
}


HOST = re.compile(rf"\b(?:{'|'.join(map(re.escape, profile_names()))})\.(?:com|ai|dev|net|org)\b")
"""A provider's name in the name of a host."""


def names_in(source: str) -> list[tuple[int, str]]:
    """Line and value of every text in code that is a provider's name or has its host; docstrings are not code."""
    known = {*profile_names(), *PROTOCOLS}
    # The formatter has all texts between these quotes.
    if not any(f'"{name}"' in source for name in known) and not HOST.search(source):
        return []
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose]
    return [
        (text.lineno, text.value)
        for text in texts
        if isinstance(text.value, str) and (text.value in known or HOST.search(text.value))
    ]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('"""Ask openai."""\nimport openai\nopenai.list()', []),
        ('x = "openai is closed"', []),
        ('if profile.name == "azure":\n    pass', [(1, "azure")]),
        ('if host.endswith(".azure.com"):\n    pass', [(1, ".azure.com")]),
        ('LISTS = {\n    "local",\n}', [(2, "local")]),
    ],
)
def test_a_name_in_code_is_seen_and_one_in_prose_is_not(source: str, found: list[tuple[int, str]]) -> None:
    assert names_in(source) == found


def test_no_code_knows_a_provider_by_name() -> None:
    assert {str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*")} >= MAY_NAME
    files = {str(path.relative_to(SOURCE)): path for path in SOURCE.rglob("*.py")}
    asked = {
        name: path
        for name, path in files.items()
        if not any(name == own or name.startswith(f"{own}/") for own in MAY_NAME)
    }
    assert len(asked) > 100
    found = [
        f"{name}:{line}: {text}"
        for name, path in asked.items()
        for line, text in names_in(path.read_text(encoding="utf-8"))
    ]
    assert found == []

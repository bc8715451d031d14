"""params.yaml and `--set KEY=VALUE` read into `Params`; all faults of a file are reported at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tuneset.artifacts import read_error
from tuneset.errors import UsageError
from tuneset.params.faults import faults, kind
from tuneset.params.root import Params
from tuneset.params.target import SHORT_FOR

_NOT_YAML = (yaml.YAMLError, ValueError, RecursionError)  # a date such as 2026-13-01 is a ValueError to PyYAML


def load_params(path: Path | None, overrides: Sequence[str] = ()) -> Params:
    """Read params from a YAML file, then apply `KEY=VALUE` overrides such as `split.validation=0.2`.

    Without a path, `params.yaml` in the working folder is read where there is one, else the defaults hold.
    Raises UsageError that names each wrong key with the nearest known one.
    """
    if path is None and Path("params.yaml").is_file():
        path = Path("params.yaml")
    document = _read_yaml(path) if path is not None else {}
    origin = str(path) if path is not None else "params"
    for override in overrides:
        apply_override(document, override)
    return parse_params(document, origin)


def parse_params(document: dict[str, Any], origin: str) -> Params:
    """Check a params document. `origin` names it in errors."""
    try:
        return Params.model_validate(document)
    except ValidationError as error:
        raise UsageError(f"{origin}: " + "\n  and ".join(faults(error, document))) from None


class _Loader(yaml.SafeLoader):
    """YAML with numbers as people write them: `2e-5` is one, though YAML 1.1 wants `2.0e-5`."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d[\d_]*(?:\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def _load_yaml(text: str) -> Any:  # noqa: ANN401  any YAML value
    return yaml.load(text, _Loader)  # noqa: S506  a safe loader


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        document = _load_yaml(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        unread = read_error(path, error)
        raise UsageError(unread.message, hint=unread.hint) from error
    except _NOT_YAML as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        # PyYAML's words name the character that it met and what it awaits there, or an alias: no value.
        problem = getattr(error, "problem", None) or ""
        hint = "indent with spaces: YAML takes no tabs for that" if r"'\t'" in problem else "correct that line"
        told = f": {problem}" if problem else ""
        raise UsageError(f"{path}: is not YAML{place}{told}", hint=hint if mark else "") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise UsageError(f"{path}: is {kind(document)}", allowed="sections such as `split:` with keys below them")
    return document


def apply_override(document: dict[str, Any], override: str) -> None:
    """Put one `KEY=VALUE` into a params document. Raises UsageError where it is none."""
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise UsageError(f"--set {override}: is not KEY=VALUE", allowed="for example --set split.validation=0.2")
    try:
        value = _load_yaml(text)
    except _NOT_YAML:
        raise UsageError(f"--set {key}: the value is not YAML", allowed="a number, a word, or a [list]") from None
    *parents, last = key.split(".")
    section = document
    for parent in parents:
        child = section[parent] = {} if section.get(parent) is None else section[parent]
        if isinstance(child, str) and section is document and parent == "target":
            child = section[parent] = {SHORT_FOR: child}
        if not isinstance(child, dict):
            raise UsageError(f"--set {key}: {parent} is no section")
        section = child
    section[last] = value

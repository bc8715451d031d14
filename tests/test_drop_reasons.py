"""Codes: each names one thing, each is explained, and no stage drops a row for a code that nobody knows."""

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType

import pytest
from typer.testing import CliRunner

from tuneset import drop_reasons, export_reasons
from tuneset.cli.main import app
from tuneset.drop_reasons import REASONS
from tuneset.rules.registry import BY_CODE, listed
from tuneset.rules.repairs.registry import BY_CODE as REPAIRS
from tuneset.stage_table import names
from tuneset.terms import Reason

PIPELINE = Path(__file__).parents[1] / "pipeline" / "tuneset"
CODE = re.compile(r"[A-Z]{3}[0-9]{3}")
SHARED = {"TOK001"}  # a rule of check, and a reason of tokenize
KNOWN = sorted(BY_CODE.keys() | REASONS.keys() | REPAIRS.keys())


REGISTRIES = (drop_reasons, export_reasons)
HERE = {f"{registry.__name__.rpartition('.')[2]}.py" for registry in REGISTRIES}
CONSTANTS = {
    name: code
    for registry in REGISTRIES
    for name, code in vars(registry).items()
    if isinstance(code, str) and CODE.fullmatch(code)
}


@functools.cache
def in_sources() -> tuple[list[tuple[str, str]], set[str]]:
    """Every text in the sources that has the form of a code with its file, and the names used outside of registries.

    They are asked of the compiled files, which Python keeps: to walk over the syntax of all takes twenty times as long.
    """
    codes, used = [], set[str]()
    for path in sorted(PIPELINE.rglob("*.py")):
        name = path.relative_to(PIPELINE).as_posix()
        whole = SourceFileLoader(name, str(path)).get_code(name)
        assert whole is not None
        for code in code_objects(whole):
            codes += [(text, name) for text in texts(code.co_consts) if CODE.fullmatch(text)]
            used.update(code.co_names if name not in HERE else ())
    return codes, used


def code_objects(code: CodeType) -> Iterator[CodeType]:
    """The compiled code of a file and of everything that it defines."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from code_objects(constant)


def texts(constants: Iterable[object]) -> Iterator[str]:
    """The texts among constants, and within tuples and sets of them."""
    for constant in constants:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, tuple | frozenset):
            yield from texts(constant)


def test_no_code_names_two_things() -> None:
    counts = Counter([*(rule.code for rule in listed()), *(reason.code for reason in REASONS.values()), *REPAIRS])
    assert {code for code, count in counts.items() if count > 1} == SHARED


def test_no_name_names_two_codes() -> None:
    names = {(rule.name, rule.code) for rule in listed()} | {(reason.name, reason.code) for reason in REASONS.values()}
    names |= {(repair.name, repair.code) for repair in REPAIRS.values()}
    assert [name for name, count in Counter(name for name, _ in names).items() if count > 1] == []


def test_every_code_in_the_sources_is_registered() -> None:
    codes, _ = in_sources()
    assert {(code, path) for code, path in codes if code not in KNOWN} == set()


def test_every_reason_is_given_somewhere_by_its_code_or_its_constant() -> None:
    codes, used = in_sources()
    given = {code for code, path in codes if path not in HERE}
    given |= {CONSTANTS[name] for name in used & CONSTANTS.keys()}
    assert REASONS.keys() - given == set()


@pytest.mark.parametrize("code", sorted(REASONS))
def test_a_reason_is_complete(code: str) -> None:
    reason = REASONS[code]
    assert (reason.code, bool(CODE.fullmatch(code))) == (code, True)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", reason.name)
    assert reason.stage in {*names(), "export"}
    for sentence in (reason.summary, reason.remedy):
        assert sentence[:1].islower()
        assert not sentence.endswith(".")


@pytest.mark.parametrize("code", KNOWN)
def test_every_code_and_its_name_are_explained(code: str) -> None:
    explained = BY_CODE.get(code) or REASONS.get(code) or REPAIRS[code]
    name = explained.name
    told, by_name = (CliRunner().invoke(app, ["rules", asked]) for asked in (code.lower(), name))
    assert (told.exit_code, told.output) == (by_name.exit_code, by_name.output)
    assert told.exit_code == 0
    assert told.output.startswith(f"{code} {name}: ")
    expected = explained.remedy if isinstance(explained, Reason) else explained.why
    assert expected in told.output


@pytest.mark.parametrize("code", sorted(SHARED))
def test_a_shared_code_has_one_name_and_is_explained_as_the_rule(code: str) -> None:
    assert BY_CODE[code].name == REASONS[code].name
    assert REASONS[code].stage == "tokenize"


def test_the_list_of_all_codes_holds_each_once() -> None:
    listed = CliRunner().invoke(app, ["rules"]).output
    assert sorted(re.findall(r"^  ([A-Z]{3}[0-9]{3})  ", listed, re.MULTILINE)) == KNOWN

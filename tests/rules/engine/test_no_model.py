"""Where nobody has named a model, none is judged: no error comes of a default one, and what is open is said once."""

from pathlib import Path

import orjson
import pytest

from tests.rules.support import findings, reports
from tests.targets.local_models.tiny_models import tiny_model
from tuneset.api.settings import choose_model
from tuneset.params import parse_params
from tuneset.profile import load_profile, profile_names
from tuneset.reporting.findings_text import text
from tuneset.rules.samples import ANSWER, ASK, GOOD_CHAT, GOOD_PAIR, chat, turn
from tuneset.targets.target import find_target

SEES = chat(turn("user", [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]), ANSWER)
LONG = chat(ASK, turn("assistant", "Paris is a city. " * 5_000))  # 25,000 tokens: more than local-tiny takes
PROMPTS = chat(ASK, reference_answer="Paris")
OF_A_MODEL = {"MDL001", "MDL002", "MDL003", "VIS008", "TOK001"}


@pytest.mark.parametrize(
    "data", [GOOD_CHAT.data, GOOD_PAIR.data, SEES, LONG, PROMPTS], ids=["chat", "pair", "image", "long", "prompt"]
)
@pytest.mark.parametrize("profile", profile_names())
def test_no_error_comes_of_a_model_that_nobody_named(profile: str, data: bytes, tmp_path: Path) -> None:
    found = findings(tmp_path, data, profile=profile, model="")
    errors = {one.code for one in found if one.severity == "error"} & OF_A_MODEL
    limit = load_profile(profile).longest_example()
    assert errors == ({"TOK001"} if data is LONG and limit is not None and limit < 20_000 else set())


def test_what_depends_on_the_model_is_named_once_and_only_where_it_matters(tmp_path: Path) -> None:
    plain = list(text(reports(tmp_path, GOOD_CHAT.data, profile="local", model="")))
    assert plain[-1:] == ["0 errors, 0 warnings"]
    assert not any("--model" in line for line in plain)
    both = reports(tmp_path, SEES + b"\n" + LONG, PROMPTS, profile="local", model="")
    assert [report.not_judged for report in both] == [("target", "length", "images"), ("target", "method")]
    said = [line for line in text(both) if "--model" in line]
    assert said == ["not judged, since no model is named: images, length, method; name the model with --model"]


@pytest.mark.parametrize(
    ("profile", "model", "expected"),
    [
        ("openai", "", False),
        ("openai", "gpt-4.1-2025-04-14", False),
        ("openai", "some-model-of-my-own", True),
        ("together", "", True),
        ("local", "", True),
        ("local", "local-tiny", True),
    ],
)
def test_rules_on_a_target_name_what_unlocks_them_where_a_model_may_have_files(
    profile: str, model: str, *, expected: bool, tmp_path: Path
) -> None:
    told = reports(tmp_path, GOOD_CHAT.data, GOOD_CHAT.data, profile=profile, model=model)
    assert ["target" in report.not_judged for report in told] == [expected, expected]
    said = [line for line in text(told) if "--target" in line]
    sentence = "what is trained (TGT001 to TGT015); give the model's files with --target"
    assert said == [f"not judged, since no target is given: {sentence}"] * expected


def test_rules_on_a_target_that_are_off_or_unlocked_are_not_spoken_of(tmp_path: Path) -> None:
    off = reports(tmp_path, GOOD_CHAT.data, profile="local", model="", ignore=("TGT",))
    assert off[0].not_judged == ()
    target = find_target("", load_profile("local"), local=str(tiny_model("chatml")))
    assert reports(tmp_path, GOOD_CHAT.data, profile="local", model="", target=target)[0].not_judged == ()


def test_a_limit_that_no_model_of_a_provider_exceeds_holds_without_one(tmp_path: Path) -> None:
    line = chat(ASK, turn("assistant", "Paris is a city. " * 20_000))
    told = findings(tmp_path, line, profile="openai", model="")
    assert [one.message for one in told if one.code == "TOK001"] == [
        "100019 tokens; allowed: at most 65536 for any model of profile openai"
    ]
    assert not [one for one in findings(tmp_path, line, profile="local", model="") if one.code == "TOK001"]


@pytest.mark.parametrize(
    ("document", "profile", "model", "expected"),
    [
        ({}, None, None, ""),
        ({"tune": {"model": "local-tiny"}}, None, None, ""),  # as the template of params has it
        ({}, None, "local-tiny", "local-tiny"),
        (
            {"endpoint": {"profile": "openai"}, "tune": {"model": "gpt-4.1-2025-04-14"}},
            None,
            None,
            "gpt-4.1-2025-04-14",
        ),
        ({"endpoint": {"profile": "openai"}, "tune": {"model": "gpt-4.1-2025-04-14"}}, "nebius", None, ""),
        ({"endpoint": {"profile": "openai"}}, None, None, ""),
        ({}, "openai", "gpt-4.1-maxi", "gpt-4.1-maxi"),
    ],
)
def test_a_model_is_named_by_the_caller_or_by_params_and_never_by_default(
    document: dict[str, object], profile: str | None, model: str | None, expected: str
) -> None:
    assert choose_model(parse_params(document, "params"), profile, model)[1] == expected


def test_a_file_of_another_kind_is_told_once(tmp_path: Path) -> None:
    rows = [orjson.dumps({"question": f"What is {number}?", "answer": str(number)}) for number in range(300)]
    found = findings(tmp_path, b"\n".join([*rows, rows[0]]), ignore=())
    assert [(one.code, one.line) for one in found] == [("SHP001", 0)]
    assert found[0].message.startswith("301 lines; of the first, keys are question, answer; ")


def test_lines_without_a_prompt_contradict_no_other(tmp_path: Path) -> None:
    lines = [orjson.dumps({"text": f"Line {number}"}) for number in range(5)]
    alone = [chat(turn("assistant", f"Line {number}")) for number in range(5)]
    told = findings(tmp_path, b"\n".join([GOOD_CHAT.data, *lines, *alone]), asked="sft")
    assert "DAT005" not in {one.code for one in told}


def test_answers_that_are_judged_may_share_a_prompt(tmp_path: Path) -> None:
    lines = [chat(ASK, ANSWER, label=True), chat(ASK, turn("assistant", "Lyon."), label=False)]
    assert findings(tmp_path, b"\n".join(lines), profile="local", model="", ignore=("DAT001",)) == []

"""The fast passes agree with the exact one, and severities, switches and families decide what is reported."""

import copy
from typing import Any

import orjson
import pytest
from hypothesis import example as given_example
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.rules.support import FORMS, codes, context
from tuneset.errors import UsageError
from tuneset.profile import load_profile, profile_names
from tuneset.rules.engine.check_context import CHECK_FAMILIES
from tuneset.rules.engine.example_hashes import example_hashes
from tuneset.rules.families.json_line import read_line, repeated_keys
from tuneset.rules.passes.exact import exact_issues, exact_private_issues
from tuneset.rules.passes.example import check_example, is_clean
from tuneset.rules.passes.raw_line import raw_line_hashes, raw_line_pass
from tuneset.rules.registry import listed
from tuneset.rules.samples import ANSWER, ASK, GOOD_CHAT, GOOD_PAIR, GOOD_PROMPT, GOOD_TOOLS, turn
from tuneset.terms import Format

GOOD: list[tuple[Format, bytes]] = [
    ("sft", GOOD_CHAT.data),
    ("sft", GOOD_TOOLS.data),
    ("dpo", GOOD_PAIR.data),
    ("rft", GOOD_PROMPT.data),
]


@pytest.mark.parametrize(("line_format", "data"), GOOD)
def test_good_examples_have_no_issue(line_format: Format, data: bytes) -> None:
    assert check_example(orjson.loads(data), context(line_format)) == []


def test_a_rule_can_be_switched_off_by_code_or_name() -> None:
    bad = {"messages": [ASK, ANSWER], "source": "atlas"}
    assert codes(check_example(bad, context())) == [("SHP002", "$.source")]
    assert check_example(bad, context(ignore=["SHP002"])) == []
    assert check_example(bad, context(ignore=["unknown-key"])) == []


def test_a_severity_can_be_changed() -> None:
    lowered = context(severity={"unknown-key": "info"})
    issues = check_example({"messages": [ASK, ANSWER], "source": 1}, lowered)
    assert [lowered.severity[issue.code] for issue in issues] == ["info"]


def test_an_optional_rule_is_off_until_asked_for() -> None:
    twice = {"messages": [ASK, turn("user", "Please."), ANSWER]}
    assert check_example(twice, context()) == []
    assert codes(check_example(twice, context(severity={"CNV012": "warning"}))) == [("CNV012", "$.messages[1].role")]


def test_secrets_are_looked_for_only_where_the_family_is_asked_for() -> None:
    leaky = {"messages": [ASK, turn("assistant", "AKIA" + "Q7ZX2LMP4VB5SKDT")]}
    assert check_example(leaky, context()) == []
    assert codes(check_example(leaky, context(families=CHECK_FAMILIES))) == [("EGR001", "$.messages[1].content")]


def test_unknown_rules_are_refused() -> None:
    with pytest.raises(UsageError, match="unknown rule nonsense"):
        context(ignore=["nonsense"])


def test_all_issues_of_an_example_are_found_not_the_first() -> None:
    bad: dict[str, Any] = {
        "messages": [
            {"role": "user", "content": None, "x": 1},
            {"role": "assistant", "content": "None", "weight": 2},
            {"role": "robot", "content": "<|endoftext|>"},
        ]
    }
    assert set(codes(check_example(bad, context()))) == {
        ("SHP004", "$.messages[0].content"),
        ("SHP002", "$.messages[0].x"),
        ("CNV006", "$.messages[1].weight"),
        ("TXT003", "$.messages[1].content"),
        ("CNV001", "$.messages[2].role"),
        ("TXT001", "$.messages[2].content"),
    }


# --- the fast passes -----------------------------------------------------------------------------------------------

TEXTS = [
    "", " ", "\n", "\u3000", "Hi", "None", " nan ", "n/a", "Dear {name},", "Dear {name}\nx = 1", "f({name})", "${HOME}",
    "{{ name }}", "<|endoftext|>", "< |end|>", "OrlÃ©ans", "Orléans", "Привет", "a\ufffdb", 'tab\tand "quotes" \\n',
    "ann.smith@acme.org", "\n@property.setter", "\\n@acme.org", "x\\nn@acme.org", "4012 8888 8888 1881",
    "call +33 1 42 68 53 00", "415-555-2671", "AKIA" + "Q" * 16, "sk-" + "a" * 24, "key\\", "\\", "/", "\u0085", "\x7f",
    '":', "\b", "\f", "\u2028", "😀", '{"role":"assistant","content":"', "</s>", "[INST]",
]  # fmt: skip
texts = st.sampled_from(TEXTS) | st.text(max_size=12) | st.lists(st.sampled_from(TEXTS), max_size=3).map(" ".join)
roles = st.sampled_from(["system", "user", "assistant", "developer", "tool"])
messages = st.fixed_dictionaries({"role": roles, "content": texts})
chats = st.lists(messages, min_size=1, max_size=5) | st.tuples(texts, texts).map(
    lambda pair: [turn("user", pair[0]), turn("assistant", pair[1])]
)


@settings(max_examples=drawn(200, 600))
@given(chats, st.sampled_from(profile_names()), st.integers(0, len(FORMS) - 1))
def test_a_line_that_the_plain_pass_recognises_has_no_issue(chat: list[Any], profile: str, form: int) -> None:
    raw = FORMS[form]({"messages": chat})
    everything = context(profile=profile, families=CHECK_FAMILIES)
    plain = raw_line_pass(everything)
    assert plain is not None
    hashes = raw_line_hashes([raw], plain)[0]
    if hashes is not None:
        example, issues = read_line(raw)
        assert example is not None
        issues += (
            repeated_keys(raw, example) + exact_issues(example, everything) + exact_private_issues(example, everything)
        )
        assert issues == []
        assert hashes == example_hashes(example, "sft")


@settings(max_examples=drawn(133, 400))
@given(chats, st.sampled_from(profile_names()))
def test_an_example_that_the_fast_pass_calls_clean_has_no_issue(chat: list[Any], profile: str) -> None:
    pair = {"input": {"messages": chat[:-1]}, "preferred_output": chat[-1:], "non_preferred_output": chat[:1]}
    cases: list[tuple[Format, dict[str, Any]]] = [
        ("sft", {"messages": chat}),
        ("rft", {"messages": chat, "reference_answer": "x"}),
        ("dpo", pair),
    ]
    for line_format, example in cases:
        checked = context(line_format, profile)
        if is_clean(example, checked):
            assert exact_issues(example, checked) == []


def test_the_plain_pass_knows_the_usual_lines() -> None:
    plain = raw_line_pass(context(families=CHECK_FAMILIES))
    assert plain is not None
    for chat in ([ASK, ANSWER], [turn("system", "Be brief."), ASK, ANSWER, ASK, ANSWER]):
        for form in FORMS[:4]:
            assert raw_line_hashes([form({"messages": chat})], plain)[0] is not None


@pytest.mark.parametrize("control", [b"\t", b"\x0b", b"\x0c", b"\x1f", b"\x00", b"\n"])
@pytest.mark.parametrize("place", [b"%sHi", b"Hi%s", b" %s Hi"])
def test_the_plain_pass_minds_control_characters_that_json_forbids(control: bytes, place: bytes) -> None:
    plain = raw_line_pass(context(families=CHECK_FAMILIES))
    assert plain is not None
    line = b'{"messages":[{"role":"user","content":"%s"},{"role":"assistant","content":"Yes."}]}' % (place % control)
    assert raw_line_hashes([line], plain) == [None]
    broken = line.split(b"\n")
    assert raw_line_hashes(broken, plain) == [None] * len(broken)


LINES = [
    *(form({"messages": [ASK, turn("assistant", text)]}) for form in FORMS[:4] for text in TEXTS),
    b"", b" ", b'{"messages":[{"role":"user","content":"', b'Hi"},{"role":"assistant","content":"Yes."}]}', b"\xff",
    GOOD_CHAT.data + b"\r", GOOD_TOOLS.data, b"null",
]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=drawn(200, 600))
@given(st.lists(st.sampled_from([*LINES, *([GOOD_CHAT.data] * 200)]), min_size=1, max_size=9))
def test_lines_judged_together_are_judged_as_each_by_itself(lines: list[bytes]) -> None:
    plain = raw_line_pass(context(families=CHECK_FAMILIES))
    assert plain is not None
    assert raw_line_hashes(lines, plain) == [raw_line_hashes([line], plain)[0] for line in lines]


def test_lines_that_are_too_long_together_are_judged_one_by_one() -> None:
    plain = raw_line_pass(context(families=CHECK_FAMILIES))
    assert plain is not None
    long = orjson.dumps({"messages": [ASK, turn("assistant", "word " * int(plain.max_bytes * 0.15))]})
    assert None not in raw_line_hashes([long, long], plain)
    assert raw_line_hashes([GOOD_CHAT.data, long + b" " * int(plain.max_bytes)], plain)[1] is None


def test_hashes_do_not_depend_on_white_space_escapes_or_the_order_of_keys() -> None:
    chat = {"messages": [turn("user", "Où?"), turn("assistant", "Là.")]}
    turned = {"messages": [dict(reversed(one.items())) for one in chat["messages"]]}
    assert len({example_hashes(orjson.loads(form(value)), "sft") for form in FORMS for value in (chat, turned)}) == 1


def test_hashes_tell_other_answers_from_other_prompts() -> None:
    whole, prompt = example_hashes({"messages": [ASK, ANSWER]}, "sft")
    other_whole, other_prompt = example_hashes({"messages": [ASK, turn("assistant", "Lyon.")]}, "sft")
    assert whole != other_whole
    assert prompt == other_prompt


# --- mutated examples ----------------------------------------------------------------------------------------------

SAMPLES = [
    *(
        orjson.loads(rule.bad.data)
        for rule in listed()
        if rule.bad.data and rule.family not in ("FIL", "JSN", "DAT") and b"\n" not in rule.bad.data
    ),
    *(orjson.loads(data) for _, data in GOOD),
]
JUNK: list[Any] = [
    None,
    True,
    0,
    1.5,
    "",
    "x",
    "nan",
    [],
    {},
    [None],
    [[]],
    {"role": "user"},
    {"type": "text"},
    "\ud7ff",
]


def _places(value: dict[str, Any] | list[Any]) -> list[tuple[Any, Any]]:
    """Every (holder, key) of a document."""
    entries = list(value.items() if isinstance(value, dict) else enumerate(value))
    found: list[tuple[Any, Any]] = [(value, key) for key, _ in entries]
    return found + [place for _, child in entries if isinstance(child, dict | list) for place in _places(child)]


@st.composite
def mutants(draw: st.DrawFn) -> dict[str, Any]:
    """A sample with a few values replaced, removed or added."""
    example: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 4))):
        places = _places(example)
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        action = draw(st.sampled_from(["replace", "remove", "add"]))
        if action == "remove":
            del holder[key]
        elif action == "replace" or isinstance(holder, list):
            holder[key] = copy.deepcopy(draw(st.sampled_from(JUNK)))
        else:
            holder[draw(st.sampled_from(["weight", "name", "tools", "content", "x y"]))] = copy.deepcopy(
                draw(st.sampled_from(JUNK))
            )
    return example


@pytest.mark.slow
@settings(max_examples=drawn(333, 1000))
@given_example({"input": None, "non_preferred_output": [{"role": [], "content": "Lyon."}]}, "dpo", "azure")
@given(mutants(), st.sampled_from(["sft", "dpo", "rft"]), st.sampled_from(profile_names()))
def test_no_mutant_breaks_a_check_and_the_fast_pass_stays_right(
    example: dict[str, Any], line_format: Format, profile: str
) -> None:
    checked = context(line_format, profile, families=CHECK_FAMILIES, grader_columns=["reference_answer"])
    exact = exact_issues(example, checked)
    if is_clean(example, checked):
        assert exact == []
    for issue in exact:
        assert issue.message
        assert len(issue.message) < 600


def test_every_profile_names_rules_that_exist() -> None:
    for name in profile_names():
        context(profile=name, families=CHECK_FAMILIES)
        profile = load_profile(name)
        open_models = any(model.encoding_exact or model.hub_model for model in profile.models.values())
        assert profile.special_tokens or not open_models, "those of a closed vocabulary nobody has published"

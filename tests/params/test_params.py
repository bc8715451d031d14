"""params.yaml: every fault is named with its place, all at once; what is right is taken as it stands."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tuneset.errors import UsageError
from tuneset.params import Mapping, Params, RedactParams, load_params, parse_params

NEAR_KEYS = "enabled, key, n, permutations, policy, sensitivity, threshold"
SHIPPED = Path(__file__).parents[2] / "params.yaml"


def faults(document: dict[str, Any]) -> str:
    with pytest.raises(UsageError) as caught:
        parse_params(document, "params.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"split": {"validaton": 0.2}}, "unknown key split.validaton; did you mean validation?"),
        ({"spilt": {"validation": 0.2}}, "unknown key spilt; did you mean split?"),
        ({"validation": {"ignore": []}}, "unknown key validation; did you mean validate?"),
        ({"ingest": {"mapping": {"usr": "q"}}}, "unknown key ingest.mapping.usr; did you mean user?"),
        ({"ingest": {"mapping": [{}, {"usr": "q"}]}}, "unknown key ingest.mapping.1.usr; did you mean user?"),
        ({"split": {"method": "dpo"}}, "unknown key split.method; did you mean tune.method?"),
        (
            {"ingest": {"format": "dpo"}},
            "unknown key ingest.format; tune.method decides the format: supervised, dpo, reinforcement or kto",
        ),
        ({"split": {"zzz": 1}}, "unknown key split.zzz; known keys: group_by, salt, stratify_by, test, validation"),
        ({"split": {"a[b]": 1}}, "unknown key split.a[b]; known keys: group_by, salt, stratify_by, test, validation"),
        (
            {"dedup": {"int": 1}},
            "unknown key dedup.int; known keys: evaluation, key, near, prefer, prefer_sources, prefixes, warn_share",
        ),
        ({"dedup": {"near": {"treshold": 0.9}}}, "unknown key dedup.near.treshold; did you mean threshold?"),
        ({"dedup": {"evaluation": {"file": ["a"]}}}, "unknown key dedup.evaluation.file; did you mean files?"),
        (
            {1: 2},
            f"unknown key 1; known keys: {', '.join(sorted(Params().as_document()))}",
        ),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(document: dict[str, Any], text: str) -> None:
    assert faults(document) == f"params.yaml: {text}"


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"clean": {"mojibake": 1}}, "clean.mojibake is 1; allowed: true or false"),
        ({"split": {"validation": "0.2"}}, "split.validation is '0.2'; allowed: a number"),
        ({"split": {"validation": -1}}, "split.validation is -1; allowed: at least 0"),
        (
            {"split": {"validation": 1.5}},
            "split.validation is 1.5; allowed: a ratio below 1 or a whole number of examples",
        ),
        ({"split": {"test": 20.01}}, "split.test is 20.01; allowed: a ratio below 1 or a whole number of examples"),
        ({"split": {"validation": float("inf")}}, "split.validation is inf; allowed: a finite number"),
        ({"split": {"salt": None}}, "split.salt is empty; allowed: a text"),
        ({"split": {"salt": [1]}}, "split.salt is a list; allowed: a text"),
        ({"split": {"salt": {"a": 1}}}, "split.salt is a section; allowed: a text"),
        (
            {"split": None},
            "split is empty; allowed: a section with the keys group_by, salt, stratify_by, test, validation",
        ),
        ({"split": 3}, "split is 3; allowed: a section with the keys group_by, salt, stratify_by, test, validation"),
        ({"dedup": {"key": "message"}}, "dedup.key is 'message'; allowed: 'messages' or 'prompt'"),
        ({"dedup": {"near": True}}, f"dedup.near is True; allowed: a section with the keys {NEAR_KEYS}"),
        ({"dedup": {"near": {"key": "text"}}}, "dedup.near.key is 'text'; allowed: 'messages', 'prompt' or 'answer'"),
        ({"dedup": {"near": {"policy": "keep"}}}, "dedup.near.policy is 'keep'; allowed: 'drop' or 'keep_together'"),
        ({"dedup": {"near": {"threshold": 0}}}, "dedup.near.threshold is 0; allowed: greater than 0"),
        ({"dedup": {"near": {"threshold": 1.01}}}, "dedup.near.threshold is 1.01; allowed: at most 1"),
        ({"dedup": {"near": {"n": 0}}}, "dedup.near.n is 0; allowed: at least 1"),
        (
            {"dedup": {"near": {"permutations": 8}}},
            "dedup.near.permutations is 8; allowed: at least 16",
        ),
        ({"dedup": {"prefer": 5}}, "dedup.prefer is 5; allowed: a text"),
        ({"dedup": {"prefer_sources": "a*"}}, "dedup.prefer_sources is 'a*'; allowed: a list, such as [a, b]"),
        (
            {"dedup": {"evaluation": {"answer_share": 2}}},
            "dedup.evaluation.answer_share is 2; allowed: at most 1",
        ),
        ({"split": {"test": -0.1}}, "split.test is -0.1; allowed: at least 0"),
        (
            {"split": {"validation": 0.9, "test": 0.2}},
            "split.test is 0.2; allowed: less than 1 together with split.validation, which is 0.9",
        ),
        (
            {"split": {"test": 0.9}},
            "split.test is 0.9; allowed: less than 1 together with split.validation, which is 0.1",
        ),
        ({"split": {"stratify_by": ["source"]}}, "split.stratify_by is a list; allowed: a text"),
        ({"ingest": {"paths": ["a", 3]}}, "ingest.paths.1 is 3; allowed: a text"),
        ({"tune": {"suffix": ""}}, "tune.suffix is ''; allowed: at least 1 character"),
        (
            {"tune": {"suffix": "x" * 70}},
            f"tune.suffix is '{'x' * 36}...; allowed: at most 64 characters",
        ),
        (
            {"validate": {"severity": {"TXT003": "fatal"}}},
            "validate.severity.TXT003 is 'fatal'; allowed: 'error', 'warning' or 'info'",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(document: dict[str, Any], text: str) -> None:
    assert faults(document) == f"params.yaml: {text}"


def places(document: dict[str, Any], before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Where the values of a document stand."""
    held = [(*before, key) for key, value in document.items() if not (isinstance(value, dict) and value)]
    return held + [
        place
        for key, value in document.items()
        if isinstance(value, dict) and value
        for place in places(value, (*before, key))
    ]


@pytest.mark.parametrize("place", places(Params().as_document()), ids=".".join)
def test_no_key_takes_a_whole_number_that_no_table_holds(place: tuple[str, ...]) -> None:
    document: Any = 2**63
    for key in reversed(place):
        document = {key: document}
    try:
        taken: Any = parse_params(document, "params.yaml").as_document()
    except UsageError as error:
        assert ".".join(place) in str(error)  # noqa: PT017  what is not refused is looked at below
    else:
        for key in place:
            taken = taken[key]
        assert type(taken) is float


def test_the_largest_whole_number_is_taken_and_the_next_is_told() -> None:
    assert parse_params({"gate": {"min_examples": 2**63 - 1}}, "params.yaml").gate.min_examples == 2**63 - 1
    text = f"gate.min_examples is {2**63}; allowed: at most {2**63 - 1}"
    assert faults({"gate": {"min_examples": 2**63}}) == f"params.yaml: {text}"


@pytest.mark.parametrize(("validation", "test"), [(0.9, 0.05), (50, 0.99), (0.99, 50), (1, 1), (0, 0)])
def test_a_split_that_leaves_something_to_train_on_is_taken(validation: float, test: float) -> None:
    split = parse_params({"split": {"validation": validation, "test": test}}, "params.yaml").split
    assert (split.validation, split.test) == (validation, test)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("n_epochs", 99, "is 99; allowed: at most 50, or 'auto'"),
        ("n_epochs", "3", "is '3'; allowed: a whole number, or 'auto'"),
        ("batch_size", 0, "is 0; allowed: at least 1, or 'auto'"),
        ("learning_rate_multiplier", "high", "is 'high'; allowed: a number, or 'auto'"),
    ],
)
def test_a_number_or_auto_is_one_fault_with_both_alternatives(key: str, value: object, text: str) -> None:
    assert faults({"tune": {key: value}}) == f"params.yaml: tune.{key} {text}"


def test_all_faults_are_told_at_once() -> None:
    document = {"split": {"validaton": 1, "salt": 7}, "tune": {"n_epochs": 99}, "worker": 2}
    assert faults(document) == (
        "params.yaml: unknown key split.validaton; did you mean validation?\n"
        "  and unknown key worker; did you mean workers?\n"
        "  and split.salt is 7; allowed: a text\n"
        "  and tune.n_epochs is 99; allowed: at most 50, or 'auto'"
    )


def test_a_key_in_the_file_is_not_repeated_in_the_error() -> None:
    assert "sk-secret" not in faults({"endpoint": {"api_key": "sk-secret"}})


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("split: {validation: 25}\ntune: {n_epochs: 4, learning_rate_multiplier: 2}\n")
    params = load_params(path)
    assert (params.split.validation, params.split.salt) == (25, "tuneset")
    assert (params.tune.n_epochs, params.tune.batch_size, params.tune.learning_rate_multiplier) == (4, "auto", 2)
    assert params.clean == Params().clean


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "---\n"])
def test_an_empty_file_means_the_defaults(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    assert load_params(path) == Params()


def test_the_document_reads_back_as_the_same_params() -> None:
    document = {
        "validate": {"ignore": ["TXT003"], "severity": {"TXT004": "info"}},
        "ingest": {"mapping": {"user": "q", "assistant": "a", "roles": {"bot": "assistant"}}},
    }
    params = parse_params(document, "params.yaml")
    assert parse_params(params.as_document(), "again") == params


def test_the_shipped_file_shows_every_key_with_its_default() -> None:
    shown = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    defaults = Params().as_document()
    assert list(shown) == list(defaults)
    assert shown == defaults


def test_without_a_file_the_working_folder_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_params(None) == Params()
    (tmp_path / "params.yaml").write_text("split: {salt: pepper}\n")
    assert load_params(None).split.salt == "pepper"
    (tmp_path / "params.yaml").write_text("split: {slat: pepper}\n")
    with pytest.raises(UsageError, match=r"^params\.yaml: unknown key split\.slat; did you mean salt\?$"):
        load_params(None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_does_not_hide_the_first_key(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("split: {salt: größer}\n", encoding=encoding)
    assert load_params(path).split.salt == "größer"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            b"split: {salt: [a\n",
            " (line 2, column 1): expected ',' or ']', but got '<stream end>'\n  do: correct that line",
        ),
        (
            b"split:\n\tsalt: a\n",
            (
                " (line 2, column 1): found character '\\t' that cannot start any token\n"
                "  do: indent with spaces: YAML takes no tabs for that"
            ),
        ),
        (b"split: {salt: 2024-13-45}\n", ""),
        (b"[" * 5000, ""),
        (b"\xff\xfes\x00p\x00l\x00i\x00t\x00", ""),
        (b"\x00\x01\x02", ""),
    ],
)
def test_a_file_that_is_not_yaml_is_refused_with_its_place(tmp_path: Path, text: bytes, place: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(text)
    with pytest.raises(UsageError) as caught:
        load_params(path)
    assert str(caught.value) == f"{path}: is not YAML{place}"


@pytest.mark.parametrize(("text", "kind"), [("- a\n- b\n", "a list"), ("just words\n", "'just words'"), ("7\n", "7")])
def test_a_file_without_sections_is_refused(tmp_path: Path, text: str, kind: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_params(path)
    assert str(caught.value) == f"{path}: is {kind}\n  allowed: sections such as `split:` with keys below them"


def test_a_file_that_is_missing_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_params(tmp_path / "no.yaml")
    assert (
        str(caught.value) == f"{tmp_path / 'no.yaml'}: cannot be read: No such file or directory\n  do: check the path"
    )
    with pytest.raises(UsageError, match=r"cannot be read: Is a directory\n  do: name a file in it$"):
        load_params(tmp_path)


def test_overrides_win_over_the_file_and_have_the_types_of_yaml(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("split: {validation: 0.3, salt: pepper}\n")
    params = load_params(
        path, ["split.validation=0.2", "gate.min_examples=null", "ingest.paths=[a, b]", "tune.n_epochs=2", "workers=3"]
    )
    assert (params.split.validation, params.split.salt) == (0.2, "pepper")
    assert (params.gate.min_examples, params.ingest.paths, params.tune.n_epochs) == (None, ["a", "b"], 2)
    assert params.workers == 3


@pytest.mark.parametrize("text", ["", "split:\ningest: {mapping: null}\n"])
def test_an_override_may_hold_an_equals_sign_and_reach_a_section_that_is_not_there(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    params = load_params(path, ["split.salt=a=b", "ingest.mapping.user=question", "ingest.mapping.assistant=reply"])
    assert params.split.salt == "a=b"
    assert isinstance(params.ingest.mapping, Mapping)
    assert (params.ingest.mapping.user, params.ingest.mapping.assistant) == ("question", "reply")


@pytest.mark.parametrize(
    ("override", "text"),
    [
        ("split.salt", "--set split.salt: is not KEY=VALUE\n  allowed: for example --set split.validation=0.2"),
        ("=3", "--set =3: is not KEY=VALUE\n  allowed: for example --set split.validation=0.2"),
        ("split.salt=[a", "--set split.salt: the value is not YAML\n  allowed: a number, a word, or a [list]"),
        ("split.salt=2024-13-45", "--set split.salt: the value is not YAML\n  allowed: a number, a word, or a [list]"),
        ("workers.count=3", "--set workers.count: workers is no section"),
        ("split.validaton=1", "params.yaml: unknown key split.validaton; did you mean validation?"),
    ],
)
def test_a_wrong_override_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, override: str, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("workers: 2\n")
    with pytest.raises(UsageError) as caught:
        load_params(None, [override])
    assert str(caught.value) == text


def test_params_cannot_be_changed_after_they_were_read() -> None:
    with pytest.raises(ValueError, match=r"frozen"):
        Params().split.salt = "other"  # type: ignore[misc]  # that is the point


KINDS = sorted({*RedactParams.model_fields} - {"regions", "detectors"})


def of_every_kind(folder: Path, word: str) -> Path:
    """Params that give the same policy to every kind of private data."""
    page = folder / "params.yaml"
    policies = "".join(f"    {kind}: {word}\n" for kind in KINDS)
    page.write_text(f"clean:\n  redact:\n{policies}", encoding="utf-8")
    return page


@pytest.mark.parametrize("word", ["on", "yes", "true", "null", "'no'", "0", "OFF_", "''"])
def test_what_is_no_policy_is_refused_of_every_kind(word: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_params(of_every_kind(tmp_path, word))
    assert [kind for kind in KINDS if f" clean.redact.{kind} is " not in str(caught.value)] == []


@pytest.mark.parametrize("word", ["off", "Off", "OFF", "no", "false", "'off'", '"off"'])
def test_off_is_a_policy_of_every_kind_as_yaml_reads_it(word: str, tmp_path: Path) -> None:
    redact = load_params(of_every_kind(tmp_path, word)).clean.redact
    assert {kind: getattr(redact, kind) for kind in KINDS} == dict.fromkeys(KINDS, "off")
    redact = load_params(None, [f"clean.redact.{kind}={word}" for kind in KINDS]).clean.redact
    assert {kind: getattr(redact, kind) for kind in KINDS} == dict.fromkeys(KINDS, "off")


@pytest.mark.parametrize(("text", "number"), [("2e-5", 2e-5), ("1E3", 1000.0), ("1.5e-4", 1.5e-4), ("3", 3)])
def test_numbers_with_an_exponent_are_numbers(text: str, number: float) -> None:
    assert load_params(None, [f"tune.learning_rate_multiplier={text}"]).tune.learning_rate_multiplier == number
    assert load_params(None, ["tune.suffix=2e-5x"]).tune.suffix == "2e-5x"


def test_html_is_off_without_quotes(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("clean: {html: off}")
    assert load_params(path).clean.html == "off"
    path.write_text("clean: {html: on}")
    with pytest.raises(UsageError, match=r"clean.html is True"):
        load_params(path)


@pytest.mark.parametrize("name", ["hex", "rot13", "base64", "cp9999", ""])
def test_what_is_no_encoding_of_text_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="auto, or the name of a text encoding"):
        parse_params({"ingest": {"encoding": name}}, "params.yaml")

"""params.yaml as typed values: one section a stage, every key with a default, unknown keys refused.

A wrong key or type is named with its place and the nearest known key; all faults of a file are reported at once.
What the values mean is the business of the stage that takes them.
"""

from __future__ import annotations

import codecs
import contextlib
import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from tuneset.errors import UsageError
from tuneset.terms import Severity

Auto = Literal["auto"]
_NOT_YAML = (yaml.YAMLError, ValueError, RecursionError)  # a date such as 2026-13-01 is a ValueError to PyYAML


class Section(BaseModel):
    """A section of params.yaml: closed to unknown keys and to silent type conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class FixedText(Section):
    """A text that is the same in all examples."""

    text: str


class Mapping(Section):
    r"""Which columns of raw files hold what, where the shape is none that Tuneset knows.

    Either `messages` names a column with chat messages, or `user` and `assistant` say where their texts come from: a
    column, a path into one (`meta.question`), a template of them (`"{context}\n\n{question}"`), or a fixed text
    (`{text: ...}`). Preference pairs have `chosen` and `rejected` in place of `assistant`. `files` are patterns of the
    files that are read so, such as `*/tickets.jsonl`; without one all are.
    """

    files: list[str] = []
    messages: str | None = None
    system: str | FixedText | None = None
    user: str | FixedText | None = None
    assistant: str | FixedText | None = None
    chosen: str | FixedText | None = None
    rejected: str | FixedText | None = None
    tools: str | None = None
    role_key: str = "role"
    content_key: str = "content"
    roles: dict[str, str] = {}


def _one_or_list(value: object) -> str:
    return "list" if isinstance(value, list) else "one"


Mappings = (
    Annotated[
        Annotated[Mapping, Tag("one")] | Annotated[list[Mapping], Tag("list")],
        Discriminator(_one_or_list),
    ]
    | None
)
"""One mapping for all files, or a list of which the first that fits a row reads it."""


def _text_encoding(name: str) -> str:
    """The name of an encoding as Python has it, or `auto`.

    >>> _text_encoding("UTF8"), _text_encoding("auto")
    ('utf-8', 'auto')
    """
    if name == "auto":
        return name
    try:
        b"a".decode(name, "ignore")  # fails for codecs of other things than text
        return codecs.lookup(name).name
    except (LookupError, UnicodeError):
        raise PydanticCustomError("unknown_encoding", "auto, or the name of a text encoding such as cp1252") from None


class IngestParams(Section):
    """Where raw data lies and how it is read.

    A column with text that belongs to no example is counted and warned of, refused (`error`), or only counted (`keep`).
    `encoding` is that of text files that are not UTF-8: without it they are refused, `auto` takes the likeliest, and
    `utf-8` rejects their lines. Files that cannot be read stop the run, or are left out with a line in the ledger.
    """

    paths: list[str] = ["data/raw"]
    mapping: Mappings = None
    system: str | None = None  # system message for examples that have none
    labelled_bad: Literal["drop", "keep"] = "drop"  # sft rows whose label or thumb says that the answer is bad
    columns: Literal["warn", "error", "keep"] = "warn"  # columns with text that no example says
    encoding: Annotated[str, AfterValidator(_text_encoding)] | None = None
    unreadable: Literal["error", "skip"] = "error"


def _off(value: object) -> object:
    """YAML reads `off` as false."""
    return "off" if value is False else value


PrivatePolicy = Annotated[Literal["redact", "drop", "flag", "off"], BeforeValidator(_off)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


def _country(region: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415  0.02 s that --help does without

    if region not in SUPPORTED_REGIONS:
        raise PydanticCustomError("unknown_region", "a country whose phone numbers are known, such as US (ISO 3166)")
    return region


Country = Annotated[str, AfterValidator(_country)]


class RedactParams(Section):
    """What is done about each kind of private data, and the countries whose national phone numbers are known."""

    email: PrivatePolicy = "redact"
    phone: PrivatePolicy = "redact"
    card: PrivatePolicy = "redact"
    iban: PrivatePolicy = "redact"
    national_id: PrivatePolicy = "redact"
    ip: PrivatePolicy = "redact"
    url_credentials: PrivatePolicy = "redact"
    api_key: PrivatePolicy = "redact"
    jwt: PrivatePolicy = "redact"
    private_key: PrivatePolicy = "redact"
    connection_string: PrivatePolicy = "redact"
    password: PrivatePolicy = "redact"  # noqa: S105  a policy, not a password
    regions: list[Country] = ["US", "GB", "DE", "FR", "ES", "IT", "NL", "BR", "IN"]


class ScoreParams(Section):
    """A raw column with a number, and the least that is wanted."""

    column: str
    at_least: float


class FilterParams(Section):
    """Rows that are not wanted, by measures of their text (`cleaning/filtering/filters.py`). All off by default.

    Lengths are in characters.

    Args:
        score: a raw column, such as `rating`, and the least number in it that is wanted; a row without is kept.
        languages: ISO 639 codes that the answers may be in; an answer with less than `language_min_chars` characters
            of prose, or a score under `language_min_score`, is not judged.
        min_chars, max_chars: of all texts of an example together.
        min_turns, max_turns: number of user and assistant messages.
        min_answer_chars: of the assistant's texts together; answers that call tools are not judged.
        max_repeated_lines: share of the answer's characters in lines that stood there before.
        max_repeated_ngrams: share of the answer's n-grams of `ngram` words that stood there before.
        max_run: how often one character may stand in a row.
        max_symbols: share of an example's characters that are neither letters, digits nor white space.
        refusals: whether answers that refuse to help are unwanted.
        patterns: regular expressions (Rust's syntax: no look-around, no back-references) that no text may match.
        keywords: words and phrases, whatever their case, that no text may hold.
        function: `module:function` that gets the messages of an example, a list of dicts, and says whether to keep it.
    """

    score: ScoreParams | None = None
    languages: list[str] = []
    language_min_score: Share = 0.5
    language_min_chars: Count = 40
    min_chars: Count | None = None
    max_chars: Count | None = None
    min_turns: Count | None = None
    max_turns: Count | None = None
    min_answer_chars: Count | None = None
    max_repeated_lines: Share | None = None
    max_repeated_ngrams: Share | None = None
    ngram: Annotated[int, Field(ge=1)] = 5
    max_run: Count | None = None
    max_symbols: Share | None = None
    refusals: bool = False
    patterns: list[str] = []
    keywords: list[str] = []
    function: str | None = None


class CleanParams(Section):
    """A map of the user's own, the text steps with their switches, repairs, private data, filters: in that order.

    Args:
        map: `module:function` that gets an example as the line it would be, and returns the one that takes its place.
        html: what becomes of texts that are HTML, as help desks export them.
        reasoning: what becomes of what was thought before it was said: `auto` keeps it where the profile takes it and
            drops it elsewhere, `last` keeps only that of the last answer. `keep` and `last` hold whatever the profile
            says.
    """

    map: str | None = None
    html: Annotated[Literal["off", "text", "markdown"], BeforeValidator(_off)] = "off"
    reasoning: Literal["auto", "keep", "drop", "last"] = "auto"
    unicode_nfc: bool = True
    line_endings: bool = True
    control_characters: bool = True
    whitespace: bool = True
    mojibake: bool = True
    empty_messages: bool = True
    null_keys: bool = True
    unanswered_turns: bool = True
    repair: list[str] | Literal["all"] = "all"  # of `tuneset rules`; `check --fix` takes the same
    redact: RedactParams = RedactParams()
    filters: FilterParams = FilterParams()
    trace: bool = False


class ValidateParams(Section):
    """Which rules hold, beyond what the endpoint's profile decides."""

    ignore: list[str] = []
    severity: dict[str, Severity] = {}


class NearParams(Section):
    """When two examples are near duplicates, and what becomes of them.

    `key` is what is compared: `messages` (prompts and answers, each by themselves, system messages left out), `prompt`
    or `answer`; text that many rows share is left out of it. With `keep_together` they stay, on one side of the split.
    """

    enabled: bool = True
    key: Literal["messages", "prompt", "answer"] = "messages"
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.8
    n: Annotated[int, Field(ge=1, le=50)] = 5
    permutations: Annotated[int, Field(ge=16, le=1024)] = 128
    policy: Literal["drop", "keep_together"] = "drop"


class EvaluationParams(Section):
    """Evaluation files that training data must not hold, and from which share of a text on it does."""

    files: list[str] = []
    n: Annotated[int, Field(ge=1, le=50)] = 8
    question_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    answer_share: Annotated[float, Field(gt=0, le=1)] = 0.5


class DedupParams(Section):
    """What makes two examples duplicates of each other, and which of them is kept.

    Kept is the first, unless `prefer_sources` (patterns such as `*/curated.jsonl`, best first) or `prefer` (`length` or
    a raw column whose larger value is better, such as `rating`) says otherwise. Of rows whose whole conversation is the
    beginning of another's `prefixes` keeps the `longest` alone, or all `together` on one side of the split; `off` does
    not look for them.
    """

    key: Literal["messages", "prompt"] = "messages"
    prefixes: Annotated[Literal["longest", "together", "off"], BeforeValidator(_off)] = "longest"
    near: NearParams = NearParams()
    prefer: str | None = None
    prefer_sources: list[str] = []
    evaluation: EvaluationParams = EvaluationParams()
    warn_share: Annotated[float, Field(ge=0, le=1)] = 0.3


class TokenizeParams(Section):
    """How long an example may be, and what happens to one that is longer."""

    encoding: str | None = None  # default: the model's own
    max_tokens: Annotated[int, Field(ge=1)] | None = None  # default: the profile's limit for the model
    over_length: Literal["drop", "truncate", "error"] = "drop"


class SplitParams(Section):
    """How examples are divided between training and validation.

    `validation` and `test` below 1 are ratios, from 1 on numbers of examples; two ratios must leave something to train
    on. `group_by` is `conversation` (rows that ask the same, and rows of which one is the beginning of another),
    `prompt`, `messages`, or the name of a raw column; examples of one group stay together.
    `stratify_by` is `source` or the name of a raw column: each of its values gets its own share.
    """

    validation: Annotated[float, Field(ge=0)] = 0.1
    test: Annotated[float, Field(ge=0)] = 0.0
    stratify_by: str | None = None
    group_by: str = "conversation"
    salt: str = "tuneset"

    @field_validator("test")
    @classmethod
    def _leaves_training(cls, test: float, info: ValidationInfo) -> float:
        validation = info.data.get("validation", 0.0)
        if max(validation, test) < 1 <= validation + test:
            raise PydanticCustomError(
                "nothing_to_train_on",
                "less than 1 together with split.validation, which is {validation}",
                {"validation": validation},
            )
        return test


class GateParams(Section):
    """Thresholds; null switches a gate off. `min_examples` counts training and validation together."""

    max_drop_rate: Annotated[float, Field(ge=0, le=1)] | None = 0.5
    min_examples: Annotated[int, Field(ge=0)] | None = 10
    min_validation_examples: Annotated[int, Field(ge=0)] | None = 1
    max_validation_overlap: Annotated[float, Field(ge=0, le=1)] | None = 0.0
    max_near_overlap: Annotated[float, Field(ge=0, le=1)] | None = 0.001  # finding them is 99.9 % complete
    max_prefix_overlap: Share | None = 0.0
    max_pair_overlap: Share | None = 0.01  # short pairs that other talks share by chance are hardly ever so many
    max_answer_overlap: Share | None = None
    max_cost_usd: Annotated[float, Field(ge=0)] | None = None


class EndpointParams(Section):
    """Where files and jobs go. Keys come from the environment alone, never from this file.

    Prices are for endpoints whose own are not published, in US dollars; `usd_per_hour` needs `expected_hours`.
    """

    profile: str = "local"
    base_url: str | None = None
    api_key_env: str | None = None
    spend_limit_usd: Annotated[float, Field(ge=0)] | None = None
    training_usd_per_million_tokens: Annotated[float, Field(ge=0)] | None = None
    usd_per_hour: Annotated[float, Field(ge=0)] | None = None
    expected_hours: Annotated[float, Field(gt=0)] | None = None
    accept_unknown_cost: bool = False
    state: str = "data/local"


class ReinforcementParams(Section):
    """What only a reinforcement job takes. `grader` is its definition, or the path of a JSON file that holds it."""

    grader: dict[str, Any] | str | None = None
    response_format: dict[str, Any] | None = None
    reasoning_effort: Literal["default", "low", "medium", "high"] = "default"
    compute_multiplier: Annotated[float, Field(gt=0.00001, le=10)] | Auto = "auto"
    eval_interval: Annotated[int, Field(ge=1)] | Auto = "auto"
    eval_samples: Annotated[int, Field(ge=1)] | Auto = "auto"


class WandbParams(Section):
    """Where the provider sends a job's metrics at Weights & Biases; the key for that is set at the provider."""

    project: Annotated[str, Field(min_length=1)]
    name: str | None = None
    entity: str | None = None
    tags: list[str] = []


DEFAULT_MODEL = "local-tiny"
"""What the embedded endpoint trains. It stands where nobody has named a model, and so says nothing of one."""


class TuneParams(Section):
    """The fine-tuning job. Bounds are those of OpenAI's API specification, as of 2026-08-21.

    `extra_body` holds fields of the provider's own, such as `{trainingType: GlobalStandard}` at Azure.
    """

    model: str = DEFAULT_MODEL
    method: Literal["supervised", "dpo", "reinforcement", "kto"] = "supervised"
    n_epochs: Annotated[int, Field(ge=1, le=50)] | Auto = "auto"
    batch_size: Annotated[int, Field(ge=1, le=256)] | Auto = "auto"
    learning_rate_multiplier: Annotated[float, Field(gt=0)] | Auto = "auto"
    beta: Annotated[float, Field(gt=0, le=2)] | Auto = "auto"  # dpo alone
    reinforcement: ReinforcementParams = ReinforcementParams()
    suffix: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    seed: Annotated[int, Field(ge=0, le=2147483647)] = 7
    metadata: Annotated[
        dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=14)
    ] = {}  # 16 pairs, two of which are ours
    wandb: WandbParams | None = None
    extra_body: dict[str, Any] = {}
    timeout_s: Annotated[int, Field(ge=1)] = 86400
    poll_s: Annotated[float, Field(gt=0)] | None = None  # default: the profile's


class Params(Section):
    """The whole of params.yaml."""

    ingest: IngestParams = IngestParams()
    clean: CleanParams = CleanParams()
    validation: Annotated[ValidateParams, Field(alias="validate")] = ValidateParams()
    dedup: DedupParams = DedupParams()
    tokenize: TokenizeParams = TokenizeParams()
    split: SplitParams = SplitParams()
    gate: GateParams = GateParams()
    endpoint: EndpointParams = EndpointParams()
    tune: TuneParams = TuneParams()
    workers: Annotated[int, Field(ge=1)] | None = None  # default: one a core

    def as_document(self) -> dict[str, Any]:
        """The params as written in params.yaml, with every default filled in."""
        return self.model_dump(by_alias=True, mode="json")


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
        _apply_override(document, override)
    return parse_params(document, origin)


def parse_params(document: dict[str, Any], origin: str) -> Params:
    """Check a params document. `origin` names it in errors."""
    try:
        return Params.model_validate(document)
    except ValidationError as error:
        raise UsageError(f"{origin}: " + "\n  and ".join(_faults(error, document))) from None


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
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
    except _NOT_YAML as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise UsageError(f"{path}: is not YAML{place}") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise UsageError(f"{path}: is {_kind(document)}", allowed="sections such as `split:` with keys below them")
    return document


def _apply_override(document: dict[str, Any], override: str) -> None:
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
        if not isinstance(child, dict):
            raise UsageError(f"--set {key}: {parent} is no section")
        section = child
    section[last] = value


def _faults(error: ValidationError, document: dict[str, Any]) -> list[str]:
    """Pydantic's faults in a person's words, such as `unknown key split.validaton; did you mean validation?`.

    The alternatives of one value, which pydantic reports one by one, are one fault.
    """
    unknown: list[str] = []
    allowed: dict[tuple[str, str], list[str]] = {}
    for fault in error.errors(include_url=False):
        place, found = _look_up(fault["loc"], document)
        dotted = ".".join(str(part) for part in place)
        if fault["type"] in ("extra_forbidden", "invalid_key"):
            unknown.append(f"unknown key {dotted}{_remedy(place)}")
            continue
        if fault["type"] == "model_type":
            words = f"a section with the keys {', '.join(_known_keys(place))}"
        else:
            words = re.sub(r"^\w+ should (?:be|have) ", "", fault["msg"])
        allowed.setdefault((dotted, _kind(found)), []).append(words)
    wrong = [f"{dotted} is {kind}; allowed: {', or '.join(words)}" for (dotted, kind), words in allowed.items()]
    return unknown + wrong


def _look_up(location: Sequence[int | str], document: dict[str, Any]) -> tuple[list[int | str], object]:
    """The keys of a location, without the names that pydantic gives to alternatives, and the value that stands there.

    >>> _look_up(("tune", "n_epochs", "constrained-int"), {"tune": {"n_epochs": 99}})
    (['tune', 'n_epochs'], 99)
    """
    place: list[int | str] = []
    found: Any = document
    for part in location:
        with contextlib.suppress(KeyError, IndexError, TypeError):
            found = found[part]
            place.append(part)
    return place, found


def _remedy(place: Sequence[int | str]) -> str:
    known = _known_keys(place[:-1])
    near = difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; known keys: {', '.join(known)}"


def _kind(value: object) -> str:
    """A value as an error shows it: numbers and words of params are no secrets, but long ones are cut."""
    names = {dict: "a section", list: "a list", type(None): "empty"}
    shown = repr(value)
    return names.get(type(value), shown if len(shown) <= 40 else shown[:37] + "...")


def _known_keys(place: Sequence[object]) -> list[str]:
    model: type[BaseModel] = Params
    for part in place:
        if isinstance(part, int):
            continue  # a place in a list of sections
        found = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        annotation = found.annotation if found else None
        models = _models(annotation)
        if not models:
            return []
        model = models[0]
    return sorted(field.alias or name for name, field in model.model_fields.items())


def _models(annotation: object) -> list[type[BaseModel]]:
    """The sections that a value may be, however they are wrapped.

    >>> [model.__name__ for model in _models(Mappings)]
    ['Mapping', 'Mapping']
    """
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models(inner)]

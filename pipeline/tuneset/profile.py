"""A provider's profile: its endpoint, limits, models, prices and dates, read from `profiles/NAME.yaml`.

Every number carries its unit, source and as-of date, so that code asks the profile and never knows a limit itself.
This file only reads and looks up; what follows from a limit is decided where it is applied.
"""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import re
from importlib import resources
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from tuneset.errors import UsageError

_LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""The same documents; the one in C takes 1 ms of a command's start where the other takes 11."""


class Entry(BaseModel):
    """A part of a profile. Closed: a misspelt key in a profile is a defect."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(Entry):
    """A number with where it comes from. `value` is null where no limit is known."""

    value: float | None
    unit: str
    source: str
    as_of: dt.date
    note: str = ""


class OpenModels(Entry):
    """What differs for the models whose name holds `mark`: see `rate_in` and `left_alone` of the endpoint."""

    mark: str
    rate_in: str | None
    left_alone: list[str] = []


class EndpointProfile(Entry):
    """How the provider is reached.

    `base_url` is its address, null where each customer has an own one; `own_address` is the form of these.
    `protocol` is the name of the job protocol that it speaks (`providers/protocols.py`), null where that is one of its
    own; `embedded` marks the endpoint that comes with Tuneset; `paid` means that a job costs money;
    `account_headers` that organisation and project are sent, as the protocol's client finds them in the environment;
    `lists_all_models` that its list names every model that can be trained there; `train_instead_at` other profiles
    for files that it trains no more; `hyperparameters_in` where a job's body holds them: below `method`, or at its
    top as before there were methods; `wandb_key_env` the variable whose key goes into a job that reports to Weights &
    Biases, null where that is set at the provider; `account_env` the variable that names the account,
    where addresses hold it; `suffix_without` characters that a model's suffix must not have. `credentials` says where
    they are found where no variable holds a key; `storage` is how the address begins of the bucket from which the
    provider reads files, null where it takes them itself; `job_needs` are fields of `tune.extra_body` without which it
    makes no job. `rate_in` is the param below `tune` that takes an absolute learning rate there, null where
    `tune.learning_rate_multiplier` is one of the provider's own rate. `left_alone` are params below `tune` that it does
    not take, `open_models` what differs for some of its models.
    """

    base_url: str | None
    api_key_env: str | None
    paid: bool
    protocol: str | None
    own_address: str | None = None
    embedded: bool = False
    account_headers: bool = False
    lists_all_models: bool = False
    train_instead_at: list[str] = []
    supports: list[Literal["uploads", "checkpoints", "metadata_filter", "pause", "expires_after", "import"]] = []
    hyperparameters_in: Literal["method", "body"] = "method"
    wandb_key_env: str | None = None
    account_env: str | None = None
    suffix_without: str = ""
    rate_in: str | None = None
    left_alone: list[str] = []
    open_models: OpenModels | None = None
    credentials: str | None = None
    storage: str | None = None
    job_needs: list[str] = []
    poll_s: float = 5.0
    notices: list[str] = []


class ImageTokens(Entry):
    """What an image costs at a model, in tokens: `base`, and `each` for every tile or patch that covers it.

    `most` patches are counted, to which a larger image is reduced; `low` is the cost where `detail` is `low`, null
    where that changes nothing.
    """

    rule: Literal["tiles", "patches"]
    base: float = 0
    each: float
    most: int = 0
    low: int | None = None
    source: str
    as_of: dt.date


class Model(Entry):
    """A base model that can be trained.

    `encoding` is the name of its vocabulary (`TOKENIZERS`); where that is only an estimate, `encoding_exact` is
    false. `trainer` is what trains it (`TRAINERS`), where Tuneset itself does. `also_called` are names that it has
    elsewhere at the provider, such as where it is served; `hub_model` is the model of Hugging Face's hub whose
    vocabulary and chat template it has; `extra_body` what every job of it says there. `folder` is
    where its weights lie and `tuning` what of them is trained, where Tuneset trains a model that is at hand; `merged`
    says whether an adapter becomes whole weights too, `gguf` whether a GGUF file, `grader_url` the address at which
    graders ask their models then. `vision` says whether it is trained on images, `sees` whether it answers questions
    that show some, where it is at hand.
    """

    methods: list[Literal["supervised", "dpo", "reinforcement", "kto"]]
    encoding: str
    encoding_exact: bool = True
    hub_model: str | None = None
    trainer: str | None = None
    folder: str | None = None
    tuning: Literal["lora", "qlora", "full"] = "lora"
    merged: bool = False
    gguf: bool = False
    grader_url: str | None = None
    max_example_tokens: Limit
    training_usd_per_million_tokens: Limit
    shutdown: dt.date | None = None
    vision: bool = False
    sees: bool = False
    also_called: list[str] = []
    extra_body: dict[str, Any] = {}
    image_tokens: ImageTokens | None = None


class PurposeFacts(Entry):
    """Which ways a file of one purpose goes. `download` is null where the sources contradict each other.

    `max_bytes` and `expires_days` are null where no limit is known, and where such files never expire. `ends` is the
    day on which the API that takes them is shut down, null where none is known, `successor` what to use instead.
    """

    intended_use: str
    ends: dt.date | None = None
    successor: str = ""
    upload: bool
    download: bool | None
    formats: str
    max_bytes: int | None = None
    expires_days: int | None = None
    used_by: list[str]
    source: str
    as_of: dt.date
    note: str = ""

    def lifecycle(self, today: dt.date) -> Literal["current", "ending", "ended"]:
        """Whether such files are of use: now and for as long as is known, until `ends`, or no more."""
        if self.ends is None:
            return "current"
        return "ending" if today < self.ends else "ended"


class Lines(Entry):
    """What a line may have at a provider beyond the keys of the protocol's own chat format, and who says so.

    `forms` are the shapes of a line besides `messages`: `prompt` and completion, or a `text` alone. `reasoning` means
    that an assistant message may have its reasoning beside its content, `weight_on` names the roles whose messages may
    have a weight, `sample_weight` means that the line may have one, `reinforcement_system` that a reinforcement prompt
    may have a system message, and `web_images` that an image may be given by its address on the web.
    """

    forms: tuple[Literal["prompt", "text"], ...] = ()
    reasoning: bool = False
    weight_on: tuple[Literal["system", "user", "assistant", "tool"], ...] = ("assistant",)
    sample_weight: bool = False
    reinforcement_system: bool = False
    web_images: bool = True
    source: str = ""
    url: str = ""
    as_of: dt.date | None = None


class WindDown(Entry):
    """That a provider ends its fine-tuning, or a method of it, on a day; without a day it has ended already."""

    day: dt.date | None
    what: str
    methods: list[Literal["supervised", "dpo", "reinforcement"]] = ["supervised", "dpo", "reinforcement"]
    source: str
    as_of: dt.date


class RuleSetting(Entry):
    """How severe a rule is at a provider, and who says so: an error needs the address of the page that does."""

    severity: Literal["error", "warning", "info", "off"]
    source: str
    as_of: dt.date
    url: str = ""

    @model_validator(mode="after")
    def _an_error_is_sourced(self) -> Self:
        if self.severity == "error" and not self.url.startswith("https://"):
            raise ValueError("an error needs the address of a page that says that the provider refuses it")
        return self


class Profile(Entry):
    """One provider.

    `limits` holds numbers by name, `rules` the severity of checks by name where it differs from the default, and
    `unlisted` what other errors are here whose source is another provider. `lines` says what a line may have,
    `special_tokens` the texts that the provider's templates give a meaning of their own, `purposes` what a file can
    be for; what is not among them is not known. `own_graders` are types of graders that it has of its own, which are
    passed on as they are. `sent_as` names the export format in which lines of a method are sent, where that is not the
    one that they have here.
    """

    name: str
    title: str
    as_of: dt.date
    endpoint: EndpointProfile
    default_model: str
    limits: dict[str, Limit]
    unlisted: Literal["error", "warning"] = "error"
    rules: dict[str, RuleSetting] = {}
    lines: Lines = Lines()
    wind_down: list[WindDown] = []
    bom: Literal["forbidden", "allowed", "expected"] = "forbidden"
    special_tokens: list[str] = []
    own_graders: list[str] = []
    sent_as: dict[Literal["supervised", "dpo", "reinforcement"], str] = {}
    purposes: dict[str, PurposeFacts] = {}
    models: dict[str, Model]

    @property
    def reasoning(self) -> bool:
        """Whether an assistant message may have its reasoning beside its content."""
        return self.lines.reasoning

    def limit(self, name: str) -> float | None:
        """The value of a limit, or None where the profile states none."""
        found = self.limits.get(name)
        return found.value if found else None

    def longest_example(self) -> float | None:
        """Tokens that no model of the profile takes more of; None where one is not known, and where one is embedded.

        >>> load_profile("openai").longest_example(), load_profile("together").longest_example()
        (65536.0, None)
        """
        limits = [model.max_example_tokens.value for model in self.models.values()]
        known = [limit for limit in limits if limit is not None]
        return max(known) if known and len(known) == len(limits) and not self.endpoint.embedded else None

    def training_name(self, name: str) -> str:
        """The name by which a model is trained; the same name where it is called so nowhere else.

        >>> load_profile("nebius").training_name("meta-llama/Meta-Llama-3.1-8B-Instruct")
        'meta-llama/Llama-3.1-8B-Instruct'
        """
        return next((own for own, model in self.models.items() if name in model.also_called), name)

    def model(self, name: str) -> Model | None:
        """The model of that name, also by its alias without a date and as `ft:` model; None where it is unknown.

        >>> load_profile("openai").model("ft:gpt-4.1-mini-2025-04-14:acme::abc").encoding
        'o200k_base'
        """
        base = self.training_name(base_model(name))
        if base in self.models:
            return self.models[base]
        same = [key for key in self.models if bare_name(key) == bare_name(base)]
        if same:
            return self.models[same[0]]
        dated = [key for key in self.models if re.fullmatch(re.escape(base) + r"-\d{4}-\d{2}-\d{2}", key)]
        return self.models[max(dated)] if dated else None


def base_model(name: str) -> str:
    """The base model that a fine-tuned model's name refers to, also in the form `BASE.ft-JOB`.

    >>> base_model("ft:gpt-4.1-mini-2025-04-14:acme:support:abc123"), base_model("gpt-4.1-2025-04-14.ft-0123-mine")
    ('gpt-4.1-mini-2025-04-14', 'gpt-4.1-2025-04-14')
    """
    return name.split(":")[1] if name.startswith("ft:") else name.partition(".ft-")[0]


def bare_name(model: str) -> str:
    """A model's name without its publisher, in small letters, by which providers spell one model in several ways.

    >>> [bare_name(name) for name in ("openai/gpt-oss-20b", "accounts/fireworks/models/gpt-oss-20b", "gpt-4.1-mini")]
    ['gpt-oss-20b', 'gpt-oss-20b', 'gpt-4.1-mini']
    """
    return model.rpartition("/")[2].lower()


def profile_names() -> list[str]:
    """The names of all profiles that come with Tuneset, sorted."""
    folder = resources.files("tuneset.profiles")
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


@functools.cache
def load_profile(name: str) -> Profile:
    """Read a profile by name. Raises UsageError with the nearest known name where there is none."""
    names = profile_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else ""
        raise UsageError(f"unknown profile {name}", allowed=", ".join(names), hint=hint)
    text = resources.files("tuneset.profiles").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return Profile.model_validate(yaml.load(text, _LOADER))  # noqa: S506  a safe loader


def embedded_profile() -> Profile:
    """The profile of the endpoint that comes with Tuneset.

    >>> embedded_profile().endpoint.paid
    False
    """
    return next(profile for profile in map(load_profile, profile_names()) if profile.endpoint.embedded)

"""The section `clean`: a map of the user's own, text steps, repairs, private data, filters."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from tuneset.params.section import Count, OffWord, Section, Share

PrivatePolicy = Annotated[Literal["redact", "drop", "flag", "off"], OffWord]


def _country(region: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415  0.01 s that --help does without

    if region not in SUPPORTED_REGIONS:
        raise PydanticCustomError("unknown_region", "a country whose phone numbers are known, such as US (ISO 3166)")
    return region


Country = Annotated[str, AfterValidator(_country)]


class RedactParams(Section):
    """What is done about each kind of private data, and the countries whose national phone numbers are known.

    Args:
        detectors: detectors of others, `presidio` or `presidio:MODEL`; without one `person` and `location` are not
            looked for, whatever their policies say.
    """

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
    birth_date: PrivatePolicy = "redact"
    password: PrivatePolicy = "redact"  # noqa: S105  a policy, not a password
    # These take longer and are off: `docs/privacy.md` says what is found of each.
    mac: PrivatePolicy = "off"
    imei: PrivatePolicy = "off"
    wallet: PrivatePolicy = "off"
    passport: PrivatePolicy = "off"
    user_name: PrivatePolicy = "off"
    postal_address: PrivatePolicy = "off"
    person: PrivatePolicy = "redact"
    location: PrivatePolicy = "redact"
    detectors: list[str] = []
    regions: list[Country] = ["US", "GB", "DE", "FR", "ES", "IT", "NL", "BR", "IN"]


class ScoreParams(Section):
    """A raw column with a number, and the least that is wanted."""

    column: str
    at_least: float


class FilterParams(Section):
    """Rows that are not wanted, by measures of their text (`cleaning/filtering/filters.py`). All off by default.

    Lengths are in characters.

    Args:
        score: a raw column, such as `rating`, or a path into one, and the least number in it that is wanted; a row
            without is kept.
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
    html: Annotated[Literal["off", "text", "markdown"], OffWord] = "off"
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

"""What a rule is: its stable code, what it says and why, and an example of each verdict.

A rule is data. The file of its family, in `families/`, holds it together with the function that looks for
violations. `samples.py` helps to write the examples; tests run both through the whole of `tuneset check`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Literal

from tuneset.terms import Format, Severity

FAMILIES: Mapping[str, str] = {
    "FIL": "File and encoding",
    "JSN": "JSON",
    "SHP": "Shape",
    "CNV": "Conversation",
    "TOL": "Tools",
    "VIS": "Vision",
    "PRF": "Preference pairs",
    "RFT": "Reinforcement",
    "TXT": "Text",
    "TOK": "Tokens",
    "DAT": "Dataset",
    "MDL": "Model",
    "TGT": "Target model",
    "EGR": "What must not leave",
}


@dataclasses.dataclass(frozen=True)
class Sample:
    """A whole file that breaks one rule, or keeps it.

    Args:
        data: the file's bytes; a validation file may follow in `validation`.
        line: where the finding is expected in a bad sample; 0 for the whole file.
        path: the JSON path expected in a bad sample.
        format: the format asked for; `auto` by default, as on the command line.
        template: the chat template of a target model, which the check is to name; "" for none.
        recipe: the recipe of that target.
        sequence_length: the tokens of a sequence for it.
        padding_is_end: whether its padding token is its end token.
    """

    data: bytes
    line: int = 1
    path: str = ""
    format: Format | Literal["auto"] = "auto"
    profile: str = "openai"
    model: str | None = None
    validation: bytes | None = None
    grader: bytes | None = None
    name: str = "train.jsonl"
    template: str = ""
    recipe: str = "answers"
    sequence_length: int | None = None
    padding_is_end: bool = False


@dataclasses.dataclass(frozen=True)
class Rule:
    """One rule of `tuneset check`.

    Args:
        code: stable, three capitals and three digits; the capitals name the family.
        name: in kebab-case, as users write it in params.yaml and on the command line.
        severity: the default; a profile or the user may change it.
        summary: what is wrong, one line.
        why: what comes of it.
        source: where that is known from; `as_of` when it was so.
        fixable: whether `tuneset check --fix` can repair it with certainty.
        optional: whether it is off unless a profile or the user asks for it.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    why: str
    source: str
    as_of: dt.date
    bad: Sample
    good: Sample
    fixable: bool = False
    optional: bool = False

    @property
    def family(self) -> str:
        """The three capitals of the code, a key of FAMILIES."""
        return self.code[:3]

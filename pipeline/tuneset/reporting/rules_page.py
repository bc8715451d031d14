"""The rules of `tuneset check` as a list, as one rule's explanation, and as the page docs/rules.md. No rules here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from tuneset import stage_table
from tuneset.rules.repairs.repair import Repair
from tuneset.rules.rule import FAMILIES, Rule, Sample
from tuneset.terms import Reason

_SHOWN_CHARACTERS = 400
"""How much of a sample is shown; samples about sheer size are cut."""


def listing(rules: Sequence[Rule], reasons: Sequence[Reason], repairs: Sequence[Repair]) -> Iterator[str]:
    """Yield a list of all rules by family, then of the other codes that a ledger can hold, and of the repairs."""
    widest = max(len(rule.name) for rule in rules)
    family = ""
    for rule in rules:
        if rule.family != family:
            family = rule.family
            yield f"{FAMILIES[family]}"
        marks = f" ({', '.join(_marks(rule))})" if _marks(rule) else ""
        yield f"  {rule.code}  {rule.name:<{widest}}  {rule.severity:<7}  {rule.summary}{marks}"
    yield "Other reasons for which a row is dropped"
    for reason in reasons:
        yield f"  {reason.code}  {reason.name:<{widest}}  {reason.stage:<7}  {reason.summary}"
    yield "Repairs of `prepare` and `check --fix`"
    for repair in repairs:
        yield f"  {repair.code}  {repair.name:<{widest}}  {'clean':<7}  {repair.what}"


def explanation(rule: Rule) -> Iterator[str]:
    """Yield what there is to say about one rule."""
    yield f"{rule.code} {rule.name}: {rule.severity}{''.join(f', {mark}' for mark in _marks(rule))}"
    yield ""
    yield rule.summary
    yield rule.why
    yield f"Source: {rule.source} (as of {rule.as_of})"
    for title, sample in (("Bad", rule.bad), ("Good", rule.good)):
        yield ""
        yield f"{title}:{_asked(sample)}"
        yield from (f"  {line}" for line in shown(sample).split("\n"))


def reason_explanation(reason: Reason) -> Iterator[str]:
    """Yield what there is to say about a reason that is no rule."""
    yield f"{reason.code} {reason.name}: a reason for which {_who(reason)}"
    yield ""
    yield f"{reason.summary[:1].upper()}{reason.summary[1:]}."
    yield f"What to do: {reason.remedy}."


def _who(reason: Reason) -> str:
    if reason.stage in stage_table.names():
        return f"the stage {reason.stage} drops a row"
    return f"`tuneset {reason.stage}` leaves a row out"


def repair_explanation(repair: Repair) -> Iterator[str]:
    """Yield what there is to say about one repair."""
    yield f"{repair.code} {repair.name}: a repair of `prepare` (clean.repair) and of `check --fix`"
    yield ""
    yield repair.what
    yield repair.why
    yield f"Mends: {', '.join(repair.mends)}"
    for title, line in (("Before", repair.before), ("After", repair.after)):
        yield ""
        yield f"{title}:"
        yield f"  {orjson.dumps(line).decode()}"


def document(rules: Sequence[Rule], reasons: Sequence[Reason], repairs: Sequence[Repair]) -> dict[str, Any]:
    """All rules, reasons and repairs as one JSON document."""
    return {
        "schema_version": 1,
        "rules": [
            {
                "code": rule.code,
                "name": rule.name,
                "severity": rule.severity,
                "summary": rule.summary,
                "why": rule.why,
                "source": rule.source,
                "as_of": rule.as_of.isoformat(),
                "fixable": rule.fixable,
                "optional": rule.optional,
                "bad": shown(rule.bad),
                "good": shown(rule.good),
            }
            for rule in rules
        ],
        "reasons": [
            {"code": one.code, "name": one.name, "stage": one.stage, "summary": one.summary, "remedy": one.remedy}
            for one in reasons
        ],
        "repairs": [
            {
                "code": one.code,
                "name": one.name,
                "what": one.what,
                "why": one.why,
                "mends": list(one.mends),
                "before": orjson.dumps(one.before).decode(),
                "after": orjson.dumps(one.after).decode(),
            }
            for one in repairs
        ],
    }


def page(rules: Sequence[Rule], reasons: Sequence[Reason], repairs: Sequence[Repair]) -> Iterator[str]:
    """Yield the lines of docs/rules.md."""
    yield "# Rules of `tuneset check`"
    yield ""
    yield "<!-- Generated: `tuneset rules --output markdown > docs/rules.md`; a test keeps it current. -->"
    yield ""
    yield "Each rule has a stable code and a name; both work in `--ignore`, `--severity` and `params.yaml`"
    yield "(`validate.ignore`, `validate.severity`). A provider's profile may change a severity, or switch on a rule"
    yield "that is marked optional. `tuneset rules CODE` explains one rule."
    for family, title in FAMILIES.items():
        yield ""
        yield f"## {title}"
        yield ""
        yield "| code | name | severity | what | `--fix` |"
        yield "|---|---|---|---|---|"
        own = [rule for rule in rules if rule.family == family]
        for rule in own:
            severity = f"{rule.severity}, optional" if rule.optional else rule.severity
            link = f"[{rule.code}](#{rule.code.lower()}-{rule.name})"
            yield f"| {link} | {rule.name} | {severity} | {_cell(rule.summary)} | {'yes' if rule.fixable else ''} |"
        for rule in own:
            yield ""
            yield f"### {rule.code} {rule.name}"
            yield ""
            yield f"{rule.summary} {rule.why}"
            yield ""
            yield f"Source: {rule.source}, as of {rule.as_of}."
            for word, sample in (("Bad", rule.bad), ("Good", rule.good)):
                yield ""
                yield f"{word}{_asked(sample)}:"
                yield ""
                yield "```json"
                yield from shown(sample).split("\n")
                yield "```"
    yield ""
    yield "## Other reasons for which a row is dropped"
    yield ""
    yield "| code | name | stage | what | remedy |"
    yield "|---|---|---|---|---|"
    for one in reasons:
        yield f"| {one.code} | {one.name} | {one.stage} | {_cell(one.summary)} | {_cell(one.remedy)} |"
    yield ""
    yield "## Repairs"
    yield ""
    yield "What is certain is repaired: by `tuneset prepare` (`clean.repair: all`, or a list of these codes; `[]` is"
    yield "off), counted as `repaired.CODE` in `metrics.json` and told by `clean.trace`; and by `tuneset check --fix`"
    yield "where a rule has found something. Nothing else of a line changes."
    yield ""
    yield "| code | name | what | why that is certain | mends |"
    yield "|---|---|---|---|---|"
    for repair in repairs:
        texts = (repair.code, repair.name, _cell(repair.what), _cell(repair.why), ", ".join(repair.mends))
        yield f"| {' | '.join(texts)} |"


def shown(sample: Sample) -> str:
    r"""A sample as text: bytes that are no characters are written as escapes, and a long one is cut.

    >>> shown(Sample(b"a\xe9"))
    'a\\xe9'
    """
    if not sample.data:
        return f"({sample.name})"
    text = sample.data.decode(errors="backslashreplace").replace("\ufeff", "\\xef\\xbb\\xbf")
    parts = [text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"]
    if sample.validation is not None:
        parts.append("(the other file:)\n" + sample.validation.decode())
    if sample.grader is not None:
        parts.append("(the grader:)\n" + sample.grader.decode())
    return "\n".join(parts)


def _marks(rule: Rule) -> list[str]:
    return ["optional"] * rule.optional + ["--fix"] * rule.fixable


def _asked(sample: Sample) -> str:
    """The circumstances of a sample that are not the usual ones.

    >>> _asked(Sample(b"", profile="nebius", format="sft"))
    ' (--format sft --profile nebius)'
    """
    options = [f"--format {sample.format}"] if sample.format != "auto" else []
    options += [f"--profile {sample.profile}"] if sample.profile != "openai" else []
    options += [f"--model {sample.model}"] if sample.model else []
    return f" ({' '.join(options)})" if options else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

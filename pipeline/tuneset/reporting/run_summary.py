"""The numbers of a run as text for a terminal. No rules and no arithmetic beyond shares."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tuneset.figures import figure
from tuneset.params import Params
from tuneset.reporting import source_table
from tuneset.reporting.row_story import code_name
from tuneset.rules.repairs.registry import BY_CODE
from tuneset.stages.gate import LEAKS, Gate, Measured

WIDTH = 80
LABEL_WIDTH = 9
SHOWN_PRICES = 3
SHOWN_SOURCES = 12


def text(metrics: Mapping[str, Any], gates: Sequence[Gate], params: Params) -> str:
    """Rows, drops by reason, tokens, cost and gates; one aligned line or block each."""
    rows, tokens, cost = metrics["rows"], metrics["tokens"], metrics["cost"]
    derived = rows.get("derived", 0)
    kept = rows["read"] + derived - rows["dropped"]  # a test set counts too
    made = f"{derived:,} derived from them, " if derived else ""
    dropped = f"{rows['dropped']:,} dropped ({rows['drop_rate']:.1%})"
    per_example = tokens["per_example"]
    lines = [
        _line("rows", f"{rows['read']:,} read, {made}{kept:,} kept, {dropped}"),
        _line("", _sides(rows)),
        *_drops(rows["dropped_by_code"], rows["read"]),
        *(_line("sources" if i == 0 else "", row) for i, row in enumerate(_sources(metrics))),
        *(
            _line("teacher" if i == 0 else "", told)
            for i, told in enumerate(source_table.taught(metrics.get("sources", ())))
        ),
        *_changes(metrics["stages"]),
        *_reviewed(metrics.get("review", {})),
        *_private(metrics["stages"], metrics.get("private_data", {})),
        _line("tokens", _sides(tokens)),
    ]
    if per_example:
        lines.append(
            _line("", f"median {per_example['p50']:,.0f}, longest {per_example['max']:,.0f}, by {tokens['encoding']}")
        )
    lines += [_line("", text) for text in _precision(tokens)]
    lines += [_line("trained" if i == 0 else "", text) for i, text in enumerate(_trained(metrics.get("target", {})))]
    lines += [_line("cost", _cost(cost, params)), *_elsewhere(cost)]
    lines += [_line("warning", sentence) for sentence in metrics["warnings"]]
    lines += ["", *gates_text(gates).splitlines()] if gates else []
    return "\n".join(fitting(lines))


def _sources(metrics: Mapping[str, Any]) -> list[str]:
    """The account of the raw files as a table; metrics of an older version have none."""
    return source_table.text(metrics["sources"], SHOWN_SOURCES, WIDTH - LABEL_WIDTH) if metrics.get("sources") else []


def _reviewed(counts: Mapping[str, int]) -> list[str]:
    """What people had decided about rows, where a review was applied.

    >>> _reviewed({"drop": 2, "edit": 1, "keep": 0, "stale": 1, "absent": 0})
    ['reviewed 2 dropped, 1 edited, 1 stale']
    """
    words = {"drop": "dropped", "edit": "edited", "keep": "kept", "stale": "stale", "absent": "absent"}
    told = ", ".join(f"{counts[name]:,} {word}" for name, word in words.items() if counts.get(name))
    return [_line("reviewed", told)] if told else []


def _sides(numbers: Mapping[str, int]) -> str:
    """What is for which purpose; of a test set only where there is one.

    >>> _sides({"train": 1200, "validation": 30, "test": 0})
    '1,200 for training, 30 for validation'
    """
    text = f"{numbers['train']:,} for training, {numbers['validation']:,} for validation"
    return f"{text}, {numbers['test']:,} for a test" if numbers["test"] else text


def _precision(tokens: Mapping[str, Any]) -> list[str]:
    """Whether the counts are exact, and of how many examples they are not, for which reasons.

    >>> _precision({"exact": False, "estimated_examples": 3, "estimated_because": {"a call": 3}})
    ['an estimate for 3 examples: a call (3)']
    """
    if tokens.get("exact", True):
        return ["exact"] if "exact" in tokens else []
    why = ", ".join(f"{reason} ({count:,})" for reason, count in tokens["estimated_because"].items())
    return [f"an estimate for {tokens['estimated_examples']:,} examples" + (f": {why}" if why else "")]


def _trained(target: Mapping[str, Any]) -> list[str]:
    """What is trained by the recipe, what is not, and how it packs."""
    if not target:
        return []
    share = "" if target["trained_share"] is None else f" ({target['trained_share']:.1%})"
    lines = [f"{target['trained_tokens']:,} tokens{share} by the recipe {target['recipe']}"]
    odd = {
        "have no trained token": target["examples_without_trained_tokens"],
        "have a trained answer that the template shows otherwise later on (target.unstable: split)": target[
            "examples_with_unstable_turns"
        ],
        "are not known": target["unknown_examples"],
    }
    lines += [f"{count:,} examples {what}" for what, count in odd.items() if count]
    if "packing" in target:
        packed = target["packing"]
        lines.append(
            f"{packed['sequences']:,} sequences of {packed['sequence_length']:,}: {packed['efficiency']:.1%} full, "
            f"{packed['padding']:.1%} padding without packing, {packed['cut']:,} examples cut"
        )
    return lines


def gates_text(gates: Sequence[Gate]) -> str:
    """A table of gate, value and limit, with the remedy of each that failed."""
    header = f"{'gate':26} {'value':>10}  {'limit':>18}"
    lines = [header]
    for gate in gates:
        value = "unknown" if gate.value is None else figure(gate.value)
        verdict = "ok" if gate.passed else "FAILED"
        lines.append(f"{gate.name:26} {value:>10}  {gate.kind + ' ' + figure(gate.limit):>18}  {verdict}")
        if not gate.passed:
            lines += _fitting(f"    {gate.remedy}")
    return "\n".join(lines)


def leaks_text(measured: Measured, gates: Sequence[Gate]) -> str:
    """What validation has in common with training and no gate limits, a line each; empty where there is nothing.

    >>> print(leaks_text(Measured(90, 10, {"equal_answer": 0.5, "near": 0.1}), []))
    no limit is set for these shares of validation; gate.json names lines:
        10.0%  a near duplicate, prompt and answer (max_near_overlap)
        50.0%  the last answer stands in training (max_answer_overlap)
    """
    limited = {gate.name for gate in gates}
    lines = [
        line
        for leak in LEAKS
        for share in (measured.leaks.get(leak.name),)
        if share and leak.gate not in limited
        for line in _fitting(f"{share:>9.1%}  {leak.meaning} ({leak.gate})", below=11)
    ]
    return (
        "\n".join(["no limit is set for these shares of validation; gate.json names lines:", *lines]) if lines else ""
    )


def gates_document(gates: Sequence[Gate]) -> dict[str, Any]:
    """The gates as JSON: value, limit and verdict by name."""
    return {gate.name: {"value": gate.value, "limit": gate.limit, "passed": gate.passed} for gate in gates}


def _line(label: str, content: str) -> str:
    return f"{label:{LABEL_WIDTH}}{content}"


def _wrapped(text: str) -> list[str]:
    """A sentence in lines that fit a terminal beside their label; a name is not broken.

    >>> _wrapped("off: " + ", ".join(["some kind"] * 9))
    ['off: some kind, some kind, some kind, some kind, some kind, some kind,', '  some kind, some kind, some kind']
    """
    return textwrap.wrap(
        text, WIDTH - LABEL_WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def fitting(lines: Iterable[str]) -> list[str]:
    """Lines none of which is wider than a terminal; a name is not broken."""
    return [part for line in lines for part in _fitting(line)]


def _fitting(line: str, below: int = 0) -> list[str]:
    """A line that is wider than a terminal in several, below its own beginning; a name is not broken.

    >>> _fitting("warning  " + " ".join(["word"] * 15))
    ['warning  word word word word word word word word word word word word word word', '           word']
    """
    if len(line) <= WIDTH:
        return [line]
    begin = below or len(line) - len(line.lstrip()) or LABEL_WIDTH
    words = textwrap.wrap(
        line[begin:], WIDTH - begin, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return [line[:begin] + words[0], *(" " * begin + one for one in words[1:])]


def _drops(by_code: Mapping[str, int], read: int) -> list[str]:
    """Each reason with its count and its share of all rows.

    >>> _drops({"DUP001": 5}, 40)
    ['dropped         5  12.5%  DUP001 exact-duplicate']
    """
    ordered = sorted(by_code.items(), key=lambda item: (-item[1], item[0]))
    return [
        _line("dropped" if i == 0 else "", f"{count:>8,}  {count / read:>5.1%}  {code} {code_name(code)}")
        for i, (code, count) in enumerate(ordered)
    ]


def _changes(stages: Mapping[str, Mapping[str, int]]) -> list[str]:
    counts = stages.get("clean", {})
    changed = {name.removeprefix("changed."): n for name, n in counts.items() if name.startswith("changed.") and n}
    changed |= {name.replace(".", " "): n for name, n in counts.items() if name.startswith("removed.") and n}
    ordered = sorted(changed.items(), key=lambda item: (-item[1], item[0]))
    repaired = {name.removeprefix("repaired."): n for name, n in counts.items() if name.startswith("repaired.")}
    return [
        _line("cleaned" if i == 0 else "", f"{count:>8,}  messages: {name.replace('_', ' ')}")
        for i, (name, count) in enumerate(ordered)
    ] + [
        _line("repaired" if i == 0 else "", f"{count:>8,}  examples: {code} {BY_CODE[code].name}")
        for i, (code, count) in enumerate(sorted(repaired.items(), key=lambda item: (-item[1], item[0])))
    ]


def _private(stages: Mapping[str, Mapping[str, int]], covered: Mapping[str, Sequence[str]]) -> list[str]:
    """The kinds found, then those that were off and those that nothing looks for: silence is no proof of absence."""
    counts = stages.get("clean", {})
    named = ((name.split("."), count) for name, count in counts.items() if name.startswith("private."))
    rows = {parts[1]: count for parts, count in named if parts[2] == "rows"}
    ordered = sorted(rows.items(), key=lambda item: (-item[1], item[0]))
    said = [f"{count:>8,}  examples: {kind.replace('_', ' ')}" for kind, count in ordered]
    said += [line for text in unsearched(covered) for line in _wrapped(text)]
    return [_line("private" if i == 0 else "", text) for i, text in enumerate(said)]


def unsearched(covered: Mapping[str, Sequence[str]]) -> list[str]:
    """Which kinds of private data were off, and which are not looked for; nothing of metrics of an older version.

    >>> unsearched({"off": ["birth_date"], "not_looked_for": ["names of people", "wallets"]})
    ['off: birth date', 'not looked for: names of people, wallets']
    """
    told = (("off", covered.get("off", ())), ("not looked for", covered.get("not_looked_for", ())))
    return [f"{what}: {', '.join(kind.replace('_', ' ') for kind in kinds)}" for what, kinds in told if kinds]


def _cost(cost: Mapping[str, Any], params: Params) -> str:
    usd = "unknown price" if cost["estimate_usd"] is None else f"${cost['estimate_usd']:,.2f}"
    epochs = f"{cost['epochs']} epoch{'s' if cost['epochs'] != 1 else ''}"
    kind = {True: ", exact", False: ", an estimate", None: ""}[cost.get("tokens_exact")]
    tokens = f"{cost['billable_tokens']:,} tokens{kind}"
    return f"{usd} for {epochs} of {params.tune.model} at {params.endpoint.profile} ({tokens})"


def _elsewhere(cost: Mapping[str, Any]) -> list[str]:
    cheapest = sorted(cost["elsewhere_usd"].items(), key=lambda item: (item[1], item[0]))[:SHOWN_PRICES]
    prices = [f"  ${usd:,.2f} {model}" for model, usd in cheapest]
    return [_line("", line) for line in ["the same tokens:", *prices]] if cheapest else []


def job_text(job: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """The finished job and its losses, first and final."""
    first, final = results["first"], results["final"]
    lines = [
        _line("job", f"{job['job_id']} {job['status']}: {job['fine_tuned_model']}"),
        _line("", f"{results['steps'] or 0:,} steps, {results['trained_tokens'] or 0:,} tokens trained"),
    ]
    for name, value in final.items():
        before = f"{first[name]:.3f} -> " if name in first else ""
        lines.append(_line("", f"{name} {before}{value:.3f}"))
    return "\n".join(lines)

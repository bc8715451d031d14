"""What deserves a look after a run, as sentences with what can be done about it: the warnings of the report.

Each follows from counts that the stages made; nothing is counted here, and nothing stops a run.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from tuneset.drop_reasons import (
    CONTAMINATED,
    CONVERSATION_PREFIX,
    EXACT_DUPLICATE,
    NEAR_DUPLICATE,
)
from tuneset.json_text import shown_key
from tuneset.kept_counts import Kept
from tuneset.metric_names import parts_of
from tuneset.params import Params
from tuneset.params.split import GROUPINGS, SplitParams
from tuneset.reading.containers.cut_cells import EXCEL_CELL
from tuneset.reading.held_out import sides_of_files
from tuneset.rules.registry import BY_CODE

SHOWN_FILES = 5
PROMPTS_SHARE = 0.5  # of all examples without an answer: more, and the set is one of prompts
DOMINATING_SHARE = 0.5  # of all examples with one prompt: a set made on purpose, or a broken export
LEAST_OF_A_SIDE = 0.8  # of the examples that were asked for
CHANCE = 3.0  # standard deviations of a draw of single examples: so much less comes about once in 700 sets
_KNOBS = {
    EXACT_DUPLICATE: "is dedup.key the right one for this data?",
    NEAR_DUPLICATE: (
        "most are near duplicates; look at them in duplicates.md; dedup.near.policy: keep_together keeps them, "
        "a higher dedup.near.threshold more of them"
    ),
    CONTAMINATED: "most stand in the files of dedup.evaluation: are those the right ones?",
}
"""What can be turned where dedup drops much, by the reason for which it dropped most."""
_LACKING = {
    "clean.filters.score": "lack a number in the column of clean.filters.score, and are kept whatever their worth",
    "dedup.prefer": "lack the column of dedup.prefer, and they are kept last",
    "split.group_by": "lack the column of split.group_by, and each of them is a group of its own",
    "split.stratify_by": "lack the column of split.stratify_by, and they are one stratum",
}
"""What is told of examples that lack a column which a param names, by that param."""


def warnings(
    stats: Mapping[str, Mapping[str, int]],
    kept: Kept,
    params: Params,
    unused: Mapping[str, Mapping[str, int]],
    used: Collection[str],
) -> list[str]:
    """All warnings of a run, given the columns that no example says by file, and those that params use elsewhere."""
    found = []
    if params.ingest.columns == "warn":
        found += unused_warnings(unused)
        found += score_warnings(stats["ingest"], used)
    if params.ingest.columns != "keep":
        found += mark_warnings(stats["ingest"])
        found += undecided_warnings(stats["ingest"], used)
        found += held_out_warnings(stats["ingest"])
    found += cut_warnings(stats["ingest"])
    found += side_file_warnings(stats["ingest"])
    found += notable(stats, kept, params.dedup.warn_share, params.split.group_by)
    return found + short_sides(stats.get("split", {}), kept, params.split)


def unused_warnings(unused: Mapping[str, Mapping[str, int]]) -> list[str]:
    """A sentence for each file of the first SHOWN_FILES that have unused columns, and one for the rest."""
    found = [
        f"{source}: text that is in no example: "
        + ", ".join(f"column {shown_key(name)} ({count:,} rows)" for name, count in columns.items())
        + "; say in ingest.mapping where it belongs, or set ingest.columns: keep"
        for source, columns in list(unused.items())[:SHOWN_FILES]
    ]
    if len(unused) > SHOWN_FILES:
        found.append(f"{len(unused) - SHOWN_FILES} more files have such columns: columns.unused in metrics.json")
    return found


def score_warnings(counts: Mapping[str, int], used: Collection[str]) -> list[str]:
    """A sentence for each column with scores that decide nothing, and how many rows have one.

    >>> score_warnings({'scored:["a.jsonl","rating"]': 2, 'scored:["b.jsonl","rating"]': 1}, [])[0].partition(":")[0]
    'the scores in column rating (3 rows) decide nothing'
    """
    found: dict[str, int] = {}
    for metric, count in counts.items():
        place = parts_of(metric, "scored")
        if place is not None and place[1] not in used:
            found[place[1]] = found.get(place[1], 0) + count
    return [
        f"the scores in column {shown_key(name)} ({count:,} rows) decide nothing: clean.filters.score: "
        f"{{column: {shown_key(name)}, at_least: N}} drops rows of low ones, ingest.columns: keep says nothing of them"
        for name, count in sorted(found.items())
    ]


def mark_warnings(counts: Mapping[str, int]) -> list[str]:
    """A sentence for each column that marks rows which are kept, and how many.

    >>> mark_warnings({'marked:["a.jsonl","toxic","moderated"]': 2})[0].partition(":")[0]
    'column toxic marks rows as moderated (2), and they are kept'
    """
    found: dict[tuple[str, str], int] = {}
    for metric, count in counts.items():
        parts = parts_of(metric, "marked")
        if parts is not None:
            _, name, kind = parts
            found[name, kind] = found.get((name, kind), 0) + count
    return [
        f"column {shown_key(name)} marks rows as {kind} ({count:,}), and they are kept: ingest.drop_marked: "
        f"[{kind}] leaves such rows out, ingest.columns: keep says nothing of them"
        for (name, kind), count in sorted(found.items())
    ]


def undecided_warnings(counts: Mapping[str, int], used: Collection[str]) -> list[str]:
    """A sentence for each column that may say that rows are bad, and how many of them are trained all the same.

    >>> undecided_warnings({'undecided:["a.jsonl","decision"]': 2}, [])[0].partition(";")[0]
    'column decision may say that rows are bad or not ready (2), and they are kept'
    """
    found: dict[str, int] = {}
    for metric, count in counts.items():
        place = parts_of(metric, "undecided")
        if place is not None and place[1] not in used:
            found[place[1]] = found.get(place[1], 0) + count
    return [
        f"column {shown_key(name)} may say that rows are bad or not ready ({count:,}), and they are kept; if it does, "
        "take them out or name the column is_good, with true and false, else ingest.columns: keep says nothing of them"
        for name, count in sorted(found.items())
    ]


def cut_warnings(counts: Mapping[str, int]) -> list[str]:
    """A sentence for each column with cells that Excel may have cut, and how many rows have one."""
    found: dict[str, int] = {}
    for metric, count in counts.items():
        place = parts_of(metric, "cut_cells")
        if place is not None:
            found[place[1]] = found.get(place[1], 0) + count
    return [
        f"column {shown_key(name)} holds cells of exactly {EXCEL_CELL:,} characters ({count:,}), at which Excel cuts "
        "a text, and they are kept: export the rows from where they come from, not by way of Excel"
        for name, count in sorted(found.items())
    ]


def held_out_warnings(counts: Mapping[str, int]) -> list[str]:
    """A sentence for each file of the first SHOWN_FILES with rows of their dataset's validation or test, by column.

    >>> held_out_warnings({'held_out:["a.jsonl","split","test"]': 2})[0].partition(":")[0]
    'a.jsonl'
    """
    found: dict[str, dict[str, list[str]]] = {}
    for metric, count in sorted(counts.items()):
        parts = parts_of(metric, "held_out")
        if parts is not None:
            source, name, word = parts
            found.setdefault(source, {}).setdefault(shown_key(name), []).append(f"{word} ({_rows(count)})")
    said = [
        f"{source}: " + ", ".join(f"column {name} says {' and '.join(words)}" for name, words in columns.items())
        for source, columns in list(found.items())[:SHOWN_FILES]
    ]
    if len(found) > SHOWN_FILES:
        said.append(f"{len(found) - SHOWN_FILES} more files have such rows")
    return [
        f"{one}: kept, though a dataset has such rows to measure models by: ingest.drop_marked: [held_out] leaves them "
        "out, ingest.columns: keep says nothing of them"
        for one in said
    ]


def side_file_warnings(counts: Mapping[str, int]) -> list[str]:
    """A sentence on the raw files that look by their names like a dataset's validation or test, with their rows.

    >>> side_file_warnings({'source:["raw/test.csv","csv","question_answer"]': 2})[0].partition(" look")[0]
    'raw/test.csv (2 rows)'
    """
    rows: dict[str, int] = {}
    for metric, count in sorted(counts.items()):
        parts = parts_of(metric, "source")
        if parts is not None:
            rows[parts[0]] = rows.get(parts[0], 0) + count
    found = [source for source in sides_of_files(rows) if rows[source]]
    if not found:
        return []
    named = ", ".join(f"{source} ({_rows(rows[source])})" for source in found[:SHOWN_FILES])
    more = f" and {len(found) - SHOWN_FILES} more" if len(found) > SHOWN_FILES else ""
    said = (
        "look by their names like what a dataset has to measure models by, and are divided between the sides as all "
        "rows are: leave such files out of the raw paths (ingest.paths), and name them in dedup.evaluation.files, so "
        "that no row is trained that they hold"
    )
    return [f"{named}{more} {said}"]


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def notable(stats: Mapping[str, Mapping[str, int]], kept: Kept, warn_share: float, group_by: str) -> list[str]:
    """What deserves a look: missing values, prompts alone, many duplicates, parted rows, one prompt, no validation."""
    found = _of_findings(stats.get("validate", {}))
    counts = stats.get("dedup", {})
    into_dedup = counts.get("rows_in", 0)
    # The beginnings of longer rows are no loss: they stand whole in the rows that are kept.
    dropped = counts.get("dropped", 0) - counts.get(f"dropped.{CONVERSATION_PREFIX}", 0)
    if into_dedup and dropped / into_dedup > warn_share:
        most = max(_KNOBS, key=lambda code: counts.get(f"dropped.{code}", 0))
        found.append(
            f"dedup dropped {dropped / into_dedup:.0%} of the examples, more than dedup.warn_share allows "
            f"({warn_share:.0%}): {_KNOBS[most]}"
        )
    if not kept.examples:
        return found
    for key, meaning in _LACKING.items():
        counts = stats.get(key.partition(".")[0], {})
        lacking = counts.get(f"lacking.{key}", 0)
        if lacking:
            found.append(f"{lacking:,} of {counts['rows_in']:,} examples ({lacking / counts['rows_in']:.0%}) {meaning}")
    found += _parted(stats.get("split", {}))
    dominating = kept.most > 1 and kept.most / kept.examples > DOMINATING_SHARE
    if group_by in ("prompt", "conversation") and dominating:
        found.append(
            f"{kept.most / kept.examples:.0%} of the examples share one prompt and therefore all stay on one side: "
            "set split.group_by to messages if that is on purpose"
        )
    return found


def _of_findings(validated: Mapping[str, int]) -> list[str]:
    """What validate found that has one remedy for the whole set, and what else its rules warn of.

    >>> _of_findings({"rows_in": 9, "warning.TXT003": 1})
    ['1 message is the name of a missing value, such as nan: drop such rows with validate.severity: {TXT003: error}']
    >>> _of_findings({"warning.CNV011": 2})[0].partition(";")[0]
    'what rules warn of is kept: CNV011 no-user-message (2)'
    """
    found = []
    missing, prompts = validated.get("warning.TXT003", 0), validated.get("error.CNV005", 0)
    if missing:
        said = "1 message is" if missing == 1 else f"{missing:,} messages are"
        found.append(
            f"{said} the name of a missing value, such as nan: drop such rows with validate.severity: {{TXT003: error}}"
        )
    if prompts and prompts / max(validated.get("rows_in", 0), 1) > PROMPTS_SHARE:
        found.append(
            f"{prompts:,} examples have no answer: this is a set for reinforcement (tune.method: reinforcement)"
        )
    counted = [(rule, _warned(validated, rule.code)) for rule in BY_CODE.values()]
    kept = [f"{rule.code} {rule.name} ({count:,})" for rule, count in counted if count]
    if kept:
        found.append(
            f"what rules warn of is kept: {', '.join(kept)}; `tuneset check` shows where, and validate.severity: "
            "{CODE: error} drops such rows"
        )
    return found


def _warned(validated: Mapping[str, int], code: str) -> int:
    """How often a rule warns, but for that with a sentence of its own."""
    return 0 if code == "TXT003" else validated.get(f"warning.{code}", 0)


def _parted(counts: Mapping[str, int]) -> list[str]:
    """What the split parted, by the raw columns that say of whom or what rows are."""
    return [
        f"{apart:,} of {counts[f'owner.{name}']:,} values of the raw column {name} that were looked at have rows on "
        f"several sides: {_grouped_by(name)} keeps the rows of each on one"
        for key, apart in counts.items()
        if key.startswith("owner.")
        and key.endswith(".apart")
        and (name := key.removeprefix("owner.").removesuffix(".apart"))
    ]


def _grouped_by(column: str) -> str:
    """How to keep the rows of each value of a raw column together; a name that means something else has to change.

    >>> _grouped_by("thread_id"), _grouped_by("conversation")
    ('split.group_by: thread_id', 'the column renamed to conversation_id, and split.group_by: conversation_id,')
    """
    if column not in GROUPINGS:
        return f"split.group_by: {column}"
    return f"the column renamed to {column}_id, and split.group_by: {column}_id,"


def short_sides(counts: Mapping[str, int], kept: Kept, asked: SplitParams) -> list[str]:
    """A sentence for each side that has far fewer examples than were asked for, given the counts of the split.

    Of a side that nothing was asked for nothing is told.
    """
    found = []
    joined = counts.get("joined_to_another_side", 0)
    why = (
        f"near duplicates and turns of one conversation stay together, so that {joined:,} stand elsewhere than by "
        "themselves; duplicates.md shows what is alike"
        if joined
        else "groups are kept whole; split.group_by says what makes one"
    )
    for side, share in (("validation", asked.validation), ("test", asked.test)):
        wanted = round(share * kept.examples if share < 1 else share)
        got = kept.by_side().get(side, 0)
        if side == "validation" and share and kept.examples and not got:
            found.append("no example is for validation: set split.validation to a number of examples, such as 5")
        if side == "test" and wanted and not got:
            found.append(
                f"no example is in the test set, of {wanted:,} that split.test asks for: set it to a number of "
                "examples, such as 5; one group never divides"
            )
        if 0 < got < LEAST_OF_A_SIDE * wanted and wanted - got > CHANCE * math.sqrt(wanted):
            found.append(f"{side} has {got:,} of the {wanted:,} examples that split.{side} asks for: {why}")
    return found

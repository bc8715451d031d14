"""Why the command `export` leaves a line out (`EXP0..`), or spells it otherwise (`EXP1..`): one code each, for ever."""

from __future__ import annotations

from collections.abc import Mapping

from tuneset.terms import Reason

OTHER_FORMAT = "EXP001"
NO_PLACE = "EXP002"
NOTHING_TRAINED = "EXP003"
WEIGHT_NOT_READ = "EXP004"
TOO_LONG = "EXP005"
TURNS_NOT_TAKEN = "EXP006"
NOT_RENDERED = "EXP007"
SPLIT = "EXP101"
REST_CUT = "EXP102"
DEVELOPER_ROLE = "EXP103"
ARGUMENTS_READ = "EXP104"
EMPTY_CONTENT = "EXP105"
TOOL_NAMED = "EXP106"
WEIGHT_CARRIED = "EXP107"
CALL_IDS = "EXP108"
SETTING_LEFT = "EXP109"
PARTS_JOINED = "EXP110"
LEGACY_CALLS = "EXP111"
NEIGHBOURS_JOINED = "EXP112"
COLUMN_COPIED = "EXP113"
SCHEMA_NARROWED = "EXP114"
NAME_CARRIED = "EXP115"
DETAIL_LEFT = "EXP116"
TOOL_FILLED = "EXP117"
KEYS_LEFT = "EXP118"

EXPORT_REASONS: Mapping[str, Reason] = {
    reason.code: reason
    for reason in (
        Reason(
            OTHER_FORMAT,
            "other-line-format",
            "export",
            "the export format has no form for lines of this kind, such as preference pairs",
            "choose an export format that takes them",
        ),
        Reason(
            NO_PLACE,
            "no-place",
            "export",
            "the line holds something that the export format has no place for, such as tools or images",
            "choose an export format that takes them, or leave them out of the raw data",
        ),
        Reason(
            NOTHING_TRAINED,
            "nothing-trained",
            "export",
            "no answer of the line is trained, so that the export format has nothing to write",
            "nothing, or give an answer a weight that is not 0",
        ),
        Reason(
            WEIGHT_NOT_READ,
            "weight-not-read",
            "export",
            "an answer has weight 0, and the trainer would learn it all the same",
            "choose an export format that reads weights or splits rows, such as trl, axolotl or prompt-completion",
        ),
        Reason(
            TOO_LONG,
            "too-long-for-target",
            "export",
            "the row has more tokens than --max-length",
            "raise --max-length, or shorten the row",
        ),
        Reason(
            TURNS_NOT_TAKEN,
            "turns-not-taken",
            "export",
            "the roles follow each other in an order that the trainer or provider refuses",
            "join neighbours of one role in the raw data, or choose another export format",
        ),
        Reason(
            NOT_RENDERED,
            "not-rendered",
            "export",
            "the template of the target does not render the row, or leaves a part of it out",
            "choose another target, or leave out of the raw data what its template cannot say",
        ),
        Reason(
            SPLIT,
            "split-by-answer",
            "export",
            "the line is written as one row for each trained answer, with all that stands before it",
            "nothing: the trainer learns the last answer of a row alone",
        ),
        Reason(
            REST_CUT,
            "rest-cut",
            "export",
            "what comes after the last trained answer is not written",
            "nothing: it is learned from by no one",
        ),
        Reason(
            DEVELOPER_ROLE,
            "developer-as-system",
            "export",
            "the role developer is written as system",
            "nothing: templates know system alone",
        ),
        Reason(
            ARGUMENTS_READ,
            "arguments-read",
            "export",
            "arguments of calls are read, and written as the trainer wants them: an object, or text",
            "nothing: templates would write text as text within text",
        ),
        Reason(
            EMPTY_CONTENT,
            "content-filled",
            "export",
            "a content that is null or absent is written as empty text, or left away where the format wants that",
            "nothing: many templates fail on null, or say None",
        ),
        Reason(
            TOOL_NAMED,
            "tool-named",
            "export",
            "a tool's answer is given the name of its tool, from the call that it answers",
            "nothing: some templates need it",
        ),
        Reason(
            WEIGHT_CARRIED,
            "weight-carried",
            "export",
            "weights are written as the trainer reads them",
            "nothing",
        ),
        Reason(
            CALL_IDS,
            "call-ids",
            "export",
            "ids of calls are shortened, or left away where the format ties calls and answers by their order",
            "nothing: an id says only which answer belongs to which call",
        ),
        Reason(
            SETTING_LEFT,
            "setting-left",
            "export",
            "parallel_tool_calls is not written",
            "nothing: no trainer reads it",
        ),
        Reason(
            PARTS_JOINED,
            "parts-joined",
            "export",
            "a content of several parts of text is written as one text, a part a line",
            "nothing",
        ),
        Reason(
            LEGACY_CALLS,
            "legacy-calls",
            "export",
            "functions and function_call are written as tools and tool_calls",
            "nothing: templates know these alone",
        ),
        Reason(
            NEIGHBOURS_JOINED,
            "neighbours-joined",
            "export",
            "messages of one role that follow each other are written as one",
            "nothing: the provider wants the roles to alternate",
        ),
        Reason(
            COLUMN_COPIED,
            "column-copied",
            "export",
            "the grader's column is written under the name that the trainer or provider wants as well",
            "name the column reference_answer in the raw data, where another was meant",
        ),
        Reason(
            SCHEMA_NARROWED,
            "schema-narrowed",
            "export",
            "keys of a tool's parameters that the provider does not know are left away, such as additionalProperties",
            "nothing, unless a call depends on them",
        ),
        Reason(
            NAME_CARRIED,
            "name-carried",
            "export",
            "the name of who speaks stands in the row, and most chat templates do not show it",
            "write the name into the text, where a model is to know it",
        ),
        Reason(
            DETAIL_LEFT,
            "image-detail-left",
            "export",
            "the detail of an image is not written",
            "nothing: the trainer or provider has its own resolution of images",
        ),
        Reason(
            TOOL_FILLED,
            "tool-filled",
            "export",
            "a tool without description or parameters is given empty ones",
            "nothing: the trainer stops at a tool that lacks one",
        ),
        Reason(
            KEYS_LEFT,
            "keys-left",
            "export",
            "keys beside a preference pair, or beside the messages of its prompt, are not written",
            "nothing: trainers of pairs read none",
        ),
    )
}

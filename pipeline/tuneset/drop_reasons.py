"""Why a row is dropped for another reason than a rule of `tuneset check`: one code each, stable for ever.

Rules and their codes stand in `tuneset/rules/`, those of the command `export` in `export_reasons.py`; together they are
all the codes that a ledger can hold.
"""

from __future__ import annotations

from collections.abc import Mapping

from tuneset.export_reasons import EXPORT_REASONS
from tuneset.terms import Reason

LABELLED_BAD = "LBL001"
MARKED = "LBL002"
NO_PROMPT = "LAB001"
TEACHER_DECLINED = "LAB002"
ANSWER_FILTERED = "LAB003"
ANSWER_CUT_OFF = "LAB004"
ANSWER_EMPTY = "LAB005"
CALLS_UNKNOWN_TOOL = "LAB006"
NOT_OF_SCHEMA = "LAB007"
NO_ANSWER = "LAB008"
REPEATED_HEADER = "CSV002"
UNKNOWN_SHAPE = "ING001"
CONVERSATION_PART = "ING002"
EMPTY_MESSAGE = "CLN001"
PRIVATE_DATA = "CLN002"
EXACT_DUPLICATE = "DUP001"
NEAR_DUPLICATE = "DUP002"
CONTAMINATED = "DUP003"
CONVERSATION_PREFIX = "DUP004"
REVIEWED = "REV001"
OVER_LENGTH = "TOK001"

REASONS: Mapping[str, Reason] = {
    reason.code: reason
    for reason in (
        Reason(
            NO_PROMPT,
            "no-prompt",
            "label",
            "the row does not end in a message of a user or of a tool that says something",
            "look at the raw row, or say in label.mapping which column asks",
        ),
        Reason(
            TEACHER_DECLINED,
            "teacher-declined",
            "label",
            "the teacher said in the place for it that it will not answer",
            "nothing, or another label.model or label.system",
        ),
        Reason(
            ANSWER_FILTERED,
            "answer-filtered",
            "label",
            "the endpoint kept some of the answer back for what it says",
            "nothing, or another endpoint",
        ),
        Reason(
            ANSWER_CUT_OFF,
            "answer-cut-off",
            "label",
            "the answer ended at label.max_tokens, in the middle of what it says",
            "raise label.max_tokens: the next run asks such rows again, and no others",
        ),
        Reason(
            ANSWER_EMPTY,
            "answer-empty",
            "label",
            "the answer says nothing and calls nothing",
            "nothing, or a larger label.max_tokens for a model that thinks before it speaks",
        ),
        Reason(
            CALLS_UNKNOWN_TOOL,
            "calls-unknown-tool",
            "label",
            "the answer calls a tool, and the row offers none",
            "put the tools beside the messages in the raw row",
        ),
        Reason(
            NOT_OF_SCHEMA,
            "not-of-schema",
            "label",
            "the answer is not what label.json_schema asks for",
            "look whether the endpoint keeps to response_format at all",
        ),
        Reason(
            NO_ANSWER,
            "no-answer",
            "label",
            "the endpoint gave no answer to the row, and said why in the detail",
            "correct what it says, such as a prompt that is too long, and run `tuneset label` again",
        ),
        Reason(
            "CSV001",
            "broken-row",
            "ingest",
            "a row of a CSV or TSV file cannot be read",
            "close the quote, double quotes within quotes, and give the row as many cells as the header has",
        ),
        Reason(
            REPEATED_HEADER,
            "repeated-header",
            "ingest",
            "the row is the header of its table once more",
            "nothing: it holds the names of the columns and no text",
        ),
        Reason(
            LABELLED_BAD,
            "labelled-bad",
            "ingest",
            "the row says that its answer is bad or not whole: label: false, a thumb that is down, status: failed, "
            "finish_reason: length; or it stands in a list of such rows, under a key such as rejected; "
            "or the scores of a pair do not say that its better answer is better",
            "nothing, or tune.method: kto for both kinds; ingest.labelled_bad: keep if the column means something else",
        ),
        Reason(
            MARKED,
            "marked",
            "ingest",
            "the row says that moderation flagged it, that private data was taken out of it, or that it is of its "
            "dataset's validation or test",
            "change ingest.drop_marked",
        ),
        Reason(
            UNKNOWN_SHAPE,
            "no-known-shape",
            "ingest",
            "the row has the keys of no shape that is read",
            "say in ingest.mapping which columns hold what, as the detail shows; docs/shapes.md has the shapes",
        ),
        Reason(
            CONVERSATION_PART,
            "part-of-conversation",
            "ingest",
            "the row is part of the conversation that another row begins",
            "nothing: what it says is in that example",
        ),
        Reason(
            "ING003",
            "scattered-conversation",
            "ingest",
            "the row belongs to a conversation of which other rows stand elsewhere in the file",
            "sort the file by conversation",
        ),
        Reason(
            "ING004",
            "endless-conversation",
            "ingest",
            "the row belongs to a conversation of more records than are held",
            "look whether the column of the conversation's id holds ids",
        ),
        Reason(
            "ING005",
            "no-counterpart",
            "ingest",
            "a request or an answer of a batch job has no counterpart with the same id",
            "give both files of the job to one run, each job's files with names that begin alike",
        ),
        Reason(
            "ING006",
            "failed-request",
            "ingest",
            "the service answered a request of a batch job with an error",
            "nothing, or send it again",
        ),
        Reason(
            EMPTY_MESSAGE,
            "empty-message",
            "clean",
            "a user or assistant message has no content left after cleaning",
            "look at the raw row; keep such rows with clean.empty_messages: false, for validate to judge",
        ),
        Reason(
            PRIVATE_DATA,
            "private-data",
            "clean",
            "holds private data of a kind whose policy is drop",
            "set that kind of clean.redact to redact or flag",
        ),
        Reason(
            "CLN003",
            "other-language",
            "clean",
            "the answer is in a language that is not wanted",
            "name its language in clean.filters.languages, or raise language_min_score",
        ),
        Reason(
            "CLN004",
            "length",
            "clean",
            "fewer or more characters than wanted",
            "change clean.filters.min_chars or max_chars",
        ),
        Reason(
            "CLN005",
            "turns",
            "clean",
            "fewer or more user and assistant messages than wanted",
            "change clean.filters.min_turns or max_turns",
        ),
        Reason(
            "CLN006",
            "little-answer",
            "clean",
            "too little text in the answer",
            "change clean.filters.min_answer_chars",
        ),
        Reason(
            "CLN007",
            "repetition",
            "clean",
            "lines, word sequences or one character repeat too often",
            "change clean.filters.max_repeated_lines, max_repeated_ngrams or max_run",
        ),
        Reason(
            "CLN008",
            "symbols",
            "clean",
            "too large a share of symbols",
            "change clean.filters.max_symbols",
        ),
        Reason(
            "CLN009",
            "refusal",
            "clean",
            "an answer refuses to help",
            "set clean.filters.refusals: false to keep such rows",
        ),
        Reason(
            "CLN010",
            "pattern",
            "clean",
            "matches a regular expression of yours",
            "change clean.filters.patterns",
        ),
        Reason(
            "CLN011",
            "keyword",
            "clean",
            "holds a keyword of yours",
            "change clean.filters.keywords",
        ),
        Reason(
            "CLN012",
            "user-function",
            "clean",
            "your own function said no",
            "change the function of clean.filters.function",
        ),
        Reason(
            "CLN013",
            "score",
            "clean",
            "the score in a raw column is too low",
            "change clean.filters.score",
        ),
        Reason(
            REVIEWED,
            "reviewed",
            "review",
            "somebody looked at the row and dropped it",
            "nothing, or keep it with `tuneset view`; review.file names where such decisions are",
        ),
        Reason(
            EXACT_DUPLICATE,
            "exact-duplicate",
            "dedup",
            "the same content, but for case and white space, stands in the row that is kept",
            "nothing, or choose another dedup.key",
        ),
        Reason(
            NEAR_DUPLICATE,
            "near-duplicate",
            "dedup",
            "nearly the same content stands in the row that is kept",
            "look at duplicates.md for the groups; set dedup.near.policy: keep_together, or another threshold or key",
        ),
        Reason(
            CONTAMINATED,
            "contaminated",
            "dedup",
            "the row holds what an evaluation file asks or answers",
            "nothing, or raise dedup.evaluation.question_share or answer_share",
        ),
        Reason(
            CONVERSATION_PREFIX,
            "conversation-prefix",
            "dedup",
            "the whole conversation is the beginning of the row that is kept",
            "nothing; or dedup.prefixes: together to keep all of them on one side of the split, or off",
        ),
        Reason(
            OVER_LENGTH,
            "over-length",
            "tokenize",
            "the example has more tokens than the model takes; providers cut it without notice",
            "set tokenize.over_length: truncate, or tokenize.max_tokens, or split the text in the raw data",
        ),
        *EXPORT_REASONS.values(),
    )
}

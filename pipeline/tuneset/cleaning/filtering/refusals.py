"""Answers in which an assistant refuses to help, in English, German, French, Spanish, Italian and Portuguese.

Only the beginning of a short answer counts: an answer that says what it cannot do and then helps is none, and neither
is "I'm sorry to hear that".
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from tuneset.cleaning.filtering.base import Filter, Judged, Verdict, message_texts
from tuneset.params import FilterParams

_LONGEST = 700  # characters; whoever writes more has answered something
_Q = "['\u2019]"
_NOT = rf"(?:can ?not|can{_Q}t|(?:am|are|{_Q}m|{_Q}re) (?:unable|not able) to|won{_Q}t|will not|could not|couldn{_Q}t)"
_HELP = (
    r"(?:\w+ ){0,2}?(?:help|assist|comply|fulfil+|provide|offer|give|create|generate|write|produce|engage|discuss"
    r"|support|share|answer|respond|continue|participate|complete|process|accommodate|do that|do this|browse|access"
    r"|promote|advise|say|tell you|perform|make)\b"
)
_SORRY = (
    rf"(?:(?:i{_Q}?m|i am|we{_Q}re|we are)(?: \w+)? sorry|(?:my |our |please accept my )?apologies|i apologi[sz]e|sorry"
    rf"|unfortunately|regrettably|i{_Q}?m afraid|thank you for (?:your \w+|asking|understanding)"
    r"|i understand[^.\n]{0,80}|i appreciate[^.\n]{0,80})"
)
_PAUSE = r"[\s,.!:;\u2014\u2013-]*(?:but |however,? |that )?"
_MODEL = r"as an? (?:ai|artificial intelligence|(?:large )?language model|assistant|responsible)[^.\n]{0,60}"
_THAT = rf"(?:that|this|it)(?:{_Q}s| is)"
_ENGLISH = (
    rf"(?:{_SORRY}|{_MODEL}|no)?{_PAUSE}(?:{_MODEL}[\s,]*)?(?:i|we) ?(?:just |simply |really )?{_NOT} {_HELP}"
    rf"|(?:{_SORRY}{_PAUSE})?(?:i|we)(?: must| have to|{_Q}m going to(?: have to)?| need to)?"
    r" (?:respectfully )?(?:decline|refuse)\b"
    rf"|{_SORRY}{_PAUSE}{_THAT} beyond (?:my|our)"
    rf"|(?:{_SORRY}{_PAUSE})?{_THAT} not something (?:i|we) (?:can|am able to)"
    rf"|(?:{_SORRY}{_PAUSE})?{_THAT} against (?:my|our) (?:\w+ )?(?:guidelines|policy|policies|programming|rules)"
    rf"|{_MODEL},? i (?:do not|don{_Q}t) (?:have|possess|hold) "
)
_OTHERS = (
    r"(?:(?:es )?tut mir (?:sehr )?leid|leider|entschuldigung)[^.\n]{0,30}? (?:kann|darf|könnte|möchte) ich"
    r" [^.\n]{0,80}?nicht"
    r"|(?:es )?tut mir (?:sehr )?leid, (?:aber )?(?:ich|dabei) (?:kann|darf)(?: ich)? [^.\n]{0,80}?nicht"
    r"|(?:je suis|désolée?)[^.\n]{0,40}? je ne (?:peux|suis) pas "
    r"|je ne (?:peux|suis) pas (?:en mesure |vous aider|répondre|fournir)"
    r"|(?:lo siento|disculpa|perdón)[^.\n]{0,25}? no (?:puedo|me es posible) "
    r"|(?:mi dispiace|mi scuso)[^.\n]{0,25}? non posso "
    r"|(?:desculpe|sinto muito|lamento)[^.\n]{0,25}? não posso "
)
_REFUSAL = rf"(?i)\A[\s\"'\u201c*]{{0,4}}(?:{_ENGLISH}|{_OTHERS})"


def is_refusal(texts: pl.Series) -> pl.Series:
    """Whether each text begins as a refusal and holds little else: Boolean, false for null.

    >>> is_refusal(pl.Series(["I'm sorry, but I can't help.", "I'm sorry to hear that."])).to_list()
    [True, False]
    """
    return (texts.str.contains(_REFUSAL) & (texts.str.len_chars() <= _LONGEST)).fill_null(value=False)


def _has_refusal(messages: pl.DataFrame) -> pl.Series:
    """Whether each message refuses in the place that chat messages have for it: the key `refusal`, or a part.

    >>> extras = ['{"refusal":"No."}', '{"refusal":null}']
    >>> _has_refusal(pl.DataFrame({"extra": extras, "parts": ["[]", "[]"]})).to_list()
    [True, False]
    """
    key = messages["extra"].str.contains(r'"refusal":"[^"]')
    part = messages["parts"].str.contains('"type":"refusal"', literal=True)
    return pl.select(key.fill_null(value=False) | part.fill_null(value=False)).to_series()


def _judge(judged: Judged, _: FilterParams) -> Iterator[Verdict]:
    answers = judged.tables.messages.filter(pl.col("role") == "assistant")
    refuses = is_refusal(message_texts(answers)) | _has_refusal(answers)
    refusing = answers.filter(refuses)["row_id"].unique()
    yield judged.texts["row_id"].is_in(refusing.implode()), pl.lit("an answer refuses to help")


REFUSALS = Filter("CLN009", lambda p: p.refusals, _judge)

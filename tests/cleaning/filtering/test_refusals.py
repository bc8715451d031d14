"""Refusals: the answers that are none stand first."""

from typing import Any

import polars as pl
import pytest

from tuneset.cleaning.filtering.refusals import is_refusal
from tuneset.example_tables import to_tables
from tuneset.params import CleanParams
from tuneset.stages.clean import clean

NO_REFUSAL = [
    "I'm sorry to hear that. Try restarting the router.",
    "Sorry for the delay! Your parcel is on its way.",
    "I cannot recommend this book enough.",
    "I can't wait to see it!",
    "Unfortunately, the museum is closed on Mondays.",
    "You can't divide by zero; I would check the input first.",
    "I can help you with that.",
    "He said: \"I'm sorry, but I can't help.\"",
    "I'm sorry, I misread your question. The answer is 42.",
    "As an AI researcher, she has published widely.",
    "I won't be long: the answer is 7.",
    "I must say, this is a good question.",
    "Es tut mir leid, das zu hören.",
    "I'm sorry, but I can't help with the first part. " + "For the second, open the settings and choose a theme. " * 20,
    "",
]
REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I\u2019m sorry, but I can\u2019t assist with that request.",
    "Sorry, I cannot provide that information.",
    "I cannot fulfill this request.",
    "I can't help with creating malware.",
    "I am unable to assist you with that.",
    "As an AI language model, I cannot browse the internet.",
    "As an AI, I don't have personal opinions.",
    "Unfortunately, I'm not able to share that.",
    "I apologize, but I cannot generate such content.",
    "I must respectfully decline.",
    "I'm sorry, but that's not something I can do.",
    "I understand your frustration, but I can't give legal advice.",
    "Es tut mir leid, aber ich kann dir dabei nicht helfen.",
    "Je suis désolé, mais je ne peux pas vous aider.",
    "Je ne peux pas vous aider avec cette demande.",
    "Je ne suis pas en mesure de répondre.",
    "Désolée, je ne suis pas capable de le faire.",
    "Leider darf ich darüber nicht sprechen.",
    "I'm afraid this is beyond our scope.",
    "It's against my programming to do that.",
    "Lo siento, pero no puedo ayudarte con eso.",
    "Mi dispiace, ma non posso aiutarti.",
    "Desculpe, mas não posso ajudar com isso.",
]


@pytest.mark.parametrize("text", NO_REFUSAL)
def test_an_answer_that_helps_is_no_refusal(text: str) -> None:
    assert is_refusal(pl.Series([text])).to_list() == [False]


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_is_one_in_several_wordings(text: str) -> None:
    assert is_refusal(pl.Series([text])).to_list() == [True]


def test_null_is_no_refusal() -> None:
    assert is_refusal(pl.Series([None], dtype=pl.String)).to_list() == [False]


@pytest.mark.parametrize(
    ("message", "dropped"),
    [
        ({"content": "Yes, it is.", "refusal": None}, False),
        ({"content": "Yes, it is.", "refusal": ""}, False),
        ({"content": None, "refusal": "Not that."}, True),
        ({"content": [{"type": "refusal", "refusal": "Not that."}]}, True),
    ],
)
def test_an_answer_that_has_a_refusal_in_the_place_for_it_refuses(message: dict[str, Any], dropped: bool) -> None:
    example = {"messages": [{"role": "user", "content": "Is it open?"}, {"role": "assistant", **message}]}
    place: dict[str, Any] = {"row_ids": ["0" * 16], "source": "a", "lines": [1], "items": [0]}
    tables = to_tables([example], **place, line_format="sft", metas=[None])
    result = clean(tables, CleanParams.model_validate({"filters": {"refusals": True}}))
    assert result.rejects["code"].to_list() == (["CLN009"] if dropped else [])
